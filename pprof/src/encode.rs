//! A profile into bytes.

use std::collections::HashMap;
use std::io::Write;

use aforo_model::profile::{Frame, Profile, ProfileClock};
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

use crate::message::{self, ValueType};

/// The profile as a file that `go tool pprof` and speedscope open, with gzip. The same input gives the same bytes.
///
/// `began_unix_ns` is when it began, in nanoseconds since 1970; `comments` are shown by `go tool pprof -comments`.
pub fn encode(profile: &Profile, began_unix_ns: i64, comments: &[String]) -> Vec<u8> {
    let plain = file(profile, began_unix_ns, comments).encode_to_vec();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    // The header of gzip carries no time here, and a vector takes every byte.
    let written = packed.write_all(&plain).and_then(|()| packed.finish());
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    written.unwrap_or_default()
}

fn file(profile: &Profile, began_unix_ns: i64, comments: &[String]) -> message::Profile {
    let mut texts = Texts::default();
    texts.place("");
    let clock = match profile.clock {
        ProfileClock::Cpu => "cpu",
        ProfileClock::WallNonIdle => "wall",
    };
    let time = ValueType { r#type: texts.place(clock), unit: texts.place("nanoseconds") };
    let count = ValueType { r#type: texts.place("samples"), unit: texts.place("count") };
    let period_ns = (1e9 / profile.rate_hz).round() as i64;
    let (function, function_ids) = functions(profile, &mut texts);
    message::Profile {
        sample_type: vec![count, time],
        sample: profile.stacks.iter().map(|stack| sample(profile, stack, period_ns)).collect(),
        // It has no name, and says that all is known: so no viewer looks for a binary to find symbols in.
        mapping: vec![message::Mapping {
            id: 1,
            filename: 0,
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        }],
        location: locations(profile, &function_ids),
        function,
        comment: comments.iter().map(|comment| texts.place(comment)).collect(),
        default_sample_type: time.r#type,
        time_nanos: began_unix_ns,
        duration_nanos: (profile.window.elapsed_s() * 1e9).round() as i64,
        period_type: Some(time),
        period: period_ns,
        string_table: texts.table,
    }
}

fn sample(profile: &Profile, stack: &aforo_model::profile::Stack, period_ns: i64) -> message::Sample {
    let samples = i64::try_from(stack.samples).unwrap_or(i64::MAX);
    let is_known = |place: &&u32| usize::try_from(**place).is_ok_and(|place| place < profile.frames.len());
    message::Sample {
        location_id: stack.frames.iter().rev().filter(is_known).map(|&place| u64::from(place) + 1).collect(),
        value: vec![samples, samples.saturating_mul(period_ns)],
    }
}

/// Every function once, and the function's id of each frame.
fn functions(profile: &Profile, texts: &mut Texts) -> (Vec<message::Function>, Vec<u64>) {
    let mut functions = Vec::new();
    let mut known: HashMap<(&str, Option<&str>), u64> = HashMap::new();
    let mut ids = Vec::with_capacity(profile.frames.len());
    for Frame { function, file, .. } in &profile.frames {
        let next_id = functions.len() as u64 + 1;
        let id = *known.entry((function, file.as_deref())).or_insert(next_id);
        if id == next_id {
            let name = texts.place(function);
            let filename = texts.place(file.as_deref().unwrap_or_default());
            // Where both names are the same, `go tool pprof` takes the function for one whose name is still to be made readable, and
            // drops all in angle brackets: of `<Vec<T> as FromIterator<T>>::from_iter` it leaves `::from_iter`.
            let system_name = texts.place("");
            functions.push(message::Function { id, name, system_name, filename });
        }
        ids.push(id);
    }
    (functions, ids)
}

fn locations(profile: &Profile, function_ids: &[u64]) -> Vec<message::Location> {
    let location = |((frame, &function_id), id): ((&Frame, &u64), u64)| message::Location {
        id,
        mapping_id: 1,
        line: vec![message::Line { function_id, line: frame.line.map_or(0, i64::from) }],
    };
    profile.frames.iter().zip(function_ids).zip(1..).map(location).collect()
}

/// The table of texts, each once.
#[derive(Default)]
struct Texts {
    table: Vec<String>,
    places: HashMap<String, i64>,
}

impl Texts {
    fn place(&mut self, text: &str) -> i64 {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = self.table.len() as i64;
        self.table.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::profile::{ProfileWindow, ProfilerKind, SampleCounts, Stack};
    use proptest::prelude::*;

    use super::*;
    use crate::{DecodedProfile, decode};

    fn profile(clock: ProfileClock, frames: Vec<Frame>, stacks: Vec<Stack>) -> Profile {
        Profile {
            profiler: ProfilerKind::PerfEvent,
            clock,
            rate_hz: 99.0,
            window: ProfileWindow { from_s: 10.0, to_s: 12.5 },
            samples: SampleCounts::default(),
            target_cpu_time_s: None,
            notes: Vec::new(),
            frames,
            stacks,
        }
    }

    /// Stacks by what they are made of, in an order of their own.
    fn resolved(frames: &[Frame], stacks: &[Stack]) -> Vec<(Vec<Frame>, u64)> {
        let frame = |place: &u32| frames[usize::try_from(*place).unwrap()].clone();
        let mut resolved: Vec<_> =
            stacks.iter().map(|stack| (stack.frames.iter().map(frame).collect(), stack.samples)).collect();
        resolved.sort();
        resolved
    }

    fn frame() -> impl Strategy<Value = Frame> {
        ("[a-z:;<>\\PC]{1,12}", prop::option::of("[a-z/.]{1,8}"), prop::option::of(1u32..u32::MAX))
            .prop_map(|(function, file, line)| Frame { function, file, line })
    }

    fn any_profile() -> impl Strategy<Value = Profile> {
        prop::collection::btree_set(frame(), 1..12).prop_flat_map(|frames| {
            let count = u32::try_from(frames.len()).unwrap();
            let frames: Vec<Frame> = frames.into_iter().collect();
            let stacks =
                prop::collection::btree_map(prop::collection::vec(0..count, 1..8), 1u64..1_000_000, 0..20);
            let clock = prop_oneof![Just(ProfileClock::Cpu), Just(ProfileClock::WallNonIdle)];
            (Just(frames), stacks, clock).prop_map(|(frames, stacks, clock)| {
                let stacks = stacks.into_iter().map(|(frames, samples)| Stack { frames, samples }).collect();
                profile(clock, frames, stacks)
            })
        })
    }

    #[test]
    fn a_file_says_when_how_long_how_often_and_what_was_noted() {
        let frames = vec![Frame { function: "main".to_owned(), file: None, line: None }];
        let stacks = vec![Stack { frames: vec![0, 7], samples: 3 }];
        let file =
            file(&profile(ProfileClock::Cpu, frames, stacks), 1_772_000_000_000_000_000, &["run 1".into()]);
        let text = |place: i64| file.string_table[usize::try_from(place).unwrap()].as_str();
        assert_eq!((file.time_nanos, file.duration_nanos), (1_772_000_000_000_000_000, 2_500_000_000));
        assert_eq!(file.period, 10_101_010);
        assert_eq!(text(file.default_sample_type), "cpu");
        assert_eq!(text(file.period_type.unwrap().unit), "nanoseconds");
        assert_eq!(text(file.comment[0]), "run 1");
        assert_eq!(file.string_table[0], "");
        assert_eq!(file.sample[0].value, [3, 30_303_030]);
        assert_eq!(file.sample[0].location_id, [1], "a place outside of the table is left out");
    }

    #[test]
    fn no_function_has_a_name_of_the_system_which_would_let_gos_reader_shorten_the_other_one() {
        let frames = vec![Frame { function: "<Vec<T> as From<T>>::from".to_owned(), file: None, line: None }];
        let file = file(&profile(ProfileClock::Cpu, frames, Vec::new()), 1, &[]);
        let text = |place: i64| file.string_table[usize::try_from(place).unwrap()].as_str();
        assert_eq!(text(file.function[0].name), "<Vec<T> as From<T>>::from");
        assert_eq!(text(file.function[0].system_name), "");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(profile in any_profile()) {
            let bytes = encode(&profile, 1, &[]);
            let DecodedProfile { clock, rate_hz, duration_s, frames, stacks, .. } = decode(&bytes).unwrap();
            prop_assert_eq!(clock, profile.clock);
            prop_assert!((rate_hz.unwrap() - 99.0).abs() < 1e-3);
            prop_assert_eq!(duration_s, Some(2.5));
            prop_assert_eq!(resolved(&frames, &stacks), resolved(&profile.frames, &profile.stacks));
            prop_assert_eq!(bytes, encode(&profile, 1, &[]));
        }
    }
}

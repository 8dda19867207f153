use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::message::{Function, Line, Location, Mapping, Sample, ValueType};

const GO: &[u8] = include_bytes!("../../fixtures/go/cpu.pb.gz");
const GO_HEAP: &[u8] = include_bytes!("../../fixtures/go/heap.pb.gz");
const GO_GOROUTINES: &[u8] = include_bytes!("../../fixtures/go/goroutine.pb.gz");
/// What the Go profiles were recorded of.
const GO_SOURCE: &str = include_str!("../../fixtures/go/main.go");
/// What `go tool pprof -top` says of [`GO`]: flat and cumulative samples of each function.
const GO_TOP: &str = include_str!("../../fixtures/go/cpu.top.txt");
const NODE: &[u8] = include_bytes!("../../fixtures/node.pb.gz");

/// Changes a file.
type Change = fn(&mut message::Profile);

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    bytes::unpacked(bytes).unwrap().into_owned()
}

/// One sample of one function, as small as a profile can be.
fn small() -> message::Profile {
    message::Profile {
        sample_type: vec![ValueType { r#type: 1, unit: 2 }, ValueType { r#type: 3, unit: 4 }],
        sample: vec![Sample { location_id: vec![1], value: vec![3, 30_000_000] }],
        mapping: vec![Mapping { id: 1, filename: 6, ..Mapping::default() }],
        location: vec![Location { id: 1, mapping_id: 1, line: vec![Line { function_id: 1, line: 7 }] }],
        function: vec![Function { id: 1, name: 5, system_name: 5, filename: 0 }],
        string_table: ["", "samples", "count", "cpu", "nanoseconds", "main", "/app/bin"]
            .map(str::to_owned)
            .to_vec(),
        period_type: Some(ValueType { r#type: 3, unit: 4 }),
        period: 10_000_000,
        ..message::Profile::default()
    }
}

fn changed(change: impl FnOnce(&mut message::Profile)) -> Result<DecodedProfile, PprofError> {
    let mut file = small();
    change(&mut file);
    decode(&file.encode_to_vec())
}

/// The names and lines of a stack, the outermost first.
fn named(profile: &DecodedProfile, stack: &Stack) -> Vec<String> {
    let frame = |&place: &u32| &profile.frames[usize::try_from(place).unwrap()];
    stack
        .frames
        .iter()
        .map(frame)
        .map(|frame| format!("{}:{}", frame.function, frame.line.unwrap_or_default()))
        .collect()
}

/// Self and total samples of each function.
fn samples_by_function(profile: &DecodedProfile) -> BTreeMap<&str, (u64, u64)> {
    let mut samples: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for stack in &profile.stacks {
        let names: Vec<&str> = stack
            .frames
            .iter()
            .map(|&place| profile.frames[usize::try_from(place).unwrap()].function.as_str())
            .collect();
        samples.entry(names.last().unwrap()).or_default().0 += stack.samples;
        for name in BTreeSet::from_iter(names) {
            samples.entry(name).or_default().1 += stack.samples;
        }
    }
    samples
}

/// The number of the line of the Go source that has this text.
fn go_line(text: &str) -> usize {
    GO_SOURCE.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn a_profile_of_go_counts_what_gos_own_reader_counts() {
    let mut rows = GO_TOP.lines().skip_while(|line| !line.trim_start().starts_with("flat "));
    rows.next().unwrap();
    let told: BTreeMap<&str, (u64, u64)> = rows
        .map(|row| {
            // Flat, its share, the sum of shares, cumulative, its share, and the function.
            let [flat, _, _, total, _, function, ..] = row.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{row}")
            };
            (function, (flat.parse().unwrap(), total.parse().unwrap()))
        })
        .collect();
    assert_eq!(samples_by_function(&decode(GO).unwrap()), told);
}

#[test]
fn a_profile_of_go_has_its_hot_function_line_and_inlined_calls() {
    let profile = decode(GO).unwrap();
    assert_eq!((profile.clock, profile.rate_hz), (ProfileClock::Cpu, Some(100.0)));
    // Three seconds were asked for, and the machine was busy.
    assert!((3.0..5.0).contains(&profile.duration_s.unwrap()), "{:?}", profile.duration_s);
    let (_, hot) = samples_by_function(&profile)["main.fingerprint"];
    assert!(hot * 2 > profile.sample_count, "{hot} of {}", profile.sample_count);
    let way = [
        format!("main.labelled.func1:{}", go_line("pprof.Do(")),
        format!("main.labelled.func1.1:{}", go_line("handler(answer, request)")),
        format!("main.quote:{}", go_line("fingerprint(\"room")),
        format!("main.fingerprint:{}", go_line("// the hot line")),
        format!("main.mix:{}", go_line("* 1099511628211")),
    ];
    // The library's lines are another's with each version of Go.
    let own = |stack: &Stack| -> Vec<String> {
        named(&profile, stack).into_iter().filter(|name| name.starts_with("main.")).collect()
    };
    let ways: Vec<Vec<String>> = profile.stacks.iter().map(own).collect();
    assert!(ways.iter().any(|own| *own == way), "{ways:?}");
    let file = |function: &str| {
        let frame = profile.frames.iter().find(|frame| frame.function == function).unwrap();
        frame.file.as_deref().unwrap()
    };
    assert_eq!(file("main.fingerprint"), "/srv/booking/main.go");
    assert_eq!(file("main.mix"), "/srv/booking/main.go");
    assert!(file("net/http.(*conn).serve").ends_with("/src/net/http/server.go"));
    assert!(profile.notes.is_empty(), "{:?}", profile.notes);
}

#[test]
fn the_profile_of_go_has_what_makes_a_file_of_go_special() {
    let plain = unpacked(GO);
    let file = message::Profile::decode(&*plain).unwrap();
    assert!(file.mapping.len() > 1, "libraries and the kernel's page are mapped beside the binary");
    assert!(file.location.iter().any(|location| location.line.len() > 1), "calls were inlined");
    let is_label = |text: &String| text == "GET /quote";
    assert!(file.string_table.iter().any(is_label), "samples have labels");
}

#[test]
fn what_go_serves_of_memory_and_goroutines_is_told_from_cpu_time() {
    let what = |bytes| match decode(bytes) {
        Err(PprofError::NotOfTime { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        what(GO_HEAP),
        "alloc_objects/count, alloc_space/bytes, inuse_objects/count, inuse_space/bytes"
    );
    assert_eq!(what(GO_GOROUTINES), "goroutine/count");
}

#[test]
fn a_profile_of_node_is_of_wall_time_and_has_its_functions_and_lines() {
    let profile = decode(NODE).unwrap();
    assert_eq!(profile.clock, ProfileClock::WallNonIdle);
    assert_eq!((profile.rate_hz, profile.sample_count), (Some(1e9 / 13_039_000.0), 118));
    let of_parse_date: Vec<&Stack> = profile
        .stacks
        .iter()
        .filter(|stack| named(&profile, stack).iter().any(|name| name.starts_with("parseDate:")))
        .collect();
    let samples: u64 = of_parse_date.iter().map(|stack| stack.samples).sum();
    assert!(samples * 2 > profile.sample_count, "{samples} of {}", profile.sample_count);
    let hottest = named(&profile, &profile.stacks[0]).join(" ");
    assert!(hottest.contains("handler:") && hottest.contains("nightsBetween:"), "{hottest}");
    let line = profile.frames.iter().find(|frame| frame.function == "parseDate").unwrap();
    assert_eq!((line.file.as_deref(), line.line), (Some("/srv/booking/server.js"), Some(6)));
}

#[test]
fn a_profile_is_the_same_with_gzip_and_without() {
    assert_eq!(decode(GO), decode(&unpacked(GO)));
}

#[test]
fn cpu_time_goes_before_the_default_and_the_default_before_the_last() {
    let with = |names: [&str; 2], default: i64| {
        changed(|file| {
            file.string_table[1] = names[0].to_owned();
            file.string_table[2] = "nanoseconds".to_owned();
            file.string_table[3] = names[1].to_owned();
            file.default_sample_type = default;
            file.sample[0].value = vec![20_000_000, 50_000_000];
        })
        .unwrap()
    };
    let cpu_first = with(["cpu", "wall"], 3);
    assert_eq!((cpu_first.clock, cpu_first.sample_count), (ProfileClock::Cpu, 2));
    let default_first = with(["wall", "wall"], 1);
    assert_eq!((default_first.clock, default_first.sample_count), (ProfileClock::WallNonIdle, 2));
    assert_eq!(with(["wall", "wall"], 0).sample_count, 5);
}

#[test]
fn times_become_samples_by_the_period_and_without_it_are_refused() {
    let only_time = |period: i64| {
        changed(|file| {
            file.sample_type.remove(0);
            file.sample[0].value = vec![49_000_000];
            file.period = period;
        })
    };
    assert_eq!(only_time(10_000_000).unwrap().sample_count, 5);
    let error = only_time(0).unwrap_err().to_string();
    assert!(error.contains("neither samples nor the time between"), "{error}");
}

#[test]
fn what_is_not_there_is_unknown_and_counted() {
    let profile = changed(|file| file.sample[0].location_id = vec![1, 99]).unwrap();
    assert_eq!(named(&profile, &profile.stacks[0]), ["[unknown]:0", "main:7"]);
    assert!(profile.notes[0].starts_with("The profile refers to 1 places"), "{:?}", profile.notes);
    for change in [
        |file: &mut message::Profile| file.function.clear(),
        |file: &mut message::Profile| file.location[0].line.clear(),
        |file: &mut message::Profile| (file.function[0].name, file.function[0].system_name) = (0, 0),
    ] {
        let profile = changed(change).unwrap();
        assert_eq!(profile.frames[0].function, "[unknown]");
        assert_eq!(profile.frames[0].file.as_deref(), Some("/app/bin"));
    }
    let without_stack = changed(|file| file.sample[0].location_id.clear()).unwrap();
    assert_eq!(named(&without_stack, &without_stack.stacks[0]), ["[unknown]:0"]);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let refusals: [(&str, Change); 7] = [
        ("refers to text 77 of 7", |file| file.function[0].name = 77),
        ("refers to text -1 of 7", |file| file.sample_type[0].unit = -1),
        ("two places have the id 1", |file| file.location.push(file.location[0].clone())),
        ("two functions have the id 1", |file| file.function.push(file.function[0])),
        ("1 values where 2 are due", |file| file.sample[0].value = vec![1]),
        ("negative value", |file| file.sample[0].value = vec![-1, -1]),
        ("does not tell what its values mean", |file| file.sample_type.clear()),
    ];
    for (why, change) in refusals {
        let error = changed(change).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn a_profile_of_memory_is_called_that() {
    let error = changed(|file| {
        file.string_table[3] = "inuse_space".to_owned();
        file.string_table[4] = "bytes".to_owned();
    })
    .unwrap_err();
    assert_eq!(error, PprofError::NotOfTime { what: "samples/count, inuse_space/bytes".to_owned() });
}

#[test]
fn a_profile_in_which_nothing_ran_has_no_stacks() {
    let profile = changed(|file| file.sample.clear()).unwrap();
    assert_eq!((profile.sample_count, profile.stacks.len()), (0, 0));
}

#[test]
fn other_answers_are_called_by_their_name() {
    assert_eq!(decode(b""), Err(PprofError::Empty));
    assert!(matches!(decode(b"\n<!doctype html><title>404</title>"), Err(PprofError::Html { .. })));
    assert!(matches!(decode(br#"{"error":"not found"}"#), Err(PprofError::Json { .. })));
    for text in ["404 page not found\n", "hello", "zażółć"] {
        assert!(matches!(decode(text.as_bytes()), Err(PprofError::Text { .. })), "{text}");
    }
    assert!(matches!(decode(&packed(b"<html>")), Err(PprofError::Html { .. })));
    assert!(matches!(decode(&[0xff, 0x00, 0x13, 0x37]), Err(PprofError::Malformed { .. })));
    assert!(matches!(decode(&GO[..GO.len() / 2]), Err(PprofError::BadGzip { .. })));
    assert_eq!(decode(&packed(b"")), Err(PprofError::Empty));
}

#[test]
fn a_small_answer_cannot_take_all_the_memory() {
    // gzip may be several parts in a row.
    let bomb = packed(&vec![0; 1 << 20]).repeat(129);
    assert!(matches!(decode(&bomb), Err(PprofError::TooLarge { what: "bytes after unpacking", .. })));
    let empty_samples = [0x12, 0].repeat(4_000_001);
    assert!(matches!(decode(&empty_samples), Err(PprofError::TooLarge { what: "records", .. })));
    let inlined = changed(|file| {
        file.location[0].line = vec![Line { function_id: 1, line: 1 }; 3_000];
        let deep = Sample { location_id: vec![1], value: vec![1, 1] };
        file.sample = vec![deep; 20_000];
    });
    assert!(matches!(inlined, Err(PprofError::TooLarge { what: "frames in all stacks", .. })));
}

#[test]
fn lists_within_a_record_are_limited_before_memory_is_taken_for_them() {
    let list: [Change; 3] = [
        |file| file.sample[0].location_id = vec![1; 9_000_000],
        |file| file.location[0].line = vec![Line::default(); 4_500_000],
        |file| file.comment = vec![1; 9_000_000],
    ];
    for change in list {
        assert!(matches!(changed(change), Err(PprofError::TooLarge { what: "records", .. })));
    }
}

#[test]
fn of_a_place_with_too_many_inlined_functions_the_innermost_are_kept() {
    let profile = changed(|file| {
        file.location[0].line = (1..=5_000).map(|line| Line { function_id: 1, line }).collect();
    })
    .unwrap();
    assert_eq!((profile.stacks[0].frames.len(), profile.frames.len()), (2_048, 2_049));
    assert_eq!(named(&profile, &profile.stacks[0]).last().unwrap(), "main:1");
    assert!(profile.notes[0].contains("deeper than 2048 frames"), "{:?}", profile.notes);
}

#[test]
fn of_a_stack_that_is_too_deep_the_innermost_are_kept() {
    let profile = changed(|file| {
        file.location.push(Location { id: 2, mapping_id: 0, line: Vec::new() });
        file.sample[0].location_id = [1].into_iter().chain(std::iter::repeat_n(2, 5_000)).collect();
    })
    .unwrap();
    assert_eq!(profile.stacks[0].frames.len(), 2_048);
    assert_eq!(named(&profile, &profile.stacks[0]).last().unwrap(), "main:7");
    assert!(profile.notes[0].contains("deeper than 2048 frames"), "{:?}", profile.notes);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
        let _ = decode(&packed(&bytes));
    }

    #[test]
    fn a_profile_with_bytes_changed_is_read_without_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        kept in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        for fixture in [GO, NODE] {
            let mut bytes = unpacked(fixture);
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if cut {
                bytes.truncate(kept.index(bytes.len()));
            }
            if let Ok(profile) = decode(&bytes) {
                for stack in &profile.stacks {
                    prop_assert!(!stack.frames.is_empty() && stack.samples > 0);
                    prop_assert_eq!(named(&profile, stack).len(), stack.frames.len());
                }
            }
        }
    }
}

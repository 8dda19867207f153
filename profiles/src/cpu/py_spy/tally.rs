//! Stacks as they are counted.

use std::collections::HashMap;

use aforo_model::profile::{Frame, Stack};
use py_spy::StackTrace;

/// Stacks with their samples, each frame kept once.
#[derive(Debug, Default)]
pub(super) struct Tally {
    places: HashMap<Frame, u32>,
    frames: Vec<Frame>,
    samples: HashMap<Vec<u32>, u64>,
}

impl Tally {
    /// Counts the stack of a thread once. False, and not counted, when nothing of it could be read, or what was read cannot be Python:
    /// the thread runs on meanwhile, and may leave a function just when its name is read.
    pub(super) fn add(&mut self, trace: &StackTrace) -> bool {
        if trace.frames.is_empty() || !trace.frames.iter().all(is_readable) {
            return false;
        }
        // py-spy tells the function that runs first.
        let stack = trace.frames.iter().rev().map(|frame| self.place(frame_of(frame))).collect();
        *self.samples.entry(stack).or_default() += 1;
        true
    }

    /// Takes over the counts of another.
    pub(super) fn merge(&mut self, other: Self) {
        let places: Vec<u32> = other.frames.into_iter().map(|frame| self.place(frame)).collect();
        for (stack, samples) in other.samples {
            let stack = stack.into_iter().map(|place| places[place as usize]).collect();
            *self.samples.entry(stack).or_default() += samples;
        }
    }

    /// Samples counted so far.
    pub(super) fn samples(&self) -> u64 {
        self.samples.values().sum()
    }

    /// The table of frames, and the stacks, most samples first.
    pub(super) fn into_stacks(self) -> (Vec<Frame>, Vec<Stack>) {
        let mut stacks: Vec<Stack> =
            self.samples.into_iter().map(|(frames, samples)| Stack { frames, samples }).collect();
        stacks.sort_by(|one, other| {
            other.samples.cmp(&one.samples).then_with(|| one.frames.cmp(&other.frames))
        });
        (self.frames, stacks)
    }

    fn place(&mut self, frame: Frame) -> u32 {
        let next = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        *self.places.entry(frame).or_insert_with_key(|frame| {
            self.frames.push(frame.clone());
            next
        })
    }
}

/// Names in Python and of files may hold anything but control characters; those are memory that was something else.
fn is_readable(frame: &py_spy::Frame) -> bool {
    !frame.name.is_empty()
        && !frame.name.contains(char::is_control)
        && !frame.filename.contains(char::is_control)
}

fn frame_of(frame: &py_spy::Frame) -> Frame {
    Frame {
        function: frame.name.clone(),
        file: Some(frame.filename.clone()).filter(|file| !file.is_empty()),
        // Zero where the table of lines could not be read.
        line: u32::try_from(frame.line).ok().filter(|line| *line > 0),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::cpu::py_spy) fn trace(names: &[&str]) -> StackTrace {
        let frame = |name: &&str| py_spy::Frame {
            name: (*name).to_owned(),
            filename: "app.py".to_owned(),
            module: None,
            short_filename: None,
            line: name.len() as i32 - 4,
            locals: None,
            is_entry: false,
            is_shim_entry: false,
        };
        StackTrace {
            pid: 1,
            thread_id: 1,
            thread_name: None,
            os_thread_id: Some(1),
            active: true,
            owns_gil: false,
            frames: names.iter().map(frame).collect(),
            process_info: None,
        }
    }

    #[test]
    fn stacks_are_turned_to_the_outermost_caller_first_and_counted() {
        let mut tally = Tally::default();
        for names in [["work", "module"], ["work", "module"], ["other", "module"]] {
            assert!(tally.add(&trace(&names)));
        }
        assert_eq!(tally.samples(), 3);
        let (frames, stacks) = tally.into_stacks();
        let named = |stack: &Stack| {
            stack.frames.iter().map(|place| frames[*place as usize].function.clone()).collect::<Vec<_>>()
        };
        assert_eq!(frames.len(), 3);
        assert_eq!((named(&stacks[0]), stacks[0].samples), (vec!["module".to_owned(), "work".to_owned()], 2));
        assert_eq!(
            (named(&stacks[1]), stacks[1].samples),
            (vec!["module".to_owned(), "other".to_owned()], 1)
        );
        let lines: Vec<_> = frames.iter().map(|frame| (frame.function.as_str(), frame.line)).collect();
        assert_eq!(lines, [("module", Some(2)), ("work", None), ("other", Some(1))], "line 0 is no line");
    }

    #[test]
    fn two_tallies_become_one_whatever_their_places() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.add(&trace(&["work", "module"]));
        other.add(&trace(&["other", "module"]));
        other.add(&trace(&["work", "module"]));
        one.merge(other);
        assert_eq!(one.samples(), 3);
        let (frames, stacks) = one.into_stacks();
        assert_eq!((frames.len(), stacks.len()), (3, 2));
        assert_eq!(stacks[0].samples, 2);
    }

    #[test]
    fn what_cannot_be_python_is_not_counted() {
        let mut tally = Tally::default();
        for names in [&[] as &[&str], &["work", ""], &["wo\u{0}rk"]] {
            assert!(!tally.add(&trace(names)), "{names:?}");
        }
        assert_eq!(tally.samples(), 0);
        assert_eq!(tally.into_stacks(), (vec![], vec![]));
    }
}

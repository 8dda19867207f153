//! Samples into stacks, each once.

use std::collections::HashMap;

use aforo_model::profile::{Frame, Stack};

use super::tables::{Tables, UNKNOWN};
use super::values::Weights;
use crate::error::PprofError;
use crate::message;

/// Frames of one stack that are kept, those that ran last. Go cuts at 64, Python refuses to recurse below 1000.
pub(super) const DEEPEST: usize = 2_048;
/// Frames of all stacks together. Inlined functions multiply: a short file can stand for more than fits in memory.
const MOST_PLACES: usize = 32_000_000;

/// The stacks of a file, and the frames they are made of.
pub(super) struct Folded {
    pub(super) frames: Vec<Frame>,
    pub(super) stacks: Vec<Stack>,
    pub(super) sample_count: u64,
    pub(super) notes: Vec<String>,
}

/// Every frame once, numbered as it comes up.
struct FrameTable<'a> {
    tables: &'a Tables<'a>,
    frames: Vec<Frame>,
    places: HashMap<Frame, u32>,
    /// The frames of a location of the file, the innermost first.
    of_location: HashMap<u64, Vec<u32>>,
    missing_locations: u64,
}

/// Puts the samples of a file together.
///
/// # Errors
/// When the file contradicts itself, or when its stacks do not fit in memory.
pub(super) fn fold(
    file: &message::Profile,
    tables: &Tables<'_>,
    weights: &Weights,
) -> Result<Folded, PprofError> {
    let mut table = FrameTable {
        tables,
        frames: Vec::new(),
        places: HashMap::new(),
        of_location: HashMap::new(),
        missing_locations: 0,
    };
    let mut weight_by_stack: HashMap<Vec<u32>, u64> = HashMap::new();
    let (mut place_count, mut cut_stacks) = (0, 0u64);
    for sample in &file.sample {
        let weight = weights.weight(sample)?;
        if weight == 0 {
            continue;
        }
        let (stack, is_cut) = table.stack(sample)?;
        cut_stacks += u64::from(is_cut);
        place_count += stack.len();
        if place_count > MOST_PLACES {
            return Err(PprofError::TooLarge { what: "frames in all stacks", limit: MOST_PLACES });
        }
        let sum = weight_by_stack.entry(stack).or_default();
        *sum = sum.saturating_add(weight);
    }
    let notes = notes(table.missing_locations, cut_stacks);
    Ok(folded(table.frames, weight_by_stack, weights, notes))
}

fn folded(
    frames: Vec<Frame>,
    weight_by_stack: HashMap<Vec<u32>, u64>,
    weights: &Weights,
    notes: Vec<String>,
) -> Folded {
    let mut stacks: Vec<Stack> = weight_by_stack
        .into_iter()
        .map(|(frames, weight)| Stack { frames, samples: weights.samples(weight) })
        .filter(|stack| stack.samples > 0)
        .collect();
    stacks.sort_unstable_by(|a, b| b.samples.cmp(&a.samples).then_with(|| a.frames.cmp(&b.frames)));
    let sample_count = stacks.iter().fold(0u64, |sum, stack| sum.saturating_add(stack.samples));
    Folded { frames, stacks, sample_count, notes }
}

impl FrameTable<'_> {
    /// The frames of a sample, the outermost first, and whether outer ones were cut off.
    fn stack(&mut self, sample: &message::Sample) -> Result<(Vec<u32>, bool), PprofError> {
        let mut stack = Vec::with_capacity(sample.location_id.len().min(DEEPEST));
        for &location_id in &sample.location_id {
            if !self.of_location.contains_key(&location_id) {
                let frames = self.frames_of(location_id)?;
                self.of_location.insert(location_id, frames);
            }
            stack.extend(self.of_location.get(&location_id).into_iter().flatten());
            if stack.len() > DEEPEST {
                break;
            }
        }
        let is_cut = stack.len() > DEEPEST;
        stack.truncate(DEEPEST);
        if stack.is_empty() {
            stack.push(self.place(unknown()));
        }
        stack.reverse();
        Ok((stack, is_cut))
    }

    fn frames_of(&mut self, location_id: u64) -> Result<Vec<u32>, PprofError> {
        let frames = self.tables.frames(location_id)?.unwrap_or_else(|| {
            self.missing_locations += 1;
            vec![unknown()]
        });
        Ok(frames.into_iter().map(|frame| self.place(frame)).collect())
    }

    fn place(&mut self, frame: Frame) -> u32 {
        if let Some(&place) = self.places.get(&frame) {
            return place;
        }
        // Records are limited to far fewer than a u32 counts.
        let place = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        self.frames.push(frame.clone());
        self.places.insert(frame, place);
        place
    }
}

fn unknown() -> Frame {
    Frame { function: UNKNOWN.to_owned(), file: None, line: None }
}

fn notes(missing_locations: u64, cut_stacks: u64) -> Vec<String> {
    let missing = (missing_locations > 0).then(|| {
        format!(
            "The profile refers to {missing_locations} places of the code that it does not have; they are shown \
             as {UNKNOWN}."
        )
    });
    let cut = (cut_stacks > 0).then(|| {
        format!(
            "{cut_stacks} stacks were deeper than {DEEPEST} frames; their outermost callers are left out."
        )
    });
    missing.into_iter().chain(cut).collect()
}

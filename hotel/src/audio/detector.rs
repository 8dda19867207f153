//! Finding pressed keys: short frames, each judged by itself, then runs of frames that agree.
//!
//! A frame holds a key if two of the eight menu tones, one of each group, hold most of its energy, stand out in their
//! group, are about equally strong, and have no strong harmonics. Speech has energy at the menu tones too, but not only
//! there. The limits follow ITU-T Q.24 where it names them; the frequency tolerance is tighter (about 0.5 %), which every
//! synthetic source meets.

use super::goertzel;
use super::keypad::{COLUMNS_HZ, KEYS, ROWS_HZ};
use super::recording::Recording;

/// Long enough to tell 697 from 770 Hz, short enough to fit into a tone of 40 ms, ms.
const FRAME_MS: f32 = 24.0;

/// From one frame to the next, ms.
const STEP_MS: f32 = 5.0;

/// Frames that must agree. A tone of 40 ms holds five (frames at its edges count if three quarters are tone); a click
/// or syllable under 27 ms never holds four.
const MIN_TONE_FRAMES: usize = 4;

/// Frames without a key that end it; a shorter gap is a dropout within it.
const MIN_GAP_FRAMES: usize = 3;

/// Quieter frames are silence: −50 dB below full scale, as mean square.
const SILENCE_POWER: f32 = 1e-5;

/// The least share of a frame's energy in the two tones.
const MIN_TONE_SHARE: f32 = 0.75;

/// How far a tone must stand out in its group: 6 dB.
const MIN_GROUP_RATIO: f32 = 4.0;

/// How much stronger the row's tone may be: 8 dB. Lines weaken high tones.
const MAX_ROW_OVER_COLUMN: f32 = 6.3;

/// How much stronger the column's tone may be: 4 dB.
const MAX_COLUMN_OVER_ROW: f32 = 2.5;

/// The most of a tone's power that its second harmonic may have: −6 dB. Voices have more; what leaks from one tone into
/// the harmonic of another is less.
const MAX_HARMONIC_RATIO: f32 = 0.25;

/// The keys pressed in a recording, in order.
pub(super) fn keys(recording: &Recording) -> String {
    let frame = (FRAME_MS / 1000.0 * recording.sample_rate) as usize;
    let step = (STEP_MS / 1000.0 * recording.sample_rate) as usize;
    let mut keys = String::new();
    // The key of the current run, for how many frames it was seen, for how many it has not been.
    let mut held: Option<(char, usize, usize)> = None;
    for start in (0..).step_by(step).take_while(|start| start + frame <= recording.samples.len()) {
        let heard = key(&recording.samples[start..start + frame], recording.sample_rate);
        held = match (held, heard) {
            (Some((key, seen, _)), Some(heard)) if key == heard => {
                if seen + 1 == MIN_TONE_FRAMES {
                    keys.push(key);
                }
                Some((key, seen + 1, 0))
            }
            (_, Some(heard)) => Some((heard, 1, 0)),
            (Some((key, seen, missed)), None) if missed + 1 < MIN_GAP_FRAMES => Some((key, seen, missed + 1)),
            (_, None) => None,
        };
    }
    keys
}

/// The key that is held during all of a frame.
fn key(frame: &[f32], sample_rate: f32) -> Option<char> {
    let energy: f32 = frame.iter().map(|sample| sample * sample).sum();
    let length = frame.len() as f32;
    if energy < SILENCE_POWER * length {
        return None;
    }
    let power = |frequency_hz: f32| goertzel::power(frame, frequency_hz, sample_rate);
    let (row, row_power) = strongest(ROWS_HZ.map(power))?;
    let (column, column_power) = strongest(COLUMNS_HZ.map(power))?;

    // A tone of energy e over n samples has the power e * n / 2.
    let enough = row_power + column_power >= MIN_TONE_SHARE * energy * length / 2.0;
    let balanced =
        row_power <= MAX_ROW_OVER_COLUMN * column_power && column_power <= MAX_COLUMN_OVER_ROW * row_power;
    let pure = enough
        && balanced
        && power(2.0 * ROWS_HZ[row]) <= MAX_HARMONIC_RATIO * row_power
        && power(2.0 * COLUMNS_HZ[column]) <= MAX_HARMONIC_RATIO * column_power;
    pure.then(|| KEYS[row][column])
}

/// The index and power of the strongest tone of a group, if it stands out.
fn strongest(powers: [f32; 4]) -> Option<(usize, f32)> {
    let (index, strongest) = powers.into_iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let stands_out = powers
        .iter()
        .enumerate()
        .all(|(other, power)| other == index || power * MIN_GROUP_RATIO <= strongest);
    stands_out.then_some((index, strongest))
}

//! Reading a WAV file of whatever kind into one channel of a moderate rate.

use std::io::Cursor;

use hound::{SampleFormat, WavReader};

use super::error::AudioError;

/// Two minutes of 16-bit stereo at 20 kHz, or 16-bit mono at 41 kHz; a voice message is far smaller.
pub(super) const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Nobody presses keys for longer.
pub(super) const MAX_SECONDS: u32 = 120;

/// What telephones and phones record at, Hz. Below, the highest menu tone does not fit.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;

/// Where the menu tones lie, 8000 samples per second are enough; more only cost time.
const ENOUGH_SAMPLES_PER_SECOND: u32 = 8_000;

/// Sound as one channel, −1 to 1.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) samples: Vec<f32>,
    /// Samples per second, Hz: 8000 up to 16 000.
    pub(super) sample_rate: f32,
}

impl Recording {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, AudioError> {
        if bytes.len() > MAX_BYTES {
            return Err(AudioError::TooLarge { bytes: bytes.len() });
        }
        let reader = WavReader::new(Cursor::new(bytes))?;
        let spec = reader.spec();
        if !(1..=2).contains(&spec.channels) || !SAMPLE_RATES.contains(&spec.sample_rate) {
            return Err(AudioError::Unsupported { channels: spec.channels, sample_rate: spec.sample_rate });
        }
        if reader.duration() > spec.sample_rate * MAX_SECONDS {
            return Err(AudioError::TooLong);
        }
        // Neighbouring samples are averaged, which is a coarse low-pass, but the loudest of what it lets through from
        // above is far from the menu tones' own level, and the detector wants most of the energy in two of them.
        let averaged = (spec.sample_rate / ENOUGH_SAMPLES_PER_SECOND).max(1);
        let group = usize::from(spec.channels) * averaged as usize;
        let samples = match spec.sample_format {
            SampleFormat::Float => average(reader.into_samples::<f32>(), group, 1.0)?,
            SampleFormat::Int => {
                let full_scale = 2_f32.powi(i32::from(spec.bits_per_sample) - 1);
                average(
                    reader.into_samples::<i32>().map(|sample| sample.map(|sample| sample as f32)),
                    group,
                    full_scale,
                )?
            }
        };
        Ok(Self { samples, sample_rate: spec.sample_rate as f32 / averaged as f32 })
    }
}

/// The averages of so many samples each, over full scale. What is no number counts as silence.
fn average(
    samples: impl Iterator<Item = hound::Result<f32>>,
    group: usize,
    full_scale: f32,
) -> Result<Vec<f32>, hound::Error> {
    let scale = 1.0 / (group as f32 * full_scale);
    let mut averages = Vec::new();
    let (mut sum, mut count) = (0.0, 0);
    for sample in samples {
        let sample = sample?;
        sum += if sample.is_finite() { sample.clamp(-full_scale, full_scale) } else { 0.0 };
        count += 1;
        if count == group {
            averages.push(sum * scale);
            (sum, count) = (0.0, 0);
        }
    }
    Ok(averages)
}

//! Making recordings of menu tones: for tests, and for the load that is put on the hotel.

use std::f32::consts::TAU;
use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::keypad::tones_hz;

/// How long a key is held, ms; nobody is faster than 50.
const TONE_MS: u32 = 150;

/// Silence before the first key and after each, ms.
const GAP_MS: u32 = 100;

/// How long a tone takes to swell and to fade, ms, so that it does not click.
const RAMP_MS: f32 = 4.0;

/// Of each of the two tones, so that both together stay below full scale.
const AMPLITUDE: f32 = 0.4;

/// A WAV recording, 16-bit mono, of these keys: 100 ms of silence, then for each key 150 ms of tone and 100 ms of
/// silence. Characters that are no key are left out. The rate, Hz, is kept within 8000–48 000.
pub fn synthesize_wav(digits: &str, sample_rate: u32) -> Vec<u8> {
    let sample_rate = sample_rate.clamp(8_000, 48_000);
    let mut samples = silence(GAP_MS, sample_rate);
    for (row_hz, column_hz) in digits.chars().filter_map(tones_hz) {
        samples.extend(tone(row_hz, column_hz, TONE_MS, sample_rate));
        samples.extend(silence(GAP_MS, sample_rate));
    }
    wav(&samples, sample_rate)
}

fn silence(duration_ms: u32, sample_rate: u32) -> Vec<f32> {
    vec![0.0; (sample_rate * duration_ms / 1000) as usize]
}

/// Both tones together, swelling and fading.
pub(super) fn tone(row_hz: f32, column_hz: f32, duration_ms: u32, sample_rate: u32) -> Vec<f32> {
    let count = sample_rate * duration_ms / 1000;
    let ramp = RAMP_MS * sample_rate as f32 / 1000.0;
    (0..count)
        .map(|index| {
            let seconds = index as f32 / sample_rate as f32;
            let swell = (index.min(count - index) as f32 / ramp).min(1.0);
            AMPLITUDE * swell * ((TAU * row_hz * seconds).sin() + (TAU * column_hz * seconds).sin())
        })
        .collect()
}

/// The samples, −1 to 1, as a 16-bit mono file.
pub(super) fn wav(samples: &[f32], sample_rate: u32) -> Vec<u8> {
    let spec = WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut file = Cursor::new(Vec::new());
    let written = (|| {
        let mut writer = WavWriter::new(&mut file, spec)?;
        for sample in samples {
            writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
        }
        writer.finalize()
    })();
    written.expect("writing 16-bit samples to memory cannot fail");
    file.into_inner()
}

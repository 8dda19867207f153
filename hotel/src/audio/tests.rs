use std::f32::consts::TAU;
use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::synthesis::{tone, wav};
use super::*;
use crate::nlu::Intent;

const ALL_KEYS: &str = "1234567890*#ABCD";

/// Approximately normal, with a deviation of one.
fn normal(random: &mut StdRng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

/// The samples of a 16-bit mono file.
fn samples(file: &[u8]) -> Vec<f32> {
    let reader = hound::WavReader::new(file).unwrap();
    reader.into_samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32768.0).collect()
}

fn encoded(
    samples: &[f32],
    channels: u16,
    sample_rate: u32,
    bits: u16,
    sample_format: SampleFormat,
) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let spec = WavSpec { channels, sample_rate, bits_per_sample: bits, sample_format };
    let mut writer = WavWriter::new(&mut file, spec).unwrap();
    for sample in samples {
        for _ in 0..channels {
            match sample_format {
                SampleFormat::Float => writer.write_sample(*sample).unwrap(),
                SampleFormat::Int => {
                    writer
                        .write_sample((f64::from(*sample) * (2_f64.powi(i32::from(bits) - 1) - 1.0)) as i32)
                        .unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

#[test]
fn every_key_is_heard_at_every_usual_rate() {
    for sample_rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000] {
        assert_eq!(
            decode_wav_menu(&synthesize_wav(ALL_KEYS, sample_rate)).unwrap(),
            ALL_KEYS,
            "{sample_rate} Hz"
        );
    }
}

#[test]
fn a_key_pressed_twice_is_heard_twice() {
    assert_eq!(decode_wav_menu(&synthesize_wav("1122333#", 8_000)).unwrap(), "1122333#");
}

#[test]
fn every_kind_of_sample_is_read() {
    let sound = samples(&synthesize_wav("159D", 16_000));
    for channels in [1, 2] {
        for (bits, format) in [
            (8, SampleFormat::Int),
            (16, SampleFormat::Int),
            (24, SampleFormat::Int),
            (32, SampleFormat::Int),
            (32, SampleFormat::Float),
        ] {
            let file = encoded(&sound, channels, 16_000, bits, format);
            assert_eq!(decode_wav_menu(&file).unwrap(), "159D", "{channels} x {bits} {format:?}");
        }
    }
}

#[test]
fn keys_are_heard_through_noise_of_a_tenth_of_their_amplitude() {
    let mut random = StdRng::seed_from_u64(7);
    for sample_rate in [8_000, 44_100] {
        let mut sound = samples(&synthesize_wav(ALL_KEYS, sample_rate));
        // Two tones of amplitude 0.4 have a power of 0.16; 20 dB below, a deviation of 0.04.
        for sample in &mut sound {
            *sample += 0.04 * normal(&mut random);
        }
        assert_eq!(decode_wav_menu(&wav(&sound, sample_rate)).unwrap(), ALL_KEYS, "{sample_rate} Hz");
    }
}

#[test]
fn a_tone_of_40_ms_is_a_key_and_one_of_20_ms_is_not() {
    let press = |duration_ms| {
        let mut sound = vec![0.0; 800];
        for _ in 0..2 {
            sound.extend(tone(770.0, 1336.0, duration_ms, 8_000));
            sound.extend(vec![0.0; 320]);
        }
        decode_wav_menu(&wav(&sound, 8_000))
    };
    assert_eq!(press(40).unwrap(), "55");
    assert!(matches!(press(20), Err(AudioError::NoTone)));
}

#[test]
fn one_tone_of_a_pair_or_a_lopsided_pair_is_no_key() {
    let pair = |row: f32, column: f32| {
        let sound: Vec<f32> = (0..4_000)
            .map(|index| {
                let seconds = index as f32 / 8_000.0;
                row * (TAU * 770.0 * seconds).sin() + column * (TAU * 1336.0 * seconds).sin()
            })
            .collect();
        decode_wav_menu(&wav(&sound, 8_000))
    };
    assert_eq!(pair(0.4, 0.4).unwrap(), "5");
    assert_eq!(pair(0.5, 0.25).unwrap(), "5", "the row 6 dB above the column");
    assert!(pair(0.5, 0.0).is_err());
    assert!(pair(0.6, 0.15).is_err(), "the row 12 dB above the column");
    assert!(pair(0.2, 0.5).is_err(), "the column 8 dB above the row");
}

/// Ten seconds of voiced sound: harmonics of a gliding pitch through three gliding formants, in syllables, with breath.
fn babble(seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut phase, mut pitch_hz) = (0.0_f32, random.random_range(90.0..250.0));
    let mut formants_hz = [500.0, 1500.0, 2500.0];
    let mut sound = Vec::new();
    for _syllable in 0..50 {
        let pitch_to: f32 = random.random_range(90.0..250.0);
        let formants_to = [
            random.random_range(300.0..900.0),
            random.random_range(900.0..2200.0),
            random.random_range(2200.0..3200.0),
        ];
        for index in 0..1600 {
            let part = index as f32 / 1600.0;
            pitch_hz += (pitch_to - pitch_hz) / 1600.0;
            for (formant, to) in formants_hz.iter_mut().zip(formants_to) {
                *formant += (to - *formant) / 800.0;
            }
            phase = (phase + pitch_hz / 8_000.0).fract();
            let voice: f32 = (1..=30)
                .map(|harmonic| harmonic as f32)
                .filter(|harmonic| harmonic * pitch_hz < 3_600.0)
                .map(|harmonic| {
                    let gain: f32 = formants_hz
                        .iter()
                        .map(|formant| (-((harmonic * pitch_hz - formant) / 120.0).powi(2)).exp())
                        .sum::<f32>()
                        + 0.05;
                    gain * (TAU * phase * harmonic).sin()
                })
                .sum();
            sound.push(0.15 * (part * std::f32::consts::PI).sin() * voice + 0.005 * normal(&mut random));
        }
    }
    sound
}

#[test]
fn a_voice_presses_no_key() {
    for seed in 0..3 {
        let heard = decode_wav_menu(&wav(&babble(seed), 8_000));
        assert!(matches!(heard, Err(AudioError::NoTone)), "seed {seed}: {heard:?}");
    }
}

#[test]
fn silence_and_noise_press_no_key() {
    let mut random = StdRng::seed_from_u64(1);
    let noise: Vec<f32> = (0..80_000).map(|_| 0.2 * normal(&mut random)).collect();
    for sound in [vec![], vec![0.0; 16_000], noise] {
        assert!(matches!(decode_wav_menu(&wav(&sound, 8_000)), Err(AudioError::NoTone)));
    }
}

#[test]
fn what_is_too_much_or_no_such_wav_is_refused_with_a_reason() {
    let sound = vec![0.0; 100];
    let error = |file: &[u8]| decode_wav_menu(file).unwrap_err();
    assert!(matches!(error(&vec![0; 10 * 1024 * 1024 + 1]), AudioError::TooLarge { .. }));
    assert!(matches!(
        error(&encoded(&vec![0.0; 970_000], 1, 8_000, 16, SampleFormat::Int)),
        AudioError::TooLong
    ));
    assert!(matches!(
        error(&encoded(&sound, 1, 4_000, 16, SampleFormat::Int)),
        AudioError::Unsupported { .. }
    ));
    assert!(matches!(
        error(&encoded(&sound, 3, 8_000, 16, SampleFormat::Int)),
        AudioError::Unsupported { .. }
    ));
    assert!(matches!(error(b""), AudioError::NotWav(_)));
    assert!(matches!(error(b"OggS and so on"), AudioError::NotWav(_)));
    let whole = synthesize_wav("12", 8_000);
    assert!(matches!(error(&whole[..whole.len() - 1_001]), AudioError::NotWav(_)), "truncated");
    let not_a_number =
        encoded(&[f32::NAN, f32::INFINITY, f32::MAX].repeat(1_000), 1, 8_000, 32, SampleFormat::Float);
    assert!(matches!(error(&not_a_number), AudioError::NoTone));
}

#[test]
fn the_first_key_chooses_from_the_menu() {
    assert_eq!(menu_intent("1"), Some(Intent::CheckAvailability));
    assert_eq!(menu_intent("2#"), Some(Intent::MyReservation));
    assert_eq!(menu_intent("31"), Some(Intent::CancelReservation));
    assert_eq!(menu_intent("9"), Some(Intent::HumanAgent));
    assert_eq!(menu_intent("#"), None);
    assert_eq!(menu_intent(""), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_keys_are_heard_back(digits in "[0-9A-D*#]{1,6}", sample_rate in 8_000_u32..=48_000) {
        prop_assert_eq!(decode_wav_menu(&synthesize_wav(&digits, sample_rate)).unwrap(), digits);
    }

}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode_wav_menu(&bytes);
    }

    #[test]
    fn no_damage_to_a_file_makes_it_panic(
        damage in prop::collection::vec((0_usize..1_000, any::<u8>()), 1..8),
        header_damage in prop::collection::vec((0_usize..48, any::<u8>()), 0..6),
        length in 0_usize..4_844,
    ) {
        let mut file = synthesize_wav("5", 8_000);
        for (at, byte) in damage.into_iter().chain(header_damage) {
            file[at] = byte;
        }
        file.truncate(length);
        let _ = decode_wav_menu(&file);
    }
}

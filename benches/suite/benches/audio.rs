//! Finding the pressed keys in a voice message.

use std::hint::black_box;

use aforo_bench_suite::singles::{
    AUDIO_4_KEYS_8_KHZ, AUDIO_4_KEYS_16_KHZ, AUDIO_4_KEYS_48_KHZ, AUDIO_12_KEYS_8_KHZ, AUDIO_12_KEYS_16_KHZ,
    AUDIO_12_KEYS_48_KHZ,
};
use aforo_bench_suite::{CpuTime, Single, assert_same_answer, cpu_time};
use aforo_hotel::audio::{decode_wav_menu, synthesize_wav};
use criterion::{Criterion, criterion_group, criterion_main};

const FOUR_KEYS: &str = "159#";
const TWELVE_KEYS: &str = "1234567890*#";

/// What is decoded: the keys, the rate in Hz.
const RECORDINGS: [(&str, u32, Single); 6] = [
    (FOUR_KEYS, 8_000, AUDIO_4_KEYS_8_KHZ),
    (FOUR_KEYS, 16_000, AUDIO_4_KEYS_16_KHZ),
    (FOUR_KEYS, 48_000, AUDIO_4_KEYS_48_KHZ),
    (TWELVE_KEYS, 8_000, AUDIO_12_KEYS_8_KHZ),
    (TWELVE_KEYS, 16_000, AUDIO_12_KEYS_16_KHZ),
    (TWELVE_KEYS, 48_000, AUDIO_12_KEYS_48_KHZ),
];

fn decoding(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group(AUDIO_4_KEYS_8_KHZ.group);
    for (keys, sample_rate, single) in RECORDINGS {
        let wav = synthesize_wav(keys, sample_rate);
        assert_same_answer(
            single.function,
            decode_wav_menu(&wav).expect("there are tones in it"),
            keys.to_owned(),
        );
        group.bench_function(single.function, |bencher| bencher.iter(|| decode_wav_menu(black_box(&wav))));
    }
    group.finish();
}

criterion_group!(name = benches; config = cpu_time(); targets = decoding);
criterion_main!(benches);

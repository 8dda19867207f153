//! How large values shrink: measured on parts of them.

use std::io::{Read, Write};
use std::time::Instant;

use aforo_model::Answer;
use aforo_model::cache::{CompressionTrial, SampledKey};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::sample::Named;
use super::session::Session;

/// Above this a value is large (requirement R6.2).
const LARGE_BYTES: u64 = 1_000_000;
/// Large values that are read.
const MOST_VALUES: usize = 16;
/// Parts that are read of each, evenly spread over it, and their size.
const PARTS: u64 = 4;
const PART_BYTES: u64 = 128 * 1024;
/// Level of zstd: its default.
const ZSTD_LEVEL: i32 = 3;
/// The shortest of so many runs is taken: it was interrupted least.
const RUNS: usize = 3;
const MEGABYTE: f64 = 1e6;

/// Reads parts of the large strings among the keys and compresses them. Their idle times are changed by it, so those have
/// been read before.
pub(super) async fn measure(session: &mut Session, keys: &mut [Named]) {
    let mut large: Vec<&mut Named> = keys.iter_mut().filter(|key| is_large(&key.key)).collect();
    large.sort_by_key(|key| std::cmp::Reverse(key.key.bytes));
    for (place, named) in large.into_iter().enumerate() {
        named.key.compression = Some(match named.key.kind.as_str() {
            _ if place >= MOST_VALUES => {
                Answer::absent(format!("only the {MOST_VALUES} largest values are read"))
            }
            "string" => trial(session, named).await,
            kind => Answer::absent(format!("a {kind} is no single value that could be compressed")),
        });
    }
}

fn is_large(key: &SampledKey) -> bool {
    key.bytes.is_some_and(|bytes| bytes > LARGE_BYTES)
}

async fn trial(session: &mut Session, named: &Named) -> Answer<CompressionTrial> {
    let Some((value_bytes, part)) = read_parts(session, named).await else {
        return Answer::absent("the value could not be read, or is gone; allow +strlen and +getrange");
    };
    match tokio::task::spawn_blocking(move || compress(value_bytes, &part)).await {
        Ok(Some(trial)) => Answer::Found(trial),
        _ => Answer::absent("the value is empty, or cannot be compressed"),
    }
}

async fn read_parts(session: &mut Session, named: &Named) -> Option<(u64, Vec<u8>)> {
    session.select(named.key.database).await.ok()?;
    let value_bytes: u64 = session.ask(redis::cmd("STRLEN").arg(&named.raw)).await.ok()?;
    let mut read = Vec::new();
    for at in 0..PARTS {
        let from = if value_bytes <= PARTS * PART_BYTES { at * PART_BYTES } else { value_bytes / PARTS * at };
        let command = redis::cmd("GETRANGE").arg(&named.raw).arg(from).arg(from + PART_BYTES - 1).to_owned();
        read.extend(session.ask::<Vec<u8>>(&command).await.ok()?);
    }
    Some((value_bytes, read))
}

/// Compresses and decompresses; nothing for an empty value.
fn compress(value_bytes: u64, part: &[u8]) -> Option<CompressionTrial> {
    if part.is_empty() {
        return None;
    }
    let (with_zstd, zstd_ms) = timed(|| zstd::encode_all(part, ZSTD_LEVEL).ok())?;
    let (_, unzstd_ms) = timed(|| {
        let mut back = Vec::with_capacity(part.len());
        zstd::Decoder::new(&with_zstd[..]).ok()?.read_to_end(&mut back).ok()?;
        Some(back)
    })?;
    let (with_gzip, gzip_ms) = timed(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(part).ok()?;
        encoder.finish().ok()
    })?;
    let megabytes = part.len() as f64 / MEGABYTE;
    Some(CompressionTrial {
        value_bytes,
        read_bytes: part.len() as u64,
        zstd_ratio: with_zstd.len() as f64 / part.len() as f64,
        zstd_compress_ms_per_mb: zstd_ms / megabytes,
        zstd_decompress_ms_per_mb: unzstd_ms / megabytes,
        gzip_ratio: with_gzip.len() as f64 / part.len() as f64,
        gzip_compress_ms_per_mb: gzip_ms / megabytes,
    })
}

/// What the work gives, and its shortest time in ms.
fn timed<T>(work: impl Fn() -> Option<T>) -> Option<(T, f64)> {
    let mut shortest_ms = f64::INFINITY;
    let mut result = None;
    for _ in 0..RUNS {
        let began = Instant::now();
        result = Some(work()?);
        shortest_ms = shortest_ms.min(began.elapsed().as_secs_f64() * 1e3);
    }
    Some((result?, shortest_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shrinks_and_noise_does_not() {
        let text = "room 101, two guests; ".repeat(5_000);
        let trial = compress(text.len() as u64, text.as_bytes()).unwrap();
        assert!(trial.zstd_ratio < 0.1 && trial.gzip_ratio < 0.1, "{trial:?}");
        assert!(trial.zstd_compress_ms_per_mb > 0.0 && trial.zstd_decompress_ms_per_mb > 0.0, "{trial:?}");
        // A linear congruential generator's high bytes, with a fixed seed.
        let noise: Vec<u8> = (0..100_000)
            .scan(7_u64, |state, _| {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                Some((*state >> 56) as u8)
            })
            .collect();
        assert!(compress(100_000, &noise).unwrap().zstd_ratio > 0.95);
        assert_eq!(compress(0, &[]), None);
    }
}

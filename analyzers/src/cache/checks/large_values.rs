//! `large-values`
//!
//! **What:** values above 1 MB in the sample, by pattern.
//! **Why it hurts:** each read moves all of it over the network and holds the server's one thread meanwhile; writing and deleting it
//! do, too.
//! **Threshold:** above 1 MB is a warning. Source: requirement R6.2.
//! **Remedy:** compress it (with the ratio and CPU time that were measured), or split it so that readers get what they need.

use std::collections::BTreeMap;

use aforo_model::Severity;
use aforo_model::cache::LargeValue;
use aforo_model::database::CheckResult;

use crate::cache::check::{CacheCheck, CacheFacts, about, those_or_fine};
use crate::cache::parts;
use crate::database::CheckReading;
use crate::wording::{memory, percent};

/// Above this, compressing is not worth its CPU time. Ours.
const WORTH_RATIO: f64 = 0.8;

pub(super) const CHECK: CacheCheck = CacheCheck {
    code: "large-values",
    summary: "values above 1 MB",
    reads: "MEMORY USAGE of a sample; GETRANGE where values may be read",
    threshold: "above 1 MB is a warning",
    source: "requirement R6.2",
    run,
};

fn run(facts: &CacheFacts) -> CheckReading {
    let sample = parts::sample(facts)?;
    let sized = sample.keys.iter().filter(|key| key.bytes.is_some()).count();
    if sized == 0 {
        return Err(parts::no_sizes(facts));
    }
    // The largest comes first, of all and so of each pattern.
    let mut by_pattern: BTreeMap<&str, Vec<&LargeValue>> = BTreeMap::new();
    for value in &facts.large_values {
        by_pattern.entry(&value.pattern).or_default().push(value);
    }
    let outstanding =
        by_pattern.into_iter().filter_map(|(pattern, values)| outstanding(pattern, &values)).collect();
    those_or_fine(outstanding, format!("none of {sized} sampled values is above 1 MB"))
}

fn outstanding(pattern: &str, values: &[&LargeValue]) -> Option<CheckResult> {
    let largest = values.first()?;
    let trial = values.iter().find_map(|value| value.compression.found());
    let remedy = match trial {
        Some(trial) if trial.zstd_ratio <= WORTH_RATIO => format!(
            "compress it before it is written: zstd at level 3 makes it {} of its size for {:.1} ms of CPU time a MB, and {:.1} ms to read it \
             (gzip: {} for {:.1} ms); or split it, so that readers get the part they need",
            percent(trial.zstd_ratio),
            trial.zstd_compress_ms_per_mb,
            trial.zstd_decompress_ms_per_mb,
            percent(trial.gzip_ratio),
            trial.gzip_compress_ms_per_mb
        ),
        Some(trial) => format!(
            "split it, so that readers get the part they need; compressing would leave {} of its size, too much to pay for",
            percent(trial.zstd_ratio)
        ),
        None => "split it, so that readers get the part they need, or compress it where it is text; let values be read with --cache-values to measure how it shrinks"
            .to_owned(),
    };
    let mut numbers = vec![("value_count", values.len() as f64), ("largest_bytes", largest.bytes as f64)];
    numbers.extend(trial.map(|trial| ("zstd_ratio", trial.zstd_ratio)));
    Some(about(
        "keys",
        pattern,
        Severity::Warning,
        format!(
            "sampled values above 1 MB: {}, the largest with {} ({})",
            values.len(),
            memory(largest.bytes),
            largest.kind
        ),
        remedy,
        &numbers,
    ))
}

#[cfg(test)]
mod tests {
    use aforo_model::Answer;
    use aforo_model::cache::CompressionTrial;
    use aforo_model::database::Grade;

    use super::*;
    use crate::cache::fixtures::{Fixture, key};
    use crate::cache::large_values::LARGE_BYTES;

    fn of(bytes: u64, zstd_ratio: Option<f64>) -> Fixture {
        let trial = |zstd_ratio| CompressionTrial {
            value_bytes: bytes,
            read_bytes: bytes,
            zstd_ratio,
            zstd_compress_ms_per_mb: 3.0,
            zstd_decompress_ms_per_mb: 1.0,
            gzip_ratio: zstd_ratio,
            gzip_compress_ms_per_mb: 20.0,
        };
        let mut large = key("page:7", bytes, Some(600), 5);
        large.compression = zstd_ratio.map(|ratio| Answer::Found(trial(ratio)));
        Fixture::healthy().with_keys([large])
    }

    #[test]
    fn a_value_above_a_megabyte_is_named_with_what_compressing_it_gives() {
        assert_eq!(of(LARGE_BYTES, None).grade(&CHECK), Grade::Ok);
        for (ratio, word) in [
            (Some(0.25), "makes it 25%"),
            (Some(0.95), "too much to pay for"),
            (None, "let values be read with --cache-values"),
        ] {
            let told = of(LARGE_BYTES + 1, ratio).told_by(&CHECK);
            assert!(told.contains("keys page:*") && told.contains(word), "{told}");
        }
    }

    #[test]
    fn sizes_that_were_not_told_are_no_answer() {
        let untold = Fixture::healthy().with(|evidence| {
            evidence.sample.as_mut().unwrap().keys.iter_mut().for_each(|key| key.bytes = None);
        });
        assert_eq!(untold.grade(&CHECK), Grade::Skipped);
        assert_eq!(Fixture::empty().grade(&CHECK), Grade::Skipped);
    }
}

//! Values that are large.

use aforo_model::Answer;
use aforo_model::cache::{KeySample, LargeValue, SampledKey};

use super::names;

/// Above this a value is large, in bytes (requirement R6.2).
pub(super) const LARGE_BYTES: u64 = 1_000_000;

/// The large values of a sample, the largest first.
pub(super) fn large_values(sample: &KeySample) -> Vec<LargeValue> {
    if sample.keys.iter().all(|key| large_bytes(key).is_none()) {
        return Vec::new();
    }
    let names: Vec<&str> = sample.keys.iter().map(|key| key.name.as_str()).collect();
    let keys = sample.keys.iter().zip(names::patterns(&names));
    let mut values: Vec<LargeValue> = keys
        .filter_map(|(key, pattern)| {
            let untried = || Answer::absent("values were not asked to be read");
            Some(LargeValue {
                name: names::shown(&key.name),
                pattern,
                kind: key.kind.clone(),
                bytes: large_bytes(key)?,
                compression: key.compression.clone().unwrap_or_else(untried),
            })
        })
        .collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.bytes));
    values
}

fn large_bytes(key: &SampledKey) -> Option<u64> {
    key.bytes.filter(|bytes| *bytes > LARGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::fixtures::{key, sample_of};

    #[test]
    fn those_above_a_megabyte_are_listed_the_largest_first_with_tokens_shortened() {
        let keys = vec![
            key("page:1", LARGE_BYTES, None, 0),
            key("page:2", LARGE_BYTES + 1, None, 0),
            key("session:a1b2c3d4e5f6a7b8c9d0", 5_000_000, None, 0),
        ];
        let names: Vec<String> = large_values(&sample_of(keys)).into_iter().map(|value| value.name).collect();
        assert_eq!(names, ["session:a1b2…", "page:2"]);
        assert_eq!(large_values(&sample_of(Vec::new())), []);
    }
}

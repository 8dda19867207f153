//! Figures of a cache in few columns, and reasons that several share.

use aforo_model::{Answer, Interval};

use crate::figures::{self, ABSENT};

/// Letters for thousands, millions, …
const THOUSANDS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
/// From here on a number is shown in thousands.
const LONG: f64 = 10_000.0;
/// Days beyond which it does not matter how many.
const MOST_DAYS: f64 = 9_999.0;
/// Reasons that are told; the others are in the JSON.
const REASONS_SHOWN: usize = 3;

/// A number in at most six columns: `12.3`, `9,999`, `12.3k`, `1.2M`.
pub(super) fn compact(value: f64) -> String {
    if value.abs() < 100.0 {
        return figures::significant(value);
    }
    if value.abs() < LONG {
        return figures::count(value.abs().round() as u64);
    }
    let (mut scaled, mut unit) = (value, 0);
    while scaled.abs() >= 999.5 && unit + 1 < THOUSANDS.len() {
        scaled /= 1e3;
        unit += 1;
    }
    format!("{}{}", figures::significant(scaled), THOUSANDS[unit])
}

/// The middle of an interval, [`compact`].
pub(super) fn estimate(interval: Interval) -> String {
    compact(interval.estimate)
}

/// A span that keys live, in its largest unit: `45 s`, `5 min`, `36 h`, `30 d`.
pub(super) fn lifetime(span_s: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3600.0;
    const DAY: f64 = 86_400.0;
    if span_s < 2.0 * MINUTE {
        figures::span_s(span_s.max(0.0))
    } else if span_s < 2.0 * HOUR {
        format!("{} min", figures::significant(span_s / MINUTE))
    } else if span_s < 2.0 * DAY {
        format!("{} h", figures::significant(span_s / HOUR))
    } else if span_s <= MOST_DAYS * DAY {
        format!("{} d", figures::significant(span_s / DAY))
    } else {
        format!(">{MOST_DAYS} d")
    }
}

/// An answer, or a dash.
pub(super) fn answered<T: Copy>(answer: &Answer<T>, show: impl Fn(T) -> String) -> String {
    answer.found().map_or_else(|| ABSENT.to_owned(), |found| show(*found))
}

/// Why something is not known of some of a list, each reason once: `never used: no look (2)`.
pub(super) fn reasons<'a>(what: &str, whys: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counted: Vec<(&str, u64)> = Vec::new();
    for why in whys {
        match counted.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => counted.push((why, 1)),
        }
    }
    let more = if counted.len() > REASONS_SHOWN { "; other reasons are in the JSON" } else { "" };
    let said: Vec<String> = counted
        .iter()
        .take(REASONS_SHOWN)
        .map(|(why, count)| format!("{why} ({})", figures::count(*count)))
        .collect();
    (!said.is_empty()).then(|| format!("No {what}: {}{more}.", said.join("; ")))
}

/// Why an answer is absent.
pub(super) fn why<T>(answer: &Answer<T>) -> Option<&str> {
    match answer {
        Answer::Found(_) => None,
        Answer::Absent { why } => Some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_six_columns_at_most() {
        assert_eq!(
            [0.0, 0.25, 99.9, 100.4, 9_999.0, 12_345.0, 999_400.0, 999_600.0, u64::MAX as f64].map(compact),
            ["0", "0.25", "99.9", "100", "9,999", "12.3k", "999k", "1M", "18.4E"]
        );
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        assert_eq!(
            [-1.0, 45.0, 300.0, 5_400.0, 129_600.0, 2_592_000.0, 1e18].map(lifetime),
            ["0 µs", "45 s", "5 min", "90 min", "36 h", "30 d", ">9999 d"]
        );
    }

    #[test]
    fn a_reason_that_several_share_is_told_once() {
        assert_eq!(reasons("rate", ["a", "b", "a"].into_iter()).unwrap(), "No rate: a (2); b (1).");
        assert_eq!(
            reasons("rate", ["a", "b", "c", "d"].into_iter()).unwrap(),
            "No rate: a (1); b (1); c (1); other reasons are in the JSON."
        );
        assert_eq!(reasons("rate", std::iter::empty()), None);
    }
}

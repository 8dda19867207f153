//! Two profiles in one flame graph: red is what takes more than before, blue what takes less.

use std::collections::BTreeMap;
use std::io::Write;

use aforo_model::profile::{ProfileClock, ProfileRecord};

use super::flame_graph::{FlameGraphError, draw};
use super::folded::folded;

/// The parts into which a whole is divided where only shares can be compared.
const PARTS: f64 = 1e6;

/// Writes what changed from one profile to another, as wide as it is after. Both are scaled to CPU time in 1000 requests, or, where
/// requests or CPU time were not counted, to shares of all samples; the subtitle says which. The same input gives the same bytes.
///
/// # Errors
/// [`FlameGraphError`]; nothing is written when either has no samples.
pub fn write_differential_flame_graph(
    before: &ProfileRecord,
    after: &ProfileRecord,
    title: &str,
    out: &mut dyn Write,
) -> Result<(), FlameGraphError> {
    let folded = [before, after].map(|record| folded(&record.profile));
    let totals = [0, 1].map(|at| folded[at].values().sum::<u64>() as f64);
    if totals.contains(&0.0) {
        return Err(FlameGraphError::NoSamples);
    }
    let (scales, unit, subtitle) = match (cpu_us_per_1000_requests(before), cpu_us_per_1000_requests(after)) {
        (Some(before_us), Some(after_us)) => (
            [before_us, after_us],
            "µs CPU per 1000 requests",
            "CPU in 1000 requests; red takes more than before, blue less; what is gone is not drawn",
        ),
        _ => (
            [PARTS, PARTS],
            "millionths of all samples",
            "shares of all samples; red is a larger share than before, blue a smaller one; what is gone is not drawn",
        ),
    };
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for at in [0, 1] {
        for (stack, samples) in &folded[at] {
            let scaled = *samples as f64 / totals[at] * scales[at];
            counts.entry(stack).or_default()[at] = scaled.round() as u64;
        }
    }
    let lines =
        counts.into_iter().map(|(stack, [before, after])| format!("{stack} {before} {after}")).collect();
    draw(lines, title, subtitle, unit, out)
}

/// CPU time of all samples together in 1000 requests, µs.
fn cpu_us_per_1000_requests(record: &ProfileRecord) -> Option<f64> {
    if record.profile.clock != ProfileClock::Cpu {
        return None;
    }
    let requests = record.requests.filter(|&requests| requests > 0)?;
    let cpu_time_s = record.profile.target_cpu_time_s.filter(|&used_s| used_s > 0.0)?;
    Some(cpu_time_s * 1e6 / requests as f64 * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;

    fn drawn(before: &ProfileRecord, after: &ProfileRecord) -> Result<String, FlameGraphError> {
        let mut out = Vec::new();
        write_differential_flame_graph(before, after, "before and after", &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn both_are_scaled_to_the_cpu_time_of_1000_requests() {
        let before = canonical::record();
        let mut after = canonical::record();
        // Twice the requests on the same CPU time: everything takes half of what it took.
        after.requests = before.requests.map(|requests| requests * 2);
        let svg = drawn(&before, &after).unwrap();
        // 5.2 s in 2000 requests, half of it in parse_date.
        assert!(svg.contains("parse_date (1,300,000 µs CPU per 1000 requests, 50.00%; -50.00%)"), "{svg}");
        assert_eq!(svg, drawn(&before, &after).unwrap());
    }

    #[test]
    fn without_requests_or_cpu_time_shares_are_compared_and_the_graph_says_so() {
        let before = canonical::record();
        let mut after = canonical::record();
        after.requests = None;
        after.profile.stacks[0].samples *= 3;
        let svg = drawn(&before, &after).unwrap();
        assert!(svg.contains("shares of all samples; red"), "{svg}");
        assert!(svg.contains("parse_date (750,000 millionths of all samples, 75.00%; +25.00%)"), "{svg}");
    }

    #[test]
    fn one_without_samples_gives_an_error() {
        let mut empty = canonical::record();
        empty.profile.stacks.clear();
        for (before, after) in [(&empty, &canonical::record()), (&canonical::record(), &empty)] {
            assert!(matches!(drawn(before, after), Err(FlameGraphError::NoSamples)));
        }
    }
}

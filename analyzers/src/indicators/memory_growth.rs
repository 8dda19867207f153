//! Whether the target's memory grows under steady load.

use aforo_model::Role;

use super::Measurement;
use crate::Evidence;
use crate::growth::without_profiling;
use crate::statistics::{block_medians, median, theil_sen_slope};
use crate::wording::seconds;

/// Shortest span after warm-up, seconds, and fewest readings in it: less shows the allocator, not the program.
const MIN_SPAN_S: f64 = 60.0;
const MIN_READINGS: usize = 30;
/// Points of which the trend is taken. More add time (it grows with their square) and no certainty.
const TREND_POINTS: usize = 240;

/// Growth of the target's resident memory after warm-up, relative to its level in the first quarter: the larger
/// of the trend (Theil–Sen slope times span, which sees a steady leak and is not moved by a sawtooth of garbage
/// collection) and of the step from the first to the last quarter (which sees a level that rose once and stayed).
pub(super) fn measure(evidence: &Evidence<'_>) -> Measurement {
    let points: Vec<(f64, f64)> = evidence
        .judged_processes(Role::Target)
        .map(|(at_s, target)| (at_s, target.rss_bytes as f64))
        .collect();
    // What a target takes to look up the symbols of its own profile is no growth of its own.
    let points = without_profiling(&points, evidence.profile_windows).points;
    let (Some((from_s, _)), Some((to_s, _))) = (points.first(), points.last()) else {
        return Measurement::nothing("the target's process was not watched; name its pid");
    };
    let span_s = to_s - from_s;
    let quarter = points.len().div_ceil(4);
    let level = |part: &[(f64, f64)]| median(part.iter().map(|(_, rss_bytes)| *rss_bytes));
    let (Some(first), Some(last)) = (level(&points[..quarter]), level(&points[points.len() - quarter..]))
    else {
        return Measurement::nothing("the target's process was not watched; name its pid");
    };
    if first <= 0.0 {
        return Measurement::nothing("the target's resident memory reads as zero");
    }
    let trend =
        theil_sen_slope(&block_medians(&points, TREND_POINTS)).map_or(0.0, |slope| slope * span_s / first);
    let measured = Measurement::exact(trend.max(last / first - 1.0), points.len() as u64);
    if span_s < MIN_SPAN_S || points.len() < MIN_READINGS {
        return measured.weakened(format!(
            "the target's memory was read {} times over {}, and growth needs {MIN_READINGS} readings over {} after warm-up",
            points.len(),
            seconds(span_s),
            seconds(MIN_SPAN_S)
        ));
    }
    measured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::indicators::Outcome;

    const MIB: f64 = 1048576.0;

    /// An hour of readings, one a second.
    fn growth(rss_mib: impl Fn(f64) -> f64) -> Measurement {
        let mut fixture = Fixture::of_readings(3600);
        for sample in &mut fixture.resources {
            let at_s = sample.at_s;
            for process in sample.processes.iter_mut().filter(|process| process.role == Role::Target) {
                process.rss_bytes = (rss_mib(at_s) * MIB) as u64;
            }
        }
        measure(&fixture.evidence())
    }

    fn value(rss_mib: impl Fn(f64) -> f64) -> f64 {
        growth(rss_mib).value.unwrap()
    }

    #[test]
    fn a_steady_leak_is_measured_at_its_size() {
        let grown = value(|at_s| 100.0 + 40.0 * at_s / 3600.0);
        // The level of the first quarter is 5 MiB above the start of the line.
        assert!((grown - 40.0 / 105.0).abs() < 0.01, "{grown}");
    }

    #[test]
    fn a_sawtooth_of_garbage_collection_is_no_growth() {
        let grown = value(|at_s| 100.0 + 50.0 * (at_s % 30.0) / 30.0);
        assert!(grown.abs() < 0.02, "{grown}");
    }

    #[test]
    fn a_leak_under_a_sawtooth_is_found() {
        let grown = value(|at_s| 100.0 + 30.0 * (at_s % 30.0) / 30.0 + 40.0 * at_s / 3600.0);
        assert!(grown > 0.25, "{grown}");
    }

    #[test]
    fn a_level_that_rises_once_and_stays_is_growth() {
        let grown = value(|at_s| if at_s < 1800.0 { 100.0 } else { 150.0 });
        // The trend of a step is a little steeper than the step.
        assert!((0.5..0.55).contains(&grown), "{grown}");
    }

    #[test]
    fn one_reading_gone_wild_is_no_growth() {
        let grown = value(|at_s| if at_s == 3000.0 { 9000.0 } else { 100.0 });
        assert!(grown.abs() < 1e-6, "{grown}");
    }

    #[test]
    fn less_than_a_minute_is_unknown() {
        let expression = "memory_growth < 20%".parse().unwrap();
        let measurement = measure(&Fixture::of_readings(50).evidence());
        assert!(
            matches!(measurement.outcome(&expression), Outcome::Unknown(why) if why.contains("30 readings"))
        );
        let unwatched = Fixture { resources: Vec::new(), ..Fixture::of_readings(60) };
        assert!(
            matches!(measure(&unwatched.evidence()).outcome(&expression), Outcome::Unknown(why) if why.contains("pid"))
        );
    }
}

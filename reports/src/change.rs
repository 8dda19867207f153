//! What a spike or a long time did to the target.

use aforo_model::{
    Answer, Drift, DriftRecord, GrowthVerdict, LeakConfirmation, LeakRecord, RecoveryRecord, RecoveryStart,
    ReferencePart, RunRecord, TrendRecord,
};

use crate::capacity::told;
use crate::counted::counted;
use crate::figures::{self, ABSENT, or_absent};

/// Name and value of what the run shows of recovery and drift; nothing where it shows neither.
pub(crate) fn answers(record: &RunRecord) -> Vec<(&'static str, String)> {
    let mut answers = Vec::new();
    if let Some(recovery) = &record.recovery {
        answers.push(("recovery", told(recovery, recovered)));
    }
    if let Some(DriftRecord { p95, rss }) = &record.drift {
        answers.push(("P95", told(p95, |drift| drifted(drift, |us| figures::time_us(us.round() as u64)))));
        answers
            .push(("memory", told(rss, |drift| drifted(drift, |size| figures::bytes(size.round() as u64)))));
    }
    answers.extend(record.leaks.iter().filter_map(|leak| Some(("leak", grown(leak)?))));
    answers.extend(record.trends.iter().filter_map(|trend| Some(("trend", heading(trend)?))));
    answers
}

/// What is told of a figure that grew; nothing of the others, which are in the record.
fn grown(record: &LeakRecord) -> Option<String> {
    let leak = record.leak.found().filter(|leak| leak.growth.verdict == GrowthVerdict::Growing)?;
    let show = |value: f64| {
        if record.figure.is_memory() {
            figures::bytes(value.max(0.0).round() as u64)
        } else {
            figures::significant(value)
        }
    };
    let per_hour = leak.growth.per_hour;
    let confirmation = match leak.confirmation {
        LeakConfirmation::Confirmed => "it stayed when the load had ended",
        LeakConfirmation::Released => "it was given back when the load had ended, so it is no leak",
        LeakConfirmation::NotChecked => "whether it stays without load was not looked at",
    };
    let limit = leak.time_to_limit_s.map_or_else(String::new, |time_s| {
        format!(
            "; its limit is reached in {} to {}",
            figures::span_s(time_s.low),
            figures::span_s(time_s.high)
        )
    });
    Some(format!(
        "{} of {} +{} an hour ({} to {}){limit}; {confirmation}",
        record.figure.as_str(),
        record.role.as_str(),
        show(per_hour.estimate),
        show(per_hour.low),
        show(per_hour.high)
    ))
}

/// When a figure reaches its threshold; nothing of one for which that is not foretold.
fn heading(record: &TrendRecord) -> Option<String> {
    let time_s = record.time_to_threshold_s.found()?;
    let show = |value: f64| {
        if record.figure.is_ratio() {
            figures::percent(value)
        } else {
            figures::time_us(value.round() as u64)
        }
    };
    Some(format!(
        "{} reaches {} in {} to {}",
        record.figure.as_str(),
        show(record.threshold?),
        figures::span_s(time_s.low),
        figures::span_s(time_s.high)
    ))
}

fn recovered(recovery: &RecoveryRecord) -> String {
    let from = match recovery.counted_from {
        RecoveryStart::FullLoad => "full load was reached",
        RecoveryStart::LoadFell => "the load fell again",
    };
    let outcome = match &recovery.recovered_after_s {
        Answer::Found(after_s) if *after_s <= 0.0 => format!("no time lost: P95 was low when {from}"),
        Answer::Found(after_s) => format!("{} after {from}", figures::span_s(*after_s)),
        Answer::Absent { why } => format!("not seen after {from}: {why}"),
    };
    let part = match recovery.reference.part {
        ReferencePart::BeforeSpike => "before the spike",
        ReferencePart::SteadyEnd => "in the last quarter",
    };
    format!(
        "{outcome}; recovered is a P95 up to {} for 10 s, it was {} {part} and {} at the worst",
        figures::time_us(recovery.recovered_p95_us),
        figures::time_us(recovery.reference.p95_us),
        or_absent(recovery.worst_p95_us, figures::time_us)
    )
}

fn drifted(drift: &Drift, show: impl Fn(f64) -> String) -> String {
    let signed = |value: f64| {
        let sign = if value < 0.0 { '−' } else { '+' };
        format!("{sign}{}", show(value.abs()))
    };
    let ratio = drift.per_hour_ratio.estimate;
    let percent = if ratio.is_finite() { figures::percent(ratio.abs()) } else { ABSENT.to_owned() };
    let verdict = if drift.is_trend { "a trend" } else { "no trend that matters" };
    format!(
        "{} an hour ({} to {}), {percent} of {}; {verdict} (p = {:.3}, {} over {})",
        signed(drift.per_hour.estimate),
        signed(drift.per_hour.low),
        signed(drift.per_hour.high),
        show(drift.level),
        drift.p_value,
        counted(drift.point_count.into(), "point"),
        figures::span_s(drift.span_s)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use aforo_model::Interval;

    #[test]
    fn drift_is_told_with_its_sign_and_interval() {
        let drift = Drift {
            point_count: 11,
            span_s: 3000.0,
            level: 100_000.0,
            per_hour: Interval { estimate: 12_300.0, low: -800.0, high: 20_000.0 },
            per_hour_ratio: Interval { estimate: 0.123, low: -0.008, high: 0.2 },
            p_value: 0.0721,
            is_trend: false,
        };
        let mut record = canonical::record("met");
        assert!(answers(&record).is_empty());
        record.drift = Some(DriftRecord { p95: Answer::Found(drift), rss: Answer::absent("nobody looked") });
        assert_eq!(
            answers(&record),
            [
                (
                    "P95",
                    "+12.3 ms an hour (−800 µs to +20 ms), 12.3% of 100 ms; no trend that matters \
                     (p = 0.072, 11 points over 50m 00s)"
                        .to_owned()
                ),
                ("memory", "unknown: nobody looked".to_owned()),
            ]
        );
    }

    #[test]
    fn a_recovery_is_told_with_what_it_is_compared_with() {
        let told = &answers(&canonical::record("open"))[0];
        assert_eq!(told.0, "recovery");
        assert!(
            told.1.contains("after the load fell again") && told.1.contains("before the spike"),
            "{}",
            told.1
        );
    }
}

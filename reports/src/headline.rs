//! A run in one sentence, and the banner of a run that was cut short.

use aforo_model::{RunEnd, RunRecord, SloResult, Verdict};

use crate::figures;
use crate::style::Tone;
use crate::text::one_line;

/// The tone of a verdict.
pub(crate) fn tone(verdict: &Verdict) -> Tone {
    match verdict {
        Verdict::Met => Tone::Good,
        Verdict::Violated => Tone::Bad,
        Verdict::Inconclusive { .. } => Tone::Doubtful,
    }
}

/// The word of a verdict in a table.
pub(crate) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Violated => "violated",
        Verdict::Inconclusive { .. } => "inconclusive",
    }
}

/// The verdict on the whole run in one sentence.
pub(crate) fn headline(record: &RunRecord) -> String {
    match &record.verdict {
        Verdict::Met => match record.slos.len() {
            1 => "MET: the only objective held".to_owned(),
            count => format!("MET: all {count} objectives held"),
        },
        Verdict::Violated => match most_critical_violation(record) {
            Some((worst, others)) => format!("VIOLATED: {}{}", violation(worst), and_others(others)),
            None => record
                .findings
                .first()
                .map_or("VIOLATED".to_owned(), |finding| format!("VIOLATED: {}", one_line(&finding.message))),
        },
        Verdict::Inconclusive { why } => format!("INCONCLUSIVE: {}", one_line(why)),
    }
}

/// What was missed and by how much: `prereserve p95 3.41 s, objective < 3 s`.
fn violation(result: &SloResult) -> String {
    format!(
        "{} {}, objective {}",
        one_line(&figures::indicator(result)),
        figures::measured(result),
        figures::demand(result)
    )
}

/// The first of the most critical objectives that were missed, and how many others were.
fn most_critical_violation(record: &RunRecord) -> Option<(&SloResult, usize)> {
    let missed = || record.slos.iter().filter(|result| result.verdict == Verdict::Violated);
    let highest = missed().map(|result| result.slo.criticality).max()?;
    let worst = missed().find(|result| result.slo.criticality == highest)?;
    Some((worst, missed().count() - 1))
}

fn and_others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", and one more objective".to_owned(),
        count => format!(", and {count} more objectives"),
    }
}

/// What a reader must know before the figures of a run that did not take its whole time.
pub(crate) fn banner(record: &RunRecord) -> Option<String> {
    let after = |at_s: f64| {
        format!("after {} of {}", figures::span_s(at_s), figures::span_s(record.scenario.load.duration_s))
    };
    let what = match &record.end {
        RunEnd::Completed => return None,
        RunEnd::Running => {
            return Some("UNFINISHED: this record was written while the run was going on.".to_owned());
        }
        RunEnd::Interrupted { at_s } => format!("{}: the user stopped it", after(*at_s)),
        RunEnd::TargetDied { at_s, why } => {
            format!("{}: the target stopped answering ({})", after(*at_s), one_line(why))
        }
        RunEnd::Failed { at_s, why } => {
            format!("{}: Aforo could not go on ({})", after(*at_s), one_line(why))
        }
        RunEnd::Killed { at_s } => {
            format!("{}: Aforo was killed, and this is what it had saved", after(*at_s))
        }
    };
    Some(format!("CUT SHORT {what}. The figures cover only what was seen until then."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_most_critical_miss_is_named_first_whatever_its_place() {
        let mut record = canonical::record("violated");
        record.slos.reverse();
        assert_eq!(
            headline(&record),
            "VIOLATED: prereserve p95 4.17 s, objective < 3 s, and one more objective"
        );
    }

    #[test]
    fn a_violation_without_an_objective_names_the_most_severe_finding() {
        let mut record = canonical::record("violated");
        record.slos.clear();
        assert!(headline(&record).starts_with("VIOLATED: Postgres held 97"));
        record.findings.clear();
        assert_eq!(headline(&record), "VIOLATED");
    }

    #[test]
    fn every_way_to_end_early_says_when_and_why() {
        let mut record = canonical::record("met");
        assert_eq!(banner(&record), None);
        let ends = [
            (RunEnd::Running, "going on"),
            (RunEnd::Interrupted { at_s: 9.0 }, "after 9 s of 24 s: the user stopped it"),
            (RunEnd::TargetDied { at_s: 9.0, why: "refused".into() }, "stopped answering (refused)"),
            (RunEnd::Failed { at_s: 9.0, why: "disk\nfull".into() }, "could not go on (disk full)"),
            (RunEnd::Killed { at_s: 9.0 }, "what it had saved"),
        ];
        for (end, expected) in ends {
            record.end = end;
            let banner = banner(&record).unwrap();
            assert!(banner.contains(expected), "{banner}");
        }
    }
}

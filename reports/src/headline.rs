//! A run in one sentence, and the banner of a run that was cut short.

use aforo_model::{Finding, RunEnd, RunRecord, SloResult, Verdict};

use crate::figures;
use crate::open_objectives::shared_reason;
use crate::style::Tone;
use crate::text::{one_line, shortened};

/// Code of the findings that violate a run all by themselves.
const RED_FLAG: &str = "red-flag";
/// Codes of the findings that say no more than the banner does.
const CUT_SHORT: [&str; 2] = ["cut-short", "ended-early"];

/// Columns of a name within the headline.
const NAME_COLUMNS: usize = 120;

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
            None => violating_finding(record)
                .map_or("VIOLATED".to_owned(), |finding| format!("VIOLATED: {}", one_line(&finding.message))),
        },
        Verdict::Inconclusive { why } => format!("INCONCLUSIVE: {}", one_line(&inconclusive(record, why))),
    }
}

/// How many objectives are open. Their reasons stand beside them; one that all of them share stands here instead.
fn inconclusive(record: &RunRecord, why: &str) -> String {
    let open = record.slos.iter().filter(|result| matches!(result.verdict, Verdict::Inconclusive { .. }));
    let open = match (open.count(), record.slos.len()) {
        (0, _) => return why.to_owned(),
        (1, 1) => "the only objective could not be judged".to_owned(),
        (count, all) if count == all => format!("none of {all} objectives could be judged"),
        (count, all) => format!("{count} of {all} objectives could not be judged"),
    };
    match shared_reason(record) {
        Some(reason) => format!("{open}: {reason}"),
        None => open,
    }
}

/// Whether the headline is what this finding says.
pub(crate) fn is_in_headline(record: &RunRecord, finding: &Finding) -> bool {
    let said = match record.verdict {
        Verdict::Violated if most_critical_violation(record).is_none() => violating_finding(record),
        _ => None,
    };
    said.is_some_and(|said| std::ptr::eq(said, finding))
}

/// The raised red flag, or else the most severe finding.
fn violating_finding(record: &RunRecord) -> Option<&Finding> {
    let raised = record.findings.iter().find(|finding| finding.code == RED_FLAG);
    raised.or_else(|| record.findings.first())
}

/// What was missed and by how much: `prereserve p95 3.41 s, objective < 3 s`.
fn violation(result: &SloResult) -> String {
    format!(
        "{} {}, objective {}",
        shortened(&figures::indicator(result), NAME_COLUMNS),
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

/// What there is to list as findings: all but the one that the banner states, with what it advises.
pub(crate) fn findings_beside_banner(record: &RunRecord) -> impl Iterator<Item = &Finding> {
    record.findings.iter().filter(|finding| !record.end.is_cut_short() || !is_in_banner(finding))
}

fn is_in_banner(finding: &Finding) -> bool {
    CUT_SHORT.contains(&finding.code.as_str())
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
        RunEnd::Aborted { at_s, why } => format!("{}: {}", after(*at_s), one_line(why)),
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
    let advice = record
        .findings
        .iter()
        .find(|finding| is_in_banner(finding))
        .map(|finding| format!(" → {}", one_line(&finding.remedy)))
        .unwrap_or_default();
    Some(format!("CUT SHORT {what}. The figures cover only what was seen until then.{advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::open_objectives::open_reasons;

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
    fn a_run_that_a_red_flag_violates_names_the_flag_and_not_a_severer_looking_finding() {
        let mut record = canonical::record("violated");
        record.slos.clear();
        let mut flag = record.findings[0].clone();
        flag.code = RED_FLAG.to_owned();
        flag.message = "the red flag `p95 > 10 s` on total was raised".to_owned();
        record.findings.push(flag);
        assert_eq!(headline(&record), "VIOLATED: the red flag `p95 > 10 s` on total was raised");
    }

    #[test]
    fn a_reason_stands_in_the_headline_or_beside_its_objective_and_never_in_both() {
        let mut record = canonical::record("met");
        let all = record.slos.len();
        record.verdict = Verdict::inconclusive("in the record's own words");
        assert_eq!(headline(&record), "INCONCLUSIVE: in the record's own words");
        for result in &mut record.slos {
            result.verdict = Verdict::inconclusive("nobody asked");
        }
        assert_eq!(
            headline(&record),
            format!("INCONCLUSIVE: none of {all} objectives could be judged: nobody asked")
        );
        assert!(open_reasons(&record).is_empty());
        record.slos[0].verdict = Verdict::inconclusive("nobody looked");
        assert_eq!(headline(&record), format!("INCONCLUSIVE: none of {all} objectives could be judged"));
        assert_eq!(open_reasons(&record).len(), 2);
        record.slos[1].verdict = Verdict::Met;
        assert_eq!(
            headline(&record),
            format!("INCONCLUSIVE: {} of {all} objectives could not be judged", all - 1)
        );
        record.slos.truncate(1);
        assert_eq!(headline(&record), "INCONCLUSIVE: the only objective could not be judged: nobody looked");
    }

    #[test]
    fn the_banner_of_a_run_cut_short_takes_over_its_finding() {
        let ends = [
            RunEnd::Interrupted { at_s: 9.0 },
            RunEnd::Aborted {
                at_s: 9.0,
                why: "the red flag `error_rate > 5%` on total was raised".to_owned(),
            },
        ];
        for (code, end) in std::iter::zip(CUT_SHORT, ends) {
            let mut record = canonical::record("violated");
            record.findings[0].code = code.to_owned();
            record.findings[0].remedy = "run it again".to_owned();
            assert_eq!(findings_beside_banner(&record).count(), record.findings.len());
            record.end = end;
            assert!(banner(&record).unwrap().ends_with("until then. → run it again"));
            assert_eq!(findings_beside_banner(&record).count(), record.findings.len() - 1);
        }
    }

    #[test]
    fn every_way_to_end_early_says_when_and_why() {
        let mut record = canonical::record("met");
        assert_eq!(banner(&record), None);
        let ends = [
            (RunEnd::Running, "going on"),
            (RunEnd::Interrupted { at_s: 9.0 }, "after 9 s of 24 s: the user stopped it"),
            (RunEnd::Aborted { at_s: 9.0, why: "too many\nerrors".into() }, "9 s of 24 s: too many errors"),
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

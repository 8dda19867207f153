//! What happened when: marks on the time line.

use aforo_model::{RunEnd, RunRecord};
use serde::Serialize;

use crate::figures;
use crate::text::{one_line, truncated};

/// Columns of a mark's text.
const MARK_COLUMNS: usize = 40;

/// A span of the run, or a moment.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Mark {
    from: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    label: String,
    /// A word of the page's style sheet.
    kind: &'static str,
}

impl Mark {
    /// The same for those who cannot see it.
    pub(super) fn in_words(&self) -> String {
        let from = figures::clock(self.from);
        match self.to {
            Some(to) => format!("{} from {from} to {}", self.label, figures::clock(to)),
            None => format!("{} at {from}", self.label),
        }
    }
}

/// Warm-up, profiles, raised red flags and an end before its time.
pub(super) fn marks(record: &RunRecord) -> Vec<Mark> {
    let warm_up_s = record.scenario.load.warm_up_s;
    let warm_up = (warm_up_s > 0.0).then(|| span(0.0, warm_up_s, "warm-up", "faint"));
    let profiles = record.profiles.iter().map(|profile| {
        let window = profile.profile.window;
        span(window.from_s, window.to_s, "profile", "note")
    });
    let red_flags = record.findings.iter().filter(|finding| finding.code == "red-flag");
    let red_flags = red_flags.filter_map(|finding| {
        let subject = truncated(&one_line(&finding.subject.to_string()), MARK_COLUMNS);
        Some(moment(*finding.numbers.get("at_s")?, format!("red flag: {subject}")))
    });
    let end = ended_early(&record.end).map(|(at_s, how)| moment(at_s, how.to_owned()));
    warm_up.into_iter().chain(profiles).chain(red_flags).chain(end).collect()
}

fn span(from: f64, to: f64, label: &str, kind: &'static str) -> Mark {
    Mark { from, to: Some(to), label: label.to_owned(), kind }
}

fn moment(at: f64, label: String) -> Mark {
    Mark { from: at, to: None, label, kind: "bad" }
}

fn ended_early(end: &RunEnd) -> Option<(f64, &'static str)> {
    match *end {
        RunEnd::Running | RunEnd::Completed => None,
        RunEnd::Interrupted { at_s } => Some((at_s, "stopped by the user")),
        RunEnd::Aborted { at_s, .. } => Some((at_s, "ended early")),
        RunEnd::TargetDied { at_s, .. } => Some((at_s, "target's last answer")),
        RunEnd::Failed { at_s, .. } => Some((at_s, "Aforo failed")),
        RunEnd::Killed { at_s } => Some((at_s, "Aforo was killed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn an_early_end_a_red_flag_and_the_warm_up_are_marked() {
        let mut record = canonical::record("violated");
        record.scenario.load.warm_up_s = 5.0;
        record.end = RunEnd::Aborted { at_s: 18.0, why: "a red flag was raised".to_owned() };
        record.findings.truncate(1);
        record.findings[0].code = "red-flag".to_owned();
        record.findings[0].subject = aforo_model::Subject::Total;
        record.findings[0].numbers = [("at_s".to_owned(), 17.0)].into();
        let marks: Vec<String> = marks(&record).iter().map(Mark::in_words).collect();
        assert_eq!(marks, ["warm-up from 0:00 to 0:05", "red flag: total at 0:17", "ended early at 0:18"]);
    }

    #[test]
    fn a_run_that_completed_without_any_has_none() {
        let mut record = canonical::record("met");
        record.scenario.load.warm_up_s = 0.0;
        record.findings.clear();
        assert_eq!(marks(&record), []);
    }
}

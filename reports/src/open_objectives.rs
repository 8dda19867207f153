//! Why objectives could not be judged. Each reason stands in one place only: in the headline or beside the objectives.

use aforo_model::{RunRecord, Verdict};

use crate::figures;

/// The reason that the headline gives, so that nothing else need repeat it. A run that was cut short gives none: its
/// banner follows at once.
pub(crate) fn shared_reason(record: &RunRecord) -> Option<&str> {
    let headline_has_room =
        matches!(record.verdict, Verdict::Inconclusive { .. }) && !record.end.is_cut_short();
    match open_objectives(record).as_slice() {
        [open] if headline_has_room => Some(open.why),
        _ => None,
    }
}

/// The reasons that the headline does not give, as sentences.
pub(crate) fn open_reasons(record: &RunRecord) -> Vec<String> {
    if shared_reason(record).is_some() {
        return Vec::new();
    }
    open_objectives(record).iter().map(|open| format!("{}: {}.", open.objectives, open.why)).collect()
}

/// Objectives that could not be judged for the same reason.
struct Open<'a> {
    /// What they demand, such as `prereserve p95 < 3 s`, with commas between them.
    objectives: String,
    /// As a sentence without a full stop.
    why: &'a str,
}

/// Why objectives could not be judged, each reason once, in the order of the scenario.
fn open_objectives(record: &RunRecord) -> Vec<Open<'_>> {
    let mut reasons: Vec<Open<'_>> = Vec::new();
    for result in &record.slos {
        let Verdict::Inconclusive { why } = &result.verdict else { continue };
        let objective = format!("{} {}", figures::indicator(result), figures::demand(result));
        match reasons.iter_mut().find(|open| open.why == why) {
            Some(open) => open.objectives += &format!(", {objective}"),
            None => reasons.push(Open { objectives: objective, why }),
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn only_open_objectives_need_a_reason() {
        let record = canonical::record("violated");
        let open: Vec<String> = open_objectives(&record).into_iter().map(|open| open.objectives).collect();
        assert_eq!(open, ["webhook_audio p95 < 15 s", "memory_growth < 20%"]);
    }

    #[test]
    fn a_reason_that_objectives_share_is_given_once() {
        let mut record = canonical::record("violated");
        for result in &mut record.slos[..2] {
            result.verdict = Verdict::inconclusive("nobody looked");
        }
        let reasons = open_reasons(&record);
        assert_eq!(reasons[0], "prereserve p95 < 3 s, webhook_text p95 < 3 s: nobody looked.");
        assert_eq!(reasons.len(), 3);
    }
}

//! The plans that are drawn, and a sentence for those that are not.

use std::collections::BTreeMap;

use aforo_model::database::{
    DatabaseReport, ExplainKind, ExplainOutcome, ExplainedStatement, ObstacleKind, Plan, PlanFinding,
};

use super::statements;
use crate::counted::{counted, numbered};
use crate::figures;
use crate::plan_tree::{plan_tree, settings};
use crate::style::Style;

/// Plans that are drawn; the others are in the JSON.
const MOST_PLANS: usize = 8;
/// Lines of a plan that are drawn.
const MOST_LINES: usize = 25;
/// The first statements are drawn even where nothing stands out in their plans.
const ALWAYS_DRAWN: usize = 3;

/// A plan that is drawn.
pub(super) struct Drawn {
    /// The statement, and how its plan was asked for.
    pub(super) title: String,
    plan: Plan,
    findings: Vec<PlanFinding>,
}

impl Drawn {
    /// The plan as a tree, each line ended.
    pub(super) fn tree(&self, columns: usize, style: Style) -> String {
        let tree = plan_tree(&self.plan, &self.findings, columns, style);
        let line_count = tree.lines().count();
        let shown = tree.lines().take(MOST_LINES);
        let mut text: String = shown.map(|line| format!("{line}\n")).collect();
        if line_count > MOST_LINES {
            text += &format!("… {}\n", counted((line_count - MOST_LINES) as u64, "more line"));
        }
        text
    }
}

/// The plans in which something stands out and those of the first statements, in the order of the list.
pub(super) fn drawn(report: &DatabaseReport) -> Vec<Drawn> {
    notable(report).take(MOST_PLANS).collect()
}

/// The settings with which all of them were planned, taken out of each to be said once; `None` where they differ, or are as
/// Postgres ships them.
pub(super) fn take_shared_settings(drawn: &mut [Drawn]) -> Option<String> {
    let shared = drawn.first()?.plan.settings.clone();
    if drawn.iter().any(|plan| plan.plan.settings != shared) {
        return None;
    }
    drawn.iter_mut().for_each(|plan| plan.plan.settings.clear());
    let settings = settings(&shared);
    (!settings.is_empty()).then(|| format!("Planned with {}.", settings.join(", ")))
}

fn notable(report: &DatabaseReport) -> impl Iterator<Item = Drawn> {
    report.explained.iter().enumerate().filter_map(|(place, explained)| {
        let ExplainOutcome::Planned(plan) = &explained.outcome else { return None };
        let of_it = report.plan_findings.iter().filter(|(of, _)| *of == place);
        let findings: Vec<PlanFinding> = of_it.map(|(_, found)| found.clone()).collect();
        let number = statements::number(report, &explained.fingerprint);
        let is_drawn = !findings.is_empty() || number.is_some_and(|number| number <= ALWAYS_DRAWN);
        (is_drawn && !explained.is_contradicted).then(|| Drawn {
            title: format!(
                "{}, {}",
                statements::name(report, &explained.fingerprint),
                asked_for(explained.kind)
            ),
            plan: Plan::clone(plan),
            findings,
        })
    })
}

pub(crate) fn asked_for(kind: ExplainKind) -> &'static str {
    match kind {
        ExplainKind::Generic | ExplainKind::ForcedGeneric => "planned for parameters of any value",
        ExplainKind::WithValues => "planned for given values",
        ExplainKind::Analyzed => "executed with given values",
    }
}

/// What is said of the plans that are not drawn.
pub(super) fn not_drawn(report: &DatabaseReport) -> Vec<String> {
    let surplus = notable(report).count().saturating_sub(MOST_PLANS);
    let surplus = (surplus > 0).then(|| format!("In the JSON: {}.", counted(surplus as u64, "more plan")));
    surplus.into_iter().chain(contradicted(report)).chain(not_explained(report)).collect()
}

/// Statements that did not run with the plan that Postgres shows.
pub(crate) fn contradicted(report: &DatabaseReport) -> Option<String> {
    let contradicted = report.explained.iter().filter(|explained| explained.is_contradicted);
    let touched = |explained: &ExplainedStatement| {
        let name = statements::name(report, &explained.fingerprint);
        let number = statements::number(report, &explained.fingerprint);
        let ran = number.and_then(|number| report.hot.get(number - 1));
        match ran.map(|statement| figures::significant(statement.blocks_per_call)) {
            Some(blocks) => format!("{name} ({} a call)", numbered(&blocks, "block")),
            None => name,
        }
    };
    let named: Vec<String> = contradicted.map(touched).collect();
    (!named.is_empty()).then(|| {
        format!(
            "Ran with another plan than the one for parameters of any value, which would read far more blocks and is \
             therefore not judged: {}.",
            named.join(", ")
        )
    })
}

/// Statements without a plan, counted by the kind of reason.
pub(crate) fn not_explained(report: &DatabaseReport) -> Option<String> {
    let mut counts: BTreeMap<ObstacleKind, u64> = BTreeMap::new();
    for explained in &report.explained {
        if let ExplainOutcome::NotExplained(obstacle) = &explained.outcome {
            *counts.entry(obstacle.kind).or_default() += 1;
        }
    }
    let total: u64 = counts.values().sum();
    let kinds: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{} {}", figures::count(*count), obstacle(*kind)))
        .collect();
    let have = if total == 1 { "has" } else { "have" };
    (total > 0).then(|| format!("{} {have} no plan: {}.", counted(total, "statement"), kinds.join(", ")))
}

/// Why there is no plan, after a count.
fn obstacle(kind: ObstacleKind) -> &'static str {
    match kind {
        ObstacleKind::Utility => "of a kind that has none",
        ObstacleKind::SeveralStatements => "with several statements in one text",
        ObstacleKind::HiddenText => "with a hidden text",
        ObstacleKind::Syntax => "cut off, or from inside a function",
        ObstacleKind::ParameterTypes => "with parameters of unknown types",
        ObstacleKind::ParameterValues => "with values that do not fit",
        ObstacleKind::UnknownName => "with a name that was not found",
        ObstacleKind::NoRight => "for want of a right",
        ObstacleKind::Writes => "that would write",
        ObstacleKind::Timeout => "that took too long",
        ObstacleKind::Locked => "behind a lock",
        ObstacleKind::Connection => "for want of a connection",
        ObstacleKind::Answer => "with an answer that was not understood",
        ObstacleKind::Refused => "refused by Postgres",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::canonical;
    use aforo_model::database::{ExplainObstacle, PlanNode};

    /// The canonical report as if every plan were the one that ran.
    fn report() -> DatabaseReport {
        let mut report = canonical::report();
        for explained in &mut report.explained {
            explained.is_contradicted = false;
        }
        report
    }

    fn titles(report: &DatabaseReport) -> Vec<String> {
        drawn(report).into_iter().map(|plan| plan.title).collect()
    }

    fn without_plan(kind: ObstacleKind) -> ExplainOutcome {
        ExplainOutcome::NotExplained(ExplainObstacle {
            kind,
            why: "of a reason".to_owned(),
            remedy: "do".to_owned(),
        })
    }

    #[test]
    fn plans_with_findings_are_drawn_and_the_first_three_in_any_case() {
        let mut report = report();
        report.plan_findings.truncate(1);
        report.plan_findings[0].0 = 6;
        let of_any_value = |number: u32| format!("statement {number}, planned for parameters of any value");
        assert_eq!(titles(&report), [1, 2, 3, 7].map(of_any_value));
        report.plan_findings.clear();
        report.explained[1].kind = ExplainKind::Analyzed;
        assert_eq!(titles(&report)[1], "statement 2, executed with given values");
        assert_eq!(titles(&report).len(), 3);
        assert!(not_drawn(&report).is_empty());
    }

    #[test]
    fn settings_are_said_once_where_all_plans_share_them() {
        let mut report = report();
        let mut plans = drawn(&report);
        let said = take_shared_settings(&mut plans).unwrap();
        assert!(said.contains("random_page_cost=1.1") && !said.contains("search_path"), "{said}");
        assert!(!plans[0].tree(80, Style::plain()).contains("random_page_cost"));
        let ExplainOutcome::Planned(plan) = &mut report.explained[1].outcome else { panic!("a plan") };
        plan.settings.insert("work_mem".to_owned(), "1GB".to_owned());
        let mut plans = drawn(&report);
        assert_eq!(take_shared_settings(&mut plans), None);
        assert!(plans[1].tree(80, Style::plain()).contains("work_mem=1GB"));
        assert_eq!(take_shared_settings(&mut []), None);
    }

    #[test]
    fn a_contradicted_plan_is_said_and_not_drawn() {
        let mut report = report();
        report.explained[3].is_contradicted = true;
        report.explained[0].is_contradicted = true;
        (report.hot[0].blocks_per_call, report.hot[3].blocks_per_call) = (924.0, 12.0);
        assert!(titles(&report).iter().all(|title| !title.contains("statement 1,")));
        let sentences = not_drawn(&report);
        assert_eq!(sentences.len(), 1);
        assert!(
            sentences[0].ends_with("statement 1 (924 blocks a call), statement 4 (12 blocks a call)."),
            "{sentences:?}"
        );
    }

    #[test]
    fn what_has_no_plan_is_counted_by_the_kind_of_reason() {
        let mut report = report();
        report.plan_findings.clear();
        report.explained[4].outcome = without_plan(ObstacleKind::HiddenText);
        assert_eq!(not_drawn(&report), ["1 statement has no plan: 1 with a hidden text."]);
        report.explained[5].outcome = without_plan(ObstacleKind::Utility);
        report.explained[6].outcome = without_plan(ObstacleKind::HiddenText);
        assert_eq!(
            not_drawn(&report),
            ["3 statements have no plan: 1 of a kind that has none, 2 with a hidden text."]
        );
    }

    #[test]
    fn no_more_than_eight_plans_of_twenty_five_lines() {
        let mut report = report();
        let finding = report.plan_findings[0].1.clone();
        report.plan_findings = (0..report.explained.len()).map(|place| (place, finding.clone())).collect();
        assert_eq!(drawn(&report).len(), 8);
        assert_eq!(not_drawn(&report), ["In the JSON: 6 more plans."]);
        let node = PlanNode { plans: vec![PlanNode::default(); 20], ..PlanNode::default() };
        report.explained[0].outcome =
            ExplainOutcome::Planned(Box::new(Plan { root: node, ..Plan::default() }));
        let tree = drawn(&report)[0].tree(80, Style::plain());
        assert_eq!(tree.lines().count(), 26);
        assert!(tree.ends_with("\n… 17 more lines\n"), "{tree}");
    }
}

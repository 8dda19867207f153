//! Statements that are executed by another plan.

use aforo_model::PlanChange;
use aforo_model::database::{
    DatabaseReport, ExplainKind, ExplainOutcome, ExplainedStatement, Plan, PlanNode,
};

/// Statements of both reports whose plans have nothing in common, in the order of the later report. A statement that was executed with
/// several draws of values has several plans; only where none of them is on the other side has something changed. Plans asked for in
/// another way are no change.
pub(super) fn plan_changes(before: &DatabaseReport, after: &DatabaseReport) -> Vec<PlanChange> {
    let mut fingerprints: Vec<&str> = Vec::new();
    for statement in &after.explained {
        if !fingerprints.contains(&statement.fingerprint.as_str()) {
            fingerprints.push(&statement.fingerprint);
        }
    }
    fingerprints.into_iter().filter_map(|fingerprint| change_of(fingerprint, before, after)).collect()
}

fn change_of(fingerprint: &str, before: &DatabaseReport, after: &DatabaseReport) -> Option<PlanChange> {
    let (shape_before, shape_after) = changed_shape(fingerprint, &before.explained, &after.explained)?;
    let hot = |report: &DatabaseReport| {
        let found = report.hot.iter().find(|statement| statement.fingerprint == fingerprint)?;
        Some((found.text.clone(), found.mean_ms))
    };
    let ((text_before, mean_before_ms), (text_after, mean_after_ms)) = (hot(before)?, hot(after)?);
    Some(PlanChange {
        fingerprint: fingerprint.to_owned(),
        text: text_after.or(text_before),
        before: shape_before,
        after: shape_after,
        mean_before_ms,
        mean_after_ms,
    })
}

/// The shape of a statement's slowest plan on both sides, where no plan of one side is on the other.
fn changed_shape(
    fingerprint: &str,
    before: &[ExplainedStatement],
    after: &[ExplainedStatement],
) -> Option<(String, String)> {
    let (was, is) = (shapes(before, fingerprint), shapes(after, fingerprint));
    if is.iter().any(|shape| was.contains(shape)) {
        return None;
    }
    let same_way = |(kind, _): &&(ExplainKind, String)| was.iter().any(|(other, _)| other == kind);
    let (kind, shape_after) = is.iter().find(same_way)?;
    let (_, shape_before) = was.iter().find(|(other, _)| other == kind)?;
    Some((shape_before.clone(), shape_after.clone()))
}

/// The shapes of a statement's plans, with how they were asked for. A plan that its own calls contradict is not what ran.
fn shapes(explained: &[ExplainedStatement], fingerprint: &str) -> Vec<(ExplainKind, String)> {
    explained
        .iter()
        .filter(|statement| statement.fingerprint == fingerprint && !statement.is_contradicted)
        .filter_map(|statement| match &statement.outcome {
            ExplainOutcome::Planned(plan) => Some((statement.kind, shape(plan))),
            ExplainOutcome::NotExplained(_) => None,
        })
        .collect()
}

/// A plan's nodes with their relations and indexes, the uppermost first: `Limit (Index Scan on bookings using bookings_pkey)`.
fn shape(plan: &Plan) -> String {
    let mut text = String::new();
    write_node(&plan.root, &mut text);
    text
}

fn write_node(node: &PlanNode, text: &mut String) {
    text.push_str(&node.node_type);
    for (word, name) in [(" on ", &node.relation), (" using ", &node.index)] {
        if let Some(name) = name {
            text.push_str(word);
            text.push_str(name);
        }
    }
    let Some((last, others)) = node.plans.split_last() else { return };
    text.push_str(" (");
    for child in others {
        write_node(child, text);
        text.push_str(", ");
    }
    write_node(last, text);
    text.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCHED: &str = r#"[{"Plan": {"Node Type": "Limit", "Total Cost": 9.0, "Plans": [
        {"Node Type": "Index Scan", "Relation Name": "stays", "Index Name": "stays_pkey", "Total Cost": 8.0}]}}]"#;
    const READ: &str = r#"[{"Plan": {"Node Type": "Limit", "Total Cost": 99.0, "Plans": [
        {"Node Type": "Seq Scan", "Relation Name": "stays", "Total Cost": 98.0}]}}]"#;

    fn explained(kind: ExplainKind, json: &str) -> ExplainedStatement {
        ExplainedStatement {
            fingerprint: "f1".to_owned(),
            kind,
            parameters: Vec::new(),
            execution_times_ms: Vec::new(),
            is_contradicted: false,
            not_executed: None,
            outcome: ExplainOutcome::Planned(Box::new(Plan::from_explain_json(json).unwrap())),
        }
    }

    #[test]
    fn another_access_is_a_change_with_both_shapes() {
        let (was, is) = (explained(ExplainKind::Generic, SEARCHED), explained(ExplainKind::Generic, READ));
        let (before, after) = changed_shape("f1", &[was], &[is]).unwrap();
        assert_eq!(before, "Limit (Index Scan on stays using stays_pkey)");
        assert_eq!(after, "Limit (Seq Scan on stays)");
    }

    #[test]
    fn other_costs_another_draw_or_another_way_of_asking_are_no_change() {
        let searched = || explained(ExplainKind::Analyzed, SEARCHED);
        let read = || explained(ExplainKind::Analyzed, READ);
        let dearer = explained(ExplainKind::Analyzed, &SEARCHED.replace("8.0", "80.0"));
        assert_eq!(changed_shape("f1", &[searched()], &[dearer]), None);
        assert_eq!(changed_shape("f1", &[searched(), read()], &[read()]), None);
        assert_eq!(changed_shape("f1", &[searched()], &[explained(ExplainKind::Generic, READ)]), None);
        assert_eq!(changed_shape("f2", &[searched()], &[read()]), None);
        let contradicted = ExplainedStatement { is_contradicted: true, ..read() };
        assert_eq!(changed_shape("f1", &[searched()], &[contradicted]), None);
    }
}

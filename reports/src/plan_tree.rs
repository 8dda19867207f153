//! A plan drawn as a tree, for terminals and Markdown.

use std::collections::BTreeMap;

use aforo_model::database::{Plan, PlanFinding, PlanNode, PlanVisit};
use aforo_model::{Severity, format_duration};
use tabled::grid::util::string::get_line_width;

use crate::counted::numbered;
use crate::figures::{bytes, count, percent, significant};
use crate::style::{Style, Tone};
use crate::text::{one_line, truncated, wrapped_in};

/// What a node's text keeps of a line however deep the node lies.
const LEAST_COLUMNS: usize = 40;

/// How many lines a condition may take: those of generated statements run to pages.
const MOST_LINES: usize = 3;

/// From here on rows that came differ notably from those expected.
const NOTABLE_FACTOR: f64 = 2.0;

/// A plan as a tree, in lines of at most `columns` (80 to 100 read well). Each node shows what it reads, rows expected → rows
/// that came, time on the clock in the node alone with its share, blocks, and conditions. Nodes with findings are marked with
/// their codes.
pub fn plan_tree(plan: &Plan, findings: &[PlanFinding], columns: usize, style: Style) -> String {
    let columns = columns.max(LEAST_COLUMNS);
    let visits = plan.visit();
    let mut lines = Vec::new();
    for part in heading(plan).iter().flat_map(|heading| wrapped_in(heading, columns, MOST_LINES)) {
        lines.push(style.paint(Tone::Faint, &part));
    }
    for visit in &visits {
        let branches = Branches::of(visit, &visits, columns);
        let marks: Vec<_> = findings.iter().filter(|found| found.node == visit.path).collect();
        lines.push(title_line(visit.node, &branches.node, &marks, columns, style));
        for (text, tone) in details(visit) {
            let room = columns.saturating_sub(get_line_width(&branches.detail));
            for part in wrapped_in(&one_line(&text), room, MOST_LINES) {
                lines.push(format!("{}{}", branches.detail, style.paint(tone, &part)));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What is drawn to the left of a node's lines.
struct Branches {
    /// Of its first line.
    node: String,
    /// Of the others.
    detail: String,
}

impl Branches {
    fn of(visit: &PlanVisit<'_>, visits: &[PlanVisit<'_>], columns: usize) -> Self {
        let is_last = |depth: usize| {
            let mut next = visit.path[..depth].to_vec();
            next.push(visit.path[depth] + 1);
            !visits.iter().any(|other| other.path == next)
        };
        let mut left = String::new();
        for depth in 0..visit.path.len().saturating_sub(1) {
            left.push_str(if is_last(depth) { "   " } else { "│  " });
        }
        let (branch, below) = match visit.path.len().checked_sub(1) {
            None => ("", ""),
            Some(depth) if is_last(depth) => ("└─ ", "   "),
            Some(_) => ("├─ ", "│  "),
        };
        let stem = if visit.node.plans.is_empty() { "   " } else { "│  " };
        let fitted = |left: String| {
            let surplus = left.chars().count().saturating_sub(columns - LEAST_COLUMNS);
            if surplus == 0 {
                left
            } else {
                format!("…{}", left.chars().skip(surplus + 1).collect::<String>())
            }
        };
        Self { node: fitted(format!("{left}{branch}")), detail: fitted(format!("{left}{below}{stem}")) }
    }
}

pub(crate) fn heading(plan: &Plan) -> Option<String> {
    let time =
        |name: &str, time_ms: Option<f64>| time_ms.map(|time_ms| format!("{name} {}", duration(time_ms)));
    let mut parts: Vec<_> =
        [time("planning", plan.planning_time_ms), time("execution", plan.execution_time_ms)]
            .into_iter()
            .flatten()
            .collect();
    if let Some(timing) = plan.jit.as_ref().and_then(|jit| jit.timing.as_ref()) {
        parts.push(format!("JIT {}", duration(timing.total_ms)));
    }
    let triggers = plan.triggers.iter().map(|trigger| {
        let time = trigger.time_ms.map(|time_ms| format!(" {}", duration(time_ms))).unwrap_or_default();
        format!("trigger {}{time}", trigger.constraint.as_ref().unwrap_or(&trigger.name))
    });
    parts.extend(triggers);
    parts.extend(settings(&plan.settings));
    (!parts.is_empty()).then(|| one_line(&parts.join(" · ")))
}

/// The settings that shape a plan, as `name=value`. Every name in a tree has its schema, so the search path says nothing.
pub(crate) fn settings(settings: &BTreeMap<String, String>) -> Vec<String> {
    let telling = settings.iter().filter(|(name, _)| *name != "search_path");
    telling.map(|(name, value)| format!("{name}={value}")).collect()
}

fn title_line(
    node: &PlanNode,
    branches: &str,
    findings: &[&PlanFinding],
    columns: usize,
    style: Style,
) -> String {
    let mut codes: Vec<&str> = findings.iter().map(|found| found.finding.code.as_str()).collect();
    codes.dedup();
    let marks =
        if codes.is_empty() { String::new() } else { format!("  ▲ {}", one_line(&codes.join(", "))) };
    let room = columns.saturating_sub(get_line_width(branches));
    // The marks before the title: what is wrong matters more than the end of a long name.
    let marks = truncated(&marks, room);
    let title = truncated(&one_line(&title(node)), room.saturating_sub(get_line_width(&marks)));
    let worst = findings.iter().map(|found| found.finding.severity).max();
    let tone = match worst {
        Some(Severity::Critical) => Tone::Bad,
        Some(Severity::Warning) => Tone::Doubtful,
        Some(Severity::Info) | None => Tone::Faint,
    };
    format!("{branches}{}{}", style.paint(Tone::Heading, &title), style.paint(tone, &marks))
}

/// What a node is, and what it reads.
pub(crate) fn title(node: &PlanNode) -> String {
    let mut title = String::new();
    if let Some(subplan) = &node.subplan_name {
        title.push_str(&format!("{subplan}: "));
    }
    let parallel = if node.is_parallel_aware { "Parallel " } else { "" };
    let partial =
        node.partial_mode.as_deref().filter(|mode| *mode != "Simple").map(|mode| format!("{mode} "));
    title.push_str(&format!("{parallel}{}", partial.unwrap_or_default()));
    match (node.node_type.as_str(), node.strategy.as_deref(), node.operation.as_deref()) {
        ("Aggregate", Some("Hashed"), _) => title.push_str("HashAggregate"),
        ("Aggregate", Some("Sorted"), _) => title.push_str("GroupAggregate"),
        ("ModifyTable", _, Some(operation)) => title.push_str(operation),
        (node_type, ..) => title.push_str(node_type),
    }
    if let Some(join_type) = node.join_type.as_deref().filter(|join_type| *join_type != "Inner") {
        title.push_str(&format!(" ({join_type})"));
    }
    if node.scan_direction.as_deref() == Some("Backward") {
        title.push_str(" Backward");
    }
    if let Some(index) = &node.index {
        title.push_str(&format!(" using {index}"));
    }
    let read = node.qualified_relation().or_else(|| node.cte_name.clone()).or_else(|| node.function.clone());
    if let Some(read) = read {
        title.push_str(&format!(" on {read}"));
    }
    if let Some(alias) = node.alias.as_ref().filter(|alias| node.relation.as_ref() != Some(alias)) {
        title.push_str(&format!(" {alias}"));
    }
    title
}

/// The lines below a node's title.
pub(crate) fn details(visit: &PlanVisit<'_>) -> Vec<(String, Tone)> {
    let node = visit.node;
    let mut lines = vec![(figures(visit), Tone::Neutral)];
    let loops = node.actual_loops.unwrap_or(1.0);
    let removed = |rows: Option<f64>| match rows.map(|rows| rows * loops).filter(|rows| *rows > 0.0) {
        Some(rows) => format!(" ({} removed)", numbered(&rounded(rows), "row")),
        None => String::new(),
    };
    let conditions = [
        ("Index Cond", &node.index_condition, None),
        ("Recheck Cond", &node.recheck_condition, node.rows_removed_by_recheck),
        ("Hash Cond", &node.hash_condition, None),
        ("Merge Cond", &node.merge_condition, None),
        ("Join Filter", &node.join_filter, node.rows_removed_by_join_filter),
        ("Filter", &node.filter, node.rows_removed_by_filter),
    ];
    for (name, condition, removed_rows) in conditions {
        if let Some(condition) = condition {
            lines.push((format!("{name}{}: {condition}", removed(removed_rows)), Tone::Faint));
        }
    }
    for (name, keys) in [("Sort Key", &node.sort_key), ("Group Key", &node.group_key)] {
        if !keys.is_empty() {
            lines.push((format!("{name}: {}", keys.join(", ")), Tone::Faint));
        }
    }
    let memory = memory(node);
    if !memory.is_empty() {
        lines.push((memory.join(" · "), Tone::Faint));
    }
    lines
}

/// Rows, loops, time and blocks.
fn figures(visit: &PlanVisit<'_>) -> String {
    let node = visit.node;
    if node.is_never_executed() {
        return "never executed".to_owned();
    }
    let Some(actual) = node.actual_rows else {
        return format!(
            "rows {} · cost {:.2}..{:.2} · {:.0} bytes a row",
            rounded(node.plan_rows),
            node.startup_cost,
            node.total_cost,
            node.plan_width_bytes
        );
    };
    let mut parts = vec![format!("rows {} → {}{}", rounded(node.plan_rows), rounded(actual), factor(node))];
    match node.actual_loops {
        Some(loops) if loops != 1.0 => parts.push(numbered(&rounded(loops), "loop")),
        _ => {}
    }
    if let Some(self_ms) = visit.self_ms {
        let share =
            visit.self_ratio.map(|ratio| format!(" ({})", percent((ratio * 1000.0).round() / 1000.0)));
        parts.push(format!("{}{}", duration(self_ms), share.unwrap_or_default()));
    }
    parts.extend(blocks(node));
    parts.join(" · ")
}

/// `×12` where more rows came than expected, `÷12` where fewer.
fn factor(node: &PlanNode) -> String {
    match node.rows_per_expected() {
        Some(factor) if factor >= NOTABLE_FACTOR => format!(" (×{})", significant(factor)),
        Some(factor) if factor <= 1.0 / NOTABLE_FACTOR => format!(" (÷{})", significant(1.0 / factor)),
        _ => String::new(),
    }
}

fn blocks(node: &PlanNode) -> Vec<String> {
    let named = [
        ("hit", node.blocks.shared_hit),
        ("read", node.blocks.shared_read),
        ("temp read", node.blocks.temp_read),
        ("temp written", node.blocks.temp_written),
    ];
    let shown =
        named.into_iter().filter_map(|(name, blocks)| Some((name, blocks.filter(|blocks| *blocks > 0.0)?)));
    shown.map(|(name, blocks)| format!("{name} {}", rounded(blocks))).collect()
}

/// What sorts, hashes, bitmaps and workers say.
fn memory(node: &PlanNode) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(method) = &node.sort_method {
        let space =
            node.sort_space_kb.map(|space_kb| format!(" {}", kilobytes(space_kb))).unwrap_or_default();
        let place = node.sort_space_type.as_deref().map(|place| format!(" {}", place.to_lowercase()));
        parts.push(format!("{method}{space}{}", place.unwrap_or_default()));
    }
    if let Some(batches) = node.hash_batches.or(node.hash_aggregate_batches).filter(|batches| *batches > 0.0)
    {
        parts.push(numbered(&rounded(batches), "batch"));
    }
    if let Some(peak_kb) = node.peak_memory_kb.filter(|peak_kb| *peak_kb > 0.0) {
        parts.push(format!("{} memory", kilobytes(peak_kb)));
    }
    if let Some(disk_kb) = node.disk_kb.filter(|disk_kb| *disk_kb > 0.0) {
        parts.push(format!("{} disk", kilobytes(disk_kb)));
    }
    let found = [
        ("heap fetch", "", node.heap_fetches),
        ("exact page", "", node.exact_heap_blocks),
        ("lossy page", "", node.lossy_heap_blocks),
        ("partition", " left out", node.subplans_removed),
    ];
    for (name, fate, number) in found {
        if let Some(number) = number.filter(|number| *number > 0.0) {
            parts.push(numbered(&rounded(number), name) + fate);
        }
    }
    match (node.workers_planned, node.workers_launched) {
        (Some(planned), Some(launched)) => {
            parts.push(format!("{} of {}", rounded(launched), numbered(&rounded(planned), "worker")));
        }
        (Some(planned), None) => parts.push(numbered(&rounded(planned), "worker") + " planned"),
        _ => {}
    }
    parts
}

fn duration(time_ms: f64) -> String {
    format_duration(time_ms * 1e3)
}

fn kilobytes(space_kb: f64) -> String {
    bytes((space_kb * 1024.0) as u64)
}

/// A number of rows or blocks. Means per loop are fractions from Postgres 18 on.
fn rounded(number: f64) -> String {
    if number.fract() != 0.0 && number < 10.0 { significant(number) } else { count(number.round() as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::{Finding, Subject};
    use proptest::prelude::*;

    /// A plan captured for the analyzers.
    fn captured(name: &str) -> Plan {
        let path = format!("{}/../analyzers/fixtures/plans/{name}.json", env!("CARGO_MANIFEST_DIR"));
        Plan::from_explain_json(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn marked(node: &[usize], code: &str, severity: Severity) -> PlanFinding {
        PlanFinding {
            node: node.to_vec(),
            finding: Finding {
                code: code.to_owned(),
                subject: Subject::Statement("f1".to_owned()),
                severity,
                message: "seen".to_owned(),
                remedy: "do".to_owned(),
                numbers: std::collections::BTreeMap::new(),
            },
        }
    }

    #[test]
    fn a_plan_that_was_executed() {
        let findings = [
            marked(&[0], "nested-loop-inner-size", Severity::Critical),
            marked(&[0], "row-misestimate", Severity::Info),
        ];
        let plan = captured("nested-loop-inner-size-hit");
        insta::assert_snapshot!("plan-tree-executed", plan_tree(&plan, &findings, 100, Style::plain()));
    }

    #[test]
    fn a_plan_that_was_not() {
        insta::assert_snapshot!(
            "plan-tree-generic",
            plan_tree(&captured("seq-scan-generic"), &[], 80, Style::plain())
        );
    }

    #[test]
    fn a_parallel_sort_and_a_join_in_batches() {
        let trees =
            ["sort-to-disk-parallel", "hash-to-disk-hit", "correlated-subplan-hit", "lossy-bitmap-hit"]
                .map(|name| plan_tree(&captured(name), &[], 80, Style::plain()));
        insta::assert_snapshot!("plan-tree-memory", trees.join("\n"));
    }

    #[test]
    fn findings_are_coloured_by_severity_and_names_cannot_move_the_cursor() {
        let plan = captured("index-scan");
        let tree = plan_tree(&plan, &[marked(&[], "slow", Severity::Critical)], 80, Style::colored());
        assert!(tree.contains(&Style::colored().paint(Tone::Bad, "  ▲ slow")), "{tree:?}");
        let mut hostile = plan;
        hostile.root.alias = Some("a\u{1b}[31m\nb".to_owned());
        let tree = plan_tree(&hostile, &[], 80, Style::plain());
        assert!(!tree.contains('\u{1b}') && tree.contains(" a [31m b"), "{tree}");
    }

    fn deep(levels: usize) -> Plan {
        let mut node =
            PlanNode { node_type: "Append".to_owned(), filter: Some("x".repeat(90)), ..PlanNode::default() };
        for _ in 0..levels {
            node = PlanNode {
                node_type: "Append".to_owned(),
                plans: vec![node.clone(), PlanNode::default()],
                ..PlanNode::default()
            };
        }
        Plan { root: node, ..Plan::default() }
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(levels in 0usize..50, columns in 40usize..120) {
            let findings = [marked(&[0, 0], "a-code-that-is-long", Severity::Warning)];
            let tree = plan_tree(&deep(levels), &findings, columns, Style::plain());
            for line in tree.lines() {
                prop_assert!(get_line_width(line) <= columns, "{line}");
            }
            prop_assert_eq!(tree.matches("Append").count(), levels + 1);
        }
    }
}

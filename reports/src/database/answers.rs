//! What a database report says in sentences, each under a word.

use aforo_model::Answer;
use aforo_model::database::{
    CostSource, DatabaseReport, EventShare, Grade, IndexAdvice, NPlusOne, WindowGap,
};

use super::statements::{self, HIDDEN};
use super::traces;
use crate::counted::counted;
use crate::figures::{self, or_absent};

/// Columns of a statement whose whole text is in the list.
const PARENT_COLUMNS: usize = 100;

/// The server, and what was read of it.
pub(crate) fn facts(report: &DatabaseReport) -> Vec<(&'static str, String)> {
    let server = &report.server;
    let size = server.database_bytes.map_or_else(String::new, |bytes| format!(", {}", figures::bytes(bytes)));
    let standby = if server.is_standby { ", a standby" } else { "" };
    let read = &report.read;
    let mut facts = vec![
        (
            "server",
            format!(
                "Postgres {}{standby}; database {}{size}; read as {}",
                server.version, server.database, server.role
            ),
        ),
        (
            "read",
            format!(
                "{}, {}, {}, {} with {} in {}, {}; it took {}",
                counted(read.tables, "table"),
                counted(read.indexes, "index"),
                counted(read.settings, "setting"),
                counted(read.statements, "statement"),
                counted(read.calls, "call"),
                figures::span_s(read.exec_time_ms.max(0.0) / 1e3),
                window(report),
                figures::span_s(report.elapsed_s)
            ),
        ),
        ("health", health(report)),
    ];
    if let Some(hidden) = report.skipped.iter().find(|skipped| skipped.what == "statements") {
        facts.push(("not seen", format!("statements: {}; {}", hidden.why, hidden.remedy)));
    }
    if !read.gaps.is_empty() {
        facts.push(("missing", read.gaps.iter().map(gap).collect::<Vec<_>>().join("; ")));
    }
    if read.probe_requests > 0 {
        facts.push(("probe", format!("{} to the application", counted(read.probe_requests, "request"))));
    }
    facts
}

fn window(report: &DatabaseReport) -> String {
    match (report.read.window_s, report.read.since) {
        (Some(window_s), _) => format!("counted for {}", figures::span_s(window_s)),
        (None, Some(since)) => format!("counted since {}", since.format("%Y-%m-%d %H:%M UTC")),
        (None, None) => "counted since the counters began".to_owned(),
    }
}

fn gap(gap: &WindowGap) -> String {
    match gap {
        WindowGap::Evicted { evictions } => format!(
            "pg_stat_statements made room {}, so statements may be missing; raise pg_stat_statements.max",
            counted(*evictions, "time")
        ),
        WindowGap::Reset => "somebody reset pg_stat_statements, so what ran before is missing".to_owned(),
        WindowGap::Restarted => "the server was restarted, so what ran before is missing".to_owned(),
        WindowGap::TextsHidden { statements } => {
            format!("{} whose text is hidden from this role", counted(*statements, "statement"))
        }
    }
}

/// The score, what it rests on and what cost most.
fn health(report: &DatabaseReport) -> String {
    let health = &report.checklist.health;
    let judged = format!(
        "{} of {} points of weight could be judged, {} skipped",
        figures::significant(health.judged_weight),
        figures::significant(health.total_weight),
        figures::percent(health.skipped_weight_ratio)
    );
    match &health.score {
        Answer::Found(score) => format!("{score:.0} of 100; {judged}"),
        Answer::Absent { why } => format!("no score: {why}; {judged}"),
    }
}

/// What the checks came to: how many of each grade.
pub(crate) fn checks(report: &DatabaseReport) -> String {
    let count = |grade: Grade| {
        let checks = &report.checklist.checks;
        checks.iter().filter(|check| check.grade() == grade).count() as u64
    };
    format!(
        "{}: {} ok, {}, {} critical, {} skipped.",
        counted(report.checklist.checks.len() as u64, "check"),
        figures::count(count(Grade::Ok)),
        counted(count(Grade::Warning), "warning"),
        figures::count(count(Grade::Critical)),
        figures::count(count(Grade::Skipped))
    )
}

/// An N+1 in words: the statement, its slope and what it costs.
pub(crate) fn n_plus_one(report: &DatabaseReport, found: &NPlusOne) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("statement", found.text.as_deref().unwrap_or(HIDDEN).to_owned()),
        (
            "runs",
            format!(
                "{:.2} times for each item of {} ({:.2} to {:.2}; R² {:.2}), {:.1} times without any",
                found.slope.estimate,
                found.item_path,
                found.slope.low,
                found.slope.high,
                found.r_squared,
                found.intercept.max(0.0)
            ),
        ),
        (
            "costs",
            format!(
                "{} and {} in Postgres for a page of {}, and the way there and back for each call",
                counted(found.projected_calls.max(0.0).round() as u64, "call"),
                figures::time_us((found.projected_time_ms.max(0.0) * 1e3).round() as u64),
                found.production_page_size
            ),
        ),
    ];
    lines.extend(traces::seen(found));
    if let Some(parent) = &found.parent {
        let text = parent.text.as_deref().unwrap_or(HIDDEN);
        lines.push((
            "after",
            match statements::number(report, &parent.fingerprint) {
                Some(number) => format!("statement {number}: {}", statements::in_line(text, PARENT_COLUMNS)),
                None => text.to_owned(),
            },
        ));
    }
    if let Some(sql) = &found.fix_sql {
        lines.push(("instead", sql.clone()));
    }
    lines
}

/// The endpoints that were not asked, by the reason.
pub(crate) fn not_asked(report: &DatabaseReport) -> Option<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for step in &report.not_probed {
        match reasons.iter_mut().find(|(why, _)| *why == step.why) {
            Some((_, steps)) => steps.push(&step.what),
            None => reasons.push((&step.why, vec![&step.what])),
        }
    }
    let said: Vec<String> =
        reasons.iter().map(|(why, steps)| format!("{} ({why})", steps.join(", "))).collect();
    (!said.is_empty()).then(|| format!("Not asked alone: {}.", said.join("; ")))
}

/// What the index advice rests on.
pub(crate) fn advice(advice: &IndexAdvice) -> String {
    let by = match advice.costed_by {
        CostSource::Hypopg => "the server's own planner (HypoPG)",
        CostSource::Statistics => "the planner's statistics, since the server has no HypoPG",
    };
    let saved = (advice.workload_cost_before > 0.0)
        .then(|| 1.0 - advice.workload_cost_after / advice.workload_cost_before);
    format!(
        "{} weighed in {} by {by}. With all of these the workload's planner cost falls by {}. Cost is an \
         estimate, no proof. {} turned down, {} left out.",
        counted(advice.statement_count, "statement"),
        counted(advice.what_if_calls, "plan"),
        or_absent(saved, figures::percent),
        counted(advice.rejected.len() as u64, "candidate"),
        counted(advice.not_costed.len() as u64, "statement")
    )
}

/// What sessions did while they were watched: the most frequent first.
pub(crate) fn waits(report: &DatabaseReport) -> Option<String> {
    const SHOWN: usize = 5;
    if report.waits.is_empty() {
        return None;
    }
    let share = |wait: &EventShare| format!("{} {}", wait.event, figures::percent(wait.ratio));
    let shown: Vec<String> = report.waits.iter().take(SHOWN).map(share).collect();
    let seen = report.activity.as_ref().map(|activity| {
        format!(
            " in {}, at most {} at once",
            counted(activity.readings, "reading"),
            figures::count(activity.peak_active_sessions)
        )
    });
    Some(format!("Active sessions were seen{}: {}.", seen.unwrap_or_default(), shown.join(", ")))
}

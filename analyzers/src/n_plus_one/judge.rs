//! From readings to a verdict.

use std::collections::BTreeMap;

use aforo_model::database::{
    CallPattern, Catalog, NPlusOne, ProbeBackground, ProbeJudgement, ProbeReading, ProbeVerdict,
    StatementKey, StatementSlope,
};
use aforo_model::{Answer, Severity};

use super::fit::line;
use super::fix::fix_sql;
use super::net::{ReadingWork, work_of};
use super::pages::pages;
use super::parent::parent_of;
use super::paths::{ItemPath, asked_path, item_paths};
use super::readings::usable;
use super::slopes::slopes;
use super::words::fix_words;
use crate::statements::Identities;

/// Execution time of a page from which on an N+1 is critical: that of a slow statement (R5.1).
const CRITICAL_MS: f64 = 500.0;
/// Calls of a page from which on an N+1 is critical whatever their time: at the half millisecond that a way to the
/// server and back takes within a data centre, they add 50 ms, the time from which a statement is listed (R5.1).
const CRITICAL_CALLS: f64 = 100.0;
/// Execution time from which on it is a warning: that of a statement that is listed (R5.1).
const WARNING_MS: f64 = 50.0;
/// Calls above which it is a warning (Sentry reports more than 5 of a kind in a request, Digma 5).
const WARNING_CALLS: f64 = 5.0;

/// What a judgement is made for.
#[derive(Debug, Clone, Copy)]
pub struct ProbeOptions<'a> {
    /// Items of a page in production, which is what costs are projected for.
    pub production_page_size: u32,
    /// Tables and their columns, where they are known: lets the SQL of a fix name types.
    pub catalog: Option<&'a Catalog>,
}

/// Judges readings in the order in which they were taken, one verdict a step. `texts` are those of the statements as
/// far as they may be read.
pub fn judge_probe(
    readings: &[ProbeReading],
    background: &ProbeBackground,
    texts: &BTreeMap<StatementKey, String>,
    options: ProbeOptions<'_>,
) -> Vec<ProbeVerdict> {
    let mut steps: Vec<(&str, Vec<&ProbeReading>)> = Vec::new();
    for reading in readings {
        match steps.iter_mut().find(|(step, _)| *step == reading.step) {
            Some((_, members)) => members.push(reading),
            None => steps.push((&reading.step, vec![reading])),
        }
    }
    let verdict =
        |(step, members): &(&str, Vec<&ProbeReading>)| judge_step(step, members, background, texts, options);
    steps.iter().map(verdict).collect()
}

fn judge_step(
    step: &str,
    all: &[&ProbeReading],
    background: &ProbeBackground,
    texts: &BTreeMap<StatementKey, String>,
    options: ProbeOptions<'_>,
) -> ProbeVerdict {
    let usable = usable(all);
    let readings = &usable.readings;
    let mut identities = Identities::default();
    let work = work_of(readings, background, texts, &mut identities);
    let answer = match followed(&work, readings, &identities) {
        Ok((item_path, statements)) => Answer::Found(ProbeJudgement {
            item_path,
            is_first_touch: usable.is_first_touch,
            n_plus_ones: n_plus_ones(step, &statements, options),
            statements,
        }),
        Err(why) => Answer::absent(why),
    };
    ProbeVerdict {
        step: step.to_owned(),
        reading_count: u32::try_from(readings.len()).unwrap_or(u32::MAX),
        pages: pages(readings),
        left_out: usable.left_out,
        answer,
    }
}

/// The items, and how every statement follows them.
fn followed(
    work: &[ReadingWork<'_>],
    readings: &[&ProbeReading],
    identities: &Identities,
) -> Result<(String, Vec<StatementSlope>), String> {
    if readings.is_empty() {
        return Err("no answer can be judged".to_owned());
    }
    let over = |paths: &[ItemPath]| slopes(work, paths, identities);
    match item_paths(readings) {
        Ok(paths) => Ok((paths.first().map(|path| path.name.clone()).unwrap_or_default(), over(&paths))),
        // A write answers with little; what it was asked for says how many items it wrote. Where nothing follows that
        // either, it may well be ignored.
        Err(why) => {
            let asked = asked_path(readings).ok_or_else(|| why.clone())?;
            let statements = over(std::slice::from_ref(&asked));
            let follows = statements.iter().any(|statement| statement.pattern != CallPattern::Fixed);
            if follows { Ok((asked.name, statements)) } else { Err(why) }
        }
    }
}

fn n_plus_ones(step: &str, statements: &[StatementSlope], options: ProbeOptions<'_>) -> Vec<NPlusOne> {
    let per_item: Vec<&StatementSlope> =
        statements.iter().filter(|statement| statement.pattern == CallPattern::PerItem).collect();
    per_item
        .iter()
        .filter(|statement| statement.is_top_level || !follows_from_a_loop_outside(statement, &per_item))
        .map(|statement| n_plus_one(step, statement, statements, options))
        .collect()
}

/// Whether a client's own loop explains the calls of a statement inside a function: the function is called once an
/// item, or writes once an item and a trigger does this. Then the loop outside is the finding.
fn follows_from_a_loop_outside(inner: &StatementSlope, per_item: &[&StatementSlope]) -> bool {
    /// Slopes that differ by less are the same.
    const SAME: f64 = 1.1;
    per_item.iter().any(|other| {
        other.is_top_level
            && other.item_path == inner.item_path
            && inner.slope.estimate <= SAME * other.slope.estimate
    })
}

fn n_plus_one(
    step: &str,
    statement: &StatementSlope,
    all: &[StatementSlope],
    options: ProbeOptions<'_>,
) -> NPlusOne {
    let projected_calls = projected_calls(statement, options.production_page_size);
    let projected_time_ms = projected_calls * statement.mean_ms;
    let text = statement.text.as_deref();
    let shape = text.and_then(|text| aforo_sql::describe(text).ok());
    let is_write = shape.as_ref().is_some_and(|shape| shape.writes);
    let parent = parent_of(statement, all);
    let parent_text = parent.as_ref().and_then(|parent| parent.text.as_deref());
    let parent_shape = parent_text.and_then(|text| aforo_sql::describe(text).ok());
    NPlusOne {
        step: step.to_owned(),
        fingerprint: statement.fingerprint.clone(),
        text: statement.text.clone(),
        is_top_level: statement.is_top_level,
        is_write,
        parent,
        item_path: statement.item_path.clone(),
        seen_on_wire: None,
        slope: statement.slope,
        intercept: statement.intercept,
        r_squared: statement.r_squared,
        rows_per_call: statement.rows_per_call,
        mean_ms: statement.mean_ms,
        production_page_size: options.production_page_size,
        projected_calls,
        projected_time_ms,
        severity: severity(projected_calls, projected_time_ms),
        fix_sql: text
            .zip(shape.as_ref())
            .and_then(|(text, shape)| fix_sql(text, shape, parent_shape.as_ref(), options.catalog)),
        fix_words: fix_words(is_write, statement.is_top_level),
    }
}

/// Calls for a page of so many items. Its items may hold others for which the statement runs, so that the line is laid
/// through the items of the page.
fn projected_calls(statement: &StatementSlope, page_size: u32) -> f64 {
    let by_page: Vec<(f64, f64)> =
        statement.points.iter().map(|point| (point.page_items, point.calls)).collect();
    let (slope, intercept) = line(&by_page).map_or((statement.slope.estimate, statement.intercept), |line| {
        (line.slope.estimate, line.intercept)
    });
    (intercept + slope * f64::from(page_size)).max(0.0)
}

fn severity(projected_calls: f64, projected_time_ms: f64) -> Severity {
    if projected_time_ms >= CRITICAL_MS || projected_calls >= CRITICAL_CALLS {
        Severity::Critical
    } else if projected_time_ms >= WARNING_MS || projected_calls > WARNING_CALLS {
        Severity::Warning
    } else {
        Severity::Info
    }
}

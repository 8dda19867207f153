//! What the target's Redis holds, how well it serves as a cache, and what to change.

use aforo_model::RunRecord;
use aforo_model::cache::CacheReport;
use aforo_model::database::Skipped;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use crate::cache::{advice, facts, headline, large_values, patterns, sheets};
use crate::sheet::Sheet;

pub(super) const SECTION: Section = Section {
    id: "cache",
    title: "Cache",
    view,
    template: include_str!("cache.html"),
    style: "",
    script: "",
};

#[derive(Serialize)]
struct View<'a> {
    headline: String,
    facts: Vec<(&'static str, String)>,
    tables: Vec<Table>,
    checks: String,
    skipped: &'a [Skipped],
}

/// A table under its title, with what is said below it.
#[derive(Serialize)]
struct Table {
    title: &'static str,
    sheet: Sheet,
    notes: Vec<String>,
    /// Whether it is folded away at first.
    is_folded: bool,
}

fn view(record: &RunRecord) -> Option<Value> {
    let report = record.cache.as_deref()?;
    Some(Value::from(Serde(View {
        headline: headline::headline(report),
        facts: facts::facts(report),
        tables: tables(report),
        checks: facts::checks(report),
        skipped: &report.skipped,
    })))
}

fn tables(report: &CacheReport) -> Vec<Table> {
    let shown = |title, sheet: Option<Sheet>, notes: Vec<String>| {
        sheet.map(|sheet| Table { title, sheet, notes, is_folded: false })
    };
    let ttl_notes = advice::reasons(report).chain([facts::TTL_NOTE.to_owned()]).collect();
    let checks = sheets::wide_checks(report);
    [
        shown(facts::PATTERNS, patterns::wide_sheet(report), vec![patterns::notes(report)]),
        shown(facts::TTL_ADVICE, advice::ttls(report), ttl_notes),
        shown(facts::DROP, advice::drops(report), Vec::new()),
        shown(facts::PRELOAD, advice::preloads(report), vec![facts::PRELOAD_NOTE.to_owned()]),
        shown(facts::LARGE_VALUES, large_values::sheet(report), vec![large_values::notes(report)]),
        shown(facts::SLOW, sheets::slow_commands(report), Vec::new()),
        checks.map(|sheet| Table { title: facts::CHECKS, sheet, notes: Vec::new(), is_folded: true }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::html::evidence;

    #[test]
    fn a_cache_is_shown_with_all_its_tables_and_a_run_without_one_has_no_section() {
        let record = evidence::record();
        assert_eq!(tables(record.cache.as_deref().unwrap()).len(), 7);
        assert!(view(&record).is_some());
        assert!(view(&canonical::record("met")).is_none());
    }
}

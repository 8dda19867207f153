//! `create-index`: an index out of the advice, for the statements of the run that it serves.
//!
//! The gain is the measured time of each statement's call times the fall of its estimated cost, over the calls that steps are known to
//! cause. Planner cost followed measured time within a factor of two for most statements of the hotel schema, and was off by nine for
//! one whose rows lie in order: it is no proof. Statements whose calls seem to run with a better plan than the estimate's gain nothing,
//! and those that an N+1 sends again and again gain only what one call does, since removing the N+1 comes first.

use std::collections::BTreeMap;

use aforo_model::database::{
    AdvisedIndex, CostSource, DatabaseReport, IndexDefinition, IndexMethod, ServedStatement,
};
use aforo_model::{
    Action, Effort, ExpectedChange, Finding, FindingReference, Recommendation, RecommendationKind, Risk,
    RunRecord,
};

use super::evidence::{carries, of_plans, reference};
use super::remove_n_plus_one::calls_per_request;
use super::run_again::run_again;
use super::statement_name::statement_name;
use super::traffic::{Traffic, change, effect, steps_by_gain};
use crate::plans::rows;
use crate::wording::{memory, seconds};

/// What an index for a statement's condition does away with.
const RESOLVED: [&str; 2] = ["seq-scan", "nested-loop-inner-size"];
/// Statements whose figures are shown.
const SHOWN: usize = 3;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return Vec::new() };
    advice_of(report).filter_map(|advised| recommend(record, report, advised)).collect()
}

fn recommend(record: &RunRecord, report: &DatabaseReport, advised: &AdvisedIndex) -> Option<Recommendation> {
    let finding = finding_of(report, advised)?;
    let served = Served::of(record, report, advised);
    let saved = served.traffic.saved_by_statements(&served.savings);
    let steps = saved.as_ref().map(|saved| steps_by_gain(record, saved)).unwrap_or_default();
    let (risk, risk_note) = risk(advised);
    Some(Recommendation {
        id: id(&advised.index),
        kind: RecommendationKind::CreateIndex,
        title: format!("Create an index on {}", advised.index),
        what: format!(
            "Creates the {} index {} without keeping anybody from writing; it takes about {}.",
            advised.index.method.name(),
            advised.name,
            memory(advised.size_bytes)
        ),
        why: served.why(advised),
        rests_on: rests_on(report, advised, finding),
        statements: advised.serves.iter().map(|served| served.fingerprint.clone()).collect(),
        steps,
        actions: advised.create_sql.lines().map(|line| Action::Sql(line.to_owned())).collect(),
        effect: effect(saved, served.changes(advised), &served.how()),
        effort: Effort::Low,
        risk,
        risk_note,
        undo: vec![Action::Sql(advised.drop_sql.clone())],
        verify: verify(record, advised, &served),
    })
}

/// The same for the same index, whatever it is called.
pub(super) fn id(index: &IndexDefinition) -> String {
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|key| format!("{}{}", key.name, if key.is_descending { " desc" } else { "" }))
        .collect();
    let method = match index.method {
        IndexMethod::Btree => String::new(),
        other => format!(" using {}", other.name()),
    };
    let mut id =
        format!("create-index:{}.{}{method}({})", index.table.schema, index.table.name, keys.join(","));
    if !index.included.is_empty() {
        id.push_str(&format!(" include({})", index.included.join(",")));
    }
    if let Some(predicate) = &index.predicate {
        id.push_str(&format!(" where {predicate}"));
    }
    id
}

/// What the advice was reported as: the finding with its very SQL.
pub(super) fn finding_of<'r>(report: &'r DatabaseReport, advised: &AdvisedIndex) -> Option<&'r Finding> {
    let is_it = |finding: &&Finding| finding.code == "missing-index" && finding.remedy == advised.create_sql;
    report.findings.iter().find(is_it).filter(|finding| carries(finding))
}

/// The finding of the advice, and what is said of the plans of the statements that it serves about its table.
fn rests_on(report: &DatabaseReport, advised: &AdvisedIndex, finding: &Finding) -> Vec<FindingReference> {
    let resolved = of_plans(report).filter(|(fingerprint, finding, node)| {
        RESOLVED.contains(&finding.code.as_str())
            && serves(advised, fingerprint)
            && node.is_none_or(|node| {
                node.relation.as_ref().is_none_or(|relation| *relation == advised.index.table.name)
            })
    });
    std::iter::once(finding).chain(resolved.map(|(_, finding, _)| finding)).map(reference).collect()
}

fn serves(advised: &AdvisedIndex, fingerprint: &str) -> bool {
    advised.serves.iter().any(|served| served.fingerprint == fingerprint)
}

/// Whether an advised index serves a statement.
pub(super) fn is_served(report: &DatabaseReport, fingerprint: &str) -> bool {
    advice_of(report).any(|advised| serves(advised, fingerprint))
}

fn advice_of(report: &DatabaseReport) -> impl Iterator<Item = &AdvisedIndex> {
    report.index_advice.found().into_iter().flat_map(|advice| &advice.indexes)
}

/// The statements that an index serves, in the run's traffic.
struct Served<'r> {
    traffic: Traffic<'r>,
    /// Milliseconds that each call takes less.
    savings: Vec<(&'r str, f64)>,
    has_n_plus_one: bool,
    has_contradicted: bool,
}

impl<'r> Served<'r> {
    fn of(record: &'r RunRecord, report: &'r DatabaseReport, advised: &'r AdvisedIndex) -> Self {
        let mut served = Self {
            traffic: Traffic::of(record),
            savings: Vec::new(),
            has_n_plus_one: false,
            has_contradicted: false,
        };
        let repeated: BTreeMap<String, f64> = calls_per_request(record);
        for statement in &advised.serves {
            let Some(hot) = served.traffic.statement(&statement.fingerprint) else { continue };
            let is_contradicted = report
                .explained
                .iter()
                .any(|explained| explained.fingerprint == statement.fingerprint && explained.is_contradicted);
            if is_contradicted {
                served.has_contradicted = true;
                continue;
            }
            let calls = repeated.get(&statement.fingerprint).copied().unwrap_or(1.0).max(1.0);
            served.has_n_plus_one |= calls > 1.0;
            let saved_ms = hot.mean_ms * (1.0 - remaining_ratio(statement)) / calls;
            // The costs are those with every index of the advice: what several bring together is shared.
            let sharing = advice_of(report).filter(|other| serves(other, &statement.fingerprint)).count();
            let saved_ms = saved_ms / (sharing.max(1) as f64);
            served.savings.push((&statement.fingerprint, saved_ms));
        }
        served
    }

    fn why(&self, advised: &AdvisedIndex) -> String {
        let table = format!("{}.{}", advised.index.table.schema, advised.index.table.name);
        let count = match advised.serves.len() {
            1 => "1 statement of the run reads".to_owned(),
            count => format!("{count} statements of the run read"),
        };
        let Some(first) = advised.serves.first() else {
            return format!("the statements of the run read {table} without an index that fits.");
        };
        let hot = self.traffic.statement(&first.fingerprint);
        let name = statement_name(hot.and_then(|hot| hot.text.as_deref()), &first.fingerprint);
        let time = hot.map_or_else(String::new, |hot| {
            format!(
                " takes {} a call over {} calls, and",
                seconds(hot.mean_ms / 1e3),
                rows(hot.counters.calls as f64)
            )
        });
        crate::wording::sentence(&format!(
            "{count} {table} without an index that fits: {name}{time} would cost {} in place of {}, {}",
            rows(first.cost_after),
            rows(first.cost_before),
            match advised.costed_by {
                CostSource::Hypopg => "by the planner's estimate",
                CostSource::Statistics => "estimated by statistics",
            }
        ))
    }

    fn changes(&self, advised: &AdvisedIndex) -> Vec<ExpectedChange> {
        let times = advised.serves.iter().take(SHOWN).filter_map(|served| {
            let hot = self.traffic.statement(&served.fingerprint)?;
            self.savings.iter().find(|(fingerprint, _)| *fingerprint == served.fingerprint)?;
            let name = statement_name(hot.text.as_deref(), &served.fingerprint);
            Some(change(
                format!("time of a call of {name}"),
                "ms",
                hot.mean_ms,
                hot.mean_ms * remaining_ratio(served),
            ))
        });
        let size = change("size of the index", "bytes", 0.0, advised.size_bytes as f64);
        times.chain([size]).collect()
    }

    /// What the calls of the first statement should take.
    fn expected(&self, advised: &AdvisedIndex) -> String {
        let first = advised
            .serves
            .first()
            .and_then(|first| Some((first, self.traffic.statement(&first.fingerprint)?)));
        first.map_or_else(String::new, |(first, hot)| {
            let name = statement_name(hot.text.as_deref(), &first.fingerprint);
            format!(
                ", and a call of {name} takes about {} in place of {}",
                seconds(hot.mean_ms * remaining_ratio(first) / 1e3),
                seconds(hot.mean_ms / 1e3)
            )
        })
    }

    fn how(&self) -> String {
        let mut how = "The measured time of each call falls as its estimated cost does, over the calls that a step is known to \
                       cause; other calls, and what a write pays, are left out. Planner cost is no proof: measure it again once \
                       the index is there."
            .to_owned();
        if self.has_n_plus_one {
            how.push_str(
                " Of a statement that one request sends again and again, one call is counted: first remove the N+1.",
            );
        }
        if self.has_contradicted {
            how.push_str(" A statement that seems to run with a better plan already is not counted.");
        }
        how
    }
}

/// What is left of a statement's cost, 0–1.
fn remaining_ratio(served: &ServedStatement) -> f64 {
    let ratio = served.cost_after / served.cost_before;
    if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 1.0 }
}

fn risk(advised: &AdvisedIndex) -> (Risk, String) {
    let write_cost = &advised.write_cost;
    let written: f64 = write_cost.slows.iter().map(|slowed| slowed.rows).sum();
    let writes = match write_cost.slows.len() {
        0 => "no statement of the run writes there".to_owned(),
        1 => format!("1 statement of the run wrote {} rows there", rows(written)),
        count => format!("{count} statements of the run wrote {} rows there", rows(written)),
    };
    let rate = write_cost
        .entries_per_s
        .zip(write_cost.entries_counted)
        .map_or_else(String::new, |(entries_per_s, counted)| {
            format!(", {entries_per_s:.1} entries a second {}", counted.as_str())
        });
    let loses_hot = write_cost.slows.iter().any(|slowed| slowed.loses_hot);
    let hot = if loses_hot {
        ", and updates of its columns stop being HOT, so that they write to every index of the table"
    } else {
        ""
    };
    let note = format!(
        "Each entry costs those who write about {:.0} bytes of write-ahead log ({writes}{rate}){hot}; a build that is broken off leaves \
         an invalid index, which is to be dropped.",
        write_cost.wal_bytes_per_entry
    );
    (if loses_hot { Risk::Medium } else { Risk::Low }, note)
}

fn verify(record: &RunRecord, advised: &AdvisedIndex, served: &Served<'_>) -> Vec<Action> {
    let name = aforo_model::database::RelationName {
        schema: advised.index.table.schema.clone(),
        name: advised.name.clone(),
    };
    let literal = aforo_sql::quote_literal(&aforo_model::database::qualified(&name));
    vec![
        Action::Sql(format!(
            "SELECT indisvalid, idx_scan FROM pg_index JOIN pg_stat_all_indexes USING (indexrelid) WHERE indexrelid = \
             {literal}::regclass;"
        )),
        run_again(record, &format!("the index is valid, its scans rise{}", served.expected(advised))),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ADMIN_LIST, Fixture};
    use super::*;
    use aforo_model::{Effect, Severity};

    fn advised(fixture: &Fixture) -> Vec<Recommendation> {
        run(&fixture.record)
    }

    #[test]
    fn an_advised_index_comes_with_its_sql_its_undo_and_its_gain_over_the_traffic() {
        let fixture = Fixture::hotel();
        let all = advised(&fixture);
        assert_eq!(all.len(), 1, "{all:?}");
        let index = &all[0];
        assert_eq!(index.id, "create-index:public.reservations(status,check_in)");
        assert_eq!(index.title, "Create an index on reservations (status, check_in)");
        assert!(index.actions[0].text().starts_with("CREATE INDEX CONCURRENTLY"), "{:?}", index.actions);
        assert!(index.undo[0].text().starts_with("DROP INDEX CONCURRENTLY"), "{:?}", index.undo);
        assert_eq!(index.steps, ["admin_list"]);
        // 600 requests of `admin_list`, one call each, 20 ms a call of which 99 % go; all requests took 60 s.
        let gain = index.effect.gain().unwrap();
        assert!((gain.saved_ratio.unwrap() - 0.198).abs() < 1e-3, "{gain:?}");
        assert!((gain.saved_by_step["admin_list"] - 0.396).abs() < 1e-3, "{gain:?}");
        let codes: Vec<&str> = index.rests_on.iter().map(|each| each.code.as_str()).collect();
        assert_eq!(codes, ["missing-index", "seq-scan"]);
    }

    #[test]
    fn without_its_finding_nothing_is_advised() {
        assert_eq!(advised(&Fixture::empty()), []);
        let mut fixture = Fixture::hotel();
        fixture.report().findings.retain(|finding| finding.code != "missing-index");
        assert_eq!(advised(&fixture), []);
        let mut minor = Fixture::hotel();
        minor.report().findings.iter_mut().for_each(|finding| finding.severity = Severity::Info);
        assert_eq!(advised(&minor), []);
    }

    #[test]
    fn calls_that_no_step_causes_save_nobody_time() {
        let mut fixture = Fixture::hotel();
        fixture.statement(ADMIN_LIST).steps.clear();
        let index = &advised(&fixture)[0];
        assert!(
            matches!(&index.effect, Effect::Estimated { gain, how } if gain.saved_ratio.is_none() && how.contains("no step")),
            "{:?}",
            index.effect
        );
        assert!(index.steps.is_empty());
    }

    #[test]
    fn a_statement_of_an_n_plus_one_counts_once() {
        let mut fixture = Fixture::hotel();
        let statement = fixture.statement(ADMIN_LIST);
        (statement.mean_ms, statement.counters.calls, statement.calls_per_request) = (1.0, 6_000, Some(5.0));
        let per_request = &mut statement.steps[0].calls_per_request;
        (per_request.estimate, per_request.low) = (10.0, 9.0);
        let before = advised(&fixture)[0].effect.gain().unwrap().saved_ratio.unwrap();
        fixture.probe_finds(ADMIN_LIST, "admin_list", 10.0);
        let index = &advised(&fixture)[0];
        let after = index.effect.gain().unwrap().saved_ratio.unwrap();
        assert!((after - before / 10.0).abs() < 1e-6, "{before} {after}");
        assert!(
            matches!(&index.effect, Effect::Estimated { how, .. } if how.contains("first remove the N+1"))
        );
    }

    #[test]
    fn a_plan_that_the_calls_contradict_carries_no_gain() {
        let mut fixture = Fixture::hotel();
        fixture.report().explained[0].is_contradicted = true;
        let index = &advised(&fixture)[0];
        assert!(index.effect.gain().unwrap().saved_ratio.is_none(), "{:?}", index.effect);
    }
}

//! `remove-n-plus-one`: statements that one step sends once for every item of its answer, one recommendation a step.
//!
//! The gain is the execution time of all calls but one, over the step's own requests. What each call costs on its way to the server
//! and back, and in the application, comes on top, and is more than that as a rule: it was not measured, so it is left out.

use std::collections::BTreeMap;

use aforo_model::database::{DatabaseReport, NPlusOne, ProbeJudgement};
use aforo_model::{
    Action, Effort, ExpectedChange, FindingReference, Recommendation, RecommendationKind, Risk, RunRecord,
    Severity, Subject,
};

use super::statement_name::statement_name;
use super::traffic::{LEAST_RATIO, Traffic, change, effect, is_certain};
use crate::wording::sentence;

const CODE: &str = "n-plus-one";

/// What a call takes besides its execution: the way to the server and back within a data centre, in milliseconds (Dean, "Numbers everyone
/// should know"); what calls are reckoned with where an N+1 is judged.
const WAY_WITHIN_A_DATA_CENTRE_MS: f64 = 0.5;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let steps = by_step(record);
    let all: Vec<&NPlusOne> = steps.values().flatten().copied().collect();
    steps.iter().filter_map(|(step, found)| recommend(record, step, found, &all)).collect()
}

/// Those that the probe found, by step; only of steps that were reported.
fn by_step(record: &RunRecord) -> BTreeMap<&str, Vec<&NPlusOne>> {
    let mut steps: BTreeMap<&str, Vec<&NPlusOne>> = BTreeMap::new();
    let Some(report) = &record.database else { return steps };
    for found in judgements(report).flat_map(|judged| &judged.n_plus_ones) {
        let subject = Subject::Step(found.step.clone());
        if report.findings.iter().any(|finding| finding.code == CODE && finding.subject == subject) {
            steps.entry(&found.step).or_default().push(found);
        }
    }
    steps
}

fn judgements(report: &DatabaseReport) -> impl Iterator<Item = &ProbeJudgement> {
    report.probes.iter().filter_map(|probe| probe.answer.found())
}

/// Calls of each statement of an N+1 for one request, the most of any step.
pub(super) fn calls_per_request(record: &RunRecord) -> BTreeMap<String, f64> {
    let traffic = Traffic::of(record);
    let steps = by_step(record);
    let all: Vec<&NPlusOne> = steps.into_values().flatten().collect();
    let mut calls: BTreeMap<String, f64> = BTreeMap::new();
    for found in &all {
        let most = calls.entry(found.fingerprint.clone()).or_default();
        *most = most.max(calls_of(&traffic, &all, found));
    }
    calls
}

/// Calls for one request of the step: as the run's requests made them where that is known, else for a page of the probe's size in
/// production; over all steps of the statement no more than were counted.
fn calls_of(traffic: &Traffic<'_>, all: &[&NPlusOne], found: &NPlusOne) -> f64 {
    let Some(statement) = traffic.statement(&found.fingerprint) else {
        return found.projected_calls.max(0.0);
    };
    let of_step = |found: &NPlusOne| {
        let known = statement.steps.iter().find(|step| step.step == found.step && is_certain(step));
        known.map_or(found.projected_calls.max(0.0), |step| step.calls_per_request.estimate)
    };
    let same = all.iter().filter(|other| other.fingerprint == found.fingerprint);
    let claimed: f64 = same.map(|other| of_step(other) * traffic.requests_of(&other.step)).sum();
    match traffic.counted(statement) {
        Some(counted) if claimed > counted => of_step(found) * counted / claimed,
        _ => of_step(found),
    }
}

fn recommend(
    record: &RunRecord,
    step: &str,
    of_step: &[&NPlusOne],
    all: &[&NPlusOne],
) -> Option<Recommendation> {
    let traffic = Traffic::of(record);
    // One call stays, for all items.
    let saved_ms = |found: &NPlusOne| (calls_of(&traffic, all, found) - 1.0).max(0.0) * found.mean_ms;
    let saved = traffic.saved_by_step(step, of_step.iter().map(|found| saved_ms(found)).sum());
    let is_worth_it = saved.as_ref().is_ok_and(|saved| saved.ratio >= LEAST_RATIO)
        || match of_step.iter().map(|found| found.severity).max() {
            Some(Severity::Critical) => true,
            Some(Severity::Warning) => may_be_noticed(&traffic, step, of_step, all),
            _ => false,
        };
    let mut found = of_step.to_vec();
    found.sort_by(|one, other| {
        saved_ms(other).total_cmp(&saved_ms(one)).then_with(|| one.fingerprint.cmp(&other.fingerprint))
    });
    let first = found.first().filter(|_| is_worth_it)?;
    let writes = found.iter().filter(|found| found.is_write).count();
    Some(Recommendation {
        id: format!("remove-n-plus-one:{step}"),
        kind: RecommendationKind::RemoveNPlusOne,
        title: format!(
            "{} all items of {step} at once, not one by one",
            match writes {
                0 => "Fetch the rows of",
                count if count == found.len() => "Write",
                _ => "Read and write",
            }
        ),
        what: match found.len() {
            1 => format!("Puts one statement in the place of one for every item of {}.", first.item_path),
            count => format!("Puts {count} statements in the place of {count} for every item of {}.", first.item_path),
        },
        why: why(first, found.len()),
        rests_on: vec![FindingReference { code: CODE.to_owned(), subject: Subject::Step(step.to_owned()) }],
        statements: found.iter().map(|found| found.fingerprint.clone()).collect(),
        steps: vec![step.to_owned()],
        actions: found.iter().map(|found| action(found)).collect(),
        effect: effect(
            saved,
            found.iter().map(|found| calls_change(found)).collect(),
            "The execution time of all calls but one, over the step's requests, which is the least it saves: what each call costs on its \
             way to the server and back, and in the program, comes on top and was not measured. An index for the same statement \
             saves of the same time.",
        ),
        effort: Effort::Medium,
        risk: Risk::Low,
        risk_note: "The answer must stay the same: items without a row, and the order of rows within an item, are the program's to \
                    keep."
            .to_owned(),
        undo: vec![Action::Change("Take the change of the program back.".to_owned())],
        verify: vec![Action::Change(format!(
            "Run `aforo analyze` with the scenario {} again: no statement of {step} follows the items of {}.",
            record.scenario.name, first.item_path
        ))],
    })
}

/// Whether requests of this run could notice the calls that go, if each also took the way to the server and back. Where pages hold one or two
/// items as a rule, an N+1 over a full page is a finding, and no work for today. Without traffic nobody can say, and the finding stands.
fn may_be_noticed(traffic: &Traffic<'_>, step: &str, of_step: &[&NPlusOne], all: &[&NPlusOne]) -> bool {
    let saved_ms = |found: &&NPlusOne| {
        (calls_of(traffic, all, found) - 1.0).max(0.0) * (found.mean_ms + WAY_WITHIN_A_DATA_CENTRE_MS)
    };
    match traffic.saved_by_step(step, of_step.iter().map(saved_ms).sum()) {
        Ok(saved) => saved.ratio >= LEAST_RATIO,
        Err(_) => true,
    }
}

fn why(first: &NPlusOne, count: usize) -> String {
    let more = match count {
        1 => String::new(),
        2 => ", and so does another".to_owned(),
        count => format!(", and so do {} others", count - 1),
    };
    sentence(&format!(
        "{} runs {:.2} times for every item of {}{more}: {:.0} calls for a page of {}",
        statement_name(first.text.as_deref(), &first.fingerprint),
        first.slope.estimate,
        first.item_path,
        first.projected_calls,
        first.production_page_size
    ))
}

fn action(found: &NPlusOne) -> Action {
    let name = statement_name(found.text.as_deref(), &found.fingerprint);
    Action::Change(match (&found.fix_sql, found.is_top_level) {
        (Some(sql), true) => format!("In place of {name}, send once for all items: `{sql}`"),
        (Some(sql), false) => format!("In the function that runs {name}, run once for all items: `{sql}`"),
        (None, true) if found.is_write => {
            format!("In place of {name}, write all items with one statement, from arrays of their values.")
        }
        (None, true) => format!(
            "In place of {name}, ask for all items at once, with a join or = ANY($1), and put the rows to their items."
        ),
        (None, false) => {
            format!(
                "In the function that runs {name}, put one statement over the whole set in the place of the loop."
            )
        }
    })
}

fn calls_change(found: &NPlusOne) -> ExpectedChange {
    let name = statement_name(found.text.as_deref(), &found.fingerprint);
    let figure = format!("calls of {name} for a page of {}", found.production_page_size);
    change(figure, "calls", found.projected_calls, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ADMIN_LIST, EVENT, Fixture};
    use super::*;

    fn found() -> Fixture {
        let mut fixture = Fixture::hotel();
        fixture.probe_finds(EVENT, "admin_list", 40.0);
        fixture
    }

    #[test]
    fn the_statements_of_one_step_are_one_recommendation_with_their_fixes() {
        let mut fixture = found();
        fixture.probe_finds("accommodation", "admin_list", 40.0);
        let all = run(&fixture.record);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].id, "remove-n-plus-one:admin_list");
        assert_eq!(all[0].statements, [EVENT, "accommodation"]);
        assert_eq!((all[0].actions.len(), all[0].rests_on.len()), (2, 1));
        assert!(all[0].actions[0].text().contains("= ANY($1)"), "{:?}", all[0].actions);
    }

    #[test]
    fn all_calls_but_one_are_saved_over_the_requests_of_the_step() {
        // 600 requests with 40 calls of 0.1 ms each, of 60 s in all; 39 go.
        let saved = run(&found().record)[0].effect.gain().unwrap().saved_ratio.unwrap();
        assert!((saved - 600.0 * 39.0 * 0.1 / 60_000.0).abs() < 1e-9, "{saved}");
    }

    #[test]
    fn calls_are_no_more_than_were_counted() {
        let mut fixture = found();
        fixture.statement(EVENT).calls_per_request = Some(5.0);
        assert_eq!(calls_per_request(&fixture.record)[EVENT], 10.0);
    }

    #[test]
    fn without_traffic_the_change_is_told_and_the_gain_is_not() {
        let mut fixture = found();
        fixture.record.load.steps.clear();
        let gain = run(&fixture.record)[0].effect.gain().unwrap().clone();
        assert_eq!((gain.saved_ratio, gain.changes[0].before), (None, 40.0));
    }

    #[test]
    fn what_is_not_reported_or_hardly_takes_time_gives_nothing() {
        assert_eq!(run(&Fixture::hotel().record), []);
        assert_eq!(run(&Fixture::empty().record), []);
        let mut minor = found();
        minor.n_plus_ones().for_each(|found| found.severity = Severity::Info);
        assert_eq!(run(&minor.record).len(), 1, "3.9 % of the time of all requests");
        minor.n_plus_ones().for_each(|found| found.mean_ms = 0.001);
        assert_eq!(run(&minor.record), []);
        // A full page would be fifty calls; the pages of this run hold hardly more than one item.
        let mut seldom = found();
        assert!(seldom.n_plus_ones().all(|found| found.severity == Severity::Warning));
        let statement = seldom.statement(EVENT);
        statement.calls_per_request = Some(0.05);
        assert_eq!(run(&seldom.record), []);
        seldom.n_plus_ones().for_each(|found| found.severity = Severity::Critical);
        assert_eq!(run(&seldom.record).len(), 1, "what is critical is advised whatever the traffic");
        let mut unreported = found();
        unreported.report().findings.retain(|finding| finding.code != CODE);
        assert_eq!(run(&unreported.record), []);
        assert!(!calls_per_request(&unreported.record).contains_key(ADMIN_LIST));
    }
}

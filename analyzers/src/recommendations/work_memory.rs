//! `postgres-setting` of `work_mem`: sorts and hashes that went to temporary files, with the size they were measured to need.
//!
//! For the whole server only where the machine has it to spare: every sort of every session may take that much. Otherwise for the
//! statements alone. Statements that an advised index serves are left out: their plans, and what they sort, will be others.

use std::collections::BTreeMap;

use aforo_model::database::DatabaseReport;
use aforo_model::{
    Action, Effort, ExpectedChange, FindingReference, Recommendation, RecommendationKind, Risk, RunRecord,
};

use super::create_index::is_served;
use super::evidence::{carries, has, is_memory_short, of_plans, reference};
use super::run_again::run_again;
use super::sql_text::{SettingChange, work_mem_megabytes};
use super::statement_name::statement_name;
use super::traffic::{change, effect, is_certain};
use crate::statements::title;
use crate::wording::sentence;

/// Plan checks whose remedy is memory.
const OF_PLANS: [&str; 3] = ["hash-to-disk", "lossy-bitmap", "sort-to-disk"];
const OF_STATEMENTS: &str = "temp-files";

/// More than this for every sort of every session is a matter of single statements.
const LARGEST_FOR_ALL_MB: u64 = 64;
/// Share of the machine's memory that one sort of every connection may take: what `PGTune` leaves to `work_mem` (a third of what is not
/// `shared_buffers`, itself a quarter).
const MEMORY_RATIO: f64 = 0.25;
const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// Postgres as it is packaged has blocks of this size.
const BLOCK_BYTES: f64 = 8192.0;

/// A statement that needs memory, and how much.
#[derive(Debug)]
struct Spill {
    megabytes: u64,
    message: String,
    rests_on: Vec<FindingReference>,
}

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return Vec::new() };
    let spills = spills(report);
    recommend(record, report, &spills).into_iter().collect()
}

fn spills(report: &DatabaseReport) -> BTreeMap<&str, Spill> {
    let of_plans = of_plans(report)
        .filter(|(_, finding, _)| OF_PLANS.contains(&finding.code.as_str()))
        .map(|(fingerprint, finding, _)| (fingerprint, finding));
    let of_statements = report
        .findings
        .iter()
        .filter(|finding| finding.code == OF_STATEMENTS && carries(finding))
        .filter_map(|finding| {
            let is_it = |statement: &&aforo_model::database::HotStatement| {
                let name = title(statement.text.as_deref(), &statement.fingerprint);
                finding.message.starts_with(&format!("{name} writes "))
            };
            Some((report.hot.iter().find(is_it)?.fingerprint.as_str(), finding))
        });
    let mut spills: BTreeMap<&str, Spill> = BTreeMap::new();
    for (fingerprint, finding) in of_plans.chain(of_statements) {
        let Some(megabytes) = work_mem_megabytes(&finding.remedy) else { continue };
        if is_served(report, fingerprint) {
            continue;
        }
        let spill = spills.entry(fingerprint).or_insert_with(|| Spill {
            megabytes,
            message: finding.message.clone(),
            rests_on: Vec::new(),
        });
        spill.rests_on.push(reference(finding));
        if megabytes > spill.megabytes {
            (spill.megabytes, spill.message) = (megabytes, finding.message.clone());
        }
    }
    spills
}

fn recommend(
    record: &RunRecord,
    report: &DatabaseReport,
    spills: &BTreeMap<&str, Spill>,
) -> Option<Recommendation> {
    let (first, most) = spills.iter().max_by_key(|(_, spill)| spill.megabytes)?;
    let megabytes = most.megabytes;
    let form = if may_hold_for_all(record, report, megabytes) {
        for_all(megabytes)
    } else {
        for_each(report, spills)
    };
    let mut statements: Vec<String> = vec![(*first).to_owned()];
    statements.extend(spills.keys().filter(|each| *each != first).map(|each| (*each).to_owned()));
    Some(Recommendation {
        id: form.id.to_owned(),
        kind: RecommendationKind::PostgresSetting,
        title: form.title,
        what: form.what,
        why: sentence(&format!("{}; {megabytes} MB hold the largest of them in memory", most.message)),
        rests_on: spills.values().flat_map(|spill| spill.rests_on.iter().cloned()).collect(),
        steps: steps(report, &statements),
        statements,
        actions: form.actions,
        effect: effect(
            Err("the time that temporary files took was not measured apart".to_owned()),
            changes(report, spills),
            "The size follows from that of the files: what lies on disk took up to 2.5 times as much in memory on Postgres 15.",
        ),
        effort: form.effort,
        risk: Risk::Medium,
        risk_note: form.risk_note,
        undo: form.undo,
        verify: vec![run_again(
            record,
            "the statements write no temporary files, and the memory of the machine holds",
        )],
    })
}

/// How the memory is given.
struct Form {
    id: &'static str,
    title: String,
    what: String,
    actions: Vec<Action>,
    undo: Vec<Action>,
    effort: Effort,
    risk_note: String,
}

fn for_all(megabytes: u64) -> Form {
    let change = SettingChange { name: "work_mem".to_owned(), value: Some(format!("{megabytes}MB")) };
    let reload = || Action::Sql("SELECT pg_reload_conf();".to_owned());
    Form {
        id: "postgres-setting:work_mem",
        title: format!("Set work_mem to {megabytes} MB"),
        what: "Lets every sort and hash take that much memory before it writes temporary files.".to_owned(),
        actions: vec![change.show(), Action::Sql(change.sql()), reload()],
        undo: vec![change.restored(None), reload()],
        effort: Effort::Low,
        risk_note: "Every sort and hash of every session may take that much, several times in one statement."
            .to_owned(),
    }
}

fn for_each(report: &DatabaseReport, spills: &BTreeMap<&str, Spill>) -> Form {
    let actions = spills.iter().map(|(fingerprint, spill)| {
        let text = report.hot.iter().find(|statement| statement.fingerprint == **fingerprint);
        let name = statement_name(text.and_then(|statement| statement.text.as_deref()), fingerprint);
        Action::Change(format!(
            "In the transaction that runs {name}, before it: SET LOCAL work_mem = '{}MB';",
            spill.megabytes
        ))
    });
    Form {
        id: "postgres-setting:work_mem of statements",
        title: "Give work_mem to the statements that write temporary files".to_owned(),
        what: "Lets these statements alone sort and hash in memory; for the whole server it would be too much.".to_owned(),
        actions: actions.collect(),
        undo: vec![Action::Change("Take SET LOCAL out of the transactions again.".to_owned())],
        effort: Effort::Medium,
        risk_note: "Each call that runs at the same time takes that much, several times where it sorts several times.".to_owned(),
    }
}

/// Whether every connection may take it, as far as the run tells: not where memory is short, and not where it is not known.
fn may_hold_for_all(record: &RunRecord, report: &DatabaseReport, megabytes: u64) -> bool {
    let readings = record.resources.iter().filter_map(|sample| sample.postgres.as_ref());
    let connections = readings.map(|postgres| postgres.connection_count).max();
    let Some((connections, memory_bytes)) = connections.zip(report.server.host_memory_bytes) else {
        return false;
    };
    let needed_bytes = f64::from(connections) * megabytes as f64 * MEBIBYTE;
    let is_short = is_memory_short(record) || has(record, "work-mem-total");
    megabytes <= LARGEST_FOR_ALL_MB && !is_short && needed_bytes <= MEMORY_RATIO * memory_bytes as f64
}

fn steps(report: &DatabaseReport, fingerprints: &[String]) -> Vec<String> {
    let mut steps = Vec::new();
    for statement in report.hot.iter().filter(|statement| fingerprints.contains(&statement.fingerprint)) {
        for step in statement.steps.iter().filter(|step| is_certain(step)) {
            if !steps.contains(&step.step) {
                steps.push(step.step.clone());
            }
        }
    }
    steps
}

fn changes(report: &DatabaseReport, spills: &BTreeMap<&str, Spill>) -> Vec<ExpectedChange> {
    let spilling = report.hot.iter().filter(|statement| {
        spills.contains_key(statement.fingerprint.as_str()) && statement.temp_blocks_per_call > 0.0
    });
    spilling
        .map(|statement| {
            let name = statement_name(statement.text.as_deref(), &statement.fingerprint);
            let bytes = statement.temp_blocks_per_call * BLOCK_BYTES;
            change(format!("temporary files of a call of {name}"), "bytes", bytes, 0.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{EVENT, Fixture};
    use super::*;
    use aforo_model::Severity;

    fn spilling(megabytes: u64) -> Fixture {
        let mut fixture = Fixture::hotel();
        let remedy = format!("else SET LOCAL work_mem = '{megabytes}MB' for this statement");
        fixture.add_plan_finding("sort-to-disk", EVENT, Severity::Warning, &remedy);
        fixture
    }

    #[test]
    fn a_sort_that_went_to_disk_gets_the_memory_it_was_measured_to_need() {
        let all = run(&spilling(32).record);
        assert_eq!(all[0].id, "postgres-setting:work_mem");
        let texts: Vec<&str> = all[0].actions.iter().map(Action::text).collect();
        assert_eq!(
            texts,
            ["SHOW work_mem;", "ALTER SYSTEM SET work_mem = '32MB';", "SELECT pg_reload_conf();"]
        );
        assert_eq!(all[0].undo[0].text(), "Set work_mem back to what SHOW gave before, by ALTER SYSTEM SET.");
        assert_eq!(all[0].statements, [EVENT]);
    }

    #[test]
    fn where_memory_is_short_or_much_is_needed_only_the_statement_gets_it() {
        let local = "postgres-setting:work_mem of statements";
        let mut short = spilling(32);
        short.add("memory-high", "host", Severity::Warning, "more memory");
        assert_eq!(run(&short.record)[0].id, local);
        let mut unknown = spilling(32);
        unknown.report().server.host_memory_bytes = None;
        assert_eq!(run(&unknown.record)[0].id, local);
        let all = run(&spilling(512).record);
        assert_eq!(all[0].id, local);
        assert!(all[0].actions[0].text().ends_with("SET LOCAL work_mem = '512MB';"), "{:?}", all[0].actions);
    }

    #[test]
    fn what_an_index_will_change_or_nobody_found_gives_nothing() {
        assert_eq!(run(&Fixture::hotel().record), []);
        assert_eq!(run(&Fixture::empty().record), []);
        let mut served = Fixture::hotel();
        let remedy = "SET LOCAL work_mem = '32MB'";
        served.add_plan_finding(
            "sort-to-disk",
            super::super::fixtures::ADMIN_LIST,
            Severity::Warning,
            remedy,
        );
        assert_eq!(run(&served.record), []);
    }

    #[test]
    fn temporary_files_of_a_statement_are_known_by_its_text() {
        let mut fixture = Fixture::hotel();
        fixture.statement(EVENT).temp_blocks_per_call = 1_000.0;
        let findings = crate::statements::statement_findings(&fixture.report().hot);
        fixture.report().findings.extend(findings);
        let all = run(&fixture.record);
        assert_eq!((all.len(), all[0].statements.as_slice()), (1, &[EVENT.to_owned()][..]));
        assert_eq!(all[0].effect.gain().unwrap().changes[0].before, 8_192_000.0);
    }
}

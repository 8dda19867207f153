//! `postgres-setting`: what the checklist found set wrongly, with the exact statement, and the restart where one is needed.
//!
//! One recommendation a check; those that only let the server write down more are one together. None of them has a gain in time: what a
//! setting brings is known only by measuring with and without.

use aforo_model::database::{CheckArea, DatabaseReport};
use aforo_model::{Action, Effect, Effort, Finding, Recommendation, RecommendationKind, Risk, RunRecord};

use super::evidence::{carries, is_memory_short, reference};
use super::sql_text::{SettingChange, setting_changes};
use crate::wording::sentence;

const RELOAD: &str = "SELECT pg_reload_conf();";
const RESTART: &str = "restart the server";
const MEBIBYTE: f64 = 1024.0 * 1024.0;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(report) = &record.database else { return Vec::new() };
    let findings =
        report.findings.iter().filter(|finding| carries(finding) && area(report, finding).is_some());
    findings.filter_map(|finding| recommend(record, report, finding)).collect()
}

/// The area of the check whose finding it is.
fn area(report: &DatabaseReport, finding: &Finding) -> Option<CheckArea> {
    report.checklist.checks.iter().find(|line| line.code == finding.code).map(|line| line.area)
}

fn recommend(record: &RunRecord, report: &DatabaseReport, finding: &Finding) -> Option<Recommendation> {
    let changes = setting_changes(&finding.remedy);
    let first = changes.first()?;
    if takes_memory_that_is_short(record, finding, first) {
        return None;
    }
    let needs_restart = finding.remedy.contains(RESTART);
    let is_log = area(report, finding) == Some(CheckArea::Logging) && !needs_restart;
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    let (id, title, what) = if is_log {
        (
            "logging".to_owned(),
            "Let the server write down what causes are found by".to_owned(),
            "Sets what Postgres logs, so that the next slow request leaves a trace.".to_owned(),
        )
    } else {
        (names.join(","), title(&changes), what(&names, needs_restart))
    };
    Some(Recommendation {
        id: format!("postgres-setting:{id}"),
        kind: RecommendationKind::PostgresSetting,
        title,
        what,
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: applied(changes.iter().flat_map(|change| noted(change, finding)), needs_restart),
        effect: Effect::Unknown {
            why: "what a setting brings is known only by measuring with and without it".to_owned(),
        },
        effort: Effort::Low,
        risk: if needs_restart { Risk::Medium } else { Risk::Low },
        risk_note: risk_note(finding, needs_restart),
        undo: applied(changes.iter().map(|change| change.restored(seen(change, finding))), needs_restart),
        verify: names.iter().map(|name| Action::Sql(format!("SHOW {name};"))).collect(),
    })
}

/// A machine whose memory is nearly used up is not asked for more.
fn takes_memory_that_is_short(record: &RunRecord, finding: &Finding, change: &SettingChange) -> bool {
    let wanted = change.value.as_deref().and_then(|value| value.strip_suffix("MB")?.parse::<f64>().ok());
    let is_memory = matches!(change.name.as_str(), "shared_buffers" | "work_mem" | "maintenance_work_mem");
    let now_bytes = finding.numbers.get(&format!("{}_bytes", change.name));
    let is_more =
        wanted.is_some_and(|wanted| now_bytes.is_none_or(|now_bytes| wanted * MEBIBYTE > *now_bytes));
    is_memory && is_more && is_memory_short(record)
}

fn title(changes: &[SettingChange]) -> String {
    let each: Vec<String> = changes
        .iter()
        .map(|change| match &change.value {
            Some(value) => format!("set {} to {value}", change.name),
            None => format!("reset {}", change.name),
        })
        .collect();
    sentence(&each.join(" and ")).trim_end_matches('.').to_owned()
}

fn what(names: &[&str], needs_restart: bool) -> String {
    let when = if needs_restart {
        "once the server is restarted"
    } else {
        "as soon as the server is told to read it"
    };
    format!("Changes {} for the whole server, {when}.", names.join(" and "))
}

/// What else the check says, beside the statements themselves.
fn risk_note(finding: &Finding, needs_restart: bool) -> String {
    let mut rest = finding.remedy.clone();
    for change in setting_changes(&finding.remedy) {
        rest = rest.replace(change.sql().as_str(), "");
    }
    let rest = rest.replace(RELOAD, "").replace("and restart the server", "");
    let rest = rest.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, ';' | ':' | ','));
    let what = if needs_restart {
        "It holds for every database of the server, and the restart ends all connections"
    } else {
        "It holds for every database of the server"
    };
    if rest.is_empty() { format!("{what}.") } else { format!("{what}; the check adds: {rest}.") }
}

/// A change, after the value to go back to is looked up where nobody saw it.
fn noted(change: &SettingChange, finding: &Finding) -> Vec<Action> {
    let before = seen(change, finding).is_none().then(|| change.show());
    before.into_iter().chain([Action::Sql(change.sql())]).collect()
}

/// The changes, and what makes the server take them.
fn applied(changes: impl Iterator<Item = Action>, needs_restart: bool) -> Vec<Action> {
    let last = if needs_restart {
        Action::Change("Restart the server when nobody needs it.".to_owned())
    } else {
        Action::Sql(RELOAD.to_owned())
    };
    changes.chain([last]).collect()
}

/// The value that the check saw, where it says so.
fn seen(change: &SettingChange, finding: &Finding) -> Option<String> {
    let seen = finding.message.split(", ").find_map(|seen| {
        let value = seen.strip_prefix(&format!("{} is ", change.name))?.split_once(" in place of ")?.0;
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.').then(|| value.to_owned())
    });
    let is_switched_on = change.value.is_none() && change.name.starts_with("enable_");
    seen.or_else(|| is_switched_on.then(|| "off".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Fixture;
    use super::*;
    use aforo_model::Severity;

    fn advised(code: &str, area: CheckArea, remedy: &str, message: &str) -> Vec<Recommendation> {
        run(&fixture(code, area, remedy, message).record)
    }

    fn fixture(code: &str, area: CheckArea, remedy: &str, message: &str) -> Fixture {
        let mut fixture = Fixture::hotel();
        fixture.add_check(code, area);
        fixture.add(code, "postgres", Severity::Warning, remedy);
        message.clone_into(&mut fixture.report().findings.last_mut().unwrap().message);
        fixture
    }

    fn texts(actions: &[Action]) -> Vec<&str> {
        actions.iter().map(Action::text).collect()
    }

    #[test]
    fn a_setting_comes_with_its_statement_the_reload_and_the_way_back() {
        let remedy = "unless the data lies on spinning disks: ALTER SYSTEM SET random_page_cost = '1.1'; SELECT pg_reload_conf();";
        let all = advised("random-page-cost", CheckArea::Planner, remedy, "random_page_cost is 4");
        assert_eq!(
            (all[0].id.as_str(), all[0].title.as_str()),
            ("postgres-setting:random_page_cost", "Set random_page_cost to 1.1")
        );
        assert_eq!(
            texts(&all[0].actions),
            ["SHOW random_page_cost;", "ALTER SYSTEM SET random_page_cost = '1.1';", RELOAD]
        );
        assert_eq!(
            texts(&all[0].undo),
            ["Set random_page_cost back to what SHOW gave before, by ALTER SYSTEM SET.", RELOAD]
        );
        assert!(
            all[0].risk_note.ends_with("the check adds: unless the data lies on spinning disks."),
            "{}",
            all[0].risk_note
        );
    }

    #[test]
    fn a_restart_is_said() {
        let remedy = "ALTER SYSTEM SET shared_buffers = '4096MB'; and restart the server";
        let all = advised("shared-buffers", CheckArea::Memory, remedy, "it is 128 MiB");
        assert_eq!(all[0].risk, Risk::Medium);
        assert!(all[0].actions[2].text().starts_with("Restart"), "{:?}", all[0].actions);
        assert_eq!(
            all[0].risk_note,
            "It holds for every database of the server, and the restart ends all connections."
        );
    }

    #[test]
    fn what_is_reset_gets_back_what_it_was() {
        let reset = "ALTER SYSTEM RESET cpu_tuple_cost; SELECT pg_reload_conf();";
        let all =
            advised("cost-settings", CheckArea::Planner, reset, "cpu_tuple_cost is 0.5 in place of 0.01");
        assert_eq!(all[0].undo[0].text(), "ALTER SYSTEM SET cpu_tuple_cost = '0.5';");
        let reset = "ALTER SYSTEM RESET enable_seqscan; SELECT pg_reload_conf();";
        let all = advised("planner-methods-off", CheckArea::Planner, reset, "off: enable_seqscan");
        assert_eq!(all[0].undo[0].text(), "ALTER SYSTEM SET enable_seqscan = 'off';");
    }

    #[test]
    fn all_that_is_logged_is_one_recommendation() {
        let mut fixture = fixture(
            "log-lock-waits",
            CheckArea::Logging,
            "ALTER SYSTEM SET log_lock_waits = 'on'; SELECT pg_reload_conf();",
            "lock waits are not logged",
        );
        fixture.add_check("log-temp-files", CheckArea::Logging);
        let remedy = "ALTER SYSTEM SET log_temp_files = '10MB'; SELECT pg_reload_conf();";
        fixture.add("log-temp-files", "postgres", Severity::Warning, remedy);
        let merged = super::super::merge::by_id(run(&fixture.record));
        assert_eq!((merged.len(), merged[0].rests_on.len()), (1, 2));
        assert_eq!(
            texts(&merged[0].actions),
            [
                "SHOW log_lock_waits;",
                "ALTER SYSTEM SET log_lock_waits = 'on';",
                "SHOW log_temp_files;",
                "ALTER SYSTEM SET log_temp_files = '10MB';",
                RELOAD
            ]
        );
    }

    #[test]
    fn more_memory_is_not_asked_of_a_machine_that_has_none() {
        let remedy = "ALTER SYSTEM SET shared_buffers = '4096MB'; and restart the server";
        let mut short = fixture("shared-buffers", CheckArea::Memory, remedy, "it is 128 MiB");
        short.add("memory-high", "host", Severity::Warning, "");
        assert_eq!(run(&short.record), []);
    }

    #[test]
    fn a_remedy_without_an_exact_setting_gives_nothing() {
        assert_eq!(advised("connections-used", CheckArea::Connections, "use a pool", "90 of 100"), []);
        let blank = "ALTER SYSTEM SET shared_buffers = '…'; and restart the server";
        assert_eq!(advised("shared-buffers", CheckArea::Memory, blank, "it is 128 MiB"), []);
        assert_eq!(run(&Fixture::empty().record), []);
    }
}

//! The tables of a run, and the sentences that stand around them.

use aforo_model::{ErrorExample, ProcessSummary, RunRecord, StepRecord};

use crate::counted::counted;
use crate::figures::{self, or_absent};
use crate::headline;
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;
use crate::text::shortened;
use crate::workload;

/// What the columns of the processes mean.
pub(crate) const RESOURCES_MEAN: &str = "CPU on average, and between two readings at the peak. RSS is \
    resident memory; what processes share counts in each. Threads and open files at the peak.";

/// Columns of a name within a sentence.
const NAME_COLUMNS: usize = 60;

/// Name and value of what is said of a run before its tables.
pub(crate) fn facts(record: &RunRecord) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("run", format!("{}, begun {}", record.id, record.started_at.format("%Y-%m-%d %H:%M:%S UTC"))),
        ("scenario", scenario(record)),
        ("target", target(record)),
        ("load", load(record)),
    ];
    facts.extend(workload::arrivals(record).map(|arrivals| ("arrivals", arrivals)));
    facts.extend([("machine", machine(record)), ("software", software(record))]);
    facts
}

/// The run in a sentence: what was asked, and what came of it.
pub(crate) fn in_short(record: &RunRecord) -> String {
    let (load, total) = (&record.scenario.load, &record.load.total);
    let times = &total.response_time;
    let time = |time_us: Option<u64>| or_absent(time_us, figures::time_us);
    format!(
        "{} on {}, {} for {}: {}, {:.1}/s, {} failed, P50 {}, P95 {}, P99 {}",
        shortened(&record.scenario.name, NAME_COLUMNS),
        shortened(&record.target.name, NAME_COLUMNS),
        workload::described(&load.workload),
        figures::span_s(load.duration_s),
        counted(total.requests, "request"),
        total.throughput_per_s,
        or_absent(total.error_rate, figures::percent),
        time(times.p50_us),
        time(times.p95_us),
        time(times.p99_us)
    )
}

fn scenario(record: &RunRecord) -> String {
    let load = &record.scenario.load;
    let warm_up = if load.warm_up_s > 0.0 {
        format!(", the first {} not judged", figures::span_s(load.warm_up_s))
    } else {
        String::new()
    };
    format!(
        "{}: {}, for {}{warm_up}",
        record.scenario.name,
        workload::described(&load.workload),
        figures::span_s(load.duration_s)
    )
}

fn target(record: &RunRecord) -> String {
    let target = &record.target;
    let description = target.description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
    format!("{} at {}{description}", target.name, target.url)
}

/// Only what the table of the endpoints does not say.
fn load(record: &RunRecord) -> String {
    let load = &record.load;
    let aborted = match load.aborted_requests {
        0 => String::new(),
        count => {
            format!("; {} cut off at the end and counted nowhere", counted(count.into(), "request"))
        }
    };
    format!(
        "{:.1} virtual users on average and {} at the peak, over the {} that are judged{aborted}",
        load.mean_users,
        figures::count(load.peak_users.into()),
        figures::span_s(load.judged_s)
    )
}

fn machine(record: &RunRecord) -> String {
    let environment = &record.environment;
    format!(
        "{}, {}, {}",
        environment.cpu,
        counted(environment.core_count.into(), "core"),
        figures::bytes(environment.memory_bytes)
    )
}

/// Servers without the name of their package, which is in the record.
fn software(record: &RunRecord) -> String {
    let environment = &record.environment;
    let servers = [("Postgres", &environment.postgres_version), ("Redis", &environment.redis_version)];
    let servers = servers.into_iter().filter_map(|(name, version)| {
        let version = version.as_ref()?;
        Some(format!(", {name} {}", version.split(" (").next().unwrap_or(version)))
    });
    servers.fold(environment.os.clone(), |software, server| software + &server)
}

/// Every objective with its verdict.
pub(crate) fn objectives(record: &RunRecord) -> Sheet {
    let rows = record.slos.iter().map(|result| {
        let what = format!("{} {}", figures::indicator(result), figures::demand(result));
        vec![
            Cell::from(what),
            figures::criticality(result.slo.criticality).into(),
            figures::measured(result).into(),
            figures::rests_on(result).into(),
            Cell::toned(headline::word(&result.verdict), headline::tone(&result.verdict)),
        ]
    });
    Sheet {
        columns: vec![
            words("objective"),
            words("criticality"),
            numbers("measured"),
            numbers("rests on"),
            words("verdict"),
        ],
        rows: rows.collect(),
        elastic: 0,
        ends_with_total: false,
    }
}

/// Every step, and all together.
pub(crate) fn endpoints(record: &RunRecord) -> Sheet {
    let load = &record.load;
    Sheet {
        columns: vec![
            words("step"),
            numbers("requests"),
            numbers("req/s"),
            numbers("errors"),
            numbers("P50"),
            numbers("P95"),
            numbers("P99"),
            numbers("max"),
        ],
        rows: load.steps.iter().chain([&load.total]).map(endpoint).collect(),
        elastic: 0,
        ends_with_total: true,
    }
}

fn endpoint(step: &StepRecord) -> Vec<Cell> {
    let tone = if step.requests == 0 { Tone::Faint } else { Tone::Neutral };
    let times = &step.response_time;
    let time = |time_us: Option<u64>| Cell::toned(&or_absent(time_us, figures::time_us), tone);
    vec![
        Cell::toned(&step.name, tone),
        Cell::toned(&figures::count(step.requests), tone),
        Cell::toned(&format!("{:.1}", step.throughput_per_s), tone),
        Cell::toned(&or_absent(step.error_rate, figures::percent), tone),
        time(times.p50_us),
        time(times.p95_us),
        time(times.p99_us),
        time(times.max_us),
    ]
}

/// A failure as it was seen, and the step that failed.
pub(crate) struct Failure<'a> {
    pub(crate) step: &'a str,
    pub(crate) example: &'a ErrorExample,
}

/// The failures that were kept as they were seen, step by step.
pub(crate) fn failures(record: &RunRecord) -> Vec<Failure<'_>> {
    let of_step = |step| move |example| Failure { step, example };
    let steps = record.load.steps.iter();
    steps.flat_map(|step| step.error_examples.iter().map(of_step(step.name.as_str()))).collect()
}

/// What every process tree used; `None` when none was read.
pub(crate) fn resources(record: &RunRecord) -> Option<Sheet> {
    let processes = &record.resource_summary.processes;
    (!processes.is_empty()).then(|| Sheet {
        columns: vec![
            words("process"),
            numbers("CPU cores"),
            numbers("CPU peak"),
            numbers("RSS start"),
            numbers("RSS end"),
            numbers("RSS peak"),
            numbers("threads"),
            numbers("files"),
        ],
        rows: processes.iter().map(process).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn process(summary: &ProcessSummary) -> Vec<Cell> {
    let cores = |cores: Option<f64>| Cell::from(or_absent(cores, |cores| format!("{cores:.2}")));
    let most = |count: Option<u64>| Cell::from(or_absent(count, figures::count));
    vec![
        summary.role.as_str().into(),
        cores(summary.cpu_cores_mean),
        cores(summary.cpu_cores_peak),
        figures::bytes(summary.rss_start_bytes).into(),
        figures::bytes(summary.rss_end_bytes).into(),
        figures::bytes(summary.rss_peak_bytes).into(),
        most(summary.thread_count_peak),
        most(summary.open_fd_count_peak),
    ]
}

/// What the machine was used for, in a sentence.
pub(crate) fn host(record: &RunRecord) -> Option<String> {
    let host = record.resource_summary.host.as_ref()?;
    Some(format!(
        "Host: {} of {} used on average, {} at most; memory {} of {} at most.",
        or_absent(host.cpu_ratio_mean, figures::percent),
        counted(host.core_count.into(), "core"),
        or_absent(host.cpu_ratio_peak, figures::percent),
        figures::bytes(host.memory_used_peak_bytes),
        figures::bytes(host.memory_total_bytes)
    ))
}

/// How the thread that sent the load fared, in a sentence.
pub(crate) fn generator(record: &RunRecord) -> Option<String> {
    let generator = record.resource_summary.generator.as_ref()?;
    let waited = generator.run_queue_delay_us_mean.map_or_else(String::new, |delay_us| {
        format!(
            ", and waited {} for it each time it had something to do",
            figures::time_us(delay_us.round() as u64)
        )
    });
    let cores = generator.busiest_thread_cores_peak;
    Some(format!("Aforo's own: the thread that sends used {cores:.2} of its core at most{waited}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn every_step_has_its_row_also_one_that_was_never_taken() {
        let record = canonical::record("cut-short");
        let drawn = endpoints(&record).markdown();
        assert_eq!(drawn.lines().count(), 2 + record.load.steps.len() + 1);
        assert!(drawn.contains("| cancel | 0 | 0.0 | – | – | – | – | – |"), "{drawn}");
    }

    #[test]
    fn a_run_without_readings_has_no_resources() {
        let mut record = canonical::record("met");
        record.resource_summary = Default::default();
        assert!(resources(&record).is_none() && host(&record).is_none());
    }

    #[test]
    fn requests_that_were_cut_off_are_told_of() {
        let mut record = canonical::record("met");
        assert!(!load(&record).contains("cut off"));
        record.load.aborted_requests = 1_200;
        assert!(load(&record).ends_with("; 1,200 requests cut off at the end and counted nowhere"));
    }

    #[test]
    fn a_server_is_named_by_its_version_and_not_by_its_package() {
        let mut record = canonical::record("met");
        record.environment.os = "Linux (kernel 6)".to_owned();
        record.environment.postgres_version = Some("15.18 (Debian 15.18-0+deb12u1)".to_owned());
        record.environment.redis_version = None;
        assert_eq!(software(&record), "Linux (kernel 6), Postgres 15.18");
    }
}

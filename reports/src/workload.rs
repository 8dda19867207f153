//! How the load arrived, and what that makes of the times.

use aforo_model::{RateStage, RunRecord, StepRecord, Workload};

use crate::counted::counted;
use crate::figures::{self, or_absent};
use crate::sheet::{Cell, Sheet, numbers, words};

/// What the response times of an open run mean.
const OPEN_TIMES: &str = "Response time, from the intended start to the end of the body, of requests that met their \
    expectation or timed out; req/s counts those that met it.";
/// What the times of a closed run mean, and what they cannot show.
const CLOSED_TIMES: &str = "Closed workload: service time, from the start of a request to the end of the body, of \
    requests that met their expectation or timed out; req/s counts those that met it. While all users wait, nobody \
    starts: what those would wait who come during a stall is in no figure here, only in those of an open workload.";
/// What the second table of times of an open run means.
pub(crate) const SERVICE_TIMES: &str = "Service time, from the actual start to the end of the body, of the same \
    requests. What response time has more, they waited for their turn.";

/// What the times in the table of endpoints mean.
pub(crate) fn times_mean(record: &RunRecord) -> &'static str {
    if is_open(record) { OPEN_TIMES } else { CLOSED_TIMES }
}

/// Whether requests start on a schedule.
pub(crate) fn is_open(record: &RunRecord) -> bool {
    matches!(record.scenario.load.workload, Workload::Open { .. })
}

/// What was asked for.
pub(crate) fn described(workload: &Workload) -> String {
    match workload {
        Workload::Closed { users, users_per_s, surge: Some(surge), .. } => {
            let [from, to] = [surge.from_s, surge.to_s].map(figures::span_s);
            let base = surge.base_users;
            format!(
                "{} from {from} to {to}, {base} before and after, {users_per_s} started per second",
                virtual_users(*users)
            )
        }
        Workload::Closed { users, users_per_s, steps, surge: None } => {
            let steps = if *steps > 1 { format!(" in {steps} steps") } else { String::new() };
            format!("{}{steps}, {users_per_s} started per second", virtual_users(*users))
        }
        Workload::Open { stages, max_users } => {
            let rates: Vec<String> = stages.iter().map(stage).collect();
            format!("open workload, starts at {}, up to {}", rates.join(", then "), virtual_users(*max_users))
        }
    }
}

fn virtual_users(users: u32) -> String {
    counted(users.into(), "virtual user")
}

fn stage(stage: &RateStage) -> String {
    let span = figures::span_s(stage.duration_s);
    if stage.from_per_s == stage.to_per_s {
        format!("{}/s for {span}", stage.from_per_s)
    } else {
        format!("{} to {}/s in {span}", stage.from_per_s, stage.to_per_s)
    }
}

/// How the schedule of an open workload was kept; `None` of a closed one.
pub(crate) fn arrivals(record: &RunRecord) -> Option<String> {
    let arrivals = record.load.arrivals.as_ref()?;
    let delay = &arrivals.start_delay;
    Some(format!(
        "{} asked for, {} started, {} dropped; {} within 1 ms of when they were due (P99 {}, at most {} late)",
        counted(arrivals.scheduled, "start"),
        figures::count(arrivals.started),
        figures::count(arrivals.dropped),
        or_absent(arrivals.within_1ms_ratio, figures::percent),
        or_absent(delay.p99_us, figures::time_us),
        or_absent(delay.max_us, figures::time_us)
    ))
}

/// Service time of every step, and all together; `None` of a closed run, where the other table shows it.
pub(crate) fn service_times(record: &RunRecord) -> Option<Sheet> {
    let load = &record.load;
    is_open(record).then(|| Sheet {
        columns: vec![
            words("step"),
            numbers("mean"),
            numbers("P50"),
            numbers("P90"),
            numbers("P95"),
            numbers("P99"),
            numbers("max"),
        ],
        rows: load.steps.iter().chain([&load.total]).map(service_time).collect(),
        elastic: 0,
        ends_with_total: true,
    })
}

fn service_time(step: &StepRecord) -> Vec<Cell> {
    let times = &step.service_time;
    let time = |time_us: Option<u64>| Cell::from(or_absent(time_us, figures::time_us));
    vec![
        Cell::from(&step.name),
        Cell::from(or_absent(times.mean_us, |mean_us| figures::time_us(mean_us.round() as u64))),
        time(times.p50_us),
        time(times.p90_us),
        time(times.p95_us),
        time(times.p99_us),
        time(times.max_us),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use aforo_model::Surge;

    #[test]
    fn a_closed_run_says_what_it_cannot_see() {
        let record = canonical::record("met");
        assert!(times_mean(&record).starts_with("Closed workload: service time"));
        assert!(service_times(&record).is_none() && arrivals(&record).is_none());
    }

    #[test]
    fn an_open_run_shows_both_times_and_how_its_schedule_was_kept() {
        let record = canonical::record("open");
        assert!(times_mean(&record).starts_with("Response time"));
        let sheet = service_times(&record).unwrap().markdown();
        assert_eq!(sheet.lines().count(), 2 + record.load.steps.len() + 1);
        assert!(arrivals(&record).unwrap().contains(" dropped; "));
    }

    #[test]
    fn stages_read_one_after_the_other() {
        let stage = |duration_s, from_per_s, to_per_s| RateStage { duration_s, from_per_s, to_per_s };
        let open =
            Workload::Open { stages: vec![stage(10.0, 0.0, 50.0), stage(60.0, 50.0, 50.0)], max_users: 9 };
        assert_eq!(
            described(&open),
            "open workload, starts at 0 to 50/s in 10 s, then 50/s for 60 s, up to 9 virtual users"
        );
        let surge = Some(Surge { base_users: 10, from_s: 30.0, to_s: 160.0 });
        let spike = Workload::Closed { users: 100, users_per_s: 10.0, steps: 1, surge };
        assert_eq!(
            described(&spike),
            "100 virtual users from 30 s to 2m 40s, 10 before and after, 10 started per second"
        );
        let closed = Workload::Closed { users: 200, users_per_s: 20.0, steps: 10, surge: None };
        assert_eq!(described(&closed), "200 virtual users in 10 steps, 20 started per second");
    }
}

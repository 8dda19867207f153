//! `hot-code`: a function of the target in which much of its CPU time goes.
//!
//! Rests on `hot-path`, that is on a profile of at least 300 samples in which the function has a twentieth of the time or more: where it
//! is a warning, or where requests gain a hundredth of their time. The gain assumes that half of the function's own time can go: the
//! known cases of the hotel lost between a fifth of it and nearly all.

use aforo_model::profile::{HotSpot, ProfileRecord};
use aforo_model::{
    Action, Effort, ExpectedChange, Finding, Interval, Recommendation, RecommendationKind, Risk, Role,
    RunRecord,
};

use super::evidence::{carries, findings, reference};
use super::run_again::run_again;
use super::traffic::{LEAST_RATIO, Saved, Traffic, effect, steps_by_gain};
use crate::profile::named_hot_spots;
use crate::wording::percent;

/// The part of a hot function's time that is taken to be saved.
const SAVED_PART: f64 = 0.5;
/// Functions that are told of: who has mended three measures again.
const MOST_FUNCTIONS: usize = 3;

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let cpu_us = cpu_us_per_request(record);
    let each = |profile: &ProfileRecord| -> Vec<Recommendation> {
        named_hot_spots(profile)
            .take(MOST_FUNCTIONS)
            .filter_map(|spot| recommendation(record, spot, finding_of(record, spot)?, cpu_us))
            .collect()
    };
    record.profiles.iter().flat_map(each).collect()
}

/// The finding about a function: all of them have one code and subject.
fn finding_of<'r>(record: &'r RunRecord, spot: &HotSpot) -> Option<&'r Finding> {
    findings(record).find(|finding| {
        finding.code == "hot-path"
            && finding.numbers.get("ratio") == Some(&spot.ratio.estimate)
            && finding.message.contains(&spot.function)
    })
}

/// CPU time of the target for a request, averaged over the run, µs.
fn cpu_us_per_request(record: &RunRecord) -> Option<f64> {
    let target = record.resource_summary.processes.iter().find(|process| process.role == Role::Target)?;
    let per_s = record.load.total.requests as f64 / record.load.judged_s;
    let cpu_us = target.cpu_cores_mean? * 1e6 / per_s;
    (cpu_us.is_finite() && cpu_us > 0.0).then_some(cpu_us)
}

fn recommendation(
    record: &RunRecord,
    spot: &HotSpot,
    finding: &Finding,
    cpu_us: Option<f64>,
) -> Option<Recommendation> {
    let saved = saved(record, spot, cpu_us);
    let is_noticed = saved.as_ref().is_ok_and(|saved| saved.ratio >= LEAST_RATIO);
    if !carries(finding) && !is_noticed {
        return None;
    }
    let place = match (&spot.file, spot.line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        (Some(file), None) => format!(" ({file})"),
        _ => String::new(),
    };
    let through = match spot.callees.first() {
        Some(callee) => format!(", most of it in {}", callee.function),
        None => String::new(),
    };
    let share = percent(spot.ratio.estimate);
    Some(Recommendation {
        id: format!("{}:{}", RecommendationKind::HotCode.as_str(), spot.function),
        kind: RecommendationKind::HotCode,
        title: format!("Make {} cheaper", spot.function),
        what: format!("Do once what {}{place} does again for every call, or leave it out.", spot.function),
        why: format!(
            "{share} of the target's CPU time goes there ({} to {}){through}.",
            percent(spot.ratio.low),
            percent(spot.ratio.high)
        ),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: saved.as_ref().map(|saved| steps_by_gain(record, saved)).unwrap_or_default(),
        actions: vec![Action::Change(format!(
            "In {}{place}: build what does not depend on the input once (compiled patterns, formats, tables), keep answers that are \
             asked for again, and stop as soon as the answer is known.",
            spot.function
        ))],
        effect: effect(
            saved,
            cpu_us.map(|cpu_us| cpu_time(spot, cpu_us)).into_iter().collect(),
            "Half of the function's share of the profile, times the CPU time of a request, against the response times; that requests \
             also wait less for a core is left out.",
        ),
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: "What is kept between calls needs a bound, and must not depend on who asks.".to_owned(),
        undo: vec![Action::Change("Take the change back: it is one of the code alone.".to_owned())],
        verify: vec![run_again(
            record,
            "CPU time and response times fall, and the function has less of the profile",
        )],
    })
}

/// The profile does not tell the steps apart, so that each request is taken to save the same.
fn saved(record: &RunRecord, spot: &HotSpot, cpu_us: Option<f64>) -> Result<Saved, String> {
    let cpu_us = cpu_us.ok_or_else(|| "the target's CPU time for a request was not measured".to_owned())?;
    Traffic::of(record).saved_by_each_request(saved_us(spot, cpu_us) / 1e3)
}

fn saved_us(spot: &HotSpot, cpu_us: f64) -> f64 {
    cpu_us * spot.ratio.estimate * SAVED_PART
}

/// The CPU time of a request now and after; at best all of the function's time goes, at worst none.
fn cpu_time(spot: &HotSpot, cpu_us: f64) -> ExpectedChange {
    ExpectedChange {
        figure: "CPU time of a request".to_owned(),
        unit: "us".to_owned(),
        before: cpu_us,
        after: Interval {
            estimate: cpu_us - saved_us(spot, cpu_us),
            low: cpu_us * (1.0 - spot.ratio.high),
            high: cpu_us,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::profile::fixtures::profile;
    use crate::{ProfileContext, profile_findings, record_of};
    use aforo_model::{Effect, Subject};

    /// A run of 20 requests a second, 100 ms and 25 ms of CPU each, with a profile of it.
    fn profiled(stacks: &[(&str, u64)]) -> RunRecord {
        let mut record = Fixture::healthy().record();
        record.profiles = vec![record_of(profile(stacks), &ProfileContext::default())];
        record.findings = profile_findings(&record.profiles[0], &Subject::Part("target".to_owned()));
        record
    }

    #[test]
    fn a_function_with_half_of_the_cpu_saves_half_of_that_at_best() {
        let advised =
            run(&profiled(&[("own::answer;own::parse;regex::new", 500), ("own::answer;own::rest", 500)]));
        assert_eq!(advised.len(), 2);
        let parse = advised.iter().find(|each| each.id == "hot-code:own::parse").expect("own::parse is hot");
        assert_eq!(parse.rests_on[0].code, "hot-path");
        assert!(parse.why.starts_with("50% of the target's CPU time goes there"), "{}", parse.why);
        assert!(parse.why.contains("most of it in regex::new"), "{}", parse.why);
        let gain = parse.effect.gain().expect("CPU was measured");
        // Half of 50 % of 25 ms, of 100 ms.
        assert!((gain.saved_ratio.unwrap() - 0.0625).abs() < 0.001, "{gain:?}");
        assert!((gain.changes[0].before - 25_000.0).abs() < 100.0, "{gain:?}");
    }

    #[test]
    fn a_function_with_little_and_a_profile_with_few_samples_give_nothing() {
        let little = profiled(&[("own::answer;own::parse", 40), ("libc::read", 960)]);
        assert_eq!(run(&little), []);
        assert_eq!(run(&profiled(&[("own::answer", 299)])), []);
        assert_eq!(run(&Fixture::healthy().record()), []);
        assert_eq!(run(&Fixture::empty().record()), []);
    }

    #[test]
    fn the_step_that_gains_is_known_where_there_is_one_only() {
        let stacks = [("own::answer;own::parse", 1_000)];
        assert_eq!(run(&profiled(&stacks))[0].steps, Vec::<String>::new());
        let mut alone = profiled(&stacks);
        alone.load.steps.truncate(1);
        let advised = run(&alone);
        let step = &alone.load.steps[0].name;
        assert_eq!(advised[0].steps, std::slice::from_ref(step));
        let gain = advised[0].effect.gain().expect("CPU was measured");
        assert_eq!(gain.saved_by_step.get(step).copied(), gain.saved_ratio);
    }

    #[test]
    fn a_function_below_the_warning_is_told_only_where_requests_notice_it() {
        let stacks = [("own::answer;own::parse", 100), ("libc::read", 900)];
        let mut tenth = profiled(&stacks);
        assert_eq!(run(&tenth).len(), 1, "half of a tenth of 25 ms, of 100 ms");
        for process in &mut tenth.resource_summary.processes {
            process.cpu_cores_mean = process.cpu_cores_mean.map(|cores| cores / 10.0);
        }
        assert_eq!(run(&tenth), []);
    }

    #[test]
    fn without_the_cpu_of_the_target_the_gain_is_not_known() {
        let mut record = profiled(&[("own::answer;own::parse", 1000)]);
        record.resource_summary.processes.clear();
        assert!(matches!(run(&record)[0].effect, Effect::Unknown { .. }));
    }
}

//! In what runs differ besides what is judged: what forbids a comparison, and what is only to be known.

use aforo_model::{Difference, Journey, Load, RunRecord, Step, Workload};

/// In what two runs were not the same load. Any of these forbids the comparison: it would speak of the load and not of the target.
pub fn obstacles(before: &RunRecord, after: &RunRecord) -> Vec<Difference> {
    let mut found = load_differences(&before.scenario.load, &after.scenario.load);
    found.extend(journey_differences(&before.scenario.journeys, &after.scenario.journeys));
    if before.scenario.feeders != after.scenario.feeders {
        found.push(difference("rows of data that requests draw from", "as saved with the run", "others"));
    }
    let client = |record: &RunRecord| match record.scenario.http.client {
        aforo_model::HttpClient::Lean => "lean",
        aforo_model::HttpClient::Full => "full",
    };
    found.extend(differing("HTTP client", client(before), client(after)));
    let build = |record: &RunRecord| {
        if record.environment.debug_build { "without optimisation" } else { "optimised" }
    };
    found.extend(differing("Aforo's build", build(before), build(after)));
    found
}

/// In what two runs differ that may be compared all the same, but is to be known.
pub fn notes(before: &RunRecord, after: &RunRecord) -> Vec<Difference> {
    let (was, is) = (&before.environment, &after.environment);
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let machine =
        |cores: u32, bytes: u64| format!("{cores} cores, {:.0} GiB", bytes as f64 / f64::from(1u32 << 30));
    let profiled = |record: &RunRecord| if record.profiles.is_empty() { "not profiled" } else { "profiled" };
    let pairs = [
        ("scenario", before.scenario.name.clone(), after.scenario.name.clone()),
        ("target", before.target.name.clone(), after.target.name.clone()),
        ("address of the target", address(before), address(after)),
        (
            "what the target says of itself",
            or_none(&before.target.description),
            or_none(&after.target.description),
        ),
        ("Aforo", was.aforo_version.clone(), is.aforo_version.clone()),
        ("operating system", was.os.clone(), is.os.clone()),
        ("processor", was.cpu.clone(), is.cpu.clone()),
        ("machine", machine(was.core_count, was.memory_bytes), machine(is.core_count, is.memory_bytes)),
        ("Postgres", or_none(&was.postgres_version), or_none(&is.postgres_version)),
        ("Redis", or_none(&was.redis_version), or_none(&is.redis_version)),
        ("the target's CPU", profiled(before).to_owned(), profiled(after).to_owned()),
    ];
    pairs.iter().filter_map(|(what, before, after)| differing(what, before, after)).collect()
}

/// The built-in hotel is started on another port each time, which says nothing.
fn address(record: &RunRecord) -> String {
    if record.target.name == "hotel" { String::new() } else { record.target.url.clone() }
}

fn load_differences(before: &Load, after: &Load) -> Vec<Difference> {
    let mut found = Vec::new();
    let seconds = |value: f64| format!("{value} s");
    for (what, was, is) in [
        ("duration", before.duration_s, after.duration_s),
        ("warm-up", before.warm_up_s, after.warm_up_s),
        ("time-out", before.timeout_s, after.timeout_s),
    ] {
        found.extend(differing(what, &seconds(was), &seconds(is)));
    }
    match (&before.workload, &after.workload) {
        (
            Workload::Closed { users, users_per_s, steps, surge },
            Workload::Closed {
                users: users_after,
                users_per_s: users_per_s_after,
                steps: steps_after,
                surge: surge_after,
            },
        ) => {
            found.extend(differing("users at full load", &users.to_string(), &users_after.to_string()));
            let rate = |rate: f64| format!("{rate} a second");
            found.extend(differing("rate of new users", &rate(*users_per_s), &rate(*users_per_s_after)));
            found.extend(differing("portions of users", &steps.to_string(), &steps_after.to_string()));
            let surge_in_words = |surge: &Option<aforo_model::Surge>| {
                surge.map_or("none".to_owned(), |surge| {
                    format!("from {} s to {} s above {} users", surge.from_s, surge.to_s, surge.base_users)
                })
            };
            found.extend(differing("surge", &surge_in_words(surge), &surge_in_words(surge_after)));
        }
        (
            Workload::Open { stages, max_users },
            Workload::Open { stages: stages_after, max_users: max_users_after },
        ) => {
            found.extend(differing("rate", &stages_in_words(stages), &stages_in_words(stages_after)));
            found.extend(differing(
                "most users at once",
                &max_users.to_string(),
                &max_users_after.to_string(),
            ));
        }
        (was, is) => found.extend(differing("workload", model_in_words(was), model_in_words(is))),
    }
    found
}

fn model_in_words(workload: &Workload) -> &'static str {
    match workload {
        Workload::Closed { .. } => "closed",
        Workload::Open { .. } => "open",
    }
}

fn stages_in_words(stages: &[aforo_model::RateStage]) -> String {
    let stage = |stage: &aforo_model::RateStage| {
        format!("{}/s to {}/s in {} s", stage.from_per_s, stage.to_per_s, stage.duration_s)
    };
    stages.iter().map(stage).collect::<Vec<_>>().join(", ")
}

fn journey_differences(before: &[Journey], after: &[Journey]) -> Vec<Difference> {
    let in_words = |journeys: &[Journey]| {
        let one = |journey: &Journey| format!("{} ({})", journey.name, journey.weight);
        journeys.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    if let Some(other) = differing("journeys and their weights", &in_words(before), &in_words(after)) {
        return vec![other];
    }
    before.iter().zip(after).flat_map(|(was, is)| step_differences(was, is)).collect()
}

fn step_differences(before: &Journey, after: &Journey) -> Vec<Difference> {
    let names = |journey: &Journey| {
        journey.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let what = format!("steps of {}", before.name);
    if let Some(other) = differing(&what, &names(before), &names(after)) {
        return vec![other];
    }
    let mut found: Vec<_> =
        before.steps.iter().zip(&after.steps).filter_map(|(was, is)| step_difference(was, is)).collect();
    if before.variables != after.variables {
        found.push(difference(&format!("variables of {}", before.name), "as saved with the run", "others"));
    }
    found
}

/// The first thing that tells two steps of one name apart.
fn step_difference(before: &Step, after: &Step) -> Option<Difference> {
    let named = |what: &str| format!("{what} of {}", before.name);
    let think = |step: &Step| format!("{} to {} s", step.think_time.min_s, step.think_time.max_s);
    let request = |step: &Step| format!("{} {}", format!("{:?}", step.method).to_uppercase(), step.path);
    differing(&named("think time"), &think(before), &think(after))
        .or_else(|| differing(&named("request"), &request(before), &request(after)))
        .or_else(|| {
            let chance = |step: &Step| format!("{}", step.probability);
            differing(&named("chance"), &chance(before), &chance(after))
        })
        .or_else(|| {
            let is_other = before.headers != after.headers
                || before.body != after.body
                || before.expect != after.expect
                || before.extract != after.extract;
            is_other.then(|| {
                difference(&named("headers, body or expectation"), "as saved with the run", "others")
            })
        })
}

fn differing(what: &str, before: &str, after: &str) -> Option<Difference> {
    (before != after).then(|| difference(what, before, after))
}

fn difference(what: &str, before: &str, after: &str) -> Difference {
    Difference { what: what.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::record;
    use super::*;

    /// What forbids the comparison of a healthy run with one that was changed.
    fn forbidden(change: impl Fn(&mut RunRecord)) -> Vec<String> {
        let mut after = record(60);
        change(&mut after);
        obstacles(&record(60), &after).into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn the_same_load_is_comparable() {
        assert_eq!(forbidden(|_| ()), Vec::<String>::new());
        assert_eq!(notes(&record(60), &record(60)), []);
    }

    #[test]
    fn another_load_is_refused_with_what_differs() {
        let closed = |users| Workload::Closed { users, users_per_s: 10.0, steps: 1, surge: None };
        assert_eq!(forbidden(|run| run.scenario.load.workload = closed(20)), ["users at full load"]);
        assert_eq!(forbidden(|run| run.scenario.load.duration_s = 61.0), ["duration"]);
        let open = |run: &mut RunRecord| {
            run.scenario.load.workload = crate::fixtures::open_scenario(60.0).load.workload;
        };
        assert_eq!(forbidden(open), ["workload"]);
        assert_eq!(forbidden(|run| run.environment.debug_build = true), ["Aforo's build"]);
    }

    #[test]
    fn other_journeys_are_refused_by_what_tells_them_apart() {
        let first =
            |change: fn(&mut Step)| forbidden(move |run| change(&mut run.scenario.journeys[0].steps[0]));
        assert_eq!(forbidden(|run| run.scenario.journeys[0].weight = 2), ["journeys and their weights"]);
        assert_eq!(first(|step| step.name = "find".to_owned()), ["steps of guest"]);
        assert_eq!(first(|step| step.think_time.max_s = 1.0), ["think time of search"]);
        assert_eq!(first(|step| step.path = "/other".to_owned()), ["request of search"]);
        assert_eq!(
            first(|step| step.expect.statuses = vec![201]),
            ["headers, body or expectation of search"]
        );
    }

    #[test]
    fn what_does_not_forbid_is_noted() {
        let mut after = record(60);
        after.environment.aforo_version = "0.2.0".to_owned();
        after.target.description = Some("flaws: all".to_owned());
        let found = notes(&record(60), &after);
        let what: Vec<_> = found.iter().map(|note| note.what.as_str()).collect();
        assert_eq!(what, ["what the target says of itself", "Aforo"]);
        assert_eq!((found[1].before.as_str(), found[1].after.as_str()), ("0.1.0", "0.2.0"));
    }

    #[test]
    fn another_address_is_noted_but_for_the_hotel_which_has_another_each_time() {
        let noted = |name: &str| {
            let [mut before, mut after] = [record(60), record(60)];
            before.target.name = name.to_owned();
            after.target.name = name.to_owned();
            after.target.url = "http://127.0.0.1:9090".to_owned();
            notes(&before, &after).into_iter().map(|note| note.what).collect::<Vec<_>>()
        };
        assert_eq!(noted("shop"), ["address of the target"]);
        assert_eq!(noted("hotel"), Vec::<String>::new());
    }
}

//! `[load]`: how much arrives, how, and for how long.

use std::time::Duration;

use aforo_model::{Load, RateStage, Surge, Workload};
use toml::Spanned;

use super::report::At;
use super::section::Section;
use crate::scenario::load::{LoadError, check_load, stage_problems};

const KEYS: [&str; 10] =
    ["model", "users", "rate", "steps", "surge", "max_users", "stage", "duration", "warm_up", "timeout"];

/// How long a request may take unless the scenario says otherwise, in seconds.
const TIMEOUT_S: f64 = 30.0;

/// Reads `[load]`. What is missing or wrong is noted, and stands in as a value that nothing else is wrong with.
pub(super) fn read(root: &Section<'_>) -> Option<Load> {
    let Some(section) = root.section("load", "`[load]`", &KEYS) else {
        if root.value("load").is_none() {
            let help =
                "add `[load]` with `users = 10`, `rate = 2` (users started per second), `duration = \"1m\"`";
            root.report.add(root.span(), "a scenario has no `[load]`", "how much, and for how long?", help);
        }
        return None;
    };
    let (workload, duration_s) = if is_open(&section)? { open(&section) } else { closed(&section) };
    let optional_s = |key: &str, default_s: f64| match section.value(key) {
        None => default_s,
        Some(_) => section.duration(key).map_or(default_s, |duration| duration.value.as_secs_f64()),
    };
    let (warm_up_s, timeout_s) = (optional_s("warm_up", 0.0), optional_s("timeout", TIMEOUT_S));
    let load = Load { workload, duration_s, warm_up_s, timeout_s };
    if let Err(error) = check_load(&load) {
        blame(&section, &error);
    }
    Some(load)
}

/// Whether the workload is an open one; none when it is neither open nor closed.
fn is_open(section: &Section<'_>) -> Option<bool> {
    let is_open = match section.value("model") {
        None => false,
        Some(_) => {
            let model = section.text("model")?;
            match model.value {
                "closed" => false,
                "open" => true,
                _ => {
                    section.report.unknown(&model, "a model of load", ["closed", "open"]);
                    return None;
                }
            }
        }
    };
    let (misplaced, model, advice): (&[&str], _, _) = if is_open {
        (
            &["users", "steps", "surge"],
            "a closed",
            "an open workload has `max_users`, and a `[[load.stage]]` for every step",
        )
    } else {
        (&["max_users", "stage"], "an open", "write `model = \"open\"`, or remove it")
    };
    for key in misplaced {
        if let Some(span) = section.key_span(key) {
            let message = format!("`{key}` belongs to {model} workload, and this one is not");
            section.report.add(span, message, "not for this model", advice);
        }
    }
    Some(is_open)
}

fn closed(section: &Section<'_>) -> (Workload, f64) {
    let users = section.required_whole("users", "users = 10");
    let rate = section.required_rate("rate", "rate = 2 # users started per second");
    let steps = value_or(section.whole("steps"), 1);
    // As many users as steps stand in, so that nothing is wrong with the steps.
    let (users, users_per_s) = (value_or(users, steps.max(1)), value_or(rate, 1.0));
    let workload = Workload::Closed { users, users_per_s, steps, surge: surge(section) };
    (workload, required_duration_s(section))
}

/// The surge, if there is one and all of it can be read.
fn surge(load: &Section<'_>) -> Option<Surge> {
    let section = load.section("surge", "`surge`", &["base", "from", "to"])?;
    let base = section.required_whole("base", "base = 10 # users before and after it");
    let from = section.required_duration("from", "from = \"30s\"");
    let to = section.required_duration("to", "to = \"2m\"");
    Some(Surge { base_users: base?.value, from_s: from?.value.as_secs_f64(), to_s: to?.value.as_secs_f64() })
}

fn open(section: &Section<'_>) -> (Workload, f64) {
    let max_users = section.required_whole("max_users", "max_users = 500 # the most at once");
    let stages = if section.value("stage").is_some() {
        for key in ["rate", "duration"] {
            if let Some(span) = section.key_span(key) {
                let message = format!("`{key}` and `[[load.stage]]` exclude each other");
                section.report.add(span, message, "the stages say this", "remove one of them");
            }
        }
        stages(section)
    } else {
        // Shown in backquotes.
        let help = "rate = \"200/s\"`, or stages as `[[load.stage]]";
        let starts_per_s = value_or(section.required_rate("rate", help), 1.0);
        vec![checked(section, starts_per_s, starts_per_s, required_duration_s(section))]
    };
    let duration_s = stages.iter().map(|stage| stage.duration_s).sum();
    (Workload::Open { stages, max_users: value_or(max_users, 1) }, duration_s)
}

fn stages(load: &Section<'_>) -> Vec<RateStage> {
    let mut stages = Vec::new();
    let mut before_per_s = 0.0;
    for section in load.sections("stage", "a stage", &["rate", "to", "duration"]) {
        let duration_s = required_duration_s(&section);
        let (rate, to) = (section.key_span("rate"), section.key_span("to"));
        let (from_per_s, to_per_s) = match (rate, to) {
            (Some(_), None) => {
                let starts_per_s = value_or(section.rate("rate"), 1.0);
                (starts_per_s, starts_per_s)
            }
            (None, Some(_)) => (before_per_s, value_or(section.rate("to"), 1.0)),
            (rate, _) => {
                let span = rate.unwrap_or_else(|| section.span());
                let help = "`rate = \"100/s\"` stays the same, `to = \"400/s\"` changes from the rate before";
                let message = "a stage has one of `rate` and `to`";
                section.report.add(span, message, "what rate has this stage?", help);
                (1.0, 1.0)
            }
        };
        before_per_s = to_per_s;
        stages.push(checked(&section, from_per_s, to_per_s, duration_s));
    }
    stages
}

/// The stage, unless something is wrong with it.
fn checked(section: &Section<'_>, from_per_s: f64, to_per_s: f64, duration_s: f64) -> RateStage {
    let stage = RateStage { duration_s, from_per_s, to_per_s };
    let problems_before = section.report.count();
    stage_problems(&stage).for_each(|problem| blame(section, &problem));
    if section.report.count() == problems_before {
        stage
    } else {
        RateStage { duration_s: f64::INFINITY, from_per_s: 1.0, to_per_s: 1.0 }
    }
}

fn required_duration_s(section: &Section<'_>) -> f64 {
    let duration = section.required_duration("duration", "duration = \"1m\"");
    duration.map(|at| at.value).as_ref().map_or(f64::INFINITY, Duration::as_secs_f64)
}

fn value_or<T>(read: Option<At<T>>, stand_in: T) -> T {
    read.map_or(stand_in, |at| at.value)
}

/// Notes what makes a load or a stage impossible, at the value that does.
fn blame(section: &Section<'_>, error: &LoadError) {
    let (keys, label): (&[&str], _) = match error {
        LoadError::NoUsers | LoadError::TooManyUsers { .. } => (&["max_users", "users"], "this many users"),
        LoadError::Rate { .. } | LoadError::StartRate { .. } => (&["rate", "to"], "this rate"),
        LoadError::Steps { .. } => (&["steps"], "this many steps"),
        LoadError::ShorterThanRamp { .. } => (&["duration"], "shorter than the ramp"),
        LoadError::StepShorterThanRamp { .. } => (&["steps"], "each shorter than its ramp"),
        LoadError::Surge { .. } => (&["surge"], "no surge"),
        LoadError::StageDuration { .. } => (&["duration"], "no time at all"),
        LoadError::NoStarts => (&["rate", "stage"], "nothing ever starts"),
        LoadError::WarmUp { .. } => (&["warm_up"], "as long as the run"),
        LoadError::Timeout => (&["timeout"], "this timeout"),
    };
    let value = keys.iter().find_map(|key| section.value(key));
    let span = value.map_or_else(|| section.span(), Spanned::span);
    section.report.add(span, error.to_string(), label, "");
}

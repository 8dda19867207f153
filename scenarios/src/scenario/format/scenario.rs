//! The scenario file as a whole.

use std::collections::BTreeMap;

use aforo_model::{Feeder, Journey, Scenario};
use toml::de::DeTable;

use super::feeder;
use super::http;
use super::journey;
use super::load;
use super::locate::{SourceFile, journeys_file};
use super::objective::{read_red_flags, read_slos};
use super::probe;
use super::report::{At, Report};
use super::section::{self, Section};
use crate::ScenarioError;
use crate::scenario::error::Problem;

const KEYS: [&str; 10] =
    ["description", "journeys", "load", "http", "probe", "weights", "slo", "red_flag", "feeders", "journey"];

/// Reads and checks a scenario.
pub(super) fn read(file: &SourceFile) -> Result<Scenario, ScenarioError> {
    let report = Report::new(&file.title, &file.text);
    let (tree, errors) = DeTable::parse_recoverable(&file.text);
    let mut journeys_problems = Vec::new();
    let scenario = if errors.is_empty() {
        let root = root(&tree, "a scenario", &KEYS, &report);
        scenario(&root, file, &mut journeys_problems)
    } else {
        note_syntax(&errors, &report);
        None
    };
    let mut problems = report.into_problems();
    problems.append(&mut journeys_problems);
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(ScenarioError::Invalid { name: file.name.clone(), problems }),
    }
}

fn root<'file>(
    tree: &'file toml::Spanned<DeTable<'file>>,
    what: &'static str,
    allowed: &[&str],
    report: &'file Report,
) -> Section<'file> {
    // What is missing is noted at the very beginning of the file.
    Section::new(At { value: tree.get_ref(), span: 0..0 }, what, allowed, report)
}

fn note_syntax(errors: &[toml::de::Error], report: &Report) {
    for error in errors {
        report.add(error.span().unwrap_or(0..0), error.message(), "this is not TOML", "");
    }
}

fn scenario(root: &Section<'_>, file: &SourceFile, problems: &mut Vec<Problem>) -> Option<Scenario> {
    let description = root.required_text("description", "description = \"what it is for\"");
    let load = load::read(root);
    let http = http::read(root, load.as_ref());
    let probe = probe::read(root);
    let played = played(root, file, problems);
    // With broken journeys, steps and weights cannot be told right from wrong.
    let journeys = played.as_ref().map(|played| played.journeys.as_slice());
    let steps = journeys.map(step_names);
    let slos = read_slos(root, steps.as_deref());
    let red_flags = read_red_flags(root, steps.as_deref());
    let weights = weights(root, journeys);
    let Played { mut journeys, feeders } = played?;
    for journey in &mut journeys {
        journey.weight = weights.get(&journey.name).copied().unwrap_or(journey.weight);
    }
    if journeys.iter().all(|journey| journey.weight == 0) {
        let span = root.key_span("weights").unwrap_or(0..0);
        root.report.add(span, "every journey has weight 0", "nobody does anything", "give one a weight");
    }
    Some(Scenario {
        name: file.name.clone(),
        description: description?.value.to_owned(),
        load: load?,
        journeys,
        feeders,
        http,
        probe,
        slos,
        red_flags,
    })
}

/// What virtual users do, and with which data.
struct Played {
    journeys: Vec<Journey>,
    feeders: BTreeMap<String, Feeder>,
}

fn played(root: &Section<'_>, file: &SourceFile, problems: &mut Vec<Problem>) -> Option<Played> {
    let Some(named) = root.text("journeys") else {
        if root.value("journey").is_none() && root.value("journeys").is_none() {
            let help = "add `journeys = \"hotel\"`, the path of a journeys file, or a `[[journey]]`";
            root.report.add(root.span(), "a scenario has no journeys", "nothing to do", help);
        }
        return played_in(root, file);
    };
    for key in ["journey", "feeders"] {
        if let Some(span) = root.key_span(key) {
            let message = format!("`{key}` and `journeys` exclude each other");
            let help = format!("remove one, or move this into `{}`", named.value);
            root.report.add(span, message, "the journeys come from another file", help);
        }
    }
    match journeys_file(named.value, file) {
        Ok(journeys) => played_of_file(&journeys, problems),
        Err(error) => {
            let help = "name the built-in `hotel`, or a file relative to this one";
            root.report.add(named.span, error.to_string(), "no such journeys", help);
            None
        }
    }
}

fn played_of_file(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<Played> {
    let report = Report::new(&file.title, &file.text);
    let (tree, errors) = DeTable::parse_recoverable(&file.text);
    let played = if errors.is_empty() {
        let root = root(&tree, "a journeys file", &["feeders", "journey"], &report);
        if root.value("journey").is_none() {
            report.add(0..0, "there are no journeys in this file", "nothing to do", "add a `[[journey]]`");
        }
        played_in(&root, file)
    } else {
        note_syntax(&errors, &report);
        None
    };
    problems.extend(report.into_problems());
    played
}

fn played_in(root: &Section<'_>, file: &SourceFile) -> Option<Played> {
    let problems_before = root.report.count();
    let feeders = feeder::read(root, file);
    let journeys = journey::read(root, &feeders);
    let is_right = root.report.count() == problems_before;
    let feeders = feeders.into_iter().filter_map(|(name, feeder)| Some((name, feeder?))).collect();
    (is_right && !journeys.is_empty()).then_some(Played { journeys, feeders })
}

fn step_names(journeys: &[Journey]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for step in journeys.iter().flat_map(|journey| &journey.steps) {
        if !names.contains(&step.name.as_str()) {
            names.push(&step.name);
        }
    }
    names
}

fn weights(root: &Section<'_>, journeys: Option<&[Journey]>) -> BTreeMap<String, u32> {
    let mut weights = BTreeMap::new();
    for (name, value) in root.entries("weights") {
        if let Some(journeys) = journeys
            && !journeys.iter().any(|journey| journey.name == name.value)
        {
            let known = journeys.iter().map(|journey| journey.name.as_str());
            root.report.unknown(&name, "a journey", known);
            continue;
        }
        match section::whole(value.get_ref()) {
            Some(weight) => {
                weights.insert(name.value.to_owned(), weight);
            }
            None => {
                let wanted = "a whole number from 0";
                section::wrong_type(value.span(), "a weight", wanted, value.get_ref(), root.report);
            }
        }
    }
    weights
}

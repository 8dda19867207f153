//! `[[journey]]`: what one virtual user does.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aforo_model::{Journey, Variable};

use super::feeder::{Feeders, NAME_HELP};
use super::report::{At, Report};
use super::section::{self, Section};
use super::step;
use crate::template::parse::is_name;
use crate::template::{Source, Template};

/// Reads all journeys of a file.
pub(super) fn read(root: &Section<'_>, feeders: &Feeders) -> Vec<Journey> {
    let sections = root.sections("journey", "a journey", &["name", "weight", "vars", "step"]);
    let mut names = BTreeSet::new();
    let mut endpoints = Endpoints::default();
    let mut journeys = Vec::new();
    for section in sections {
        let Some(name) = section.required_text("name", "name = \"guest-books\"") else { continue };
        if !names.insert(name.value.to_owned()) {
            let message = format!("there are two journeys `{}`", name.value);
            root.report.add(name.span.clone(), message, "the second one", "give each its own name");
        }
        journeys.extend(journey(&section, &name, feeders, &mut endpoints));
    }
    endpoints.check_mentioned(root.report);
    journeys
}

fn journey(
    section: &Section<'_>,
    name: &At<&str>,
    feeders: &Feeders,
    endpoints: &mut Endpoints,
) -> Option<Journey> {
    let mut names = Names { variables: Vec::new(), feeders, report: section.report };
    let variables = variables(section, &mut names);
    let sections = section.sections("step", "a step", &step::KEYS);
    if sections.is_empty() && section.value("step").is_none() {
        let help = "add one as `[[journey.step]]` with a `name` and a `path`";
        section.report.add(name.span.clone(), "this journey has no steps", "does nothing", help);
    }
    let mut steps = Vec::new();
    for section in sections {
        steps.extend(step::read(&section, &mut names, endpoints));
    }
    let weight = match section.value("weight") {
        None => 1,
        Some(_) => section.whole("weight")?.value,
    };
    Some(Journey { name: name.value.to_owned(), weight, variables, steps })
}

fn variables(section: &Section<'_>, names: &mut Names<'_>) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (name, value) in section.entries("vars") {
        let report = section.report;
        if !is_name(name.value) {
            report.add(name.span.clone(), format!("`{}` is not a name", name.value), "here", NAME_HELP);
        }
        if let Some(value) = section::text(value, "a variable", report) {
            names.check(&value, Template::plain(value.value));
            variables.push(Variable { name: name.value.to_owned(), value: value.value.to_owned() });
        }
        names.variables.push(name.value.to_owned());
    }
    variables
}

/// The names that templates may use at some place of a journey.
#[derive(Debug)]
pub(super) struct Names<'file> {
    /// Variables with a value by then.
    pub(super) variables: Vec<String>,
    feeders: &'file Feeders,
    report: &'file Report,
}

impl Names<'_> {
    /// Notes what is wrong with a template and with the names it uses.
    pub(super) fn check(
        &self,
        at: &At<&str>,
        template: Result<Template, crate::template::TemplateError>,
    ) -> Option<Template> {
        let template = template.map_err(|error| self.report.template(at, error)).ok()?;
        for (name, range) in template.variables() {
            if !self.variables.iter().any(|known| known == name) {
                let known = self.variables.iter().map(String::as_str);
                let name = At { value: name, span: self.report.inside(at, range) };
                self.report.unknown(&name, "a variable with a value at this place", known);
            }
        }
        for (source, range) in template.sources() {
            if let Source::Column { feeder, column } = source {
                self.check_column(self.report.inside(at, range), feeder, column);
            }
        }
        Some(template)
    }

    fn check_column(&self, span: std::ops::Range<usize>, feeder: &str, column: &str) {
        match self.feeders.get(feeder) {
            None => {
                let known = self.feeders.keys().map(String::as_str);
                self.report.unknown(&At { value: feeder, span }, "a feeder", known);
            }
            Some(Some(feeder)) if !feeder.rows.iter().all(|row| row.contains_key(column)) => {
                let columns: BTreeSet<&str> =
                    feeder.rows.iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
                if columns.contains(column) {
                    let message = format!("not every row has a column `{column}`");
                    self.report.add(
                        span,
                        message,
                        "has no value in some rows",
                        "fill the column in every row",
                    );
                } else {
                    self.report.unknown(&At { value: column, span }, "a column of this feeder", columns);
                }
            }
            Some(_) => {}
        }
    }
}

/// Which endpoint each step name stands for: the name is the endpoint's label everywhere.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    by_name: BTreeMap<String, String>,
    /// Names that steps mention, with their places.
    mentioned: Vec<(String, Range<usize>)>,
}

impl Endpoints {
    /// A step mentions this name; the step of this name may come later.
    pub(super) fn mention(&mut self, name: &At<&str>) {
        self.mentioned.push((name.value.to_owned(), name.span.clone()));
    }

    /// Notes what was mentioned and is not there.
    fn check_mentioned(&self, report: &Report) {
        for (name, span) in &self.mentioned {
            if !self.by_name.contains_key(name) {
                let name = At { value: name.as_str(), span: span.clone() };
                report.unknown(&name, "a step", self.by_name.keys().map(String::as_str));
            }
        }
    }

    /// Notes a name that stands for another endpoint already.
    pub(super) fn check(&mut self, name: &At<&str>, method: &str, path: &str, report: &Report) {
        let endpoint = format!("{method} {}", route(path));
        let known = self.by_name.entry(name.value.to_owned()).or_insert_with(|| endpoint.clone());
        if *known != endpoint {
            report.add(
                name.span.clone(),
                format!("step `{}` is `{known}` before and `{endpoint}` here", name.value),
                "one name, two endpoints",
                "give it another name: everything is measured by this name",
            );
        }
    }
}

/// The path without its query, with `{}` for placeholders.
fn route(path: &str) -> String {
    let mut route = String::new();
    let mut rest = path.split_once('?').map_or(path, |(route, _)| route);
    while let Some((before, after)) = rest.split_once("{{") {
        route.push_str(before);
        route.push_str("{}");
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    route.push_str(rest);
    route
}

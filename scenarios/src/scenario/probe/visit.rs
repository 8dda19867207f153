//! What must be sent before a step can be: its own earlier steps and the steps its values come from.
//!
//! A visit is a short journey that ends with the step that is asked for, and holds of the steps before it only
//! those that give it a value.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::{Extraction, Journey, Method, ProbeValues, Scenario, Step, Variable};

use crate::template::{Template, TemplateError, compile_json};

/// The variable that holds the page size; set for each request.
pub(super) const PAGE_SIZE: &str = "_probe_page_size";
/// The variable that holds the offset, in what its parameter counts; set for each request.
pub(super) const OFFSET: &str = "_probe_offset";

/// Which steps a visit may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// `GET` without a body, and not left out by its own `probe`.
    ReadOnly,
    /// Any, with the values that its journey gives it.
    Writes,
}

/// Where the value of a variable comes from before a visit begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    /// One of these after the other.
    List(Vec<String>),
    /// Another visit, whose last step keeps this variable.
    Visit(usize),
}

/// All visits that were planned, by place. Those that others need come before them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Visits {
    /// The journeys, each played to its end.
    pub(super) journeys: Vec<Journey>,
    /// By visit: the variables that have a value before it begins.
    pub(super) given: Vec<BTreeMap<String, Given>>,
}

impl Visits {
    /// The names of the steps that one visit sends, in order, those of the visits it needs included.
    pub(super) fn sent(&self, visit: usize) -> Vec<String> {
        let mut names = Vec::new();
        for given in self.given[visit].values() {
            if let Given::Visit(other) = given {
                names.extend(self.sent(*other));
            }
        }
        names.extend(self.journeys[visit].steps.iter().map(|step| step.name.clone()));
        names
    }
}

/// A step in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) journey: usize,
    pub(super) step: usize,
}

/// Plans visits to the steps of one scenario.
#[derive(Debug)]
pub(super) struct Planner<'scenario> {
    scenario: &'scenario Scenario,
    permission: Permission,
    /// The steps whose visits are being planned, to notice when one needs itself.
    under_way: Vec<&'scenario str>,
    visits: Visits,
}

impl<'scenario> Planner<'scenario> {
    pub(super) fn new(scenario: &'scenario Scenario, permission: Permission) -> Self {
        Self { scenario, permission, under_way: Vec::new(), visits: Visits::default() }
    }

    pub(super) fn into_visits(self) -> Visits {
        self.visits
    }

    /// The names of the steps that a visit sends before its last one, in order.
    pub(super) fn before(&self, visit: usize) -> Vec<String> {
        let mut names = self.visits.sent(visit);
        names.pop();
        names
    }

    /// Where the step of this name stands in journeys that somebody takes.
    pub(super) fn places(&self, name: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for (journey, planned) in self.scenario.journeys.iter().enumerate() {
            for (step, planned_step) in planned.steps.iter().enumerate() {
                if planned.weight > 0 && planned_step.name == name {
                    places.push(Place { journey, step });
                }
            }
        }
        places
    }

    pub(super) fn step(&self, place: Place) -> &'scenario Step {
        &self.scenario.journeys[place.journey].steps[place.step]
    }

    /// Plans a visit to the step at `place`, which is sent as `target`. Its place among the visits, or why there is
    /// none, as a sentence without a full stop.
    pub(super) fn visit(&mut self, place: Place, target: Step) -> Result<usize, String> {
        self.check_permission(self.step(place))?;
        let name = self.step(place).name.as_str();
        if self.under_way.contains(&name) {
            return Err(format!("its values come from `{name}` in a circle"));
        }
        let planned_before = self.visits.journeys.len();
        self.under_way.push(name);
        let visit = self.plan(place, target);
        self.under_way.pop();
        if visit.is_err() {
            // Nobody needs what was planned for it.
            self.visits.journeys.truncate(planned_before);
            self.visits.given.truncate(planned_before);
        }
        visit
    }

    fn plan(&mut self, place: Place, target: Step) -> Result<usize, String> {
        let journey = &self.scenario.journeys[place.journey];
        let (given, templates) = self.given(&target)?;
        let own: BTreeSet<&str> = journey.variables.iter().map(|variable| variable.name.as_str()).collect();
        let has_value = |name: &str| {
            [PAGE_SIZE, OFFSET].contains(&name)
                || given.contains_key(name)
                || templates.contains_key(name)
                || own.contains(name)
        };
        let mut missing = needs(&target)?;
        missing.retain(|name| !has_value(name));
        let mut steps = vec![target];
        for step in journey.steps[..place.step].iter().rev() {
            let gives = |name: &String| step.extract.iter().any(|kept| kept.variable == *name);
            if missing.iter().any(gives) && self.check_permission(step).is_ok() {
                missing.retain(|name| !gives(name));
                missing.extend(needs(step)?.into_iter().filter(|name| !has_value(name)));
                steps.push(step.clone());
            }
        }
        if let Some(name) = missing.first() {
            return Err(self.no_value(place, name));
        }
        steps.reverse();
        let mut variables = journey.variables.clone();
        variables.retain(|variable| !given.contains_key(&variable.name));
        for (name, value) in templates {
            match variables.iter_mut().find(|variable| variable.name == name) {
                Some(variable) => variable.value = value,
                None => variables.push(Variable { name, value }),
            }
        }
        self.visits.journeys.push(Journey { name: journey.name.clone(), weight: 1, variables, steps });
        self.visits.given.push(given);
        Ok(self.visits.journeys.len() - 1)
    }

    /// What the step's `probe` says its variables are: values from elsewhere, and templates.
    #[expect(clippy::type_complexity, reason = "two maps, taken apart at once")]
    fn given(&mut self, step: &Step) -> Result<(BTreeMap<String, Given>, BTreeMap<String, String>), String> {
        let (mut given, mut templates) = (BTreeMap::new(), BTreeMap::new());
        if self.permission == Permission::Writes {
            return Ok((given, templates));
        }
        for (variable, values) in step.probe.iter().flat_map(|probe| &probe.values) {
            match values {
                ProbeValues::List(list) => {
                    given.insert(variable.clone(), Given::List(list.clone()));
                }
                ProbeValues::Template(template) => {
                    templates.insert(variable.clone(), template.clone());
                }
                ProbeValues::Answers { step, pointer } => {
                    let visit = self.source(step, variable, pointer).map_err(|why| {
                        format!("`{variable}` cannot be taken from the answers of `{step}`: {why}")
                    })?;
                    given.insert(variable.clone(), Given::Visit(visit));
                }
            }
        }
        Ok((given, templates))
    }

    /// Plans a visit whose last step keeps `variable`.
    fn source(&mut self, name: &str, variable: &str, pointer: &str) -> Result<usize, String> {
        let mut why = "no journey that is taken has this step".to_owned();
        for place in self.places(name) {
            let mut step = self.step(place).clone();
            step.extract = vec![Extraction { variable: variable.to_owned(), pointer: pointer.to_owned() }];
            match self.visit(place, step) {
                Ok(visit) => return Ok(visit),
                Err(problem) => why = problem,
            }
        }
        Err(why)
    }

    /// Whether the step may be sent, or why not.
    pub(super) fn check_permission(&self, step: &Step) -> Result<(), String> {
        let is_left_out = step.probe.as_ref().is_some_and(|probe| probe.skip);
        match self.permission {
            Permission::Writes => Ok(()),
            Permission::ReadOnly if is_left_out => Err("its `probe` says `skip`".to_owned()),
            Permission::ReadOnly if step.method != Method::Get => {
                Err(format!("it is {}, and nothing is sent that may write", word(step.method)))
            }
            Permission::ReadOnly if step.body.is_some() => Err("it sends a body".to_owned()),
            Permission::ReadOnly => Ok(()),
        }
    }

    fn no_value(&self, place: Place, variable: &str) -> String {
        let earlier = self.scenario.journeys[place.journey].steps[..place.step].iter().rev();
        let mut givers = earlier.filter(|step| step.extract.iter().any(|kept| kept.variable == variable));
        let remedy =
            format!("say where else values come from: `probe = {{ values = {{ {variable} = … }} }}`");
        match givers.next() {
            Some(giver) => format!(
                "it needs `{variable}`, which only `{}` ({}) gives; {remedy}",
                giver.name,
                word(giver.method)
            ),
            None => format!("it needs `{variable}`, which nothing gives; {remedy}"),
        }
    }
}

/// The variables without which a step cannot be sent or judged, each once.
pub(crate) fn needs(step: &Step) -> Result<Vec<String>, String> {
    let mut names = BTreeSet::new();
    let templates =
        templates(step).map_err(|error| format!("its template is not right: {}", error.message))?;
    for template in &templates {
        names.extend(template.variables().map(|(name, _)| name.to_owned()));
    }
    Ok(names.into_iter().collect())
}

fn templates(step: &Step) -> Result<Vec<Template>, TemplateError> {
    use aforo_model::{Body, Check};
    let mut templates = vec![Template::path(&step.path)?];
    for header in &step.headers {
        templates.push(Template::plain(&header.value)?);
    }
    match &step.body {
        Some(Body::Text(text)) => templates.push(Template::plain(text)?),
        Some(Body::Json(value)) => templates.push(compile_json(value)?),
        None => {}
    }
    for check in &step.expect.checks {
        match check {
            Check::Text(text) => templates.push(Template::plain(text)?),
            Check::Json { equals: Some(value), .. } => templates.push(compile_json(value)?),
            Check::Json { equals: None, .. } => {}
        }
    }
    Ok(templates)
}

fn word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        Method::Head => "HEAD",
        Method::Options => "OPTIONS",
    }
}

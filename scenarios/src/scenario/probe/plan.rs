//! Which steps are asked alone, and how.

use aforo_model::{Header, Load, Scenario, Step, Workload};

use super::parameter::{self, OffsetParameter};
use super::query::with_parameter;
use super::visit::{OFFSET, PAGE_SIZE, Permission, Place, Planner, Visits};
use crate::template::Template;

/// Which steps of a scenario can be asked alone, and why the others cannot.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbePlan {
    /// The steps that are asked, in the scenario's order, each once. Those not wanted can be taken out.
    pub steps: Vec<ProbeStep>,
    /// The steps that are not.
    pub not_probed: Vec<NotProbed>,
    /// Items of a page in production, for projections.
    pub production_page_size: u32,
    /// The scenario with a journey for every visit in place of its own.
    pub(super) scenario: Scenario,
    pub(super) visits: Visits,
}

/// A step that is asked alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// Its name.
    pub name: String,
    /// The journey whose step of this name is taken.
    pub journey: String,
    /// What makes its answers hold more or fewer items.
    pub varies: Varies,
    /// The steps that are sent before it to find values for it; they are not readings.
    pub needs: Vec<String>,
    pub(super) visit: usize,
}

/// What makes the answers of a step hold more or fewer items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Varies {
    /// A page size is asked for.
    PageSize {
        /// The query parameter that takes it.
        parameter: String,
        /// The query parameter that moves the page on, so that no page is asked for twice.
        offset: Option<OffsetParameter>,
    },
    /// Each request asks for something else, such as another guest or another week.
    Inputs,
}

/// A step that is not asked alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotProbed {
    /// Its name.
    pub step: String,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// Finds out which steps of `scenario` can be asked alone without writing, and how.
///
/// A step that only reads (`GET`, no body) is asked for pages of several sizes where its query has a parameter for
/// that (`limit`, `per_page`, `size`, …, or the one its `probe` names), and for different things where its path has
/// placeholders. What it needs from earlier steps of its journey is fetched by those that only read, or from where
/// its `probe` says. Of several steps of one name the first that says how it is probed is taken, or the first with
/// a page size, or the first that can be asked at all. Steps of journeys with weight 0 are left alone.
pub fn probe_plan(scenario: &Scenario) -> ProbePlan {
    let mut planner = Planner::new(scenario, Permission::ReadOnly);
    let (mut steps, mut not_probed) = (Vec::new(), Vec::new());
    for name in scenario.step_names() {
        match probe_step(&mut planner, scenario, name) {
            Ok(step) => steps.push(step),
            Err(why) => not_probed.push(NotProbed { step: name.to_owned(), why }),
        }
    }
    let visits = planner.into_visits();
    ProbePlan {
        steps,
        not_probed,
        production_page_size: scenario.probe.production_page_size,
        scenario: visited(scenario, &visits),
        visits,
    }
}

/// The scenario with the journeys of `visits` in place of its own, each of them taken.
pub(super) fn visited(scenario: &Scenario, visits: &Visits) -> Scenario {
    // Of an open workload no user is split among the journeys, so that none is left out.
    let workload = Workload::Open { stages: Vec::new(), max_users: 1 };
    Scenario {
        journeys: visits.journeys.clone(),
        load: Load { workload, ..scenario.load.clone() },
        ..scenario.clone()
    }
}

fn probe_step(planner: &mut Planner<'_>, scenario: &Scenario, name: &str) -> Result<ProbeStep, String> {
    let mut places = planner.places(name);
    let declares = |place: &Place| planner.step(*place).probe.as_ref();
    if places.iter().filter_map(declares).any(|probe| probe.skip) {
        return Err("its `probe` says `skip`".to_owned());
    }
    // Stable: of equal ones the first in the file.
    places.sort_by_key(|place| {
        let step = planner.step(*place);
        (step.probe.is_none(), parameter::page_size(&step.path, step.probe.as_ref()).is_none())
    });
    let mut why = None;
    for place in places {
        match planned(planner, scenario, place) {
            Ok(step) => return Ok(step),
            Err(problem) => why = why.or(Some(problem)),
        }
    }
    Err(why.unwrap_or_else(|| "its journeys have weight 0".to_owned()))
}

fn planned(planner: &mut Planner<'_>, scenario: &Scenario, place: Place) -> Result<ProbeStep, String> {
    let step = planner.step(place);
    let varies = match parameter::page_size(&step.path, step.probe.as_ref()) {
        Some(parameter) => {
            Varies::PageSize { parameter, offset: parameter::offset(&step.path, step.probe.as_ref()) }
        }
        None => Varies::Inputs,
    };
    planner.check_permission(step)?;
    if varies == Varies::Inputs && Template::path(&step.path).is_ok_and(|path| path.fixed().is_some()) {
        return Err("its request is always the same and has no page size".to_owned());
    }
    let visit = planner.visit(place, asked(step, &varies))?;
    let needs = planner.before(visit);
    let journey = scenario.journeys[place.journey].name.clone();
    Ok(ProbeStep { name: step.name.clone(), journey, varies, needs, visit })
}

/// The step as it is sent: with a place for the page size, and past caches.
fn asked(step: &Step, varies: &Varies) -> Step {
    let mut asked = step.clone();
    if let Varies::PageSize { parameter, offset } = varies {
        asked.path = with_parameter(&asked.path, parameter, &format!("{{{{{PAGE_SIZE}}}}}"));
        if let Some(offset) = offset {
            asked.path = with_parameter(&asked.path, &offset.name, &format!("{{{{{OFFSET}}}}}"));
        }
    }
    if !asked.headers.iter().any(|header| header.name.eq_ignore_ascii_case("cache-control")) {
        asked.headers.push(Header { name: "cache-control".to_owned(), value: "no-cache".to_owned() });
    }
    asked
}

//! Asks each step alone, one request at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::answer::ProbeAnswer;
use super::plan::{NotProbed, ProbePlan, ProbeStep, Varies};
use super::schedule::{ProbeOptions, Slot, schedule};
use super::series::Series;
use super::visit::{OFFSET, PAGE_SIZE};
use super::visitor::Visitor;
use crate::scenario::engine::exchange::Request;
use crate::scenario::engine::http::LeanClient;
use crate::scenario::engine::plan::Plan;
use crate::scenario::engine::values::Values;
use crate::{EngineError, HttpTarget};

/// Draws of inputs before one that was asked for already is taken again, or before a step is given up.
const DRAWS: u32 = 10;
/// Warm-ups without a good answer after which a step is left out.
const BAD_WARM_UPS: u32 = 3;

/// A probe under way. Nothing is in flight but between the call of an asynchronous function and its end.
#[derive(Debug)]
pub struct ProbeRun {
    pub(super) asked: Vec<AskedStep>,
    pub(super) visitor: Visitor,
    schedule: VecDeque<Slot>,
    /// How often each path was asked for; those of pages with page size and offset 0.
    asked_for: HashMap<String, u32>,
    not_probed: Vec<NotProbed>,
    options: ProbeOptions,
}

/// A step that is asked, and how far it has come.
#[derive(Debug)]
pub(super) struct AskedStep {
    pub(super) step: ProbeStep,
    pub(super) series: Option<Series>,
}

/// A request that is ready to be sent.
#[derive(Debug)]
pub struct PlannedProbe<'run> {
    pub(super) run: &'run mut ProbeRun,
    pub(super) step: usize,
    pub(super) request: Request<'static>,
    pub(super) values: Values,
    pub(super) page_size: Option<u32>,
    pub(super) offset: Option<u64>,
    pub(super) is_fresh: bool,
}

impl ProbeRun {
    /// Makes ready to ask the steps of `plan`, and sends each of them once or, until an answer holds items, a few
    /// times, so that readings meet warm caches and open connections. A step without a good answer is left out.
    ///
    /// # Errors
    /// [`EngineError`] when the base URL cannot be used or a template is not right.
    pub async fn start(
        plan: ProbePlan,
        target: &HttpTarget,
        options: ProbeOptions,
    ) -> Result<Self, EngineError> {
        let ProbePlan { steps, not_probed, scenario, visits, .. } = plan;
        let compiled = Arc::new(Plan::compile(&scenario, &target.base_url)?);
        // A cookie would be answered from a session, and requests would not be alike.
        let client = LeanClient::new(Arc::clone(&compiled.origin)).without_cookies();
        let mut run = Self {
            asked: steps.into_iter().map(|step| AskedStep { step, series: None }).collect(),
            visitor: Visitor::new(&compiled, &Arc::new(visits), client, options.seed),
            schedule: VecDeque::new(),
            asked_for: HashMap::new(),
            not_probed,
            options,
        };
        let mut warm = Vec::new();
        for step in 0..run.asked.len() {
            match run.warm_up(step).await {
                Ok(()) => warm.push(step),
                Err(why) => run.leave_out(step, why),
            }
        }
        let steps = warm.into_iter().map(|step| (step, &run.asked[step].step.varies));
        run.schedule = schedule(steps, &run.options).into();
        tokio::time::sleep(run.options.settle).await;
        Ok(run)
    }

    /// Readings that are still to be taken, as far as every step goes on giving values.
    pub fn remaining(&self) -> usize {
        self.schedule.len()
    }

    /// The steps that are not asked, and why: those of the plan, and those that gave no good answer since.
    pub fn not_probed(&self) -> &[NotProbed] {
        &self.not_probed
    }

    /// The next request; none when all have been sent. Values for it are fetched now where it needs some, and the
    /// target is left alone for a moment after that.
    pub async fn next(&mut self) -> Option<PlannedProbe<'_>> {
        loop {
            let slot = self.schedule.pop_front()?;
            match self.make_ready(slot).await {
                Ok(ready) => {
                    let (step, run) = (slot.step, self);
                    let Ready { request, values, page_size, offset, is_fresh } = ready;
                    return Some(PlannedProbe { run, step, request, values, page_size, offset, is_fresh });
                }
                Err(why) => {
                    self.schedule.retain(|other| other.step != slot.step);
                    self.leave_out(slot.step, why);
                }
            }
        }
    }

    fn leave_out(&mut self, step: usize, why: String) {
        let step = self.asked[step].step.name.clone();
        self.not_probed.push(NotProbed { step, why });
    }

    async fn warm_up(&mut self, step: usize) -> Result<(), String> {
        let page_size = self.options.page_sizes.iter().copied().max().unwrap_or(1);
        let (mut outcome, mut problems) = (Err("it was not asked".to_owned()), 0);
        for _ in 0..DRAWS {
            let Ready { request, values, page_size, offset, is_fresh } =
                self.make_ready(Slot { step, page_size }).await?;
            let probe = PlannedProbe { run: &mut *self, step, request, values, page_size, offset, is_fresh };
            let answer = probe.send().await;
            let holds_items = answer.items.iter().any(|(_, count)| *count > 0);
            match answer.problem {
                Some(problem) if outcome.is_err() => {
                    outcome = Err(problem);
                    problems += 1;
                    if problems == BAD_WARM_UPS {
                        break;
                    }
                }
                Some(_) => {}
                None if holds_items => return Ok(()),
                None if !answer.items.is_empty() => outcome = Ok(()),
                None if outcome.is_err() => outcome = Err("its answers hold no list to count".to_owned()),
                None => {}
            }
            self.asked[step].series = None;
        }
        outcome
    }

    async fn make_ready(&mut self, slot: Slot) -> Result<Ready, String> {
        let visit = self.asked[slot.step].step.visit;
        let is_paged = matches!(self.asked[slot.step].step.varies, Varies::PageSize { .. });
        let (mut series, request) = match self.asked[slot.step].series.take() {
            Some(series) => (series, None),
            None => self.draw(slot.step).await?,
        };
        let (mut page_size, mut items) = (None, None);
        if let Varies::PageSize { offset, .. } = &self.asked[slot.step].step.varies {
            page_size = Some(slot.page_size);
            series.values.variables.insert(PAGE_SIZE.to_owned(), slot.page_size.into());
            if let Some(offset) = offset {
                let place = series.next_page(offset, slot.page_size);
                items = Some(place.items);
                series.values.variables.insert(OFFSET.to_owned(), place.parameter.into());
            }
        }
        let request = match request {
            Some(request) if !is_paged => request,
            _ => self.visitor.fill(visit, &series.values)?,
        };
        let (values, is_fresh) = (series.values.clone(), series.is_fresh);
        if items.is_some() {
            self.asked[slot.step].series = Some(series);
        }
        Ok(Ready { request, values, page_size, offset: items, is_fresh })
    }

    /// Draws inputs that were not asked for yet if there are any, and otherwise some that were asked for least.
    async fn draw(&mut self, step: usize) -> Result<(Series, Option<Request<'static>>), String> {
        let visit = self.asked[step].step.visit;
        let sent_before = self.visitor.requests();
        let (mut drawn, mut problem) = (None::<(u32, Values, Request<'static>)>, None);
        for _ in 0..DRAWS {
            match self.drawn(visit).await {
                Ok((values, request)) => {
                    let asked = self.asked_for.get(request.path.as_str()).copied().unwrap_or(0);
                    if drawn.as_ref().is_none_or(|(least, ..)| asked < *least) {
                        drawn = Some((asked, values, request));
                    }
                    if asked == 0 {
                        break;
                    }
                }
                Err(why) => problem = problem.or(Some(why)),
            }
        }
        if self.visitor.requests() > sent_before {
            tokio::time::sleep(self.options.settle).await;
        }
        let Some((asked, values, request)) = drawn else { return Err(problem.unwrap_or_default()) };
        *self.asked_for.entry(request.path.to_string()).or_default() += 1;
        Ok((Series::new(values, asked == 0), Some(request)))
    }

    async fn drawn(&mut self, visit: usize) -> Result<(Values, Request<'static>), String> {
        let mut values = self.visitor.prepare(visit).await?;
        values.variables.insert(PAGE_SIZE.to_owned(), Value::from(0));
        values.variables.insert(OFFSET.to_owned(), Value::from(0));
        let request = self.visitor.fill(visit, &values)?;
        Ok((values, request))
    }
}

/// A request with what is to be said about it.
struct Ready {
    request: Request<'static>,
    values: Values,
    page_size: Option<u32>,
    offset: Option<u64>,
    is_fresh: bool,
}

impl PlannedProbe<'_> {
    /// The step that is asked.
    pub fn step(&self) -> &str {
        &self.run.asked[self.step].step.name
    }

    /// Sends it and waits for the last byte of the answer, or for what went wrong.
    pub async fn send(self) -> ProbeAnswer {
        let path = self.request.path.to_string();
        let asked = &mut self.run.asked[self.step];
        let begin = Instant::now();
        let (answer, problem) = self.run.visitor.send(asked.step.visit, self.request, &self.values).await;
        let elapsed_s = begin.elapsed().as_secs_f64();
        let answer = ProbeAnswer {
            step: asked.step.name.clone(),
            path,
            page_size: self.page_size,
            offset: self.offset,
            is_fresh: self.is_fresh,
            elapsed_s,
            ..ProbeAnswer::of(answer, problem)
        };
        if !answer.is_expected || answer.is_short() {
            // The list has ended here.
            asked.series = None;
        }
        answer
    }
}

//! What the runs of a period show together.

use std::collections::BTreeMap;

use aforo_model::{
    Answer, Comparison, FindingSeen, HISTORY_FORMAT_VERSION, HistoryChange, HistoryPoint, LeftOut,
    LoadAggregate, ObjectiveCompliance, Period, PeriodReport, RunDigest, SloResult, StepAggregate, Subject,
    TimeHistogram, TimeSummary, Verdict, VerdictCounts,
};

use super::figure::total_p95_us;
use super::recommendations::recommendations_seen;
use super::series::{changes, point};

/// Gathers the runs of a period. Their histograms are handed over one run after the other: those of all would not fit into memory.
#[derive(Debug)]
pub struct PeriodSummary<'a> {
    period: Period,
    /// All runs up to the end of the period, oldest first: those before it say what is new in it.
    runs: &'a [RunDigest],
    merged: BTreeMap<Group<'a>, Merged>,
}

/// What makes runs of a period one: the same load, on a target that says the same of itself. A hotel with other flaws is another target in
/// all but its name, and quantiles over both would be of neither.
type Group<'a> = (&'a str, Option<&'a str>);

fn group(run: &RunDigest) -> Group<'_> {
    (&run.load.hash, run.run.description.as_deref())
}

#[derive(Debug, Default)]
struct Merged {
    runs: u64,
    steps: BTreeMap<String, TimeHistogram>,
}

impl<'a> PeriodSummary<'a> {
    /// A summary of `period`. `runs` are all there are up to its end, oldest first.
    pub fn new(period: Period, runs: &'a [RunDigest]) -> Self {
        Self { period, runs, merged: BTreeMap::new() }
    }

    /// The runs whose histograms are wanted: those of the period that were measured well.
    pub fn wanted(&self) -> Vec<&'a RunDigest> {
        self.runs.iter().filter(|run| self.holds(run) && run.spoilt.is_none()).collect()
    }

    /// Merges the histograms of a run, by step, and says whether they are complete: as many times as the record counts. Others are not
    /// merged, for they would pass a part off as the whole.
    pub fn merge(&mut self, run: &'a RunDigest, steps: &BTreeMap<String, TimeHistogram>) -> bool {
        let is_complete = run.steps.iter().all(|step| match &step.subject {
            Subject::Step(name) => {
                steps.get(name).map_or(0, TimeHistogram::count) == step.response_time.count
            }
            _ => true,
        });
        if !is_complete {
            return false;
        }
        let merged = self.merged.entry(group(run)).or_default();
        merged.runs += 1;
        for (name, times) in steps {
            match merged.steps.get_mut(name) {
                Some(sum) => sum.merge(times),
                None => {
                    merged.steps.insert(name.clone(), times.clone());
                }
            }
        }
        true
    }

    /// The report. `left_out` are the runs of the period that could not be read.
    pub fn finish(self, left_out: Vec<LeftOut>) -> PeriodReport {
        let runs: Vec<&RunDigest> = self.runs.iter().filter(|run| self.holds(run)).collect();
        let mut groups: Vec<Group<'_>> = Vec::new();
        for run in &runs {
            if !groups.contains(&group(run)) {
                groups.push(group(run));
            }
        }
        let mut loads: Vec<LoadAggregate> =
            groups.into_iter().filter_map(|each| self.load(each, &runs)).collect();
        loads.sort_by(|left, right| {
            let names = |each: &LoadAggregate| {
                (each.load.scenario.clone(), each.load.target.clone(), each.description.clone())
            };
            names(left).cmp(&names(right)).then(right.runs.cmp(&left.runs))
        });
        PeriodReport {
            format_version: HISTORY_FORMAT_VERSION,
            period: self.period,
            verdicts: verdicts(&runs),
            loads,
            findings: findings(&runs),
            runs: runs.into_iter().map(|run| run.run.clone()).collect(),
            left_out,
        }
    }

    fn holds(&self, run: &RunDigest) -> bool {
        self.period.holds(run.run.started_at)
    }

    fn load(&self, of: Group<'_>, runs: &[&RunDigest]) -> Option<LoadAggregate> {
        let runs: Vec<&RunDigest> = runs.iter().copied().filter(|run| group(run) == of).collect();
        let measured: Vec<&RunDigest> = runs.iter().copied().filter(|run| run.spoilt.is_none()).collect();
        let none = Merged::default();
        let merged = self.merged.get(&of).unwrap_or(&none);
        let before =
            self.runs.iter().take_while(|run| self.period.from.is_some_and(|from| run.run.started_at < from));
        let before = before.filter(|run| group(run) == of).last();
        let (best, worst) = extremes(&measured);
        Some(LoadAggregate {
            load: runs.first()?.load.clone(),
            description: of.1.map(str::to_owned),
            runs: runs.len() as u64,
            measured_runs: measured.len() as u64,
            merged_runs: merged.runs,
            verdicts: verdicts(&runs),
            // A run that cannot be relied on says nothing of an objective either.
            objectives: objectives(&measured),
            steps: steps(&measured, merged),
            best,
            worst,
            recommendations: recommendations_seen(&runs, before),
            changes: self.changes(of),
        })
    }

    /// Changes that begin in the period, found in all runs of the load up to its end.
    fn changes(&self, of: Group<'_>) -> Answer<Vec<HistoryChange>> {
        let of_load = self.runs.iter().filter(|run| group(run) == of && run.spoilt.is_none());
        let points: Vec<HistoryPoint> =
            of_load.filter_map(|run| Some(point(run, total_p95_us(run)?))).collect();
        match changes(&points) {
            Answer::Found(found) => Answer::Found(
                found.into_iter().filter(|change| self.period.holds(change.started_at)).collect(),
            ),
            absent => absent,
        }
    }
}

fn verdicts(runs: &[&RunDigest]) -> VerdictCounts {
    let mut counts = VerdictCounts::default();
    runs.iter().for_each(|run| counts.add(&run.run.verdict));
    counts
}

/// The runs with the lowest and the highest P95. The highest is only told where there is another.
fn extremes(runs: &[&RunDigest]) -> (Option<HistoryPoint>, Option<HistoryPoint>) {
    let points = || runs.iter().filter_map(|run| Some(point(run, total_p95_us(run)?)));
    let best = points().min_by(|left, right| left.value.total_cmp(&right.value));
    let worst = points().max_by(|left, right| left.value.total_cmp(&right.value));
    let worst = worst.filter(|worst| best.as_ref().is_some_and(|best| best.run != worst.run));
    (best, worst)
}

/// Every objective in the order of the newest run, then those that only earlier runs had.
fn objectives(runs: &[&RunDigest]) -> Vec<ObjectiveCompliance> {
    let mut objectives: Vec<ObjectiveCompliance> = Vec::new();
    for run in runs.iter().rev() {
        for result in &run.slos {
            let same = |known: &&mut ObjectiveCompliance| {
                let slo = &known.worst.slo;
                slo.subject == result.slo.subject && slo.expect == result.slo.expect
            };
            if let Some(known) = objectives.iter_mut().find(same) {
                known.verdicts.add(&result.verdict);
                if is_worse(result, &known.worst) {
                    known.worst = result.clone();
                    known.worst_run.clone_from(&run.run.id);
                }
                continue;
            }
            let mut verdicts = VerdictCounts::default();
            verdicts.add(&result.verdict);
            objectives.push(ObjectiveCompliance {
                worst: result.clone(),
                worst_run: run.run.id.clone(),
                verdicts,
                compliance_ratio: None,
            });
        }
    }
    for objective in &mut objectives {
        objective.compliance_ratio = objective.verdicts.compliance_ratio();
    }
    objectives
}

/// A violated one is, then by what was measured: a value that nobody could measure is not worse than one that was.
fn is_worse(result: &SloResult, than: &SloResult) -> bool {
    let is_violated = |result: &SloResult| result.verdict == Verdict::Violated;
    if is_violated(result) != is_violated(than) {
        return is_violated(result);
    }
    let is_high_bad = matches!(result.slo.expect.comparison, Comparison::Less | Comparison::LessOrEqual);
    match (result.measured, than.measured) {
        (Some(own), Some(other)) => {
            if is_high_bad {
                own > other
            } else {
                own < other
            }
        }
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Every step in the order of the newest run.
fn steps(runs: &[&RunDigest], merged: &Merged) -> Vec<StepAggregate> {
    let mut subjects: Vec<&Subject> = Vec::new();
    for step in runs.iter().rev().flat_map(|run| &run.steps) {
        if !subjects.contains(&&step.subject) {
            subjects.push(&step.subject);
        }
    }
    subjects.into_iter().map(|subject| step(subject, runs, merged)).collect()
}

fn step(subject: &Subject, runs: &[&RunDigest], merged: &Merged) -> StepAggregate {
    let of_run = |run: &&'_ RunDigest| run.steps.iter().find(|step| step.subject == *subject).cloned();
    let steps: Vec<_> = runs.iter().filter_map(of_run).collect();
    let requests: u64 = steps.iter().map(|step| step.requests).sum();
    let error_count: u64 = steps.iter().flat_map(|step| step.errors.values()).sum();
    let judged_s: f64 = runs.iter().map(|run| run.judged_s).sum();
    let met: f64 = runs.iter().filter_map(|run| Some(of_run(run)?.throughput_per_s * run.judged_s)).sum();
    let p95s_us = || steps.iter().filter_map(|step| step.response_time.p95_us);
    StepAggregate {
        subject: subject.clone(),
        requests,
        error_count,
        error_rate: (requests > 0).then(|| error_count as f64 / requests as f64),
        throughput_per_s: (judged_s > 0.0).then(|| met / judged_s),
        response_time: merged_time(subject, merged),
        p95_range_us: p95s_us().min().zip(p95s_us().max()),
    }
}

fn merged_time(subject: &Subject, merged: &Merged) -> TimeSummary {
    match subject {
        Subject::Step(name) => merged.steps.get(name).map(TimeHistogram::summary).unwrap_or_default(),
        _ => {
            let mut total = TimeHistogram::new();
            merged.steps.values().for_each(|times| total.merge(times));
            total.summary()
        }
    }
}

/// Findings by code, the most severe first, then those of most runs.
fn findings(runs: &[&RunDigest]) -> Vec<FindingSeen> {
    let mut seen: Vec<FindingSeen> = Vec::new();
    for run in runs {
        for finding in &run.findings {
            let (id, at) = (&run.run.id, run.run.started_at);
            let Some(known) = seen.iter_mut().find(|known| known.code == finding.code) else {
                seen.push(FindingSeen {
                    code: finding.code.clone(),
                    severity: finding.severity,
                    subjects: vec![finding.subject.clone()],
                    runs: 1,
                    first_run: id.clone(),
                    first_seen_at: at,
                    last_run: id.clone(),
                    last_seen_at: at,
                });
                continue;
            };
            known.severity = known.severity.max(finding.severity);
            if !known.subjects.contains(&finding.subject) {
                known.subjects.push(finding.subject.clone());
            }
            if known.last_run != *id {
                known.runs += 1;
                known.last_run.clone_from(id);
                known.last_seen_at = at;
            }
        }
    }
    seen.sort_by(|left, right| {
        (right.severity, right.runs, &left.code).cmp(&(left.severity, left.runs, &right.code))
    });
    seen
}

#[cfg(test)]
mod tests;

//! Runs made of the seconds of recorded ones.

#![expect(
    clippy::unwrap_used,
    reason = "the fixture is part of the sources, and a trial that cannot be made is none"
)]

use std::collections::BTreeMap;

use aforo_analyzers::{ComparisonOptions, RunSeconds, RunUnderComparison, compare_runs};
use aforo_model::{
    Change, ComparedFigure, LoadSecond, RunComparison, RunRecord, StepRecord, StepSecond, Subject,
    TimeSummary, read_run,
};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

const BUSY: &str = include_str!("../../fixtures/comparison/recorded_busy.txt");
const QUIET: &str = include_str!("../../fixtures/comparison/recorded_quiet.txt");
const RECORD: &str = include_str!("../../fixtures/comparison/run.json");
/// Seconds that stay together when those of one recorded run are drawn again.
const TOGETHER_S: usize = 20;
/// The same where they are drawn from all of them. In minutes apart recorded runs differ by no more than minutes inside one of them do.
const TOGETHER_OF_ALL_S: usize = 60;

/// Response times, µs, of each step in each second.
type Run = Vec<Vec<Vec<f64>>>;

/// Recorded runs.
pub(crate) struct Recorded {
    steps: Vec<String>,
    runs: Vec<Run>,
    record: RunRecord,
}

/// How runs are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    /// Runs a side.
    pub(crate) runs: usize,
    /// Length of a run.
    pub(crate) seconds: usize,
    /// By how much the later side is slower.
    pub(crate) slower: f64,
    /// Of which recorded ones.
    pub(crate) made_of: MadeOf,
    /// Where drawing begins; it also picks the recorded run where there is one.
    pub(crate) seed: u64,
    /// Allowed for between single runs.
    pub(crate) run_to_run_ratio: f64,
}

/// Of which recorded runs the runs of a comparison are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MadeOf {
    /// All of the same one: the sides are identical.
    OneRun,
    /// Each of one that is picked for it: the sides are not identical, for the levels of the recorded ones differ, and stay apart however
    /// long the made ones are.
    AnyRun,
    /// Each of stretches of all of them: the sides are identical, and what changes slowly changes as slowly as it was recorded.
    AllRuns,
}

impl Recorded {
    /// Six runs, while other programs used the machine.
    pub(crate) fn busy() -> Self {
        Self::read(BUSY)
    }

    /// Five runs, while nothing else used the machine.
    pub(crate) fn quiet() -> Self {
        Self::read(QUIET)
    }

    fn read(fixture: &str) -> Self {
        let mut lines = fixture.lines().filter(|line| !line.starts_with('#'));
        let steps: Vec<String> = lines.next().unwrap().split(' ').map(str::to_owned).collect();
        let mut runs: Vec<Run> = Vec::new();
        for line in lines {
            if line == "run" {
                runs.push(Vec::new());
                continue;
            }
            let times = |step: &str| {
                step.split_ascii_whitespace().map(|time| time.parse::<f64>().unwrap() * 10.0).collect()
            };
            runs.last_mut().unwrap().push(line.split(';').map(times).collect());
        }
        Self { steps, runs, record: read_run(RECORD).unwrap() }
    }

    /// One comparison.
    pub(crate) fn compare(&self, trial: Trial) -> RunComparison {
        let mut random = StdRng::seed_from_u64(trial.seed);
        let one = trial.seed as usize % self.runs.len();
        let mut side = |slower: f64| -> Vec<(RunRecord, RunSeconds)> {
            let mut run = |_| {
                let sources = match trial.made_of {
                    MadeOf::OneRun => &self.runs[one..=one],
                    MadeOf::AnyRun => {
                        let any = random.random_range(0..self.runs.len());
                        &self.runs[any..=any]
                    }
                    MadeOf::AllRuns => &self.runs[..],
                };
                self.made(&drawn(sources, trial.seconds, slower, &mut random), trial.runs == 1)
            };
            (0..trial.runs).map(&mut run).collect()
        };
        let (before, after) = (side(1.0), side(1.0 + trial.slower));
        let options = ComparisonOptions {
            resamples: 400,
            seed: trial.seed,
            run_to_run_ratio: trial.run_to_run_ratio,
            ..ComparisonOptions::default()
        };
        compare_runs(&under_comparison(&before), &under_comparison(&after), options).unwrap()
    }

    /// How many of the recorded runs are called a regression of another one, and of how many pairs: nothing is drawn again.
    pub(crate) fn called_as_recorded(&self) -> (usize, usize) {
        let made: Vec<_> = self.runs.iter().map(|run| [self.made(run, true)]).collect();
        let is_called = |before: usize, after: usize| {
            let (before, after) = (under_comparison(&made[before]), under_comparison(&made[after]));
            let comparison = compare_runs(&before, &after, ComparisonOptions::default()).unwrap();
            comparison.change == Change::Regression
        };
        let others = |after: usize| (0..made.len()).filter(move |before| *before != after);
        let pairs = || (0..made.len()).flat_map(|after| others(after).map(move |before| (before, after)));
        (pairs().filter(|(before, after)| is_called(*before, *after)).count(), pairs().count())
    }

    /// A run with these seconds, as its record and its seconds would be.
    fn made(&self, run: &Run, with_seconds: bool) -> (RunRecord, RunSeconds) {
        let mut record = self.record.clone();
        record.scenario.load.duration_s = run.len() as f64;
        let of_step = |place: usize| -> Vec<f64> {
            run.iter().flat_map(|second| second[place].iter().copied()).collect()
        };
        record.load.steps = self
            .steps
            .iter()
            .enumerate()
            .map(|(place, name)| step(name, of_step(place), run.len()))
            .collect();
        let all = run.iter().flatten().flatten().copied().collect();
        record.load.total = step("total", all, run.len());
        let mut seconds = RunSeconds::new(&record.scenario);
        if with_seconds {
            for (place, second) in run.iter().enumerate() {
                seconds.add(&self.second(place, second));
            }
        }
        (record, seconds)
    }

    fn second(&self, place: usize, second: &[Vec<f64>]) -> LoadSecond {
        let mut steps = BTreeMap::new();
        for (name, times) in self.steps.iter().zip(second).filter(|(_, times)| !times.is_empty()) {
            let mut step = StepSecond { requests: times.len() as u64, ..StepSecond::default() };
            times.iter().for_each(|time_us| step.response_time.record_us(*time_us as u64));
            steps.insert(name.clone(), step);
        }
        LoadSecond { second: place as u32, users: 10, steps, ..LoadSecond::default() }
    }
}

fn under_comparison(runs: &[(RunRecord, RunSeconds)]) -> Vec<RunUnderComparison<'_>> {
    runs.iter().map(|(record, seconds)| RunUnderComparison { record, seconds }).collect()
}

/// Seconds of these runs drawn in blocks until there are enough, each time longer by the same.
fn drawn(sources: &[Run], seconds: usize, slower: f64, random: &mut StdRng) -> Run {
    let together_s = if sources.len() == 1 { TOGETHER_S } else { TOGETHER_OF_ALL_S };
    let mut drawn = Run::new();
    while drawn.len() < seconds {
        let run = match sources {
            [only] => only,
            several => &several[random.random_range(0..several.len())],
        };
        let from = random.random_range(0..run.len());
        let wanted = together_s.min(seconds - drawn.len());
        drawn.extend((0..wanted).map(|place| run[(from + place) % run.len()].clone()));
    }
    drawn.iter_mut().flatten().flatten().for_each(|time_us| *time_us *= slower);
    drawn
}

fn step(name: &str, mut times: Vec<f64>, seconds: usize) -> StepRecord {
    times.sort_by(f64::total_cmp);
    let at = |quantile: f64| {
        let rank = (quantile * times.len() as f64).ceil().max(1.0) as usize;
        times.get(rank - 1).map(|time_us| *time_us as u64)
    };
    StepRecord {
        name: name.to_owned(),
        requests: times.len() as u64,
        throughput_per_s: times.len() as f64 / seconds as f64,
        error_rate: (!times.is_empty()).then_some(0.0),
        response_time: TimeSummary {
            count: times.len() as u64,
            p50_us: at(0.5),
            p95_us: at(0.95),
            p99_us: at(0.99),
            ..TimeSummary::default()
        },
        ..StepRecord::default()
    }
}

/// How often each was said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) regression: u32,
    pub(crate) improvement: u32,
    pub(crate) equivalent: u32,
    pub(crate) inconclusive: u32,
    /// A regression of P95 of all steps together.
    pub(crate) total_p95: u32,
}

impl Said {
    /// What is said of trials with the seeds from `seed` on.
    pub(crate) fn of(recorded: &Recorded, trial: Trial, count: u64) -> Self {
        let mut said = Self::default();
        for seed in trial.seed..trial.seed + count {
            let comparison = recorded.compare(Trial { seed, ..trial });
            let p95 = comparison
                .figures
                .iter()
                .find(|figure| figure.figure == ComparedFigure::P95 && figure.subject == Subject::Total);
            said.total_p95 += u32::from(p95.is_some_and(|figure| figure.change == Change::Regression));
            match comparison.change {
                Change::Regression => said.regression += 1,
                Change::Improvement => said.improvement += 1,
                Change::Equivalent => said.equivalent += 1,
                Change::Inconclusive { .. } => said.inconclusive += 1,
            }
        }
        said
    }
}

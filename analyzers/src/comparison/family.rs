//! One figure over all steps: measured, held together, judged.

use aforo_model::{Answer, Change, ComparedFigure, FigureComparison, Subject};

use super::blocks::{Blocks, ShortRun};
use super::correlation::{correlation_time_s, log_p95};
use super::effect::Effect;
use super::figures::{cpu_of_seconds, figure_of, is_of_all_steps, quantile_of, step_of};
use super::judge::judge;
use super::one_run::effect_of_one_run;
use super::seconds::Counts;
use super::several_runs::{Exchanges, Series, effects_of_runs};
use super::spread::{Drawing, Spread, rate_error};
use super::{ComparisonOptions, RunUnderComparison};
use crate::statistics::{holm, mean};

/// Requests beyond a quantile in one run alone: below, the quantile is a few single requests, and drawing seconds again does not show
/// what others there might have been.
const BEYOND_QUANTILE_OF_ONE: f64 = 20.0;
/// The same where the spread is seen from run to run.
const BEYOND_QUANTILE_OF_SEVERAL: f64 = 5.0;
/// Share of the judged seconds in which CPU must have been read. Blocks of fewer would be most of what there is, and seem to agree.
const LEAST_READ_RATIO: f64 = 0.9;
/// Histograms keep a time to a thousandth; two equal times may differ by that.
const RESOLUTION: f64 = 0.0005;

/// What a judgement rests on.
#[derive(Debug)]
pub(super) enum Basis {
    /// One run a side, drawn again in blocks.
    OneRun(Result<Blocks, ShortRun>),
    /// Several runs on at least one side.
    Several(Exchanges),
}

impl Basis {
    pub(super) fn of(
        before: &[RunUnderComparison<'_>],
        after: &[RunUnderComparison<'_>],
        options: &ComparisonOptions,
    ) -> Self {
        let ([before], [after]) = (before, after) else {
            return Self::Several(Exchanges::of(before.len(), after.len(), options.seed));
        };
        let memory =
            |run: &RunUnderComparison<'_>| correlation_time_s(&log_p95(&run.seconds.of(&Subject::Total)));
        let shorter_s = before.seconds.len().min(after.seconds.len());
        Self::OneRun(Blocks::of(shorter_s, memory(before).max(memory(after))))
    }
}

/// One figure of one subject, before it is judged.
struct Measured {
    subject: Subject,
    before: Option<f64>,
    after: Option<f64>,
    /// The change with its chance adjusted, or why there is none.
    effect: Result<(Effect, f64), String>,
}

/// Every figure of every step, `total` first, then in the order of the scenario.
pub(super) fn compared_figures(
    before: &[RunUnderComparison<'_>],
    after: &[RunUnderComparison<'_>],
    basis: &Basis,
    doubt: Option<&str>,
    options: &ComparisonOptions,
) -> Vec<FigureComparison> {
    let Some(first) = before.first() else { return Vec::new() };
    let steps = first.record.scenario.step_names().into_iter().map(|name| Subject::Step(name.to_owned()));
    let subjects: Vec<Subject> = std::iter::once(Subject::Total).chain(steps).collect();
    let runs = before.len().max(after.len());
    let mut figures = Vec::new();
    for figure in ComparedFigure::EVERY {
        // All steps together are the first question, and the steps are the many others: adjusted for their number, it would be
        // drowned by a scenario of many steps.
        let groups =
            if is_of_all_steps(figure) { vec![&subjects[..1]] } else { vec![&subjects[..1], &subjects[1..]] };
        for group in groups {
            let family = match basis {
                Basis::OneRun(blocks) => {
                    one_run_family(figure, group, (&before[0], &after[0]), blocks.as_ref(), options)
                }
                Basis::Several(exchanges) => several_runs_family(figure, group, (before, after), exchanges),
            };
            let compared = |measured| compared(figure, measured, doubt, runs, options);
            figures.extend(family.into_iter().map(compared));
        }
    }
    let place = |subject: &Subject| subjects.iter().position(|other| other == subject);
    figures.sort_by_key(|compared| place(&compared.subject));
    figures
}

fn compared(
    figure: ComparedFigure,
    measured: Measured,
    doubt: Option<&str>,
    runs: usize,
    options: &ComparisonOptions,
) -> FigureComparison {
    let unknown = |why: &str| Change::Inconclusive { why: why.to_owned(), runs_needed: None };
    let change = match (&measured.effect, doubt) {
        (_, Some(doubt)) => unknown(doubt),
        (Err(why), None) => unknown(why),
        (Ok((effect, adjusted)), None) => judge(figure, effect, *adjusted, runs, options),
    };
    let found = measured.effect.as_ref().ok();
    FigureComparison {
        subject: measured.subject,
        figure,
        before: measured.before,
        after: measured.after,
        p_value: found.map(|(effect, _)| effect.chance),
        adjusted_p_value: found.map(|(_, adjusted)| *adjusted),
        effect: match measured.effect {
            Ok((effect, _)) => Answer::Found(effect.interval),
            Err(why) => Answer::absent(why),
        },
        change,
    }
}

fn one_run_family(
    figure: ComparedFigure,
    subjects: &[Subject],
    (before, after): (&RunUnderComparison<'_>, &RunUnderComparison<'_>),
    blocks: Result<&Blocks, &ShortRun>,
    options: &ComparisonOptions,
) -> Vec<Measured> {
    let effect_of = |subject: &Subject| {
        if figure_of(before.record, subject, figure).is_none()
            || figure_of(after.record, subject, figure).is_none()
        {
            return Err(not_measured(figure));
        }
        let blocks = blocks.map_err(ToString::to_string)?;
        for run in [before, after] {
            enough_requests(run, subject, figure, BEYOND_QUANTILE_OF_ONE)?;
        }
        let spread = |run: &RunUnderComparison<'_>, seed: u64| {
            let widening = blocks.widening(figure);
            let (block_s, resamples) = (blocks.block_s, options.resamples);
            spread_of(run, subject, figure, Drawing { block_s, resamples, seed, widening })
        };
        let (was, is) = (spread(before, options.seed)?, spread(after, options.seed.wrapping_add(1))?);
        effect_of_one_run(figure, &was, &is, options.run_to_run_ratio, blocks.degrees).ok_or_else(|| {
            "its slowest requests come in so few clusters that nothing limits the interval".to_owned()
        })
    };
    let effects: Vec<Result<Effect, String>> = subjects.iter().map(effect_of).collect();
    let chances: Vec<f64> =
        effects.iter().filter_map(|effect| effect.as_ref().ok()).map(|effect| effect.chance).collect();
    let mut adjusted = holm(&chances).into_iter();
    let measured = |(subject, effect): (&Subject, Result<Effect, String>)| Measured {
        subject: subject.clone(),
        before: figure_of(before.record, subject, figure),
        after: figure_of(after.record, subject, figure),
        effect: effect.map(|effect| (effect, adjusted.next().unwrap_or(1.0))),
    };
    subjects.iter().zip(effects).map(measured).collect()
}

fn several_runs_family(
    figure: ComparedFigure,
    subjects: &[Subject],
    (before, after): (&[RunUnderComparison<'_>], &[RunUnderComparison<'_>]),
    exchanges: &Exchanges,
) -> Vec<Measured> {
    let all = || before.iter().chain(after);
    let series_of = |subject: &Subject| {
        for run in all() {
            enough_requests(run, subject, figure, BEYOND_QUANTILE_OF_SEVERAL)?;
        }
        let values = |runs: &[RunUnderComparison<'_>]| -> Option<Vec<f64>> {
            runs.iter()
                .map(|run| figure_of(run.record, subject, figure).map(|value| scaled(figure, value)))
                .collect()
        };
        let (before, after) = values(before).zip(values(after)).ok_or_else(|| not_measured(figure))?;
        Ok(Series { before, after, least_deviation: least_deviation(figure, subject, all()) })
    };
    let series: Vec<Result<Series, String>> = subjects.iter().map(series_of).collect();
    let family: Vec<Series> = series.iter().filter_map(|series| series.as_ref().ok()).cloned().collect();
    let mut effects = effects_of_runs(figure, &family, exchanges).into_iter();
    let measured = |(subject, series): (&Subject, Result<Series, String>)| Measured {
        subject: subject.clone(),
        before: center(before, subject, figure),
        after: center(after, subject, figure),
        effect: series.and_then(|_| effects.next().ok_or_else(|| not_measured(figure))),
    };
    subjects.iter().zip(series).map(measured).collect()
}

fn not_measured(figure: ComparedFigure) -> String {
    format!("{} was not measured in every run", figure.as_str())
}

/// On the scale on which it is compared.
fn scaled(figure: ComparedFigure, value: f64) -> f64 {
    if figure.is_difference() { value } else { value.ln() }
}

/// A side's figure: the mean of its runs on the scale on which they are compared, so that the effect is what lies between the sides.
fn center(runs: &[RunUnderComparison<'_>], subject: &Subject, figure: ComparedFigure) -> Option<f64> {
    let values: Option<Vec<f64>> = runs.iter().map(|run| figure_of(run.record, subject, figure)).collect();
    let center = mean(values?.into_iter().map(|value| scaled(figure, value)))?;
    Some(if figure.is_difference() { center } else { center.exp() })
}

/// The least that runs are believed to differ by: the resolution of a time, and of a rate what chance makes of single failures.
fn least_deviation<'a>(
    figure: ComparedFigure,
    subject: &Subject,
    runs: impl Iterator<Item = &'a RunUnderComparison<'a>>,
) -> f64 {
    if !figure.is_difference() {
        return RESOLUTION;
    }
    let counted = runs.filter_map(|run| step_of(run.record, subject));
    let (errors, requests, count) = counted.fold((0.0, 0.0, 0.0f64), |(errors, requests, count), step| {
        (errors + step.error_count() as f64, requests + step.requests as f64, count + 1.0)
    });
    // The error of a rate over all runs together is that of one run by the root of their number.
    rate_error(errors, requests) * count.sqrt()
}

/// A quantile rests on the requests beyond it.
fn enough_requests(
    run: &RunUnderComparison<'_>,
    subject: &Subject,
    figure: ComparedFigure,
    beyond: f64,
) -> Result<(), String> {
    let Some(quantile) = quantile_of(figure) else { return Ok(()) };
    let timed = step_of(run.record, subject).map_or(0, |step| step.response_time.count);
    // A whole number of requests, whatever the quantile's last digit.
    let wanted = (beyond / (1.0 - quantile)).round();
    if timed as f64 >= wanted {
        return Ok(());
    }
    Err(format!("{timed} requests in a run are too few for {}; {wanted:.0} are the least", figure.as_str()))
}

fn spread_of(
    run: &RunUnderComparison<'_>,
    subject: &Subject,
    figure: ComparedFigure,
    drawing: Drawing,
) -> Result<Spread, String> {
    let seconds = run.seconds.of(subject);
    let ratio = |of: fn(&Counts) -> (f64, f64)| {
        Spread::of_ratio(&seconds.iter().map(of).collect::<Vec<_>>(), drawing)
    };
    if let Some(quantile) = quantile_of(figure) {
        return Spread::of_quantile(&seconds, quantile, drawing).ok_or_else(|| not_measured(figure));
    }
    match figure {
        ComparedFigure::ErrorRate => Ok(Spread::of_error_rate(&seconds, drawing)),
        ComparedFigure::Throughput => {
            Ok(ratio(|counts| (counts.requests.saturating_sub(counts.errors) as f64, 1.0)))
        }
        ComparedFigure::CpuPerRequest => {
            let cpu_s = cpu_of_seconds(run.record, run.seconds.first_s(), seconds.len());
            let columns = seconds.iter().zip(cpu_s);
            let known = columns.filter_map(|(counts, cpu_s)| Some((cpu_s? * 1e6, counts.requests as f64)));
            let known: Vec<_> = known.collect();
            if (known.len() as f64) < LEAST_READ_RATIO * seconds.len() as f64 {
                return Err(format!(
                    "its CPU was read in {} of {} judged seconds, and blocks are cut of all of them",
                    known.len(),
                    seconds.len()
                ));
            }
            Ok(Spread::of_ratio(&known, drawing))
        }
        _ => Err("one run gives one value of it; repeated runs would tell".to_owned()),
    }
}

//! Whether a level met what the scenario asks for.

use aforo_model::{Expression, Indicator, Scenario, StepRecord, Subject, Verdict};

use super::SeenLevel;
use crate::indicators::{Measurement, Outcome, connection_use_of, measure_requests};

/// The verdict on a level, and the objectives it missed with the red flags it raised. What describes only a whole
/// run (throughput, growth, drift, cache) is not asked of a level: a low level is right to have a low throughput.
pub(super) fn judge_level(level: &SeenLevel<'_>, scenario: &Scenario) -> (Verdict, Vec<String>) {
    let (mut missed, mut unknown, mut asked) = (Vec::new(), None, false);
    for slo in &scenario.slos {
        let Some(measurement) = measure(level, &slo.subject, &slo.expect) else { continue };
        asked = true;
        match measurement.outcome(&slo.expect) {
            Outcome::Holds => {}
            Outcome::Fails => missed.push(named(&slo.subject, &slo.expect)),
            Outcome::Unknown(why) => {
                unknown.get_or_insert(format!("{}: {why}", named(&slo.subject, &slo.expect)));
            }
        }
    }
    for flag in &scenario.red_flags {
        let Some(measurement) = measure(level, &flag.subject, &flag.when) else { continue };
        if measurement.outcome(&flag.when) == Outcome::Holds {
            missed.push(named(&flag.subject, &flag.when));
        }
    }
    let verdict = match unknown {
        _ if !missed.is_empty() => Verdict::Violated,
        Some(why) => Verdict::inconclusive(why),
        None if asked => Verdict::Met,
        None => Verdict::inconclusive("the scenario has no objective that can be asked of a level"),
    };
    (verdict, missed)
}

fn measure(level: &SeenLevel<'_>, subject: &Subject, expression: &Expression) -> Option<Measurement> {
    if expression.indicator == Indicator::ConnectionUse {
        return Some(connection_use_of(level.readings.samples.iter().copied()));
    }
    let record: &StepRecord = match subject {
        Subject::Total => &level.level.total,
        Subject::Step(name) => level.level.steps.iter().find(|step| step.name == *name)?,
        Subject::Part(_) | Subject::Statement(_) => return None,
    };
    let measurement = measure_requests(record, expression)?;
    Some(if record.requests > 0 { measurement } else { Measurement::nothing("not one request ended") })
}

fn named(subject: &Subject, expression: &Expression) -> String {
    match subject {
        Subject::Total if !expression.indicator.is_per_step() => expression.to_string(),
        subject => format!("{subject} {expression}"),
    }
}

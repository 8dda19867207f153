//! `[[slo]]` and `[[red_flag]]`: what must hold, and what must not happen.

use aforo_model::{Criticality, Expression, RedFlag, Slo, Subject};

use super::report::At;
use super::section::Section;

const CRITICALITIES: [(&str, Criticality); 4] = [
    ("low", Criticality::Low),
    ("medium", Criticality::Medium),
    ("high", Criticality::High),
    ("critical", Criticality::Critical),
];

/// Reads the objectives. `steps` are the names that may be asked about; none when they are not known
/// because the journeys are not right.
pub(super) fn read_slos(root: &Section<'_>, steps: Option<&[&str]>) -> Vec<Slo> {
    let sections = root.sections("slo", "an SLO", &["step", "expect", "criticality", "abort"]);
    sections.iter().filter_map(|section| slo(section, steps)).collect()
}

/// Reads the red flags.
pub(super) fn read_red_flags(root: &Section<'_>, steps: Option<&[&str]>) -> Vec<RedFlag> {
    let sections = root.sections("red_flag", "a red flag", &["step", "when"]);
    sections
        .iter()
        .filter_map(|section| {
            let when = section.required_text("when", "when = \"error_rate > 5%\"");
            let (subject, when) = judged(section, when, steps)?;
            Some(RedFlag { subject, when })
        })
        .collect()
}

fn slo(section: &Section<'_>, steps: Option<&[&str]>) -> Option<Slo> {
    let criticality = match section.text("criticality") {
        None => Criticality::High,
        Some(word) => match CRITICALITIES.iter().find(|(known, _)| *known == word.value) {
            Some((_, criticality)) => *criticality,
            None => {
                let known = CRITICALITIES.map(|(known, _)| known);
                section.report.unknown(&word, "a criticality", known);
                Criticality::High
            }
        },
    };
    let abort = section.boolean("abort").is_some_and(|abort| abort.value);
    let expect = section.required_text("expect", "expect = \"p95 < 3s\"");
    let (subject, expect) = judged(section, expect, steps)?;
    Some(Slo { subject, expect, criticality, abort })
}

fn judged(
    section: &Section<'_>,
    expression: Option<At<&str>>,
    steps: Option<&[&str]>,
) -> Option<(Subject, Expression)> {
    let step = section.text("step");
    if let (Some(step), Some(steps)) = (&step, steps)
        && !steps.contains(&step.value)
    {
        section.report.unknown(step, "a step", steps.iter().copied());
    }
    let text = expression?;
    let expression: Expression = match text.value.parse() {
        Ok(expression) => expression,
        Err(error) => {
            section.report.add(text.span, error.to_string(), "this expression", "");
            return None;
        }
    };
    if step.is_some() && !expression.indicator.is_per_step() {
        let message = format!("`{}` describes the whole run, not a step", expression.indicator);
        section.report.add(text.span, message, "asked of a step", "remove `step`");
        return None;
    }
    let subject = step.map_or(Subject::Total, |step| Subject::Step(step.value.to_owned()));
    Some((subject, expression))
}

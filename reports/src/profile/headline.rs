//! The first sentence of a step's profile.

use aforo_model::Answer;
use aforo_model::profile::StepProfile;

use crate::style::Tone;

/// The hottest path, or why none is named.
pub(super) fn headline(report: &StepProfile) -> String {
    let said = match &report.profile {
        Answer::Absent { why } => format!("no profile: {why}"),
        Answer::Found(record) => match &record.hottest_path {
            Answer::Found(path) => path.sentence.clone(),
            Answer::Absent { why } => format!("no hottest path: {why}"),
        },
    };
    format!("{}: {}", report.step, said.trim_end_matches('.'))
}

/// How the headline is toned.
pub(super) fn tone(report: &StepProfile) -> Tone {
    match report.profile.found().map(|record| &record.hottest_path) {
        Some(Answer::Found(_)) => Tone::Heading,
        _ => Tone::Doubtful,
    }
}

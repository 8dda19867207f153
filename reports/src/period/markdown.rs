//! A report over a period as Markdown.

use std::io::{self, Write};

use aforo_model::{LoadAggregate, PeriodReport};

use super::{sentences, sheets};
use crate::history::sheets as shared;
use crate::markdown::section;
use crate::sheet::escaped;

pub(super) fn render(report: &PeriodReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Runs of {}\n", escaped(&report.period.to_string()))?;
    writeln!(out, "{}", escaped(&sentences::headline(report)))?;
    if let Some(left_out) = shared::left_out(&report.left_out) {
        writeln!(out, "\n{}", escaped(&left_out))?;
    }
    report.loads.iter().try_for_each(|load| of_load(load, out))?;
    section("Findings by code", sheets::findings(report), None, out)
}

fn of_load(load: &LoadAggregate, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {}\n\n{}", escaped(&sentences::title(load)), escaped(&shared::load(&load.load)))?;
    if let Some(basis) = sentences::basis(load) {
        writeln!(out, "\n{}", escaped(&basis))?;
    }
    if let Some(objectives) = sheets::objectives(load) {
        write!(out, "\n{}", objectives.markdown())?;
    }
    let steps = sheets::steps(load, true).markdown();
    writeln!(out, "\n{steps}\n{} {}\n", sentences::TIMES_MEAN, sentences::RANGE_MEANS)?;
    for sentence in sentences::course(load) {
        writeln!(out, "- {}", escaped(&sentence))?;
    }
    if !load.recommendations.is_empty() {
        writeln!(out, "\n### Recommendations\n")?;
    }
    for seen in &load.recommendations {
        writeln!(out, "- {}", escaped(&sentences::recommendation(seen)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::canonical;

    fn drawn(report: &PeriodReport) -> String {
        let mut bytes = Vec::new();
        render(report, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_canonical_report_looks_like_this() {
        insta::assert_snapshot!("period-markdown", drawn(&canonical::report()));
    }

    #[test]
    fn markup_in_names_is_text() {
        let text = drawn(&canonical::hostile());
        assert!(!text.replace("\\<", "").contains("<script"), "{text}");
        assert!(text.len() < 20_000);
    }
}

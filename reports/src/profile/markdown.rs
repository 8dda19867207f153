//! `profile.md`: the profile of a step for a ticket or a pull request.

use std::io::{self, Write};

use aforo_model::Answer;
use aforo_model::profile::{ProfileRecord, StepProfile};

use super::{answers, headline, sheets};
use crate::markdown;
use crate::sheet::escaped;

pub(super) fn render(report: &StepProfile, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&headline::headline(report)))?;
    for (name, value) in answers::facts(report) {
        writeln!(out, "- **{name}** {}", escaped(&value))?;
    }
    if let Answer::Found(record) = &report.profile {
        functions(record, out)?;
    }
    wall(report, out)?;
    markdown::not_read(&report.unread, out)?;
    notes("To know of this load", &report.load_notes, out)?;
    if let Some(record) = report.profile.found() {
        notes("To know of this profile", &record.profile.notes, out)?;
    }
    obstacles(report, out)?;
    markdown::findings(&report.findings, escaped, out)
}

fn functions(record: &ProfileRecord, out: &mut dyn Write) -> io::Result<()> {
    let Some(sheet) = sheets::functions(record) else { return Ok(()) };
    write!(out, "\n## Functions, by their own time\n\n{}", sheet.markdown())?;
    writeln!(out, "\n{}", sheets::FUNCTIONS_MEAN)
}

fn wall(report: &StepProfile, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Where the time of a request goes\n")?;
    match &report.wall {
        Answer::Found(split) => {
            writeln!(out, "{}\n{}", sheets::wall(split).markdown(), escaped(&split.sentence))
        }
        Answer::Absent { why } => writeln!(out, "Not known: {}.", escaped(why)),
    }
}

fn notes(heading: &str, notes: &[String], out: &mut dyn Write) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {heading}\n")?;
    notes.iter().try_for_each(|note| writeln!(out, "- {}", escaped(note)))
}

fn obstacles(report: &StepProfile, out: &mut dyn Write) -> io::Result<()> {
    if report.obstacles.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Profilers that did not fit\n")?;
    for obstacle in &report.obstacles {
        let [why, remedy] = [&obstacle.why, &obstacle.remedy].map(|text| escaped(text));
        writeln!(out, "- {}: {why} → {remedy}", obstacle.profiler.as_str())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::canonical;

    #[test]
    fn the_canonical_profile_looks_like_this() {
        insta::assert_snapshot!("profile-markdown", canonical::rendered(render, &canonical::report()));
    }

    #[test]
    fn names_of_functions_stay_in_their_cells() {
        let mut report = canonical::report();
        if let Answer::Found(record) = &mut report.profile {
            record.functions[0].function = "a|b\n# <img src=x>".to_owned();
        }
        let text = canonical::rendered(render, &report);
        assert!(text.contains("\n| a\\|b # \\<img src=x> (dates.rs:41) | "), "{text}");
    }
}

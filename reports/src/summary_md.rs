//! `summary.md`: the report for a pull request or a ticket.

use std::io::{self, Write};

use aforo_model::RunRecord;

use crate::capacity;
use crate::change;
use crate::database::brief;
use crate::figures;
use crate::headline::{banner, findings_beside_banner, headline};
use crate::open_objectives::open_reasons;
use crate::profile::brief as profile_brief;
use crate::resource_notes;
use crate::sheet::escaped;
use crate::sheets;
use crate::workload;

/// Writes the report as Markdown.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&headline(record)))?;
    if let Some(banner) = banner(record) {
        writeln!(out, "> **{}**\n", escaped(&banner))?;
    }
    answers(&sheets::facts(record), out)?;
    writeln!(out, "\n## Objectives\n")?;
    objectives(record, out)?;
    writeln!(out, "\n## Endpoints\n")?;
    write!(out, "{}", sheets::endpoints(record).markdown())?;
    writeln!(out, "\n{}", workload::times_mean(record))?;
    if let Some(service_times) = workload::service_times(record) {
        writeln!(out, "\n## Service times\n\n{}\n{}", service_times.markdown(), workload::SERVICE_TIMES)?;
    }
    capacity_found(record, out)?;
    changes(record, out)?;
    failures(record, out)?;
    resources(record, out)?;
    profile_brief::markdown(record, out)?;
    brief::markdown(record, out)?;
    findings(record, out)
}

fn objectives(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    if record.slos.is_empty() {
        return writeln!(out, "The scenario sets none.");
    }
    write!(out, "{}", sheets::objectives(record).markdown())?;
    let reasons = open_reasons(record);
    if !reasons.is_empty() {
        writeln!(out)?;
    }
    for reason in reasons {
        writeln!(out, "- {}", escaped(&reason))?;
    }
    Ok(())
}

fn capacity_found(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let Some(found) = &record.capacity else { return Ok(()) };
    writeln!(out, "\n## Capacity\n\n{}\n{}\n", capacity::levels(found).markdown(), capacity::LEVELS_MEAN)?;
    answers(&capacity::answers(found), out)
}

fn changes(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let found = change::answers(record);
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Change over the run\n")?;
    answers(&found, out)
}

fn answers(answers: &[(&str, String)], out: &mut dyn Write) -> io::Result<()> {
    answers.iter().try_for_each(|(name, value)| writeln!(out, "- {name}: {}", escaped(value)))
}

fn failures(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let failures = sheets::failures(record);
    if failures.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Failures, some as they were seen\n")?;
    for failure in failures {
        let example = failure.example;
        writeln!(
            out,
            "- {}, {} ({} seen): {}",
            escaped(failure.step),
            figures::error_kind(example.kind),
            figures::count(example.seen),
            escaped(&example.message)
        )?;
    }
    Ok(())
}

fn resources(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let table = sheets::resources(record)
        .map(|processes| format!("{}\n{}\n", processes.markdown(), sheets::RESOURCES_MEAN));
    let host = sheets::host(record).map(|host| format!("{host}\n"));
    let generator = sheets::generator(record).map(|generator| format!("{generator}\n"));
    let notes =
        resource_notes::sentences(record).into_iter().map(|sentence| format!("{}\n", escaped(&sentence)));
    let parts: Vec<String> = table.into_iter().chain(host).chain(generator).chain(notes).collect();
    if parts.is_empty() {
        return Ok(());
    }
    write!(out, "\n## Resources, over the whole run\n\n{}", parts.join("\n"))
}

fn findings(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let mut findings = findings_beside_banner(record).peekable();
    if findings.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Findings\n")?;
    for finding in findings {
        writeln!(
            out,
            "- **{}** {} ({}): {}. {}",
            figures::severity(finding.severity),
            escaped(&finding.subject.to_string()),
            escaped(&finding.code),
            escaped(finding.message.trim_end_matches('.')),
            escaped(&finding.remedy)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("summary-{name}"), canonical::rendered(render, &record));
        }
    }
}

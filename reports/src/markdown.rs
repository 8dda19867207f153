//! What the Markdown reports have in common: sections, findings, what was not read.

use std::io::{self, Write};

use aforo_model::Finding;
use aforo_model::database::Skipped;

use crate::figures;
use crate::sheet::{Sheet, escaped};

/// A table under its title, with a note below it; nothing where there is no table.
pub(crate) fn section(
    title: &str,
    sheet: Option<Sheet>,
    note: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(sheet) = sheet else { return Ok(()) };
    write!(out, "\n## {title}\n\n{}", sheet.markdown())?;
    note.map_or(Ok(()), |note| writeln!(out, "\n{}", escaped(note)))
}

/// Findings about what they name themselves. `text` makes Markdown of what they say.
pub(crate) fn findings<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    text: fn(&str) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut findings = findings.into_iter().peekable();
    if findings.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Findings\n")?;
    findings.try_for_each(|each| writeln!(out, "- {}", finding(&each.subject.to_string(), each, text)))
}

/// A finding about `subject`, as one line. `text` makes Markdown of what it says.
pub(crate) fn finding(subject: &str, finding: &Finding, text: fn(&str) -> String) -> String {
    format!(
        "**{}** {} ({}): {} → {}",
        figures::severity(finding.severity),
        escaped(subject),
        escaped(&finding.code),
        text(finding.message.trim_end_matches('.')),
        text(&finding.remedy)
    )
}

/// The address as the target of a link; nothing where it is no address of the web, or could be anything but a link.
pub(crate) fn link_target(url: &str) -> Option<&str> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\`\"'|*".contains(c);
    (is_web && url.chars().all(is_plain)).then_some(url)
}

/// What was not read, each part with what would let it be read.
pub(crate) fn not_read(skipped: &[Skipped], out: &mut dyn Write) -> io::Result<()> {
    if skipped.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Not read\n")?;
    for part in skipped {
        let [what, why, remedy] = [&part.what, &part.why, &part.remedy].map(|text| escaped(text));
        writeln!(out, "- {what}: {why}. {remedy}")?;
    }
    Ok(())
}

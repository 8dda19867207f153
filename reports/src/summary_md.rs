//! `summary.md`: the report for a pull request or a ticket.

use std::io::{self, Write};

use aforo_model::{Finding, RunRecord};

use crate::capacity;
use crate::change;
use crate::comparison::brief::markdown as comparison;
use crate::database::brief;
use crate::figures;
use crate::files::{REPORT, beside_report};
use crate::headline::{banner, findings_beside_banner, headline};
use crate::markdown;
use crate::open_objectives::open_reasons;
use crate::profile::brief as profile_brief;
use crate::recommendations::{Help, helps};
use crate::recommendations_md;
use crate::resource_notes;
use crate::sheet::{code_span, escaped, prose};
use crate::sheets;
use crate::text::{one_line, shortened};
use crate::what_matters::what_matters;
use crate::workload;

/// What a comment of GitHub or GitLab may hold: 65,536 characters. Counted in bytes, which are never fewer.
pub(crate) const COMMENT_BYTES: usize = 65_536;
/// Columns of a sentence that may name things of any length.
const SENTENCE_COLUMNS: usize = 400;
/// What is cut is shown whole in at most this many bytes, an eighth of a comment: objectives and advice are not to give way to it.
const IN_FULL_BYTES: usize = 8_192;
/// Room for the list of what was left out.
const NOTE_BYTES: usize = 1_024;

/// Writes the report as Markdown that fits a comment.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(within(record, COMMENT_BYTES).as_bytes())
}

/// A part of the report that is there as a whole or not at all.
struct Section {
    title: &'static str,
    /// With its heading; empty where the record has nothing to say of it.
    text: String,
}

/// The report in at most `most_bytes`: the headline, and every section that still has room, the most important first. What was left out
/// is named at the end.
pub(crate) fn within(record: &RunRecord, most_bytes: usize) -> String {
    let mut text = text(top, record);
    let mut left_out = Vec::new();
    for section in sections(record) {
        if text.len() + section.text.len() + NOTE_BYTES <= most_bytes {
            text += &section.text;
        } else {
            left_out.push(section.title);
        }
    }
    if !left_out.is_empty() {
        text += &format!(
            "\n**Left out for want of room: {}.** report.html of this run has all of it.\n",
            left_out.join(", ")
        );
    }
    text
}

/// How a part of the report is written.
type Writer = fn(&RunRecord, &mut dyn Write) -> io::Result<()>;

/// Every section by what it is called when it is left out, the most important first.
const SECTIONS: [(&str, Writer); 15] = [
    ("what is cut above, in full", in_full),
    ("objectives", objectives),
    ("comparison with the baseline", comparison),
    ("what to do", recommendations_md::markdown),
    ("files", files),
    ("findings", findings),
    ("endpoints", endpoints),
    ("service times", service_times),
    ("capacity", capacity_found),
    ("change over the run", changes),
    ("database", brief::markdown),
    ("profile", profile_brief::markdown),
    ("failures", failures),
    ("resources", resources),
    ("run", run),
];

fn sections(record: &RunRecord) -> impl Iterator<Item = Section> {
    SECTIONS.into_iter().map(|(title, write)| Section { title, text: text(write, record) })
}

fn text(write: Writer, record: &RunRecord) -> String {
    let mut bytes = Vec::new();
    write(record, &mut bytes).expect("memory can be written to");
    String::from_utf8(bytes).expect("reports are UTF-8")
}

/// A sentence that may name things of any length.
fn short(text: &str) -> String {
    prose(&shortened(text, SENTENCE_COLUMNS))
}

/// The verdict, what a reader must know before any figure, and the run in a sentence.
fn top(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", short(&headline(record)))?;
    if let Some(banner) = banner(record) {
        writeln!(out, "> **{}**\n", short(&banner))?;
    }
    writeln!(out, "{}.", short(&sheets::in_short(record)))?;
    for caveat in what_matters(record).caveats {
        writeln!(out, "\n> {}", markdown::finding(&caveat.subject, caveat.finding, short))?;
    }
    Ok(())
}

/// The sentences above that were cut, folded away; or where they stand, if that is too much.
fn in_full(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let is_cut = |text: &str| shortened(text, SENTENCE_COLUMNS) != one_line(text);
    let mut cut: Vec<String> =
        banner(record).filter(|banner| is_cut(banner)).iter().map(|banner| prose(banner)).collect();
    for caveat in what_matters(record).caveats {
        if is_cut(&caveat.finding.message) || is_cut(&caveat.finding.remedy) {
            cut.push(markdown::finding(&caveat.subject, caveat.finding, prose));
        }
    }
    if cut.is_empty() {
        return Ok(());
    }
    let text = cut.join("\n\n");
    if text.len() > IN_FULL_BYTES {
        return writeln!(out, "\nWhat is cut above stands in full in {} of this run.", code_span(REPORT));
    }
    // The empty lines let what is inside be read as Markdown.
    writeln!(out, "\n<details><summary>What is cut above, in full</summary>\n\n{text}\n\n</details>")
}

fn run(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Run\n")?;
    answers(&sheets::facts(record), out)
}

fn endpoints(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\n## Endpoints\n\n{}", sheets::endpoints(record).markdown())?;
    writeln!(out, "\n{}", workload::times_mean(record))
}

fn service_times(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let Some(service_times) = workload::service_times(record) else { return Ok(()) };
    writeln!(out, "\n## Service times\n\n{}\n{}", service_times.markdown(), workload::SERVICE_TIMES)
}

/// Where the rest is. A comment has no folder that a link could be relative to, so files are named and the job is linked, where it is known.
fn files(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let files: Vec<String> = beside_report(record).into_iter().map(code_span).collect();
    let job = record.environment.ci_job_url.as_deref().and_then(markdown::link_target);
    let job = job.map_or_else(String::new, |url| {
        format!(" [The job that made the run]({url}) has them if it keeps the folder `runs/`.")
    });
    writeln!(
        out,
        "\nAll of it is in {} in the folder of the run, {}; beside it: {}.{job}",
        code_span(REPORT),
        code_span(&record.id),
        files.join(", ")
    )
}

fn objectives(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Objectives\n")?;
    if record.slos.is_empty() {
        return writeln!(out, "The scenario sets none.");
    }
    write!(out, "{}", sheets::objectives(record).markdown())?;
    let mut notes = open_reasons(record);
    notes.extend(helps(record).iter().map(Help::sentence));
    if !notes.is_empty() {
        writeln!(out)?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "- {}", short(note)))
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

/// What was found, but for what stands at the verdict.
fn findings(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let caveats = what_matters(record).caveats;
    let is_said = |finding: &Finding| caveats.iter().any(|caveat| std::ptr::eq(caveat.finding, finding));
    markdown::findings(findings_beside_banner(record).filter(|finding| !is_said(finding)), prose, out)
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

    #[test]
    fn it_fits_a_comment_however_much_was_found_and_says_what_is_missing() {
        let mut record = canonical::record("violated");
        let (finding, step) = (record.findings[0].clone(), record.load.steps[0].clone());
        record.findings.extend(std::iter::repeat_n(finding, 400));
        record.load.steps.extend(std::iter::repeat_n(step, 900));
        let text = canonical::rendered(render, &record);
        assert!(text.len() <= COMMENT_BYTES, "{}", text.len());
        assert!(text.contains("**Left out for want of room: findings, endpoints.**"), "{text}");
        assert!(text.contains("## Database") && text.contains("## Run"), "what has room is there: {text}");
    }

    #[test]
    fn files_are_named_since_a_comment_has_no_folder_and_the_job_is_linked_where_it_is_known() {
        let mut record = canonical::record("met");
        let text = canonical::rendered(render, &record);
        assert!(text.contains("All of it is in `report.html` in the folder"), "{text}");
        assert!(!text.contains("]("), "{text}");
        record.environment.ci_job_url = Some("https://github.example/team/shop/actions/runs/42".to_owned());
        let text = canonical::rendered(render, &record);
        assert!(
            text.contains("(https://github.example/team/shop/actions/runs/42) has them if it keeps"),
            "{text}"
        );
        for hostile in ["javascript:alert(1)", "https://a.example/) [b](c", "https://a.example/\n# b"] {
            record.environment.ci_job_url = Some(hostile.to_owned());
            assert!(!canonical::rendered(render, &record).contains("]("), "{hostile}");
        }
    }

    #[test]
    fn a_caveat_stands_before_the_objectives_and_is_said_once() {
        let mut record = canonical::record("met");
        let mut finding = canonical::record("violated").findings.swap_remove(1);
        (finding.severity, finding.code) = (aforo_model::Severity::Critical, "machine-busy".to_owned());
        let said = finding.message.clone();
        record.findings = vec![finding];
        let text = canonical::rendered(render, &record);
        assert_eq!(text.matches(&short(said.trim_end_matches('.'))).count(), 1, "{text}");
        let caveat = text.find("\n> **critical**").expect("a caveat");
        assert!(caveat < text.find("## Objectives").unwrap(), "{text}");
    }

    /// A run with a caveat of so many characters.
    fn with_caveat(characters: usize) -> (RunRecord, String) {
        let mut record = canonical::record("met");
        let mut finding = canonical::record("violated").findings.swap_remove(1);
        (finding.severity, finding.code) = (aforo_model::Severity::Critical, "machine-busy".to_owned());
        let mut said = "so it was ".repeat(characters / 10);
        said += "to the end";
        finding.message.clone_from(&said);
        record.findings = vec![finding];
        (record, said)
    }

    #[test]
    fn a_caveat_that_is_cut_stands_in_full_below_where_there_is_room() {
        let (record, said) = with_caveat(900);
        let text = canonical::rendered(render, &record);
        let (above, below) = text.split_once("<details><summary>What is cut above").expect("it is folded");
        assert!(above.contains("…") && !above.contains("## Objectives") && below.contains(&said), "{text}");
        assert!(!canonical::rendered(render, &with_caveat(300).0).contains("What is cut above"));
    }

    #[test]
    fn a_caveat_that_would_crowd_out_the_rest_is_said_to_stand_in_the_report() {
        let (record, said) = with_caveat(60_000);
        let text = canonical::rendered(render, &record);
        assert!(text.contains("What is cut above stands in full in `report.html`"), "{text}");
        assert!(
            !text.contains(&said) && text.contains("## Objectives") && !text.contains("Left out"),
            "{text}"
        );
        let narrow = within(&with_caveat(900).0, 2_048);
        assert!(narrow.contains("Left out for want of room: what is cut above, in full"), "{narrow}");
    }

    #[test]
    fn an_end_whose_reason_is_cut_stands_in_full_below() {
        let mut record = canonical::record("met");
        let why = format!("{}to the end", "so it was ".repeat(90));
        record.end = aforo_model::RunEnd::Aborted { at_s: 3.0, why: why.clone() };
        let text = canonical::rendered(render, &record);
        assert!(text.split_once("</summary>").is_some_and(|(_, below)| below.contains(&why)), "{text}");
    }

    #[test]
    fn names_of_any_length_leave_the_verdict_the_objectives_and_the_advice() {
        let mut record = canonical::record("violated");
        let name = "<b>é\u{1f600}\"|".repeat(2_000) + &"\u{301}".repeat(9_000);
        record.scenario.name.clone_from(&name);
        record.target.name.clone_from(&name);
        for result in &mut record.slos {
            result.slo.subject = aforo_model::Subject::Step(name.clone());
        }
        for step in &mut record.load.steps {
            step.name.clone_from(&name);
        }
        for advice in &mut record.recommendations {
            advice.title.clone_from(&name);
        }
        let text = canonical::rendered(render, &record);
        assert!(text.len() <= COMMENT_BYTES, "{}", text.len());
        for part in ["# VIOLATED", "## Objectives", "## What to do", "## Endpoints"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.replace("\\<", "").contains("<b>"), "it is escaped: {text}");
    }

    #[test]
    fn marks_without_a_width_make_nothing_longer() {
        let mut record = canonical::record("violated");
        record.scenario.name = format!("a{}", "\u{301}".repeat(90_000));
        record.slos[0].slo.subject = aforo_model::Subject::Step(record.scenario.name.clone());
        let text = canonical::rendered(render, &record);
        assert!(text.len() <= COMMENT_BYTES && text.contains("## What to do"), "{}", text.len());
    }

    #[test]
    fn with_hardly_any_room_the_verdict_is_left() {
        let text = within(&canonical::record("violated"), 2_048);
        assert!(text.starts_with("# VIOLATED") && text.contains("Left out") && text.len() <= 2_048, "{text}");
    }
}

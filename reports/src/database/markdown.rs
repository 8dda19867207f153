//! `database.md`: the database report for a ticket or a pull request.

use std::io::{self, Write};

use aforo_model::Answer;
use aforo_model::database::{DatabaseReport, FixWords};

use super::terminal::n_plus_ones;
use super::{answers, findings, headline, plans, sheets, statements, traces};
use crate::figures;
use crate::markdown;
use crate::sheet::{code_block, code_span, escaped};
use crate::style::Style;
use crate::text::one_line;

/// Answers that are SQL.
const SQL: [&str; 2] = ["statement", "instead"];
/// Columns of a plan: it is read in a page, not on a screen.
const PLAN_COLUMNS: usize = 100;

pub(super) fn render(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&headline::headline(report)))?;
    lines(&answers::facts(report), out)?;
    n_plus_one(report, out)?;
    traces::markdown(report, out)?;
    if let Some(sheet) = sheets::hot(report) {
        write!(out, "\n## Statements, by the time they took\n\n{}", sheet.markdown())?;
    }
    plan_trees(report, out)?;
    indexes(report, out)?;
    listed_findings(report, out)?;
    writeln!(out, "\n## Checklist\n")?;
    if let Some(sheet) = sheets::deductions(report) {
        writeln!(out, "{}", sheet.markdown())?;
    }
    writeln!(out, "{}", answers::checks(report))?;
    markdown::not_read(&report.skipped, out)
}

fn lines(answers: &[(&str, String)], out: &mut dyn Write) -> io::Result<()> {
    answers.iter().try_for_each(|(name, value)| writeln!(out, "- **{name}** {}", escaped(value)))
}

fn n_plus_one(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    if report.probes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## N+1: statements that run once for every item")?;
    if n_plus_ones(report).next().is_none() {
        writeln!(out, "\nNone.")?;
    }
    let mut said: Vec<&FixWords> = Vec::new();
    for found in n_plus_ones(report) {
        writeln!(out, "\n**{}** {}\n", figures::severity(found.severity), escaped(&found.step))?;
        for (name, value) in answers::n_plus_one(report, found) {
            let value = if SQL.contains(&name) { code_span(&value) } else { escaped(&value) };
            writeln!(out, "- **{name}** {value}")?;
        }
        // What is the same for several is said once.
        for fix in found.fix_words.iter().filter(|fix| !said.contains(fix)) {
            writeln!(out, "  - {}: {}", escaped(&fix.framework), escaped(&fix.words))?;
        }
        said.extend(&found.fix_words);
    }
    not_judged(report, out)
}

fn not_judged(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    for probe in &report.probes {
        if let Answer::Absent { why } = &probe.answer {
            writeln!(out, "\n{} could not be judged: {}.", escaped(&probe.step), escaped(why))?;
        }
    }
    answers::not_asked(report).iter().try_for_each(|sentence| writeln!(out, "\n{}", escaped(sentence)))
}

fn plan_trees(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    let mut drawn = plans::drawn(report);
    let settings = plans::take_shared_settings(&mut drawn);
    let sentences: Vec<String> = settings.into_iter().chain(plans::not_drawn(report)).collect();
    if drawn.is_empty() && sentences.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Plans")?;
    for plan in drawn {
        let tree = code_block("text", &plan.tree(PLAN_COLUMNS, Style::plain()));
        write!(out, "\n{}:\n\n{tree}", escaped(&plan.title))?;
    }
    sentences.iter().try_for_each(|sentence| writeln!(out, "\n{}", escaped(sentence)))
}

fn indexes(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Indexes that would help\n")?;
    let advice = match &report.index_advice {
        Answer::Found(advice) => advice,
        Answer::Absent { why } => return writeln!(out, "Not known: {}.", escaped(why)),
    };
    match sheets::advised(advice) {
        Some(sheet) => writeln!(out, "{}", sheet.markdown())?,
        None => writeln!(out, "None.\n")?,
    }
    writeln!(out, "{}", escaped(&answers::advice(advice)))?;
    for index in &advice.indexes {
        let sql = format!("{}\n-- undo: {}", one_line(&index.create_sql), one_line(&index.drop_sql));
        write!(out, "\n{}", code_block("sql", &sql))?;
    }
    Ok(())
}

fn listed_findings(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Findings\n")?;
    for finding in findings::listed(report) {
        writeln!(
            out,
            "- **{}** {} ({}): {} → {}",
            figures::severity(finding.severity),
            escaped(&statements::subject(report, finding)),
            escaped(&finding.code),
            escaped(finding.message.trim_end_matches('.')),
            escaped(&finding.remedy)
        )?;
    }
    findings::not_listed(report).iter().try_for_each(|sentence| writeln!(out, "\n{sentence}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::canonical;

    #[test]
    fn the_canonical_report_looks_like_this() {
        insta::assert_snapshot!("database-markdown", canonical::rendered(render, &canonical::report()));
    }

    #[test]
    fn hostile_texts_stay_where_they_belong() {
        const HOSTILE: &str = "a`b``|<img src=x>\n# c ~~~ ```";
        let mut report = canonical::report();
        report.server.database = HOSTILE.to_owned();
        for statement in &mut report.hot {
            statement.text = Some(HOSTILE.to_owned());
        }
        for (_, found) in &mut report.plan_findings {
            found.finding.code = HOSTILE.to_owned();
        }
        for finding in &mut report.findings {
            finding.message = HOSTILE.to_owned();
            finding.subject = aforo_model::Subject::Statement(HOSTILE.to_owned());
        }
        if let Answer::Found(advice) = &mut report.index_advice {
            advice.indexes[0].drop_sql = HOSTILE.to_owned();
        }
        let text = canonical::rendered(render, &report);
        let table: Vec<&str> = text.lines().filter(|line| line.starts_with("| 1 | ")).collect();
        assert!(table[0].starts_with("| 1 | ```` a`b``\\|<img src=x> # c ~~~ ``` ```` | "), "{}", table[0]);
        assert!(text.contains("\n````sql\n") && text.contains("\n````text\n"));
        let headings = text.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings, 7);
        let first = text.lines().next().unwrap();
        assert!(first.contains("a\\`b\\`\\`\\|\\<img src=x> # c"), "{first}");
    }
}

//! Recommendations in Markdown: what and why to be read, what to type to be opened.

use std::io::{self, Write};

use aforo_model::{Action, Recommendation, RunRecord};

use crate::database::statements;
use crate::recommendations::{basis, effect, price};
use crate::sheet::{code_block, code_span, escaped, prose};
use crate::text::shortened;

/// Recommendations that are shown; the others are in report.html.
const SHOWN: usize = 5;
/// Columns of a title.
const TITLE_COLUMNS: usize = 120;
/// Columns of a sentence.
const SENTENCE_COLUMNS: usize = 600;
/// Characters of a statement or a command. One that is longer is not shown: half a statement is none.
const MOST_CHARACTERS: usize = 4_000;

/// Writes the first recommendations; nothing where there are none.
pub(crate) fn markdown(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let all = &record.recommendations;
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## What to do")?;
    (1..).zip(all.iter().take(SHOWN)).try_for_each(|(number, each)| advice(record, number, each, out))?;
    if all.len() > SHOWN {
        writeln!(out, "\nIn report.html: {} more.", all.len() - SHOWN)?;
    }
    Ok(())
}

fn advice(record: &RunRecord, number: usize, advice: &Recommendation, out: &mut dyn Write) -> io::Result<()> {
    let title = escaped(&shortened(&advice.title, TITLE_COLUMNS));
    writeln!(out, "\n**{number}. {title}**\n")?;
    writeln!(out, "{} {}\n", sentence(&advice.what), sentence(&advice.why))?;
    writeln!(out, "{}. {}.\n", sentence(&effect(advice)), price(advice))?;
    writeln!(out, "<details><summary>How to do it, to undo it, and to see that it worked</summary>\n")?;
    for (name, actions) in [("Do", &advice.actions), ("Undo", &advice.undo), ("Verify", &advice.verify)] {
        if !actions.is_empty() {
            writeln!(out, "{name}:\n")?;
        }
        actions.iter().try_for_each(|each| action(each, out))?;
    }
    writeln!(out, "- risk: {}", sentence(&advice.risk_note))?;
    if let Some(how) = basis(&advice.effect) {
        writeln!(out, "- known by: {}", sentence(&how))?;
    }
    let findings: Vec<String> = advice
        .rests_on
        .iter()
        .map(|finding| {
            let subject = statements::named(record.database.as_deref(), &finding.subject);
            let subject = escaped(&shortened(&subject, TITLE_COLUMNS));
            format!("{} of {subject}", code_span(&shortened(&finding.code, TITLE_COLUMNS)))
        })
        .collect();
    writeln!(out, "- rests on: {}\n\n</details>", findings.join(", "))
}

fn action(action: &Action, out: &mut dyn Write) -> io::Result<()> {
    if action.text().chars().count() > MOST_CHARACTERS {
        return writeln!(out, "It is too long for a comment: it is in report.html.\n");
    }
    match action {
        Action::Sql(text) => writeln!(out, "{}", code_block("sql", text)),
        Action::Command(text) => writeln!(out, "{}", code_block("sh", text)),
        Action::Change(text) => writeln!(out, "{}\n", prose(text)),
    }
}

fn sentence(text: &str) -> String {
    prose(&shortened(text, SENTENCE_COLUMNS))
}

//! A comparison for a pull request.

use std::io::{self, Write};

use aforo_model::{Answer, PlanChange, RunComparison};

use super::{facts, headline, ranking, sheets};
use crate::counted::counted;
use crate::sheet::{code_block, code_span, escaped};

pub(super) fn render(comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&headline::headline(comparison)))?;
    for (name, value) in facts::facts(comparison) {
        writeln!(out, "- **{name}** {}", escaped(&value))?;
    }
    figures(comparison, out)?;
    plan_changes(&comparison.plan_changes, out)?;
    profile(comparison, out)
}

fn figures(comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = ranking::changed(comparison);
    rows.extend(ranking::unchanged_totals(comparison));
    let Some(sheet) = sheets::compared(&rows) else { return Ok(()) };
    writeln!(out, "\n## What changed\n\n{}", sheet.markdown())?;
    for line in facts::folded(comparison) {
        writeln!(out, "- {}", escaped(&line))?;
    }
    writeln!(out, "\n{}", escaped(facts::columns_mean(comparison)))?;
    let every: Vec<_> = comparison.figures.iter().collect();
    match sheets::compared(&every) {
        Some(every) if comparison.figures.len() > rows.len() => {
            let count = counted(comparison.figures.len() as u64, "figure");
            // The empty lines let the table inside be read as one.
            writeln!(out, "\n<details><summary>All {count}</summary>\n\n{}\n</details>", every.markdown())
        }
        _ => Ok(()),
    }
}

fn plan_changes(changes: &[PlanChange], out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Statements executed by another plan")?;
    for change in changes {
        let [before, after] = [change.mean_before_ms, change.mean_after_ms]
            .map(|mean_ms| aforo_model::format_duration(mean_ms * 1e3));
        let statement = change.text.as_deref().unwrap_or(&change.fingerprint);
        write!(out, "\n{}", code_block("sql", statement))?;
        writeln!(out, "\n- before, {before} a call: {}", code_span(&change.before))?;
        writeln!(out, "- after, {after} a call: {}", code_span(&change.after))?;
    }
    Ok(())
}

fn profile(comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## CPU profile\n")?;
    match &comparison.profile {
        Answer::Absent { why } => writeln!(out, "Not compared: {}.", escaped(why)),
        Answer::Found(diff) => {
            writeln!(out, "{}\n", facts::cpu(diff))?;
            match sheets::functions(diff) {
                Some(sheet) => writeln!(out, "{}", sheet.markdown())?,
                None => writeln!(out, "{}\n", facts::NO_FUNCTION)?,
            }
            writeln!(out, "{}", escaped(&facts::flame_graph(diff)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::canonical;
    use aforo_model::Subject;

    #[test]
    fn the_canonical_comparisons_look_like_this() {
        for (name, comparison) in canonical::comparisons() {
            insta::assert_snapshot!(
                format!("comparison-{name}-markdown"),
                canonical::rendered(render, &comparison)
            );
        }
    }

    #[test]
    fn a_hostile_name_stays_in_its_field() {
        let mut comparison = canonical::regression();
        let hostile = "a|b</details>\n```\n# \"x\" 🛎";
        comparison.figures[8].subject = Subject::Step(hostile.into());
        comparison.plan_changes[0].text = Some(hostile.into());
        comparison.plan_changes[0].before = hostile.into();
        let text = canonical::rendered(render, &comparison);
        assert!(text.contains("a\\|b\\</details>"), "{text}");
        assert_eq!(text.matches("\n</details>").count(), 1, "{text}");
        assert!(text.contains("````sql"), "the statement is quoted by more than it holds: {text}");
    }
}

//! A comparison in words.

use std::fmt::Write as _;

use crate::compare::{Change, Comparison, FunctionChange, Outcome};

/// Functions named for a benchmark; the rest of them explain little.
const NAMED: usize = 5;

/// What is to be read: a line for each benchmark, the functions behind those that grew, and what to do.
pub fn describe(comparison: &Comparison) -> String {
    let mut text = String::new();
    for (name, change) in &comparison.changes {
        push(&mut text, name, change);
    }
    text.push('\n');
    conclude(&mut text, comparison);
    text
}

fn push(text: &mut String, name: &str, change: &Change) {
    match change {
        Change::Same { before, after } => {
            line(text, &format!("  same      {name}: {}", counts(*before, *after)));
        }
        Change::Shrank { before, after } => {
            line(text, &format!("  fewer     {name}: {}", counts(*before, *after)));
        }
        Change::Grew { before, after, own, grown, gone } => {
            line(text, &format!("  MORE      {name}: {}", counts(*before, *after)));
            let named = |text: &mut String, title: &str, functions: &[FunctionChange]| {
                if !functions.is_empty() {
                    line(text, &format!("            {title}"));
                }
                functions
                    .iter()
                    .take(NAMED)
                    .for_each(|each| line(text, &format!("              {}", growth(each))));
            };
            named(text, "our functions that grew, with what they do through libraries:", own);
            named(text, "functions that grew, without those they call:", grown);
            if own.is_empty() && grown.is_empty() {
                line(text, "            no function stands out: many grew a little");
            }
            for function in gone.iter().take(NAMED) {
                let was = grouped(function.by);
                line(
                    text,
                    &format!(
                        "              −{was} {} (runs no more: renamed, or part of its callers)",
                        function.name
                    ),
                );
            }
        }
        Change::NotMeasured => {
            line(text, &format!("  MISSING   {name}: it is in the baseline and was not measured"));
        }
        Change::NotInBaseline { after } => {
            line(
                text,
                &format!("  NEW       {name}: {} instructions, and nothing in the baseline", grouped(*after)),
            );
        }
    }
}

fn conclude(text: &mut String, comparison: &Comparison) {
    let count = |is: fn(&Change) -> bool| comparison.changes.values().filter(|change| is(change)).count();
    let grown = count(|change| matches!(change, Change::Grew { .. }));
    let shrunk = count(|change| matches!(change, Change::Shrank { .. }));
    let missing = count(|change| matches!(change, Change::NotMeasured));
    let new = count(|change| matches!(change, Change::NotInBaseline { .. }));
    if comparison.changes.is_empty() {
        line(text, "Nothing was measured, and the baseline holds nothing: there is nothing to pass.");
    }
    if grown > 0 {
        line(text, &format!("{} more than 3 % more instructions than the baseline.", takes(grown)));
    }
    if grown > 0 && comparison.differences.is_empty() {
        line(
            text,
            "If that is wanted, renew the baseline with `make bench-gate BLESS=1` and say in the commit why.",
        );
    }
    if missing > 0 {
        line(
            text,
            &format!("{} not measured. If it was taken out on purpose, renew the baseline.", was(missing)),
        );
    }
    if new > 0 {
        line(
            text,
            "What is new needs a line in the baseline, counted in its environment: `make bench-gate BLESS=1`.",
        );
    }
    if shrunk > 0 {
        line(text, &format!("{} more than 3 % fewer instructions.", takes(shrunk)));
    }
    // Of another environment it may be that, and nothing of the source.
    if shrunk > 0 && comparison.differences.is_empty() {
        line(text, "Renew the baseline, so that they cannot grow back unseen.");
    }
    if !comparison.differences.is_empty() {
        let differences = comparison.differences.join("; ");
        line(text, &format!("The baseline was made with another environment: {differences}."));
        line(text, "Counts then differ for the same source.");
    }
    match comparison.outcome() {
        Outcome::Passes => {
            line(text, &format!("The gate is open: {} benchmarks.", comparison.changes.len()));
        }
        Outcome::Inconclusive => line(text, INCONCLUSIVE),
        Outcome::Fails => {}
    }
}

/// What to do where a benchmark grew and its baseline is another environment's.
const INCONCLUSIVE: &str = "\
Inconclusive: no regression is shown, and none is ruled out. Do one of these:
- Count with the baseline's environment.
- Compare on this machine: on the source before your change run `make bench-gate BLESS=1`, then your change with `make bench-gate`.
  Do not commit that baseline.
- If the environment changes for good, commit the baseline of `make bench-gate BLESS=1` in the same commit.";

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn takes(count: usize) -> String {
    if count == 1 { "1 benchmark takes".to_owned() } else { format!("{count} benchmarks take") }
}

fn was(count: usize) -> String {
    if count == 1 { "1 benchmark was".to_owned() } else { format!("{count} benchmarks were") }
}

fn counts(before: u64, after: u64) -> String {
    let share = (after as f64 / before.max(1) as f64 - 1.0) * 100.0;
    // A change that rounds to nothing has no sign.
    let share =
        if share.abs() < 0.05 { "±0.0".to_owned() } else { format!("{share:+.1}").replace('-', "−") };
    format!("{} → {} instructions ({share} %)", grouped(before), grouped(after))
}

fn growth(function: &FunctionChange) -> String {
    let (by, after) = (grouped(function.by), grouped(function.after));
    match function.before {
        Some(before) => format!("+{by} {} ({} → {after})", function.name, grouped(before)),
        None => format!("+{by} {} (now {after}; it was not among the largest)", function.name),
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        let _ = write!(grouped, "{digit}");
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn comparison<const N: usize>(changes: [(&str, Change); N]) -> Comparison {
        let changes: BTreeMap<String, Change> =
            changes.into_iter().map(|(name, change)| (name.to_owned(), change)).collect();
        Comparison { changes, differences: Vec::new() }
    }

    fn elsewhere(change: Change) -> Comparison {
        let differences = vec!["rustc 1, not rustc 2".to_owned()];
        Comparison { differences, ..comparison([("a", change)]) }
    }

    fn grew() -> Change {
        Change::Grew { before: 1_000, after: 1_200, own: vec![], grown: vec![], gone: vec![] }
    }

    #[test]
    fn a_benchmark_that_grew_is_told_with_its_functions_and_what_to_do() {
        let function =
            |name: &str, before, after, by| FunctionChange { name: name.to_owned(), before, after, by };
        let text = describe(&comparison([(
            "render.html",
            Change::Grew {
                before: 1_000_000,
                after: 1_200_000,
                own: vec![function("aforo_a::fill", Some(300_000), 500_000, 200_000)],
                grown: vec![
                    function("push", Some(100_000), 250_000, 150_000),
                    function("new", None, 50_000, 50_000),
                ],
                gone: vec![function("old", Some(60_000), 0, 60_000)],
            },
        )]));
        for expected in [
            "MORE      render.html: 1,000,000 → 1,200,000 instructions (+20.0 %)",
            "+200,000 aforo_a::fill (300,000 → 500,000)",
            "+150,000 push (100,000 → 250,000)",
            "+50,000 new (now 50,000; it was not among the largest)",
            "−60,000 old (runs no more",
            "1 benchmark takes more than 3 % more instructions",
            "If that is wanted, renew the baseline with `make bench-gate BLESS=1`",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("gate is open") && !text.contains("nconclusive"), "{text}");
    }

    #[test]
    fn growth_in_another_environment_is_inconclusive_and_is_told_with_what_to_do() {
        let text = describe(&elsewhere(grew()));
        for expected in [
            "MORE      a: 1,000 → 1,200 instructions (+20.0 %)",
            "another environment: rustc 1, not rustc 2.",
            "Inconclusive: no regression is shown, and none is ruled out.",
            "Count with the baseline's environment",
            "`make bench-gate BLESS=1`",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("If that is wanted") && !text.contains("gate is open"), "{text}");
    }

    #[test]
    fn what_passes_in_another_environment_names_it_and_is_not_inconclusive() {
        let text = describe(&elsewhere(Change::Same { before: 1_000, after: 1_001 }));
        assert!(text.contains("rustc 1, not rustc 2.") && text.contains("The gate is open"), "{text}");
        assert!(!text.contains("nconclusive"), "{text}");
    }

    #[test]
    fn fewer_instructions_pass_with_a_hint() {
        let text = describe(&comparison([("a", Change::Shrank { before: 1_000, after: 900 })]));
        assert!(text.contains("1,000 → 900 instructions (−10.0 %)"), "{text}");
        assert!(text.contains("Renew the baseline") && text.contains("The gate is open"), "{text}");
    }

    #[test]
    fn missing_and_new_benchmarks_are_told_apart() {
        let text =
            describe(&comparison([("a", Change::NotMeasured), ("b", Change::NotInBaseline { after: 5 })]));
        assert!(text.contains("MISSING   a: it is in the baseline and was not measured"), "{text}");
        assert!(text.contains("NEW       b: 5 instructions, and nothing in the baseline"), "{text}");
        assert!(describe(&Comparison::default()).contains("Nothing was measured"));
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let grouped = [0, 12, 123, 1_234, 123_456, 1_234_567].map(grouped);
        assert_eq!(grouped, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }
}

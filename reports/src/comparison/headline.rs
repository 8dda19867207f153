//! A comparison in one sentence.

use aforo_model::{Change, RunComparison};

use super::{ranking, wording};
use crate::counted::counted;
use crate::figures;
use crate::text::one_line;

/// What the comparison says, and the figure that says it most.
pub(crate) fn headline(comparison: &RunComparison) -> String {
    let said = match &comparison.change {
        change @ (Change::Regression | Change::Improvement) => most(comparison, change),
        Change::Equivalent => format!(
            "neither P95, throughput nor errors of all steps together changed by more than {}",
            figures::percent(comparison.tolerance_ratio)
        ),
        Change::Inconclusive { why, runs_needed } => {
            let advice = runs_needed.map_or_else(String::new, |runs| {
                format!("; {} a side would probably tell", counted(u64::from(runs), "run"))
            });
            format!("{why}{advice}")
        }
    };
    one_line(&format!("{}: {said}", wording::word(&comparison.change).to_uppercase()))
}

/// The first figure that changed like that, and how many others did.
fn most(comparison: &RunComparison, change: &Change) -> String {
    let mut alike = ranking::changed(comparison).into_iter().filter(|compared| compared.change == *change);
    let Some(first) = alike.next() else { return "see the figures".to_owned() };
    let kind = if *change == Change::Regression { "worse" } else { "better" };
    let others = match alike.count() {
        0 => String::new(),
        1 => format!("; one more figure became {kind}"),
        count => format!("; {count} more figures became {kind}"),
    };
    format!("{}{others}", wording::sentence(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::canonical;

    #[test]
    fn every_outcome_has_its_sentence() {
        let said: Vec<String> =
            canonical::comparisons().iter().map(|(_, comparison)| headline(comparison)).collect();
        insta::assert_snapshot!("comparison-headlines", said.join("\n"));
    }
}

//! How often comparisons of runs made of real recorded seconds are right. The seeds are fixed, so the counts are the same each time;
//! `make compare-rates` gives the rates of many more, which `docs/compare.md` quotes. Few trials show a rate roughly: what is
//! asserted is what a rate as good as claimed stays within in 19 of 20 series (binomial).

mod recorded;

use recorded::{Recorded, Said, Trial};

/// Runs as the scenario `baseline` makes them, of any of the recorded ones: they differ as those did.
const ANY: Trial =
    Trial { runs: 5, seconds: 180, slower: 0.0, from_any: true, seed: 1, run_to_run_ratio: 0.10 };
/// All runs of a comparison are made of one recorded run: nothing differs but chance.
const ALIKE: Trial = Trial { from_any: false, ..ANY };

#[test]
fn two_identical_runs_are_called_a_regression_in_at_most_five_of_a_hundred_pairs() {
    let said = Said::of(&Recorded::read(), Trial { runs: 1, ..ALIKE }, 60);
    assert!(said.regression <= 6, "{said:?}");
}

/// Single runs do not show how much runs differ; a tenth is allowed for it.
#[test]
fn a_pair_of_runs_that_differ_by_themselves_is_called_a_regression_in_at_most_five_of_a_hundred() {
    let said = Said::of(&Recorded::read(), Trial { runs: 1, ..ANY }, 40);
    assert!(said.regression <= 5, "{said:?}");
}

#[test]
fn five_runs_a_side_without_a_change_are_called_a_regression_in_at_most_five_of_a_hundred() {
    for trial in [ALIKE, ANY] {
        let said = Said::of(&Recorded::read(), trial, 60);
        assert!(said.regression <= 6, "{trial:?}: {said:?}");
    }
}

#[test]
fn twenty_percent_more_in_every_step_is_found_in_one_of_them_in_eighty_of_a_hundred_with_five_runs_a_side() {
    let said = Said::of(&Recorded::read(), Trial { slower: 0.2, ..ANY }, 40);
    // So many show that it is not fewer than eighty of a hundred.
    assert!(said.regression >= 37 && said.improvement == 0, "{said:?}");
}

/// P95 of all steps together differs more from run to run than that of a steady step.
#[test]
fn half_as_much_again_is_found_in_p95_of_all_steps_together_in_eighty_of_a_hundred_with_five_runs_a_side() {
    let said = Said::of(&Recorded::read(), Trial { slower: 0.5, ..ANY }, 40);
    assert!(said.total_p95 >= 28, "{said:?}");
}

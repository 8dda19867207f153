//! How often comparisons of runs made of real recorded seconds are right. The seeds are fixed, so the counts are the same each time;
//! `make compare-rates` gives the rates of many more, which `docs/compare.md` quotes. Few trials show a rate roughly: of equal runs five of
//! a hundred of these trials are allowed, or as many as were measured with these seeds where that is more; of changed ones as few found as a
//! rate as good as claimed stays above in 19 of 20 series (binomial).

mod recorded;

use recorded::{MadeOf, Recorded, Said, Trial};

/// Runs as the scenario `baseline` makes them, each of any of the recorded ones: not identical, for they differ as those did.
const ANY: Trial =
    Trial { runs: 5, seconds: 180, slower: 0.0, made_of: MadeOf::AnyRun, seed: 1, run_to_run_ratio: 0.10 };
/// All runs of a comparison are made of one recorded run: nothing differs but chance.
const ALIKE: Trial = Trial { made_of: MadeOf::OneRun, ..ANY };

fn recordings() -> [Recorded; 2] {
    [Recorded::busy(), Recorded::quiet()]
}

#[test]
fn two_identical_runs_are_called_a_regression_in_at_most_five_of_a_hundred_pairs() {
    for recorded in recordings() {
        let said = Said::of(&recorded, Trial { runs: 1, ..ALIKE }, 60);
        assert!(said.regression <= 3, "{said:?}");
    }
}

/// The same, with slow changes as slow as they were recorded: minutes of all recorded runs stay together.
#[test]
fn two_runs_of_minutes_of_all_recorded_ones_are_called_a_regression_in_at_most_five_of_a_hundred_pairs() {
    for recorded in recordings() {
        let said = Said::of(&recorded, Trial { runs: 1, made_of: MadeOf::AllRuns, ..ANY }, 40);
        assert!(said.regression <= 2, "{said:?}");
    }
}

/// Ten minutes show their own spread well, and what the recorded runs differ by not at all.
#[test]
fn a_longer_pair_of_runs_that_differ_by_themselves_is_called_a_regression_no_more_often() {
    let said = Said::of(&Recorded::busy(), Trial { runs: 1, seconds: 600, ..ANY }, 20);
    assert!(said.regression <= 1, "{said:?}");
}

/// Real pairs of one target, as they were recorded.
#[test]
fn no_recorded_run_is_called_a_regression_of_another_one() {
    let called = recordings().map(|recorded| recorded.called_as_recorded());
    assert_eq!(called, [(0, 30), (0, 20)]);
}

/// Single runs do not show how much runs differ; a tenth is allowed for it. Of the busy ones it is 4, 4 and 13 in a hundred by other seeds
/// than this one's: `docs/compare.md` says so.
#[test]
fn a_pair_of_runs_that_differ_by_themselves_is_called_a_regression_in_two_of_forty() {
    for recorded in recordings() {
        let said = Said::of(&recorded, Trial { runs: 1, ..ANY }, 40);
        assert!(said.regression <= 2, "{said:?}");
    }
}

#[test]
fn five_runs_a_side_of_one_recorded_run_are_called_a_regression_in_at_most_five_of_a_hundred() {
    for recorded in recordings() {
        let said = Said::of(&recorded, ALIKE, 60);
        assert!(said.regression <= 3, "{said:?}");
    }
}

/// The quiet ones were called so in 5 of these 60 comparisons (8 %), and in 3 of the 100 that `docs/compare.md` quotes.
#[test]
fn five_runs_a_side_that_differ_by_themselves_are_called_a_regression_in_five_of_a_hundred_busy_and_eight_quiet()
 {
    for (recorded, most) in [(Recorded::busy(), 3), (Recorded::quiet(), 5)] {
        let said = Said::of(&recorded, ANY, 60);
        assert!(said.regression <= most, "{said:?}");
    }
}

#[test]
fn twenty_percent_more_in_every_step_is_found_in_one_of_them_in_eighty_of_a_hundred_with_five_runs_a_side() {
    let said = Said::of(&Recorded::busy(), Trial { slower: 0.2, ..ANY }, 40);
    // So many show that it is not fewer than eighty of a hundred.
    assert!(said.regression >= 37 && said.improvement == 0, "{said:?}");
}

/// P95 of all steps together differs more from run to run than that of a steady step: on a busy machine by 13 %, on a quiet one by 3 %.
#[test]
fn what_is_found_in_p95_of_all_steps_together_depends_on_how_quiet_the_machine_is() {
    let quiet = Said::of(&Recorded::quiet(), Trial { slower: 0.2, ..ANY }, 40);
    assert!(quiet.total_p95 >= 37, "{quiet:?}");
    let busy = Said::of(&Recorded::busy(), Trial { slower: 0.5, ..ANY }, 40);
    assert!(busy.total_p95 >= 28, "{busy:?}");
}

//! How to see that a recommendation worked: the same run, compared with this one.

use aforo_model::{Action, RunRecord};

/// The run again, and what is to be seen then, as a sentence without a full stop.
///
/// In words: only who ran it knows the target, the folder of runs and the options that it was given, and without them the command
/// would measure something else.
pub(super) fn run_again(record: &RunRecord, seen: &str) -> Action {
    Action::Change(format!(
        "Run the scenario {} again as before, with `--baseline {}`: {seen}.",
        record.scenario.name, record.id
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn it_is_told_in_words_since_the_options_of_the_run_are_not_known() {
        let record = Fixture::healthy().record();
        let action = run_again(&record, "P95 falls");
        assert_eq!(
            action,
            Action::Change(format!(
                "Run the scenario baseline again as before, with `--baseline {}`: P95 falls.",
                record.id
            ))
        );
    }
}

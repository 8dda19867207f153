//! What is to be known of the runs of a baseline when it is set: whether they are repetitions of one measurement, and whether later runs can be
//! held against them.

use aforo_analyzers::{comparison_doubt, comparison_notes, comparison_obstacles};
use aforo_model::{Difference, RunRecord, Verdict};

use super::StoreError;

/// Gathered run by run. One record is kept: records are large.
#[derive(Debug, Default)]
pub(super) struct Caveats {
    first: Option<(String, Box<RunRecord>)>,
    sentences: Vec<String>,
}

/// A run that was not the same load as the first.
#[derive(Debug)]
pub(super) struct OtherLoad {
    first: String,
    other: String,
    differences: Vec<Difference>,
}

impl OtherLoad {
    /// Why the baseline `name` cannot be set.
    pub(super) fn of_baseline(self, name: &str) -> StoreError {
        let Self { first, other, differences } = self;
        StoreError::BaselineLoads { name: name.to_owned(), first, other, differences }
    }
}

impl Caveats {
    /// Looks at one more run.
    ///
    /// # Errors
    /// [`OtherLoad`] when it cannot be a repetition of those before.
    pub(super) fn add(&mut self, id: &str, record: RunRecord) -> Result<(), OtherLoad> {
        self.sentences.extend(of_run(id, &record));
        let Some((first_id, first)) = &self.first else {
            self.first = Some((id.to_owned(), Box::new(record)));
            return Ok(());
        };
        let differences = comparison_obstacles(first, &record);
        if !differences.is_empty() {
            return Err(OtherLoad { first: first_id.clone(), other: id.to_owned(), differences });
        }
        for Difference { what, before, after } in comparison_notes(first, &record) {
            self.sentences.push(format!("{what}: {before} in {first_id}, {after} in {id}"));
        }
        Ok(())
    }

    /// A sentence each, without a full stop.
    pub(super) fn told(self) -> Vec<String> {
        self.sentences
    }
}

/// What speaks against one run as a measure for others.
fn of_run(id: &str, record: &RunRecord) -> Vec<String> {
    let mut sentences = Vec::new();
    match (comparison_doubt(record), &record.verdict) {
        (Some(doubt), _) => sentences.push(format!("{doubt}; a comparison with it is inconclusive")),
        (None, Verdict::Inconclusive { why }) => {
            sentences.push(format!("run {id} is inconclusive, and so may be what is held against it: {why}"));
        }
        (None, _) => {}
    }
    if record.verdict == Verdict::Violated {
        sentences
            .push(format!("run {id} violated its objectives; a later run that is as bad is no regression"));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use aforo_model::{Finding, RunEnd, Severity, Subject};

    use super::*;
    use crate::store::fixtures::record;

    fn met() -> RunRecord {
        let mut record = record();
        record.verdict = Verdict::Met;
        record.findings.clear();
        record.resources.clear();
        record
    }

    fn told(records: Vec<RunRecord>) -> Result<Vec<String>, OtherLoad> {
        let mut caveats = Caveats::default();
        for (at, record) in records.into_iter().enumerate() {
            caveats.add(&format!("run-{at}"), record)?;
        }
        Ok(caveats.told())
    }

    #[test]
    fn sound_repetitions_need_no_word() {
        assert_eq!(told(vec![met(), met()]).unwrap(), Vec::<String>::new());
        assert_eq!(told(Vec::new()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_can_be_held_against_a_run_is_told() {
        let mut violated = met();
        violated.verdict = Verdict::Violated;
        let mut open = met();
        open.verdict = Verdict::inconclusive("no data");
        let mut cut = met();
        cut.end = RunEnd::Interrupted { at_s: 5.0 };
        let mut busy = met();
        busy.findings.push(Finding {
            code: "machine-busy".to_owned(),
            subject: Subject::Total,
            severity: Severity::Warning,
            message: "it was busy".to_owned(),
            remedy: String::new(),
            numbers: Default::default(),
        });
        let sentences = told(vec![violated, open, cut, busy]).unwrap();
        assert_eq!(sentences.len(), 4, "{sentences:#?}");
        assert!(sentences[0].contains("run-0 violated"), "{}", sentences[0]);
        assert!(sentences[1].contains("run-1 is inconclusive") && sentences[1].ends_with("no data"));
        assert!(sentences[2].contains("cut short"), "{}", sentences[2]);
        assert!(sentences[3].contains("machine-busy"), "{}", sentences[3]);
    }

    #[test]
    fn another_load_is_refused_and_another_target_told() {
        let mut longer = met();
        longer.scenario.load.duration_s += 1.0;
        let other = told(vec![met(), longer]).unwrap_err();
        assert_eq!((other.first.as_str(), other.other.as_str()), ("run-0", "run-1"));
        assert_eq!(other.differences[0].what, "duration");
        let mut elsewhere = met();
        elsewhere.target.description = Some("flaws: none".to_owned());
        let sentences = told(vec![met(), elsewhere]).unwrap();
        assert!(sentences[0].contains("flaws: none in run-1"), "{sentences:?}");
    }
}

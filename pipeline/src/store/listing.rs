//! Which runs there are.

use std::path::{Path, PathBuf};

use aforo_model::{FormatError, LeftOut, RunDigest, RunEntry, Verdict};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;

use super::lock::RunLock;
use super::{RunStore, StoreError, id_of, index};

/// Which runs are wanted: those that fulfil everything that is set.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of the scenario of this name.
    pub scenario: Option<String>,
    /// Of the target of this name.
    pub target: Option<String>,
    /// With this verdict.
    pub verdict: Option<WantedVerdict>,
    /// Begun at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Begun before this moment.
    pub to: Option<DateTime<Utc>>,
}

/// A verdict, whatever its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the three words say it")]
pub enum WantedVerdict {
    Met,
    Violated,
    Inconclusive,
}

/// A run of the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedRun {
    /// The name of its folder.
    #[serde(rename = "folder")]
    pub id: String,
    /// Whether it has ended, and can be read.
    pub state: RunState,
    /// The baselines it is pinned as.
    pub baselines: Vec<String>,
    /// Why it cannot be read; absent where it can.
    pub problem: Option<String>,
    /// What its record says; absent where it cannot be read.
    #[serde(flatten)]
    pub entry: Option<RunEntry>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It has ended.
    Ended,
    /// It is going on.
    Running,
    /// Aforo was killed; `aforo report` restores what was saved.
    Killed,
    /// A newer Aforo wrote it.
    Newer,
    /// It cannot be read.
    Broken,
}

/// What is kept of many runs.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// The runs, oldest first.
    pub(crate) runs: Vec<RunDigest>,
    /// Those that could not be read, and those that go on.
    pub(crate) left_out: Vec<LeftOut>,
}

impl RunFilter {
    fn wants(&self, run: &RunEntry) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        is(&self.scenario, &run.scenario)
            && is(&self.target, &run.target)
            && self.verdict.is_none_or(|wanted| wanted.is(&run.verdict))
            && self.wants_moment(run.started_at)
    }

    fn wants_moment(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }

    /// Whether a run of which nothing is known but its folder may be one of those that are wanted.
    fn may_want(&self, folder: &Path) -> bool {
        time_of(folder).is_none_or(|at| self.wants_moment(at))
    }
}

impl WantedVerdict {
    fn is(self, verdict: &Verdict) -> bool {
        matches!(
            (self, verdict),
            (Self::Met, Verdict::Met)
                | (Self::Violated, Verdict::Violated)
                | (Self::Inconclusive, Verdict::Inconclusive { .. })
        )
    }
}

impl RunStore {
    /// The runs that are wanted, newest first, at most `limit` of them. A run that cannot be read is among them, with what is wrong, unless
    /// something is asked for that only its record could tell.
    ///
    /// # Errors
    /// [`StoreError::Read`] when the folder of the store itself cannot be read.
    pub fn list(&self, filter: &RunFilter, limit: Option<usize>) -> Result<Vec<ListedRun>, StoreError> {
        // A broken file of baselines hides the pins and not the runs; `baselines` tells of it.
        let baselines = self.baselines().unwrap_or_default();
        let pins = |id: &String| {
            let pinned = baselines.iter().filter(|each| each.runs.contains(id));
            pinned.map(|each| each.name.clone()).collect()
        };
        let folders = self.folders()?;
        let listed = folders.iter().rev().filter_map(|folder| listed(folder, filter));
        Ok(listed
            .take(limit.unwrap_or(usize::MAX))
            .map(|run| ListedRun { baselines: pins(&run.id), ..run })
            .collect())
    }

    /// What is kept of the runs that are wanted.
    pub(crate) fn digests(&self, filter: &RunFilter) -> Result<Digests, StoreError> {
        let mut digests = Digests::default();
        for folder in self.folders()?.iter().filter(|folder| filter.may_want(folder)) {
            let why = match index::digest(folder) {
                Ok(known) if !filter.wants(&known.value.run) => continue,
                Ok(known) if known.is_running => "that have not ended",
                Ok(mut known) => {
                    // The folder is what the store knows a run by, whatever its record says.
                    known.value.run.id = id_of(folder);
                    digests.runs.push(known.value);
                    continue;
                }
                Err(StoreError::Format { why: FormatError::Newer { .. }, .. }) => "written by a newer Aforo",
                Err(_) => "that cannot be read",
            };
            match digests.left_out.iter_mut().find(|known| known.why == why) {
                Some(known) => known.runs += 1,
                None => digests.left_out.push(LeftOut { why: why.to_owned(), runs: 1 }),
            }
        }
        digests.runs.sort_by(|left, right| {
            (left.run.started_at, &left.run.id).cmp(&(right.run.started_at, &right.run.id))
        });
        Ok(digests)
    }

    /// The folder of a run that was listed.
    pub(crate) fn folder_of(&self, id: &str) -> PathBuf {
        self.directory().join(id)
    }
}

fn listed(folder: &Path, filter: &RunFilter) -> Option<ListedRun> {
    let id = id_of(folder);
    match index::entry(folder) {
        Ok(known) => {
            let state = match known.is_running {
                false => RunState::Ended,
                true if RunLock::is_held(folder) => RunState::Running,
                true => RunState::Killed,
            };
            let entry = RunEntry { id: id.clone(), ..known.value };
            let run = ListedRun { id, state, baselines: Vec::new(), problem: None, entry: None };
            filter.wants(&entry).then_some(ListedRun { entry: Some(entry), ..run })
        }
        Err(error) => {
            let asks_its_record =
                filter.scenario.is_some() || filter.target.is_some() || filter.verdict.is_some();
            if asks_its_record || !filter.may_want(folder) {
                return None;
            }
            let is_newer = matches!(error, StoreError::Format { why: FormatError::Newer { .. }, .. });
            let state = if is_newer { RunState::Newer } else { RunState::Broken };
            let problem = Some(error.to_string());
            Some(ListedRun { id, state, baselines: Vec::new(), problem, entry: None })
        }
    }
}

/// When a run began, by the name of its folder.
fn time_of(folder: &Path) -> Option<DateTime<Utc>> {
    let id = id_of(folder);
    let (time, _) = id.split_once('-')?;
    NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RECORD_FILE;
    use crate::store::fixtures::{add_run, store};
    use aforo_model::RunEnd;

    fn ids(store: &RunStore, filter: &RunFilter) -> Vec<String> {
        store.list(filter, None).unwrap().into_iter().map(|run| run.id).collect()
    }

    #[test]
    fn runs_are_filtered_by_what_their_records_say_newest_first() {
        let (_folder, store) = store();
        for (day, scenario, verdict) in
            [(1, "peak", Verdict::Met), (2, "peak", Verdict::Violated), (3, "spike", Verdict::Met)]
        {
            add_run(&store, &format!("2026110{day}T000000Z-x"), |record| {
                record.scenario.name = scenario.to_owned();
                record.verdict = verdict;
                record.started_at = format!("2026-11-0{day}T00:00:00Z").parse().unwrap();
            });
        }
        let all = RunFilter::default();
        assert_eq!(ids(&store, &all), ["20261103T000000Z-x", "20261102T000000Z-x", "20261101T000000Z-x"]);
        assert_eq!(store.list(&all, Some(1)).unwrap().len(), 1);
        let peak = RunFilter { scenario: Some("peak".to_owned()), ..all.clone() };
        assert_eq!(ids(&store, &peak).len(), 2);
        let violated = RunFilter { verdict: Some(WantedVerdict::Violated), ..peak };
        assert_eq!(ids(&store, &violated), ["20261102T000000Z-x"]);
        let at = |text: &str| Some(text.parse().unwrap());
        let middle =
            RunFilter { from: at("2026-11-02T00:00:00Z"), to: at("2026-11-03T00:00:00Z"), ..all.clone() };
        assert_eq!(ids(&store, &middle), ["20261102T000000Z-x"]);
        let nowhere = RunFilter { target: Some("nowhere".to_owned()), ..all };
        assert!(ids(&store, &nowhere).is_empty());
    }

    #[test]
    fn pins_and_states_are_shown_and_the_unreadable_is_not_hidden() {
        let (_folder, store) = store();
        let pinned = add_run(&store, "20261101T000000Z-a", |_| {});
        store.set_baseline("main", &[pinned]).unwrap();
        add_run(&store, "20261102T000000Z-b", |record| record.end = RunEnd::Running);
        let going_on = add_run(&store, "20261103T000000Z-c", |record| record.end = RunEnd::Running);
        let lock = RunLock::take(&going_on).unwrap();
        let newer = add_run(&store, "20261104T000000Z-d", |_| {});
        std::fs::write(newer.join(RECORD_FILE), r#"{"format_version": 99}"#).unwrap();
        let cut = add_run(&store, "20261105T000000Z-e", |_| {});
        let text = std::fs::read_to_string(cut.join(RECORD_FILE)).unwrap();
        std::fs::write(cut.join(RECORD_FILE), &text[..text.len() / 2]).unwrap();

        let runs = store.list(&RunFilter::default(), None).unwrap();
        let states: Vec<RunState> = runs.iter().map(|run| run.state).collect();
        assert_eq!(
            states,
            [RunState::Broken, RunState::Newer, RunState::Running, RunState::Killed, RunState::Ended]
        );
        assert!(runs[1].problem.as_ref().unwrap().contains("newer Aforo"), "{:?}", runs[1]);
        assert_eq!(runs[4].baselines, ["main"]);
        let from = RunFilter { from: Some("2026-11-05T00:00:00Z".parse().unwrap()), ..RunFilter::default() };
        let unreadable = store.list(&from, None).unwrap().into_iter().filter(|run| run.entry.is_none());
        let unreadable: Vec<String> = unreadable.map(|run| run.id).collect();
        assert_eq!(unreadable, ["20261105T000000Z-e"], "by the name of the folder");
        let peak = RunFilter { scenario: Some("peak".to_owned()), ..RunFilter::default() };
        assert!(store.list(&peak, None).unwrap().iter().all(|run| run.problem.is_none()));
        drop(lock);
    }

    #[test]
    fn digests_are_oldest_first_and_count_what_they_lack() {
        let (_folder, store) = store();
        add_run(&store, "20261102T000000Z-b", |record| record.id = "../elsewhere".to_owned());
        add_run(&store, "20261103T000000Z-c", |record| record.end = RunEnd::Running);
        let broken = add_run(&store, "20261104T000000Z-d", |_| {});
        std::fs::write(broken.join(RECORD_FILE), "{").unwrap();
        let digests = store.digests(&RunFilter::default()).unwrap();
        assert_eq!(digests.runs.len(), 1);
        assert_eq!(digests.runs[0].run.id, "20261102T000000Z-b", "the folder's name and not the record's");
        let why: Vec<&str> = digests.left_out.iter().map(|each| each.why.as_str()).collect();
        assert_eq!(why, ["that have not ended", "that cannot be read"]);
    }

    #[test]
    fn a_store_that_is_not_there_has_no_runs() {
        let store = RunStore::new("/nonexistent/store");
        assert!(store.list(&RunFilter::default(), None).unwrap().is_empty());
    }
}

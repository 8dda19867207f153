//! Runs of two targets in turns, so that what changes on the machine meanwhile falls on both sides alike.

use std::path::PathBuf;
use std::time::Instant;

use aforo_model::RunEnd;
use tokio_util::sync::CancellationToken;

use crate::run::RunOutcome;

/// One of the two sides of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is held against.
    Before,
    /// What is in question.
    After,
}

impl Side {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// A run that is to be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// Its number, from 1.
    pub number: usize,
    /// How many there will be.
    pub of: usize,
    /// Whose turn it is.
    pub side: Side,
    /// How long it and the rest will take, seconds: by the load's duration at first, then by the turns so far.
    pub left_s: f64,
}

/// What came of it. `E` is how a turn fails.
#[derive(Debug)]
pub struct Interleaved<E> {
    /// Folders of the runs before, in order.
    pub before: Vec<PathBuf>,
    /// Folders of the runs after.
    pub after: Vec<PathBuf>,
    /// Why there are fewer than planned; absent when all were made.
    pub stopped: Option<Stopped<E>>,
}

/// Why not every run was made.
#[derive(Debug)]
pub enum Stopped<E> {
    /// The user stopped it.
    Interrupted,
    /// A run did not come to its end, for this reason.
    Ended(String),
    /// A run could not be made.
    Failed(E),
}

/// Makes `runs_a_side` runs of each side in turns, ABBA and again: a drift of the machine that is steady adds as much to one side
/// as to the other. A run that was interrupted does not count, and neither does one whose target died; those made until then are
/// kept.
///
/// `duration_s` is the load's, for the time that is left until a turn has been timed.
pub async fn interleave<E>(
    runs_a_side: u32,
    duration_s: f64,
    interrupt: &CancellationToken,
    mut take_turn: impl AsyncFnMut(Turn) -> Result<RunOutcome, E>,
) -> Interleaved<E> {
    let turns = order(runs_a_side);
    let began = Instant::now();
    let mut interleaved = Interleaved { before: Vec::new(), after: Vec::new(), stopped: None };
    for (made, &side) in turns.iter().enumerate() {
        let a_turn_s = if made == 0 { duration_s } else { began.elapsed().as_secs_f64() / made as f64 };
        let left_s = a_turn_s * (turns.len() - made) as f64;
        let turn = Turn { number: made + 1, of: turns.len(), side, left_s };
        let (folder, stopped) = counted(take_turn(turn).await, interrupt.is_cancelled());
        match side {
            Side::Before => interleaved.before.extend(folder),
            Side::After => interleaved.after.extend(folder),
        }
        interleaved.stopped = stopped;
        if interleaved.stopped.is_some() {
            break;
        }
    }
    interleaved
}

/// The folder of a run that counts, and why no other follows. One may have come to its end before it was interrupted.
fn counted<E>(outcome: Result<RunOutcome, E>, is_interrupted: bool) -> (Option<PathBuf>, Option<Stopped<E>>) {
    let interrupted = is_interrupted.then_some(Stopped::Interrupted);
    match outcome {
        Err(error) => (None, interrupted.or(Some(Stopped::Failed(error)))),
        Ok(RunOutcome { record, .. }) if matches!(record.end, RunEnd::Interrupted { .. }) => {
            (None, Some(Stopped::Interrupted))
        }
        Ok(outcome) => match unfinished(&outcome) {
            Some(why) => (None, interrupted.or(Some(Stopped::Ended(why)))),
            None => (Some(outcome.folder), interrupted),
        },
    }
}

/// Why a run says nothing of its side, if so. One that a red flag ended does: the comparison tells that it was cut short.
fn unfinished(outcome: &RunOutcome) -> Option<String> {
    match (&outcome.unsaved, &outcome.record.end) {
        (Some(error), _) => Some(error.to_string()),
        (None, RunEnd::TargetDied { why, .. }) => Some(format!("the target died: {why}")),
        (None, RunEnd::Failed { why, .. }) => Some(why.clone()),
        _ => None,
    }
}

/// ABBA, and again.
fn order(runs_a_side: u32) -> Vec<Side> {
    let pair = |at| if at % 2 == 0 { [Side::Before, Side::After] } else { [Side::After, Side::Before] };
    (0..runs_a_side).flat_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixtures::record;
    use Side::{After, Before};

    fn outcome(at: usize, end: RunEnd) -> RunOutcome {
        let mut record = record();
        record.end = end;
        RunOutcome { record, folder: PathBuf::from(format!("run-{at}")), unsaved: None }
    }

    async fn taken(
        runs_a_side: u32,
        mut end: impl FnMut(Turn, &CancellationToken) -> Result<RunEnd, &'static str>,
    ) -> (Vec<Turn>, Interleaved<&'static str>) {
        let (interrupt, mut turns) = (CancellationToken::new(), Vec::new());
        let interleaved = interleave(runs_a_side, 60.0, &interrupt, async |turn: Turn| {
            turns.push(turn);
            end(turn, &interrupt).map(|end| outcome(turn.number, end))
        })
        .await;
        (turns, interleaved)
    }

    #[tokio::test]
    async fn a_steady_drift_falls_on_both_sides_alike() {
        let (turns, interleaved) = taken(4, |_, _| Ok(RunEnd::Completed)).await;
        let sides: Vec<Side> = turns.iter().map(|turn| turn.side).collect();
        assert_eq!(sides, [Before, After, After, Before, Before, After, After, Before]);
        let places =
            |side| turns.iter().filter(|turn| turn.side == side).map(|turn| turn.number).sum::<usize>();
        assert_eq!(places(Before), places(After));
        assert_eq!((interleaved.before.len(), interleaved.after.len()), (4, 4));
        assert!(interleaved.stopped.is_none());
        assert_eq!((turns[0].left_s, turns[0].of), (480.0, 8));
        assert!(turns[7].left_s < 60.0, "by the turns so far, which took no time");
    }

    #[tokio::test]
    async fn a_run_that_was_interrupted_does_not_count_and_those_before_it_do() {
        let (turns, interleaved) = taken(5, |turn, interrupt| {
            if turn.number < 4 {
                return Ok(RunEnd::Completed);
            }
            interrupt.cancel();
            Ok(RunEnd::Interrupted { at_s: 3.0 })
        })
        .await;
        assert_eq!(turns.len(), 4);
        assert!(matches!(interleaved.stopped, Some(Stopped::Interrupted)), "{interleaved:?}");
        assert_eq!((interleaved.before.len(), interleaved.after.len()), (1, 2));
    }

    #[tokio::test]
    async fn a_target_that_dies_or_a_turn_that_fails_ends_it_with_the_reason() {
        let died = RunEnd::TargetDied { at_s: 3.0, why: "refused".into() };
        let (_, interleaved) =
            taken(5, |turn, _| Ok(if turn.number == 2 { died.clone() } else { RunEnd::Completed })).await;
        assert!(matches!(&interleaved.stopped, Some(Stopped::Ended(why)) if why.contains("refused")));
        assert_eq!((interleaved.before.len(), interleaved.after.len()), (1, 0));

        let (_, interleaved) =
            taken(5, |turn, _| if turn.number == 3 { Err("no hotel") } else { Ok(RunEnd::Completed) }).await;
        assert!(matches!(interleaved.stopped, Some(Stopped::Failed("no hotel"))), "{interleaved:?}");
        assert_eq!((interleaved.before.len(), interleaved.after.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_run_that_a_red_flag_ended_counts() {
        let flag = RunEnd::Aborted { at_s: 3.0, why: "errors".into() };
        let (_, interleaved) = taken(1, |_, _| Ok(flag.clone())).await;
        assert_eq!((interleaved.before.len(), interleaved.after.len()), (1, 1));
        assert!(interleaved.stopped.is_none());
    }
}

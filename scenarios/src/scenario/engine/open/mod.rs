//! Plays open workloads: rounds of journeys start on a schedule, whether or not earlier ones have ended.
//!
//! One task waits for the next start that is due and gives it to a free virtual user, which plays its round in a
//! task of its own. Both run on the one thread of the run: a second thread that paces would have to share the core
//! with it, and would lose more by being switched to than it gains. Goose has no part in this. It leads users, of
//! whom there is a fixed number, and an arrival rate does not ask how many users it takes.

mod alarm;
mod pool;
mod schedule;
mod turns;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aforo_model::RateStage;

use super::EngineError;
use super::exchange::Exchange;
use super::session::Session;
use super::virtual_user::VirtualUser;
use alarm::Alarm;
use pool::Pool;
use schedule::Schedule;
use turns::Turns;

/// The least time between two wake-ups for starts. Above 10 000 starts a second some are late by up to this much,
/// which is recorded as their delay; a wake-up for each would take half as much CPU time again.
const SHORTEST_NAP: Duration = Duration::from_micros(100);

/// Starts rounds as the stages say until it is dropped; those that were started go on. A start for which no
/// user is free is dropped and counted. Each user sends through a client of its own from `client`.
///
/// # Errors
/// [`EngineError::Runtime`] when the system refuses a timer.
pub(crate) async fn play<C: Exchange + Send + 'static>(
    session: &Arc<Session>,
    stages: &[RateStage],
    max_users: u32,
    client: impl Fn() -> C,
) -> Result<(), EngineError> {
    let schedule = Schedule::new(stages);
    let journeys = &session.plan.journeys;
    let mut turns = Turns::new(journeys.iter().map(|journey| journey.share));
    let users = Arc::new(Mutex::new(Pool::new(journeys.len(), max_users)));
    let mut alarm = Alarm::new()?;
    let beginning = session.begin();
    let mut next = 0;
    while let Some(due) = schedule.intended_start(next) {
        alarm.ring_at((beginning + due).max(Instant::now() + SHORTEST_NAP)).await?;
        let started = schedule.started_by(beginning.elapsed());
        // Whatever held the generator up, every start that is due by now is accounted for.
        for due in (next..started).filter_map(|index| schedule.intended_start(index)) {
            let journey = turns.next();
            let user = lock(&users).take(journey, || {
                session.user_made();
                VirtualUser::new(Arc::clone(session), client(), session.halt.clone())
            });
            match user {
                Some(user) => {
                    session.enter();
                    let due_us = u64::try_from(due.as_micros()).unwrap_or(u64::MAX);
                    tokio::spawn(round(Arc::clone(session), Arc::clone(&users), user, journey, due_us));
                }
                None => session.recorder.record(|shard| shard.start_dropped(session.clock.now_us())),
            }
        }
        next = started;
    }
    // Everything that was due has started; the end of the duration is for the run to see.
    std::future::pending().await
}

/// One round of a journey, due at `due_us`; the user is free again afterwards.
async fn round<C: Exchange>(
    session: Arc<Session>,
    users: Arc<Mutex<Pool<VirtualUser<C>>>>,
    mut user: VirtualUser<C>,
    journey: usize,
    due_us: u64,
) {
    session.recorder.record(|shard| shard.round_started(due_us, session.clock.now_us()));
    user.play_round(journey, Some(due_us)).await;
    session.leave();
    lock(&users).give_back(journey, user);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Only this thread takes it, and nothing that can panic is done under it but making a client.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

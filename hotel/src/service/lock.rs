//! The distributed lock around a booking, in Redis.
//!
//! The flaw `lock-contention` and its tuned twin differ in what one lock covers, how long it is held (see
//! [`crate::service::booking`]) and how eagerly it is retried. The exclusion constraint of the database is what keeps stays apart
//! in both; the lock keeps two bookings of the same room from working in vain.

use std::time::Duration;

use redis::aio::ConnectionManager;

use crate::service::problem::Problem;

/// A lock whose holder died is free again after this long.
const LOCK_TTL: Duration = Duration::from_secs(10);
/// How long a booking waits for the lock before it is answered with 409.
const PATIENCE: Duration = Duration::from_secs(5);

/// Deletes the lock only if it is still ours: it may have run out and be somebody else's by now.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";

/// What one lock covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingLock {
    /// Tuned: one accommodation, retried after a few milliseconds.
    PerAccommodation,
    /// Flaw: every booking of the hotel, retried every 50 ms.
    Global,
}

impl BookingLock {
    fn key(self, accommodation_id: i32) -> String {
        match self {
            BookingLock::PerAccommodation => format!("lock:booking:{accommodation_id}"),
            BookingLock::Global => "lock:booking".to_owned(),
        }
    }

    fn retry_delay(self) -> Duration {
        match self {
            // Waiters that came together do not come back together.
            BookingLock::PerAccommodation => Duration::from_millis(rand::random_range(4..=12)),
            BookingLock::Global => Duration::from_millis(50),
        }
    }

    /// Takes the lock, waiting for it if need be.
    ///
    /// # Errors
    /// 409 `lock_busy` if others have it for too long; 503 if Redis does not answer.
    pub async fn acquire(
        self,
        redis: &ConnectionManager,
        accommodation_id: i32,
    ) -> Result<HeldLock, Problem> {
        let mut redis = redis.clone();
        let key = self.key(accommodation_id);
        let token = format!("{:032x}", rand::random::<u128>());
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            let taken: Option<String> = redis::cmd("SET")
                .arg(&key)
                .arg(&token)
                .arg("NX")
                .arg("PX")
                .arg(LOCK_TTL.as_millis() as u64)
                .query_async(&mut redis)
                .await?;
            if taken.is_some() {
                return Ok(HeldLock { redis, key, token });
            }
            if tokio::time::Instant::now() >= give_up {
                return Err(Problem::conflict("lock_busy", "others are booking at this moment; try again"));
            }
            tokio::time::sleep(self.retry_delay()).await;
        }
    }
}

/// The lock while it is held. One that is dropped unreleased, as in a request that timed out, runs out by itself.
#[must_use = "a lock that is not released blocks others until it runs out"]
pub struct HeldLock {
    redis: ConnectionManager,
    key: String,
    token: String,
}

impl HeldLock {
    /// Gives the lock back. If Redis fails now, the lock runs out by itself and the booking stands.
    pub async fn release(mut self) {
        let released: redis::RedisResult<i64> = redis::cmd("EVAL")
            .arg(RELEASE)
            .arg(1)
            .arg(&self.key)
            .arg(&self.token)
            .query_async(&mut self.redis)
            .await;
        if let Err(error) = released {
            tracing::warn!(%error, key = self.key, "the booking lock could not be released; it runs out by itself");
        }
    }
}

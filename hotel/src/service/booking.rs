//! Taking a room: lock, price, insert.
//!
//! With the flaw `lock-contention` everything happens under one lock for the whole hotel; the tuned twin looks and
//! calculates first, and holds the lock of the one accommodation for the one statement that writes.

use std::time::Duration;

use redis::aio::ConnectionManager;
use sqlx::PgPool;

use crate::pricing::Pricing;
use crate::service::input;
use crate::service::lock::BookingLock;
use crate::service::problem::Problem;
use crate::service::queries::accommodations::{self, Accommodation};
use crate::service::queries::reservations::{self, Guest};
use crate::service::reservation::{Reservation, Stay};

/// What a client wants to book.
#[derive(Debug)]
pub struct Booking {
    /// What is wanted.
    pub accommodation_id: i32,
    /// When.
    pub stay: Stay,
    /// For whom.
    pub guest: Guest,
}

/// What a booking would get, and at which price. Nothing is held yet.
#[derive(Debug)]
pub struct Quote {
    /// What is wanted; it takes the whole party.
    pub accommodation: Accommodation,
    /// What all nights cost.
    pub total_price_cents: i64,
}

/// Where rooms are taken.
#[derive(Clone)]
pub struct FrontDesk {
    /// The hotel's database.
    pub pool: PgPool,
    /// Where the lock is.
    pub redis: ConnectionManager,
    /// What one lock covers, and with it how long it is held.
    pub lock: BookingLock,
    /// The tariff.
    pub pricing: Pricing,
    /// How long a pre-reservation holds its dates.
    pub hold: Duration,
}

impl FrontDesk {
    /// Holds the accommodation for the guest until the hold runs out.
    ///
    /// # Errors
    /// 404 and 422 if there is no such accommodation or it is too small; 409 `overlap` if it is taken, `lock_busy` if others are
    /// booking; 503 if a server does not answer.
    pub async fn pre_reserve(&self, booking: &Booking) -> Result<Reservation, Problem> {
        match self.lock {
            BookingLock::PerAccommodation => self.write_under_lock(booking).await,
            BookingLock::Global => self.all_under_lock(booking).await,
        }
    }

    async fn write_under_lock(&self, booking: &Booking) -> Result<Reservation, Problem> {
        let quote = self.quote(booking).await?;
        let lock = self.lock.acquire(&self.redis, booking.accommodation_id).await?;
        let reservation = self.insert(&quote, booking).await;
        lock.release().await;
        reservation
    }

    async fn all_under_lock(&self, booking: &Booking) -> Result<Reservation, Problem> {
        let lock = self.lock.acquire(&self.redis, booking.accommodation_id).await?;
        let reservation = async { self.insert(&self.quote(booking).await?, booking).await }.await;
        lock.release().await;
        reservation
    }

    /// Looks the accommodation up and prices the stay.
    ///
    /// # Errors
    /// 404 if there is no such accommodation; 422 if it is too small; 503 if the database does not answer.
    pub async fn quote(&self, booking: &Booking) -> Result<Quote, Problem> {
        let accommodation = accommodations::by_id(&self.pool, booking.accommodation_id).await?;
        input::party(booking.guest.guests, accommodation.capacity)?;
        let total_price_cents = self.price(&accommodation, booking.stay);
        Ok(Quote { accommodation, total_price_cents })
    }

    /// Holds what was quoted, without a lock: the constraint of the database decides.
    ///
    /// # Errors
    /// 409 `overlap` if it is taken; 503 if the database does not answer.
    pub async fn insert(&self, quote: &Quote, booking: &Booking) -> Result<Reservation, Problem> {
        let Quote { accommodation, total_price_cents } = quote;
        let (stay, guest) = (booking.stay, &booking.guest);
        reservations::insert(&self.pool, accommodation, stay, guest, *total_price_cents, self.hold).await
    }

    /// What a stay costs.
    pub(crate) fn price(&self, accommodation: &Accommodation, stay: Stay) -> i64 {
        self.pricing.total_price_cents(accommodation.base_price_cents, stay.check_in, stay.check_out)
    }

    /// Changes a live reservation, under the same lock as a booking.
    pub(crate) async fn modify(&self, code: &str, change: Change) -> Result<Reservation, Problem> {
        let current = reservations::by_code(&self.pool, code).await?.ok_or_else(|| no_such_code(code))?;
        let accommodation = accommodations::by_id(&self.pool, current.accommodation_id).await?;
        let guests = change.guests.map(|guests| input::party(guests, accommodation.capacity)).transpose()?;
        let stay = change.stay.map(|stay| (stay, self.price(&accommodation, stay)));
        let lock = self.lock.acquire(&self.redis, accommodation.id).await?;
        let modified = reservations::modify(&self.pool, code, &accommodation, stay, guests).await;
        lock.release().await;
        match modified? {
            Some(reservation) => Ok(reservation),
            None => Err(why_not(&self.pool, code).await?),
        }
    }
}

/// What to change of a reservation; what is absent stays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) guests: Option<i32>,
    pub(crate) stay: Option<Stay>,
}

/// Why a reservation could not change its state or content.
pub(crate) async fn why_not(pool: &PgPool, code: &str) -> Result<Problem, Problem> {
    let Some(reservation) = reservations::by_code(pool, code).await? else {
        return Ok(no_such_code(code));
    };
    let expired = "the pre-reservation has expired; make a new one";
    Ok(match reservation.status.as_str() {
        // It was pre-reserved and yet refused: its time is over, only the expiry job has not come by yet.
        "pre_reserved" | "expired" => Problem::conflict("expired", expired),
        status => Problem::conflict(
            "wrong_state",
            format!("the reservation is {status}; this cannot be done any more"),
        ),
    })
}

/// 404 for a reservation code.
pub(crate) fn no_such_code(code: &str) -> Problem {
    Problem::not_found(format!("there is no reservation {code}"))
}

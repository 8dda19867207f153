//! Taking a room: lock, price, insert.
//!
//! With the flaw `lock-contention` everything happens under one lock for the whole hotel; the tuned twin looks and
//! calculates first, and holds the lock of the one accommodation for the one statement that writes.

use sqlx::PgPool;

use crate::input;
use crate::lock::BookingLock;
use crate::problem::Problem;
use crate::queries::accommodations::{self, Accommodation};
use crate::queries::reservations::{self, Guest};
use crate::reservation::{Reservation, Stay};
use crate::state::App;

/// What a client wants to book.
#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) accommodation_id: i32,
    pub(crate) stay: Stay,
    pub(crate) guest: Guest,
}

/// Holds the accommodation for the guest until the hold runs out.
pub(crate) async fn pre_reserve(app: &App, booking: &Booking) -> Result<Reservation, Problem> {
    match app.lock {
        BookingLock::PerAccommodation => write_under_lock(app, booking).await,
        BookingLock::Global => all_under_lock(app, booking).await,
    }
}

async fn write_under_lock(app: &App, booking: &Booking) -> Result<Reservation, Problem> {
    let accommodation = suitable(&app.pool, booking).await?;
    let total_price_cents = price(app, &accommodation, booking.stay);
    let lock = app.lock.acquire(&app.redis, accommodation.id).await?;
    let reservation = insert(app, &accommodation, booking, total_price_cents).await;
    lock.release().await;
    reservation
}

async fn all_under_lock(app: &App, booking: &Booking) -> Result<Reservation, Problem> {
    let lock = app.lock.acquire(&app.redis, booking.accommodation_id).await?;
    let reservation = async {
        let accommodation = suitable(&app.pool, booking).await?;
        let total_price_cents = price(app, &accommodation, booking.stay);
        insert(app, &accommodation, booking, total_price_cents).await
    }
    .await;
    lock.release().await;
    reservation
}

async fn suitable(pool: &PgPool, booking: &Booking) -> Result<Accommodation, Problem> {
    let accommodation = accommodations::by_id(pool, booking.accommodation_id).await?;
    input::party(booking.guest.guests, accommodation.capacity)?;
    Ok(accommodation)
}

async fn insert(
    app: &App,
    accommodation: &Accommodation,
    booking: &Booking,
    total_price_cents: i64,
) -> Result<Reservation, Problem> {
    reservations::insert(&app.pool, accommodation, booking.stay, &booking.guest, total_price_cents, app.hold)
        .await
}

/// What a stay costs.
pub(crate) fn price(app: &App, accommodation: &Accommodation, stay: Stay) -> i64 {
    app.pricing.total_price_cents(accommodation.base_price_cents, stay.check_in, stay.check_out)
}

/// What to change of a reservation; what is absent stays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) guests: Option<i32>,
    pub(crate) stay: Option<Stay>,
}

/// Changes a live reservation, under the same lock as a booking.
pub(crate) async fn modify(app: &App, code: &str, change: Change) -> Result<Reservation, Problem> {
    let current = reservations::by_code(&app.pool, code).await?.ok_or_else(|| no_such_code(code))?;
    let accommodation = accommodations::by_id(&app.pool, current.accommodation_id).await?;
    let guests = change.guests.map(|guests| input::party(guests, accommodation.capacity)).transpose()?;
    let stay = change.stay.map(|stay| (stay, price(app, &accommodation, stay)));
    let lock = app.lock.acquire(&app.redis, accommodation.id).await?;
    let modified = reservations::modify(&app.pool, code, &accommodation, stay, guests).await;
    lock.release().await;
    match modified? {
        Some(reservation) => Ok(reservation),
        None => Err(why_not(app, code).await?),
    }
}

/// Why a reservation could not change its state or content.
pub(crate) async fn why_not(app: &App, code: &str) -> Result<Problem, Problem> {
    let Some(reservation) = reservations::by_code(&app.pool, code).await? else {
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

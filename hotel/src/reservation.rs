//! The values that the database and the API share.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    PreReserved,
    Confirmed,
    Cancelled,
    Expired,
}

impl Status {
    pub(crate) const EVERY: [Status; 4] =
        [Status::PreReserved, Status::Confirmed, Status::Cancelled, Status::Expired];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Status::PreReserved => "pre_reserved",
            Status::Confirmed => "confirmed",
            Status::Cancelled => "cancelled",
            Status::Expired => "expired",
        }
    }
}

/// By which way a reservation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Web,
    Whatsapp,
    Booking,
    Phone,
    Agency,
}

impl Channel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Channel::Web => "web",
            Channel::Whatsapp => "whatsapp",
            Channel::Booking => "booking",
            Channel::Phone => "phone",
            Channel::Agency => "agency",
        }
    }
}

/// From the evening of `check_in` to the morning of `check_out`; at least one night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) check_in: NaiveDate,
    pub(crate) check_out: NaiveDate,
}

impl Stay {
    pub(crate) fn nights(self) -> u32 {
        crate::pricing::nights(self.check_in, self.check_out)
    }

    /// The evenings of the stay.
    pub(crate) fn evenings(self) -> impl Iterator<Item = NaiveDate> {
        self.check_in.iter_days().take_while(move |evening| *evening < self.check_out)
    }
}

/// A reservation as clients see it.
#[derive(Debug, Clone, FromRow, Serialize)]
pub(crate) struct Reservation {
    #[serde(skip)]
    pub(crate) id: i64,
    pub(crate) code: String,
    pub(crate) status: String,
    pub(crate) accommodation_id: i32,
    pub(crate) check_in: NaiveDate,
    pub(crate) check_out: NaiveDate,
    pub(crate) guests: i32,
    pub(crate) guest_name: String,
    pub(crate) guest_phone: String,
    pub(crate) channel: String,
    pub(crate) total_price_cents: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// The columns of [`Reservation`], of a table or subquery named `r`.
macro_rules! reservation_columns {
    () => {
        "r.id, r.code, r.status, r.accommodation_id, r.check_in, r.check_out, r.guests, r.guest_name, r.guest_phone, \
         r.channel, r.total_price_cents, r.created_at, r.expires_at"
    };
}
pub(crate) use reservation_columns;

/// What a reservation's reader wants to know of the accommodation.
#[derive(Debug, Clone, FromRow, Serialize)]
pub(crate) struct AccommodationSummary {
    #[sqlx(rename = "accommodation_code")]
    pub(crate) code: String,
    #[sqlx(rename = "accommodation_name")]
    pub(crate) name: String,
    #[sqlx(rename = "accommodation_kind")]
    pub(crate) kind: String,
}

/// The columns of [`AccommodationSummary`], of a table named `a`.
macro_rules! accommodation_summary_columns {
    () => {
        "a.code AS accommodation_code, a.name AS accommodation_name, a.kind AS accommodation_kind"
    };
}
pub(crate) use accommodation_summary_columns;

/// One entry of a reservation's history.
#[derive(Debug, Clone, FromRow, Serialize)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) occurred_at: DateTime<Utc>,
}

/// A reservation with its accommodation and what last happened to it: a row of the admin list and of the export.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReservationRow {
    #[serde(flatten)]
    pub(crate) reservation: Reservation,
    pub(crate) accommodation: AccommodationSummary,
    pub(crate) last_event: Event,
}

impl FromRow<'_, sqlx::postgres::PgRow> for ReservationRow {
    fn from_row(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            reservation: Reservation::from_row(row)?,
            accommodation: AccommodationSummary::from_row(row)?,
            last_event: Event::from_row(row)?,
        })
    }
}

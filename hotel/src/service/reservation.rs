//! The values that the database and the API share.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Held for a guest who has yet to confirm.
    PreReserved,
    /// Taken.
    Confirmed,
    /// Given back by the guest.
    Cancelled,
    /// Held until its time ran out.
    Expired,
}

impl Status {
    /// Every status there is.
    pub const EVERY: [Status; 4] =
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
pub enum Channel {
    /// The hotel's own site.
    Web,
    /// The bot.
    Whatsapp,
    /// A booking portal.
    Booking,
    /// A call.
    Phone,
    /// A travel agency.
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
pub struct Stay {
    /// The day of arrival.
    pub check_in: NaiveDate,
    /// The day of departure, whose night is free for the next guest.
    pub check_out: NaiveDate,
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
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Reservation {
    /// Its number, which clients do not see.
    #[serde(skip)]
    pub id: i64,
    /// What guests call it by.
    pub code: String,
    /// Where it stands; see [`Status`].
    pub status: String,
    /// What is reserved.
    pub accommodation_id: i32,
    /// The day of arrival.
    pub check_in: NaiveDate,
    /// The day of departure.
    pub check_out: NaiveDate,
    /// How many people come.
    pub guests: i32,
    /// The name of the one who asked.
    pub guest_name: String,
    /// Their phone number, in international form.
    pub guest_phone: String,
    /// By which way they asked; see [`Channel`].
    pub channel: String,
    /// What all nights cost.
    pub total_price_cents: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when a pre-reservation holds its dates.
    pub expires_at: Option<DateTime<Utc>>,
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
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct AccommodationSummary {
    /// What is on its door, such as `HAB-007`.
    #[sqlx(rename = "accommodation_code")]
    pub code: String,
    /// Its name.
    #[sqlx(rename = "accommodation_name")]
    pub name: String,
    /// `room`, `suite`, `apartment` or `cabin`.
    #[sqlx(rename = "accommodation_kind")]
    pub kind: String,
}

/// The columns of [`AccommodationSummary`], of a table named `a`.
macro_rules! accommodation_summary_columns {
    () => {
        "a.code AS accommodation_code, a.name AS accommodation_name, a.kind AS accommodation_kind"
    };
}
pub(crate) use accommodation_summary_columns;

/// One entry of a reservation's history.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Event {
    /// What happened: `pre_reserved`, `confirmed`, `modified`, `cancelled` or `expired`.
    pub event: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

/// A reservation with its accommodation and what last happened to it: a row of the admin list and of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReservationRow {
    /// The reservation.
    #[serde(flatten)]
    pub reservation: Reservation,
    /// What is reserved.
    pub accommodation: AccommodationSummary,
    /// What last happened to it.
    pub last_event: Event,
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

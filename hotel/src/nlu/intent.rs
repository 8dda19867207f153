//! What a guest can want.

use serde::Serialize;

/// What a guest can want. In JSON the names are in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// A hello and nothing else.
    Greeting,
    /// Is there a room on these dates?
    CheckAvailability,
    /// Book a room.
    MakeReservation,
    /// See an existing reservation.
    MyReservation,
    /// Change an existing reservation.
    ModifyReservation,
    /// Cancel an existing reservation.
    CancelReservation,
    /// What does it cost?
    Prices,
    /// What does the hotel offer: breakfast, pool, parking, pets.
    Services,
    /// Where is it, how to get there.
    Location,
    /// From when and until when can one come and go.
    CheckInTimes,
    /// A thank you.
    Thanks,
    /// A goodbye.
    Goodbye,
    /// Something is wrong.
    Complaint,
    /// A person, please.
    HumanAgent,
    /// Nothing the bot knows.
    Unknown,
}

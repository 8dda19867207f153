//! What the keys stand for.

use crate::nlu::Intent;

/// What the first key of a recording stands for in the hotel's voice menu; `None` if it is not on the menu.
pub fn menu_intent(digits: &str) -> Option<Intent> {
    Some(match digits.chars().next()? {
        '1' => Intent::CheckAvailability,
        '2' => Intent::MyReservation,
        '3' => Intent::CancelReservation,
        '4' => Intent::Prices,
        '5' => Intent::Services,
        '6' => Intent::Location,
        '7' => Intent::CheckInTimes,
        '0' | '9' => Intent::HumanAgent,
        _ => return None,
    })
}

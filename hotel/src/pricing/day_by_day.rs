//! The flaw `weekend-loop`: names the weekday of every night, in words, to see whether it is a weekend.

use chrono::{Days, NaiveDate};

/// The Friday and Saturday nights of a stay, in time and allocations proportional to its length.
pub(super) fn weekend_nights(check_in: NaiveDate, check_out: NaiveDate) -> u32 {
    let mut weekend_nights = 0;
    let mut night = check_in;
    while night < check_out {
        let weekday = night.format("%A").to_string();
        if weekday == "Friday" || weekday == "Saturday" {
            weekend_nights += 1;
        }
        let Some(next) = night.checked_add_days(Days::new(1)) else { break };
        night = next;
    }
    weekend_nights
}

//! The tuned twin of `weekend-loop`: two divisions, whatever the length of the stay.

use chrono::{Datelike as _, NaiveDate, Weekday};

/// The Friday and Saturday nights of a stay, in constant time.
pub(super) fn weekend_nights(check_in: NaiveDate, check_out: NaiveDate) -> u32 {
    let nights = super::nights(check_in, check_out);
    [Weekday::Fri, Weekday::Sat]
        .into_iter()
        .map(|weekday| {
            // Days until the first such night; each further one is a week later.
            let first = weekday.days_since(check_in.weekday());
            if nights > first { (nights - first).div_ceil(7) } else { 0 }
        })
        .sum()
}

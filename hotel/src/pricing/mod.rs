//! What a stay costs: Friday and Saturday nights cost more.

mod closed_form;
mod day_by_day;

use chrono::{Datelike as _, NaiveDate, Weekday};

/// What a weekend night costs, in percent of the base price. The hotel's own tariff.
const WEEKEND_PERCENT: i128 = 120;

/// Counts the weekend nights of a stay, checks in on the first day and out on the second.
type CountWeekendNights = fn(NaiveDate, NaiveDate) -> u32;

/// How the hotel prices a stay.
#[derive(Debug, Clone, Copy)]
pub struct Pricing {
    count_weekend_nights: CountWeekendNights,
}

impl Pricing {
    /// With the flaw `weekend-loop` every night is looked at by itself; without it the weekend nights are counted in
    /// closed form. The prices are the same.
    pub fn new(weekend_loop: bool) -> Self {
        Self {
            count_weekend_nights: if weekend_loop {
                day_by_day::weekend_nights
            } else {
                closed_form::weekend_nights
            },
        }
    }

    /// The price of all nights from `check_in` to the morning of `check_out`, in cents.
    /// A stay that ends before it begins has no nights and costs nothing; a price beyond the range of `i64` is clamped.
    pub fn total_price_cents(&self, base_price_cents: i64, check_in: NaiveDate, check_out: NaiveDate) -> i64 {
        let nights = nights(check_in, check_out);
        let weekend_nights = (self.count_weekend_nights)(check_in, check_out);
        let weekday_total = i128::from(nights - weekend_nights) * i128::from(base_price_cents);
        let weekend_total = i128::from(weekend_nights) * weekend_price_cents(base_price_cents);
        clamp_cents(weekday_total + weekend_total)
    }
}

/// The price of the one night that begins on the evening of `date`, in cents, rounded half up.
pub fn night_price_cents(base_price_cents: i64, date: NaiveDate) -> i64 {
    if matches!(date.weekday(), Weekday::Fri | Weekday::Sat) {
        clamp_cents(weekend_price_cents(base_price_cents))
    } else {
        base_price_cents
    }
}

/// The number of nights of a stay; none if it ends before it begins.
pub fn nights(check_in: NaiveDate, check_out: NaiveDate) -> u32 {
    u32::try_from(check_out.signed_duration_since(check_in).num_days()).unwrap_or(0)
}

fn weekend_price_cents(base_price_cents: i64) -> i128 {
    (i128::from(base_price_cents) * WEEKEND_PERCENT + 50).div_euclid(100)
}

fn clamp_cents(cents: i128) -> i64 {
    cents.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

#[cfg(test)]
mod tests;

//! Pricing stays.

use aforo_hotel::pricing::Pricing;
use chrono::Days;

use crate::today;

const BASE_PRICE_CENTS: i64 = 9_900;
const LONGEST_NIGHTS: u64 = 365;

/// Stays of 1 to 365 nights, priced with weekend nights counted in closed form.
pub struct Stays {
    pricing: Pricing,
}

impl Default for Stays {
    /// The tuned pricing.
    fn default() -> Self {
        Self { pricing: Pricing::new(false) }
    }
}

impl Stays {
    /// The prices of all stays, added up, in cents.
    pub fn price(&self) -> i64 {
        let price =
            |nights| self.pricing.total_price_cents(BASE_PRICE_CENTS, today(), today() + Days::new(nights));
        (1..=LONGEST_NIGHTS).map(price).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_cost_more_and_no_more_than_every_night_at_their_price() {
        let nights: i64 = (1..=365).sum();
        let price = Stays::default().price();
        assert!(price > nights * BASE_PRICE_CENTS && price < nights * BASE_PRICE_CENTS * 6 / 5, "{price}");
    }
}

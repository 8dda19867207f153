//! What clients may ask for. Every refusal says what was wrong and what is right.

use chrono::{Days, NaiveDate};

use crate::service::problem::Problem;
use crate::service::reservation::Stay;

/// The longest stay, in nights.
const MOST_NIGHTS: u32 = 30;
/// How far ahead one can book: ten years, so that a long load test finds free dates.
const MOST_DAYS_AHEAD: u64 = 3650;
/// The largest party.
const MOST_GUESTS: i32 = 20;
/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Dates that can be booked.
pub(crate) fn stay(check_in: NaiveDate, check_out: NaiveDate, today: NaiveDate) -> Result<Stay, Problem> {
    if check_in < today {
        return Err(Problem::invalid(format!("check_in {check_in} is past; today is {today}")));
    }
    if check_out <= check_in {
        return Err(Problem::invalid(format!("check_out {check_out} must be after check_in {check_in}")));
    }
    let last = today.checked_add_days(Days::new(MOST_DAYS_AHEAD)).unwrap_or(NaiveDate::MAX);
    if check_in > last {
        return Err(Problem::invalid(format!(
            "check_in {check_in} is too far ahead; the last day is {last}"
        )));
    }
    let stay = Stay { check_in, check_out };
    if stay.nights() > MOST_NIGHTS {
        return Err(Problem::invalid(format!(
            "a stay has at most {MOST_NIGHTS} nights, not {}",
            stay.nights()
        )));
    }
    Ok(stay)
}

/// A number of people.
pub(crate) fn guests(guests: i32) -> Result<i32, Problem> {
    if (1..=MOST_GUESTS).contains(&guests) {
        return Ok(guests);
    }
    Err(Problem::invalid(format!("guests must be 1 to {MOST_GUESTS}, not {guests}")))
}

/// A number of people that fits into an accommodation.
pub(crate) fn party(number: i32, capacity: i32) -> Result<i32, Problem> {
    if number <= capacity {
        return guests(number);
    }
    Err(Problem::invalid(format!("the accommodation takes {capacity} guests, not {number}")))
}

/// A phone number in international form.
pub(crate) fn phone(phone: &str) -> Result<(), Problem> {
    let digits = phone.strip_prefix('+').unwrap_or_default();
    if (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Problem::invalid("a phone number is + and 8 to 15 digits; in a query string the + is written %2B"))
}

/// A guest's name, trimmed.
pub(crate) fn name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Problem::invalid(format!("guest_name must be 1 to {LONGEST_NAME} printable characters")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_stay_is_checked_at_each_of_its_bounds() {
        let today = day("2027-01-10");
        let ok = |from: &str, to: &str| stay(day(from), day(to), today).is_ok();
        assert!(ok("2027-01-10", "2027-01-11"));
        assert!(ok("2027-01-10", "2027-02-09"), "30 nights");
        assert!(!ok("2027-01-10", "2027-02-10"), "31 nights");
        assert!(!ok("2027-01-09", "2027-01-12"), "past");
        assert!(!ok("2027-01-12", "2027-01-12"), "no night");
        assert!(!ok("2027-01-12", "2027-01-11"), "backwards");
        assert!(!ok("2040-01-01", "2040-01-02"), "too far");
        assert!(stay(NaiveDate::MAX, NaiveDate::MAX, NaiveDate::MAX).is_err(), "the end of time");
    }

    #[test]
    fn phones_names_and_parties_are_checked() {
        assert!(phone("+34600000001").is_ok());
        for wrong in
            ["", "34600000001", " 34600000001", "+34", "+3460000000x", "+3460000000000001", "+٣٤٦٠٠٠٠٠٠"]
        {
            assert!(phone(wrong).is_err(), "{wrong}");
        }
        assert_eq!(name("  Lucía García ").unwrap(), "Lucía García");
        assert!(name(" ").is_err() && name("a\nb").is_err() && name(&"ñ".repeat(101)).is_err());
        assert!(name(&"ñ".repeat(100)).is_ok());
        assert!(guests(0).is_err() && guests(-1).is_err() && guests(21).is_err() && guests(20).is_ok());
        assert!(party(4, 4).is_ok() && party(5, 4).is_err() && party(0, 4).is_err());
    }
}

//! From the mentions in a message to the dates of a stay.

use chrono::{Days, NaiveDate};

use super::calendar::Day;
use super::mention::Mention;

/// A longer stay is a slip of the pen: "del 15 de marzo al 12 de marzo".
const MAX_NIGHTS: u32 = 90;

/// The dates of a stay, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StayDates {
    /// The day of arrival, never before the day on which the text is read.
    pub check_in: Option<NaiveDate>,
    /// The day of departure, always after `check_in` where both are known.
    pub check_out: Option<NaiveDate>,
}

impl StayDates {
    /// What the mentions, in the order of the text, say together. The first range settles it; else an arrival, then a
    /// departure (or any later day), then a number of nights that gives the end not mentioned.
    pub(super) fn from_mentions(mentions: &[Mention], today: NaiveDate) -> Self {
        let range = mentions.iter().find_map(|mention| match *mention {
            Mention::Range(from, to) => range(from, to, today),
            _ => None,
        });
        if let Some((check_in, check_out)) = range {
            return Self { check_in: Some(check_in), check_out: Some(check_out) };
        }
        let arrivals: Vec<Day> = mentions
            .iter()
            .filter_map(|mention| match *mention {
                Mention::Arrival(day) => Some(day),
                _ => None,
            })
            .collect();
        let check_in = arrivals.iter().find_map(|day| day.first_from(earliest(*day, today)?));
        let nights = mentions.iter().find_map(|mention| match *mention {
            Mention::Nights(nights) if (1..=MAX_NIGHTS).contains(&nights) => Some(Days::new(nights.into())),
            _ => None,
        });
        let departure = mentions.iter().find_map(|mention| match *mention {
            Mention::Departure(day) => Some(day),
            _ => None,
        });
        match check_in {
            Some(check_in) => {
                let after = check_in.succ_opt();
                let check_out = departure
                    .or_else(|| if nights.is_none() { arrivals.get(1).copied() } else { None })
                    .and_then(|day| day.first_from(after?))
                    .filter(|check_out| is_stay(check_in, *check_out))
                    .or_else(|| check_in.checked_add_days(nights?));
                Self { check_in: Some(check_in), check_out }
            }
            None => {
                let check_out = departure.and_then(|day| day.first_from(today.succ_opt()?));
                let check_in =
                    check_out.zip(nights).and_then(|(check_out, nights)| check_out.checked_sub_days(nights));
                Self { check_in: check_in.filter(|check_in| *check_in >= today), check_out }
            }
        }
    }
}

/// "El viernes" said on a Friday is the next one.
fn earliest(day: Day, today: NaiveDate) -> Option<NaiveDate> {
    match day {
        Day::Weekday(_) => today.succ_opt(),
        Day::On(_) | Day::Calendar { .. } => Some(today),
    }
}

/// Both ends of a range, each completed by the other: "del 30 al 2 de enero" begins in December.
fn range(from: Day, to: Day, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let end_is_fuller = matches!(
        (from, to),
        (Day::Calendar { month: None, .. }, Day::Calendar { month: Some(_), .. })
            | (Day::Calendar { .. }, Day::On(_))
    );
    let (check_in, check_out) = if end_is_fuller {
        let this_time = to.first_from(today.succ_opt()?)?;
        let next_time = this_time.succ_opt().and_then(|after| to.first_from(after));
        [Some(this_time), next_time].into_iter().flatten().find_map(|check_out| {
            let check_in = from.last_before(check_out)?;
            (check_in >= today).then_some((check_in, check_out))
        })?
    } else {
        let check_in = from.first_from(earliest(from, today)?)?;
        (check_in, to.first_from(check_in.succ_opt()?)?)
    };
    is_stay(check_in, check_out).then_some((check_in, check_out))
}

fn is_stay(check_in: NaiveDate, check_out: NaiveDate) -> bool {
    (1..=i64::from(MAX_NIGHTS)).contains(&check_out.signed_duration_since(check_in).num_days())
}

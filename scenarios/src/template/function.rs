//! The closed set of functions that make up values.

use chrono::{Days, NaiveDate, Utc};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use super::Scope;
use super::parse::is_name;

/// Every function with how it is written, for messages.
pub(super) const FUNCTIONS: [(&str, &str); 5] = [
    ("random", "random(1, 50)"),
    ("date", "date(30, 700)"),
    ("date_after", "date_after(check_in, 1, 5)"),
    ("pick", "pick(web|phone|mail)"),
    ("uuid", "uuid()"),
];

/// The furthest date that is made up, in days: about a century.
const MAX_DAYS: u64 = 36_500;

/// A value made up anew each time it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Function {
    /// A whole number between both, both included.
    Random { min: i64, max: i64 },
    /// A date that many days from today (UTC), as `2027-01-31`.
    Date { min_days: u64, max_days: u64 },
    /// A date that many days after the date in a variable.
    DateAfter { variable: String, min_days: u64, max_days: u64 },
    /// One of these texts.
    Pick(Vec<String>),
    /// A random UUID.
    Uuid,
}

impl Function {
    /// The function called `name` with these arguments, or what is wrong with them.
    pub(super) fn new(name: &str, arguments: &str) -> Result<Self, String> {
        let parts: Vec<&str> = arguments.split(',').map(str::trim).collect();
        match (name, parts.as_slice()) {
            ("random", [min, max]) => {
                let (min, max) = (whole(min)?, whole(max)?);
                ordered(min, max)?;
                Ok(Self::Random { min, max })
            }
            ("date", [min, max]) => {
                let (min_days, max_days) = days(min, max)?;
                Ok(Self::Date { min_days, max_days })
            }
            ("date_after", [variable, min, max]) if is_name(variable) => {
                let (min_days, max_days) = days(min, max)?;
                Ok(Self::DateAfter { variable: (*variable).to_owned(), min_days, max_days })
            }
            ("pick", _) if !arguments.trim().is_empty() => {
                Ok(Self::Pick(arguments.split('|').map(|choice| choice.trim().to_owned()).collect()))
            }
            ("uuid", [""]) => Ok(Self::Uuid),
            _ => Err(format!("these arguments do not fit `{name}`")),
        }
    }

    /// The variable it needs, if any.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::DateAfter { variable, .. } => Some(variable),
            _ => None,
        }
    }

    /// A value; none when the variable it needs holds no date.
    pub(super) fn value(&self, scope: &impl Scope, rng: &mut impl Rng) -> Option<Value> {
        match self {
            Self::Random { min, max } => Some(rng.random_range(*min..=*max).into()),
            Self::Date { min_days, max_days } => {
                date_after(Utc::now().date_naive(), rng.random_range(*min_days..=*max_days))
            }
            Self::DateAfter { variable, min_days, max_days } => {
                let start: NaiveDate = scope.variable(variable)?.as_str()?.parse().ok()?;
                date_after(start, rng.random_range(*min_days..=*max_days))
            }
            Self::Pick(choices) => choices.choose(rng).map(|choice| choice.as_str().into()),
            // From the caller's generator: the one of the system costs a call into the kernel.
            Self::Uuid => Some(uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string().into()),
        }
    }
}

fn date_after(start: NaiveDate, days: u64) -> Option<Value> {
    Some(start.checked_add_days(Days::new(days))?.to_string().into())
}

fn whole(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}

fn days(min: &str, max: &str) -> Result<(u64, u64), String> {
    let read = |text: &str| match text.parse::<u64>() {
        Ok(days) if days <= MAX_DAYS => Ok(days),
        _ => Err(format!("`{text}` is not a number of days from 0 to {MAX_DAYS}")),
    };
    let (min, max) = (read(min)?, read(max)?);
    ordered(min, max)?;
    Ok((min, max))
}

fn ordered<N: PartialOrd + std::fmt::Display>(min: N, max: N) -> Result<(), String> {
    if min <= max { Ok(()) } else { Err(format!("{min} is more than {max}; the smaller one comes first")) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::super::Template;
    use super::super::tests::{fixed, rng};
    use super::*;

    fn values(template: &str, count: usize) -> HashSet<String> {
        let template = Template::plain(template).unwrap();
        let mut rng = rng();
        let scope = fixed([("check_in", json!("2027-01-30"))]);
        (0..count).map(|_| template.render(&scope, &mut rng).unwrap()).collect()
    }

    #[test]
    fn random_reaches_both_ends() {
        assert_eq!(values("{{random(-1, 1)}}", 200), HashSet::from(["-1", "0", "1"].map(str::to_owned)));
    }

    #[test]
    fn a_date_counts_from_another_date() {
        let expected = HashSet::from(["2027-01-31", "2027-02-01"].map(str::to_owned));
        assert_eq!(values("{{date_after(check_in, 1, 2)}}", 100), expected);
    }

    #[test]
    fn a_date_lies_in_the_days_asked_for() {
        let today = Utc::now().date_naive();
        for date in values("{{date(3, 5)}}", 100) {
            let days = (date.parse::<NaiveDate>().unwrap() - today).num_days();
            // Midnight may pass between both looks at the calendar.
            assert!((3..=6).contains(&days), "{date}");
        }
    }

    #[test]
    fn pick_takes_every_choice() {
        assert_eq!(values("{{pick(web| phone )}}", 100), HashSet::from(["web", "phone"].map(str::to_owned)));
    }

    #[test]
    fn uuids_differ_and_are_of_version_four() {
        let uuids = values("{{uuid()}}", 50);
        assert_eq!(uuids.len(), 50);
        assert!(uuids.iter().all(|uuid| uuid::Uuid::parse_str(uuid).unwrap().get_version_num() == 4));
    }

    #[test]
    fn every_example_shown_in_messages_is_right() {
        for (_, example) in FUNCTIONS {
            Template::plain(&format!("{{{{{example}}}}}")).unwrap_or_else(|error| panic!("{error:?}"));
        }
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for call in
            ["random(1)", "random(5,1)", "random(a,b)", "date(-1,2)", "date(0,99999)", "pick()", "uuid(1)"]
        {
            let error = Template::plain(&format!("{{{{{call}}}}}")).unwrap_err();
            assert!(error.help.is_some(), "{call}: {error:?}");
        }
    }
}

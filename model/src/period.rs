//! Spans of time over which runs are reported, and how people name moments. All in UTC; weeks are those of ISO 8601.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A span of time, from its first moment to the one at which the next span begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// Whether it is one of the calendar.
    pub kind: PeriodKind,
    /// Its first moment; absent where it has no beginning.
    pub from: Option<DateTime<Utc>>,
    /// The first moment that is no more part of it.
    pub to: DateTime<Utc>,
}

/// Kinds of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodKind {
    /// A day from midnight to midnight, UTC.
    Daily,
    /// A week from Monday to Sunday (ISO 8601), UTC.
    Weekly,
    /// A month of the calendar, UTC.
    Monthly,
    /// From one moment to another.
    Custom,
}

impl Period {
    /// The day, week or month that holds `moment`; for [`PeriodKind::Custom`], all the time up to it.
    pub fn holding(kind: PeriodKind, moment: DateTime<Utc>) -> Self {
        let day = moment.date_naive();
        let ends = match kind {
            PeriodKind::Daily => Some(day).zip(day.succ_opt()),
            PeriodKind::Weekly => {
                let monday = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()));
                monday.zip(monday.and_then(|monday| monday.checked_add_days(Days::new(7))))
            }
            PeriodKind::Monthly => {
                let first = day.with_day(1);
                first.zip(first.and_then(|first| first.checked_add_months(Months::new(1))))
            }
            PeriodKind::Custom => None,
        };
        match ends {
            Some((from, to)) => Self { kind, from: Some(midnight(from)), to: midnight(to) },
            None => Self { kind: PeriodKind::Custom, from: None, to: moment },
        }
    }

    /// Whether `moment` is part of it.
    pub fn holds(&self, moment: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| moment >= from) && moment < self.to
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MOMENT: &str = "%Y-%m-%d %H:%M";
        let last = self.to.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(self.to);
        let last_day = last.format("%Y-%m-%d");
        match (self.kind, self.from) {
            (PeriodKind::Daily, Some(from)) => write!(formatter, "{} (UTC)", from.format("%A, %Y-%m-%d")),
            (PeriodKind::Weekly, Some(from)) => {
                write!(
                    formatter,
                    "week {} (ISO, {} to {last_day}, UTC)",
                    from.format("%G-W%V"),
                    from.format("%Y-%m-%d")
                )
            }
            (PeriodKind::Monthly, Some(from)) => write!(formatter, "{} (UTC)", from.format("%B %Y")),
            (_, Some(from)) => {
                write!(formatter, "{} to {} (UTC)", from.format(MOMENT), self.to.format(MOMENT))
            }
            (_, None) => write!(formatter, "up to {} (UTC)", self.to.format(MOMENT)),
        }
    }
}

/// Which end of a span of time a moment is. A day without a time of day begins at one and ends at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodEnd {
    /// The first moment: a day stands for its midnight.
    First,
    /// The end: a day is part of the span as a whole.
    Last,
}

/// Why a text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not a moment; write a day (`2026-11-01`), a day and a time in UTC (`2026-11-01T09:30`), \
     `today`, `yesterday`, `now`, or how long ago (`7d`, `36h`, `2w`)"
)]
pub struct MomentError {
    /// The text as it was written, cut to what a screen holds.
    pub text: String,
}

/// Reads a moment as people write it: a day, a day with a time, `today`, `yesterday`, `now`, or how long before `now`.
/// Times are UTC unless they carry an offset.
///
/// # Errors
/// [`MomentError`] when the text is none of these, or lies beyond what a calendar holds.
pub fn parse_moment(text: &str, now: DateTime<Utc>, end: PeriodEnd) -> Result<DateTime<Utc>, MomentError> {
    let text = text.trim();
    let found = day(text, now)
        .and_then(|day| match end {
            PeriodEnd::First => Some(midnight(day)),
            PeriodEnd::Last => day.succ_opt().map(midnight),
        })
        .or_else(|| time(text, now))
        .or_else(|| now.checked_sub_signed(span(text)?));
    found.ok_or_else(|| MomentError { text: text.chars().take(60).collect() })
}

/// Reads how long ago something is, such as `30d`, `2w` or `36h`.
///
/// # Errors
/// [`MomentError`] when the text is no such span.
pub fn parse_age(text: &str) -> Result<TimeDelta, MomentError> {
    span(text.trim()).ok_or_else(|| MomentError { text: text.chars().take(60).collect() })
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn day(text: &str, now: DateTime<Utc>) -> Option<NaiveDate> {
    match text {
        "today" => Some(now.date_naive()),
        "yesterday" => now.date_naive().pred_opt(),
        _ => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
    }
}

fn time(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if text == "now" {
        return Some(now);
    }
    let with_offset = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    with_offset.or_else(|| {
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
            .into_iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(|time| time.and_utc())
    })
}

/// Whole minutes, hours, days or weeks.
fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let count = i64::from(count);
    match unit {
        'm' => TimeDelta::try_minutes(count),
        'h' => TimeDelta::try_hours(count),
        'd' => TimeDelta::try_days(count),
        'w' => TimeDelta::try_weeks(count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_calendar_period_holds_its_moment_and_ends_where_the_next_begins() {
        let moment = at("2026-12-31T23:59:59Z");
        let shown = |kind| Period::holding(kind, moment).to_string();
        assert_eq!(shown(PeriodKind::Daily), "Thursday, 2026-12-31 (UTC)");
        assert_eq!(shown(PeriodKind::Weekly), "week 2026-W53 (ISO, 2026-12-28 to 2027-01-03, UTC)");
        assert_eq!(shown(PeriodKind::Monthly), "December 2026 (UTC)");
        let month = Period::holding(PeriodKind::Monthly, moment);
        assert!(month.holds(at("2026-12-01T00:00:00Z")) && !month.holds(at("2027-01-01T00:00:00Z")));
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let now = at("2026-11-21T10:30:00Z");
        let read = |text, end| parse_moment(text, now, end).unwrap().to_rfc3339();
        let first = |text| read(text, PeriodEnd::First);
        assert_eq!(first("2026-11-01"), "2026-11-01T00:00:00+00:00");
        assert_eq!(read("2026-11-01", PeriodEnd::Last), "2026-11-02T00:00:00+00:00", "the day is part of it");
        assert_eq!(first("today"), "2026-11-21T00:00:00+00:00");
        assert_eq!(first("yesterday"), "2026-11-20T00:00:00+00:00");
        assert_eq!(first("2026-11-01T09:30"), "2026-11-01T09:30:00+00:00");
        assert_eq!(first("2026-11-01T09:30:00+02:00"), "2026-11-01T07:30:00+00:00");
        assert_eq!(first("7d"), "2026-11-14T10:30:00+00:00");
        assert_eq!(first("2w"), "2026-11-07T10:30:00+00:00");
        assert_eq!(read("now", PeriodEnd::Last), "2026-11-21T10:30:00+00:00");
    }

    #[test]
    fn what_is_no_moment_is_refused_with_what_is() {
        let now = at("2026-11-21T10:30:00Z");
        for text in ["", "soon", "2026-13-01", "d", "-7d", "7.5d", "4000000000w", "1e3d", &"9".repeat(10_000)]
        {
            let error = parse_moment(text, now, PeriodEnd::First).unwrap_err().to_string();
            assert!(error.contains("2026-11-01") && error.len() < 400, "{text}: {error}");
        }
        assert!(parse_age("30d").is_ok() && parse_age("2026-11-01").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,30}") {
            let _ = parse_moment(&text, DateTime::<Utc>::MAX_UTC, PeriodEnd::Last);
            let _ = parse_moment(&text, DateTime::<Utc>::MIN_UTC, PeriodEnd::First);
        }

        #[test]
        fn every_moment_is_in_its_own_period(seconds in -62_000_000_000i64..250_000_000_000i64) {
            let moment = DateTime::from_timestamp(seconds, 0).unwrap();
            for kind in [PeriodKind::Daily, PeriodKind::Weekly, PeriodKind::Monthly] {
                let period = Period::holding(kind, moment);
                prop_assert!(period.holds(moment), "{period}");
                let next = Period::holding(kind, period.to);
                prop_assert_eq!(next.from, Some(period.to));
            }
        }
    }
}

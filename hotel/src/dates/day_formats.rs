//! Every way of writing one day that the parser knows, from `2027-03-12` to "el viernes que viene".

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};
use regex::{Captures, Regex};

use super::calendar::{Day, MONTH, NUMBER, WEEKDAY, month_number, number, weekday};

/// Reads what a format has matched on the day `today`; `None` if that day cannot be (month 13).
type Read = fn(&Captures<'_>, NaiveDate) -> Option<Day>;

/// A format: its pattern, which must match all of the text, and how to read it. `{month}`, `{weekday}` and `{number}`
/// stand for the words of the calendar.
struct Format(&'static str, Read);

/// In the order in which they are tried.
const FORMATS: &[Format] = &[
    Format(r"(?:{weekday} )?(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", numeric),
    Format(r"(?:{weekday} )?(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})", numeric),
    Format(r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)", numeric),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4}|\d\d)", numeric),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>\d{4}|\d\d)", numeric),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d\d)", numeric),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})/(?P<month>\d{1,2})", numeric),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})-(?P<month>\d{1,2})", numeric),
    Format(
        r"(?:{weekday} )?(?:dia )?(?P<day>\d{1,2})(?:o|ro)? de (?P<name>{month})(?: de| del)?(?: ano)? (?P<year>\d{4})",
        named,
    ),
    Format(r"(?:{weekday} )?(?:dia )?(?P<day>\d{1,2})(?:o|ro)? de (?P<name>{month})", named),
    Format(r"(?:{weekday} )?(?:dia )?(?P<day>\d{1,2}) ?(?P<name>{month})(?: (?P<year>\d{4}))?", named),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})-(?P<name>{month})(?:-(?P<year>\d{4}|\d\d))?", named),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2})/(?P<name>{month})(?:/(?P<year>\d{4}|\d\d))?", named),
    Format(r"(?:{weekday} )?(?P<name>{month}) (?P<day>\d{1,2})(?: (?:de |del )?(?P<year>\d{4}))?", named),
    Format(
        r"(?:{weekday} )?(?P<day>primero|{number}) de (?P<name>{month})(?: (?:de |del )?(?P<year>\d{4}))?",
        named,
    ),
    Format(r"(?:{weekday} |dia |{weekday} dia )(?P<day>\d{1,2})", of_any_month),
    Format(r"(?:{weekday} )?(?P<day>\d{1,2}) de este mes", of_any_month),
    Format(
        r"(?:{weekday} )?(?P<day>\d{1,2}) del (?:mes que viene|proximo mes|mes proximo|mes siguiente)",
        of_next_month,
    ),
    Format(r"(?P<weekday>{weekday})", of_any_week),
    Format(r"(?:este|proximo|siguiente) (?P<weekday>{weekday})", of_any_week),
    Format(r"(?P<weekday>{weekday}) (?:que viene|proximo|siguiente)", of_any_week),
    Format(
        r"(?P<weekday>{weekday}) de (?:la semana que viene|la proxima semana|la semana proxima)",
        of_next_week,
    ),
    Format(r"(?:la )?(?:semana que viene|proxima semana|semana proxima|semana siguiente)", next_monday),
    Format(r"hoy(?: mismo)?", |_, today| in_days(today, 0)),
    Format(r"manana(?: mismo)?", |_, today| in_days(today, 1)),
    Format(r"pasado manana|pasado", |_, today| in_days(today, 2)),
    Format(r"(?:dentro de|en) (?P<count>{number}) dias?", |captures, today| in_days(today, count(captures)?)),
    Format(r"(?:dentro de|en) (?P<count>{number}) semanas?", |captures, today| {
        in_days(today, 7 * count(captures)?)
    }),
    Format(r"(?:dentro de|en) (?P<count>{number}) mes(?:es)?", in_months),
    Format(r"(?:dia de )?nochebuena", |_, _| Some(Day::Calendar { day: 24, month: Some(12) })),
    Format(r"(?:dia de )?navidad", |_, _| Some(Day::Calendar { day: 25, month: Some(12) })),
    Format(r"(?:dia de )?nochevieja|fin de ano", |_, _| Some(Day::Calendar { day: 31, month: Some(12) })),
    Format(r"(?:dia de )?ano nuevo", |_, _| Some(Day::Calendar { day: 1, month: Some(1) })),
    Format(r"dia de reyes", |_, _| Some(Day::Calendar { day: 6, month: Some(1) })),
    Format(r"san valentin", |_, _| Some(Day::Calendar { day: 14, month: Some(2) })),
    Format(r"(?:noche de )?san juan", |_, _| Some(Day::Calendar { day: 24, month: Some(6) })),
];

/// The formats, ready to match.
#[derive(Debug)]
pub(super) struct DayFormats {
    formats: Vec<(Regex, Read)>,
}

impl DayFormats {
    pub(super) fn compile() -> Self {
        Self { formats: FORMATS.iter().map(|Format(pattern, read)| (compile(pattern), *read)).collect() }
    }

    /// The day that `text` names, all of it. `None` if it is no day, `Some(None)` if it looks like one that cannot be.
    pub(super) fn read(&self, text: &str, today: NaiveDate) -> Option<Option<Day>> {
        self.formats
            .iter()
            .find_map(|(pattern, read)| pattern.captures(text).map(|found| read(&found, today)))
    }

    /// As [`Self::read`], and a bare "12" is a day of the month: right where an article or the other end of a range
    /// says that a day is meant.
    pub(super) fn read_or_bare(&self, text: &str, today: NaiveDate) -> Option<Option<Day>> {
        if !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(text.parse().ok().and_then(|day| calendar_day(day, None)));
        }
        self.read(text, today)
    }
}

/// A pattern of this module that must match all of a text.
pub(super) fn compile(pattern: &str) -> Regex {
    let pattern = pattern.replace("{month}", MONTH).replace("{weekday}", WEEKDAY).replace("{number}", NUMBER);
    Regex::new(&format!("^(?:{pattern})$"))
        .expect("the patterns are constants, and every test compiles all of them")
}

fn numeric(captures: &Captures<'_>, _today: NaiveDate) -> Option<Day> {
    dated(
        captures["day"].parse().ok()?,
        captures["month"].parse().ok()?,
        captures.name("year").map(|year| year.as_str()),
    )
}

fn named(captures: &Captures<'_>, _today: NaiveDate) -> Option<Day> {
    dated(
        number(&captures["day"])?,
        month_number(&captures["name"])?,
        captures.name("year").map(|year| year.as_str()),
    )
}

fn dated(day: u32, month: u32, year: Option<&str>) -> Option<Day> {
    let Some(year) = year else { return calendar_day(day, Some(month)) };
    let year: i32 = year.parse().ok()?;
    // Two digits are of this century: a hotel takes no bookings for another.
    let year = if year < 100 { 2000 + year } else { year };
    NaiveDate::from_ymd_opt(year, month, day).map(Day::On)
}

/// A day that exists in some year. 2028 is a leap year.
fn calendar_day(day: u32, month: Option<u32>) -> Option<Day> {
    NaiveDate::from_ymd_opt(2028, month.unwrap_or(1), day).map(|_| Day::Calendar { day, month })
}

fn of_any_month(captures: &Captures<'_>, _today: NaiveDate) -> Option<Day> {
    calendar_day(captures["day"].parse().ok()?, None)
}

fn of_next_month(captures: &Captures<'_>, today: NaiveDate) -> Option<Day> {
    let next_month = today.with_day(1)?.checked_add_months(Months::new(1))?;
    next_month.with_day(captures["day"].parse().ok()?).map(Day::On)
}

fn of_any_week(captures: &Captures<'_>, _today: NaiveDate) -> Option<Day> {
    weekday(&captures["weekday"]).map(Day::Weekday)
}

fn of_next_week(captures: &Captures<'_>, today: NaiveDate) -> Option<Day> {
    let days = weekday(&captures["weekday"])?.num_days_from_monday();
    monday_after(today)?.checked_add_days(Days::new(days.into())).map(Day::On)
}

fn next_monday(_captures: &Captures<'_>, today: NaiveDate) -> Option<Day> {
    monday_after(today).map(Day::On)
}

fn monday_after(today: NaiveDate) -> Option<NaiveDate> {
    Day::Weekday(Weekday::Mon).first_from(today.succ_opt()?)
}

fn in_days(today: NaiveDate, days: u32) -> Option<Day> {
    today.checked_add_days(Days::new(days.into())).map(Day::On)
}

fn in_months(captures: &Captures<'_>, today: NaiveDate) -> Option<Day> {
    today.checked_add_months(Months::new(count(captures)?)).map(Day::On)
}

fn count(captures: &Captures<'_>) -> Option<u32> {
    number(&captures["count"])
}

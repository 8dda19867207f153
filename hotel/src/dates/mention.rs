//! What a few words can say about a stay: an end of it, both, its length.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use regex::{Captures, Regex};

use super::calendar::{Day, month_number, number};
use super::day_formats::{DayFormats, compile};

/// What a few words say about a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mention {
    /// From when to when.
    Range(Day, Day),
    /// A day, of arrival unless another came before.
    Arrival(Day),
    /// Surely the day of departure.
    Departure(Day),
    /// For how many nights.
    Nights(u32),
    /// It looks like a date and is none: "por la manana", 31 February.
    Nothing,
}

/// The patterns around a day, ready to match.
#[derive(Debug)]
pub(super) struct MentionFormats {
    days: DayFormats,
    no_date: Regex,
    weekend: Regex,
    tonight: Regex,
    nights: Regex,
    weeks: Regex,
    range_in_month: Regex,
    ranges: Vec<RangeFormat>,
    departure: Regex,
    arrival: Regex,
}

/// A pattern with two days in it, `from` and `to`.
#[derive(Debug)]
struct RangeFormat {
    pattern: Regex,
    /// Whether the words around them make days of two bare numbers: "del 12 al 15" does, "de 2 a 4" does not.
    bare: bool,
}

impl RangeFormat {
    fn new(pattern: &str, bare: bool) -> Self {
        Self { pattern: compile(pattern), bare }
    }
}

impl MentionFormats {
    pub(super) fn compile() -> Self {
        Self {
            days: DayFormats::compile(),
            no_date: compile(
                "(?:por|de|en|a|toda|a primera hora de) la manana|hace {number} (?:noches?|dias?|semanas?|mes(?:es)?)",
            ),
            weekend: compile(
                "(?:(?:este|el|un|para|para el|para este|proximo|el proximo) )?fin de semana(?P<next> que viene| proximo)?",
            ),
            tonight: compile("(?:para )?(?:hoy )?esta (?:misma )?noche|hoy por la noche"),
            nights: compile("(?:por |durante |para |unas |unos )?(?P<count>{number}) (?:noches?|dias?)"),
            weeks: compile("(?:por |durante |para )?(?P<count>{number}) semanas?"),
            range_in_month: compile(
                r"(?:en |para |de )?(?P<month>{month}) (?:del|desde el|entre el) (?P<from>\d{1,2}) (?:al|hasta el|y el) (?P<to>\d{1,2})",
            ),
            ranges: vec![
                RangeFormat::new(
                    "(?:desde |del |de |a partir del |el )?(?:el )?(?:dia )?(?P<from>.+?) (?:al|hasta) (?:el )?(?:dia )?(?P<to>.+)",
                    true,
                ),
                RangeFormat::new("entre (?:el )?(?:dia )?(?P<from>.+?) y (?:el )?(?:dia )?(?P<to>.+)", true),
                RangeFormat::new(r"(?:del|desde el|dias|los dias) (?P<from>\d{1,2})-(?P<to>\d{1,2})", true),
                RangeFormat::new("(?:de |desde |desde el )?(?P<from>.+?) a (?:el )?(?P<to>.+)", false),
                RangeFormat::new("(?:del |desde el |el )?(?P<from>[^ -]+)-(?P<to>[^-]+)", false),
                RangeFormat::new("(?:del |desde el |el )?(?P<from>.+?) - (?P<to>.+)", false),
            ],
            departure: compile(
                "(?:hasta|salida|saliendo|salgo|salimos|salir|me voy|nos vamos|me iria|check ?-?out)\
                 (?: (?:el|del|para el|seria el) (?:dia )?(?P<day>.+)| (?P<sure>.+))",
            ),
            arrival: compile(
                "(?:(?:desde|para|a partir|entrada|entrando|entro|entramos|llegada|llegando|llego|llegamos|check ?-?in) )?\
                 (?:(?:el|del|para el) (?:dia )?(?P<day>.+)|(?P<sure>.+))",
            ),
        }
    }

    /// What `text`, all of it, says about a stay; `None` if it makes no sense as a whole.
    pub(super) fn read(&self, text: &str, today: NaiveDate) -> Option<Mention> {
        if self.no_date.is_match(text) {
            return Some(Mention::Nothing);
        }
        if let Some(day) = self.days.read(text, today) {
            return Some(day.map_or(Mention::Nothing, Mention::Arrival));
        }
        self.length(text, today).or_else(|| self.range(text, today)).or_else(|| self.end(text, today))
    }

    fn length(&self, text: &str, today: NaiveDate) -> Option<Mention> {
        if let Some(captures) = self.nights.captures(text) {
            return Some(number(&captures["count"]).map_or(Mention::Nothing, Mention::Nights));
        }
        if let Some(captures) = self.weeks.captures(text) {
            return Some(
                number(&captures["count"]).map_or(Mention::Nothing, |weeks| Mention::Nights(weeks * 7)),
            );
        }
        if self.tonight.is_match(text) {
            let tomorrow = today.succ_opt()?;
            return Some(Mention::Range(Day::On(today), Day::On(tomorrow)));
        }
        self.weekend.is_match(text).then(|| weekend(text, today)).flatten()
    }

    fn range(&self, text: &str, today: NaiveDate) -> Option<Mention> {
        if let Some(captures) = self.range_in_month.captures(text) {
            let month = month_number(&captures["month"]);
            let day =
                |name: &str| Some(Day::Calendar { day: captures[name].parse().ok()?, month: Some(month?) });
            return Some(
                day("from").zip(day("to")).map_or(Mention::Nothing, |(from, to)| Mention::Range(from, to)),
            );
        }
        self.ranges.iter().find_map(|format| {
            let captures = format.pattern.captures(text)?;
            let (from, to) = (&captures["from"], &captures["to"]);
            if !format.bare && from.len() <= 2 && to.len() <= 2 {
                return None;
            }
            let (from, to) = (self.days.read_or_bare(from, today)?, self.days.read_or_bare(to, today)?);
            Some(from.zip(to).map_or(Mention::Nothing, |(from, to)| Mention::Range(from, to)))
        })
    }

    fn end(&self, text: &str, today: NaiveDate) -> Option<Mention> {
        if let Some(captures) = self.departure.captures(text)
            && let Some(day) = self.end_day(&captures, today)
        {
            return Some(day.map_or(Mention::Nothing, Mention::Departure));
        }
        let day = self.end_day(&self.arrival.captures(text)?, today)?;
        Some(day.map_or(Mention::Nothing, Mention::Arrival))
    }

    fn end_day(&self, captures: &Captures<'_>, today: NaiveDate) -> Option<Option<Day>> {
        match captures.name("day") {
            Some(day) => self.days.read_or_bare(day.as_str(), today),
            None => self.days.read(captures.name("sure")?.as_str(), today),
        }
    }
}

/// From Friday (or today, if it has begun) to Sunday; "the next" is one that has not begun.
fn weekend(text: &str, today: NaiveDate) -> Option<Mention> {
    let begun = matches!(today.weekday(), Weekday::Fri | Weekday::Sat);
    let next = text.contains("proximo") || text.contains("que viene");
    let arrival =
        if begun && !next { today } else { Day::Weekday(Weekday::Fri).first_from(today.succ_opt()?)? };
    let departure = Day::Weekday(Weekday::Sun).first_from(arrival.checked_add_days(Days::new(1))?)?;
    Some(Mention::Range(Day::On(arrival), Day::On(departure)))
}

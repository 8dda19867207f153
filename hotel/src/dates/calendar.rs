//! Days that a guest names without saying everything: "el 12", "el 3 de enero", "el viernes".

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

/// One spelling of each month, or of its first three letters.
pub(super) const MONTH: &str = "(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre\
    |ene|feb|mar|abr|may|jun|jul|ago|sept|sep|set|oct|nov|dic)";

/// The days of the week, also abbreviated; `mar` is left to the month (and to the sea).
pub(super) const WEEKDAY: &str =
    "(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|lun|mie|jue|vie|sab|dom)";

/// Numbers as guests write them, in figures or words.
pub(super) const NUMBER: &str = "(?:\\d{1,3}|un par de|un|una|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce\
    |trece|catorce|quince|dieciseis|diecisiete|dieciocho|diecinueve|veinte|veintiuno|veintidos|veintitres|veinticuatro\
    |veinticinco|veintiseis|veintisiete|veintiocho|veintinueve|treinta y uno|treinta)";

/// In the order of their value; the first stands for one.
const NUMBER_WORDS: [&str; 31] = [
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciseis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidos",
    "veintitres",
    "veinticuatro",
    "veinticinco",
    "veintiseis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
    "treinta",
    "treinta y uno",
];

/// The value of what [`NUMBER`] matches.
pub(super) fn number(text: &str) -> Option<u32> {
    match text {
        "un" | "una" | "primero" => Some(1),
        "un par de" => Some(2),
        _ => text.parse().ok().or_else(|| {
            let index = NUMBER_WORDS.iter().position(|word| *word == text)?;
            u32::try_from(index + 1).ok()
        }),
    }
}

/// The number of a month, 1–12, from its name or abbreviation.
pub(super) fn month_number(name: &str) -> Option<u32> {
    Some(match name.get(..3)? {
        "ene" => 1,
        "feb" => 2,
        "mar" => 3,
        "abr" => 4,
        "may" => 5,
        "jun" => 6,
        "jul" => 7,
        "ago" => 8,
        "sep" | "set" => 9,
        "oct" => 10,
        "nov" => 11,
        "dic" => 12,
        _ => return None,
    })
}

/// The day of the week from its name or abbreviation.
pub(super) fn weekday(name: &str) -> Option<Weekday> {
    Some(match name.get(..3)? {
        "lun" => Weekday::Mon,
        "mar" => Weekday::Tue,
        "mie" => Weekday::Wed,
        "jue" => Weekday::Thu,
        "vie" => Weekday::Fri,
        "sab" => Weekday::Sat,
        "dom" => Weekday::Sun,
        _ => return None,
    })
}

/// A day as a guest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// Everything is said, or follows from today.
    On(NaiveDate),
    /// A day of any month, or of a named month of any year.
    Calendar { day: u32, month: Option<u32> },
    /// A day of any week.
    Weekday(Weekday),
}

impl Day {
    /// The first such day that is not before `from`. `None` if there is none (31 February, a date in the past).
    pub(super) fn first_from(self, from: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::On(date) => (date >= from).then_some(date),
            Self::Weekday(weekday) => {
                from.checked_add_days(Days::new(weekday.days_since(from.weekday()).into()))
            }
            Self::Calendar { .. } => self.candidates(from, 1).find(|date| *date >= from),
        }
    }

    /// The last such day before `limit`.
    pub(super) fn last_before(self, limit: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::On(date) => (date < limit).then_some(date),
            Self::Weekday(weekday) => {
                let days = limit.weekday().days_since(weekday);
                limit.checked_sub_days(Days::new(if days == 0 { 7 } else { days.into() }))
            }
            Self::Calendar { .. } => self.candidates(limit, -1).find(|date| *date < limit),
        }
    }

    /// Every existing day of that number, month by month from the month of `around`, forwards or backwards.
    fn candidates(self, around: NaiveDate, step: i32) -> impl Iterator<Item = NaiveDate> {
        /// 29 February may be eight years away, over a century that is no leap year.
        const MONTHS: i32 = 8 * 12 + 1;
        let (day, wanted_month) = match self {
            Self::Calendar { day, month } => (day, month),
            Self::On(_) | Self::Weekday(_) => (0, None),
        };
        (0..MONTHS).filter_map(move |distance| {
            let months =
                i64::from(around.year()) * 12 + i64::from(around.month0()) + i64::from(distance * step);
            let (year, month) =
                (i32::try_from(months.div_euclid(12)).ok()?, months.rem_euclid(12) as u32 + 1);
            if wanted_month.is_some_and(|wanted| wanted != month) {
                return None;
            }
            NaiveDate::from_ymd_opt(year, month, day)
        })
    }
}

//! When guests want to come, and how they say it.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// Weekends that need no date, and how often each is said.
const WEEKENDS: [(&str, u32); 6] = [
    ("este finde", 30),
    ("este fin de semana", 25),
    ("para el finde", 15),
    ("el fin de semana que viene", 15),
    ("el próximo fin de semana", 10),
    ("del viernes al domingo", 10),
];

/// Nearer days than a date is needed for.
const SOON: [(&str, u32); 8] = [
    ("para hoy", 15),
    ("para esta noche", 25),
    ("para mañana", 25),
    ("mañana, 2 noches", 10),
    ("para pasado mañana", 10),
    ("el viernes", 10),
    ("el sábado", 10),
    ("el viernes, 2 noches", 10),
];

/// Occasions with a name.
const OCCASIONS: [(&str, u32); 4] = [
    ("para nochevieja", 1),
    ("del 30 de abril al 3 de mayo", 3),
    ("en agosto", 3),
    ("la semana que viene", 3),
];

/// Days from the message to the arrival, on average, where the arrival is a date; near days are asked for most. Of all that is assumed
/// here this moves the hit rate of the date cache most, and it is chosen so that the rate comes near the 70 % of the documents.
const MEAN_LEAD_DAYS: f64 = 15.0;

/// Nobody asks for a later year without naming it.
const MOST_LEAD_DAYS: f64 = 300.0;

/// Nights, and how often so many are wanted.
const NIGHTS: [(u64, u32); 6] = [(1, 20), (2, 40), (3, 18), (4, 8), (5, 5), (7, 9)];

const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// A stay, as a guest who writes on the day `today` names it.
pub(super) fn stay(today: NaiveDate, random: &mut StdRng) -> String {
    match random.random_range(0..100) {
        0..30 => said(&WEEKENDS, random),
        30..46 => said(&SOON, random),
        46..49 => said(&OCCASIONS, random),
        _ => {
            let from = day_of_arrival(today, random);
            let (nights, _) =
                NIGHTS.choose_weighted(random, |(_, weight)| *weight).expect("weights above zero");
            dated(from, *nights, random)
        }
    }
}

/// A day of arrival, as a guest who writes on the day `today` names it.
pub(super) fn arrival(today: NaiveDate, random: &mut StdRng) -> String {
    if random.random_bool(0.5) {
        return said(&[("mañana", 3), ("el viernes", 3), ("el sábado", 2), ("el lunes", 1)], random);
    }
    let day = day_of_arrival(today, random);
    format!("el {} de {}", day.day(), month(day))
}

fn said(wordings: &[(&str, u32)], random: &mut StdRng) -> String {
    let (wording, _) = wordings.choose_weighted(random, |(_, weight)| *weight).expect("weights above zero");
    (*wording).to_owned()
}

/// Exponentially fewer the later; most guests want to come on a Friday.
fn day_of_arrival(today: NaiveDate, random: &mut StdRng) -> NaiveDate {
    let lead_days = -MEAN_LEAD_DAYS * (1.0 - random.random::<f64>()).ln();
    let day = after(today, 2 + lead_days.min(MOST_LEAD_DAYS) as u64);
    if random.random_bool(0.6) { after(day, Weekday::Fri.days_since(day.weekday()).into()) } else { day }
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).expect("the calendar goes on")
}

/// "Del 12 al 15 de marzo" and its like.
fn dated(from: NaiveDate, nights: u64, random: &mut StdRng) -> String {
    let to = after(from, nights);
    let (day, last) = (from.day(), to.day());
    let one_month = from.month() == to.month();
    match random.random_range(0..100) {
        0..50 if one_month => format!("del {day} al {last} de {}", month(from)),
        0..50 => format!("del {day} de {} al {last} de {}", month(from), month(to)),
        50..64 => format!("{day:02}/{:02} al {last:02}/{:02}", from.month(), to.month()),
        64..76 if nights == 1 => format!("el {day} de {}, una noche", month(from)),
        64..76 => format!("el {day} de {}, {nights} noches", month(from)),
        76..86 => format!("el {day} de {}", month(from)),
        86..94 if one_month => format!("desde el {day} hasta el {last} de {}", month(from)),
        _ => format!("del {day}/{} al {last}/{}", from.month(), to.month()),
    }
}

fn month(day: NaiveDate) -> &'static str {
    MONTHS[day.month0() as usize]
}

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

static PARSER: LazyLock<DateParser> = LazyLock::new(DateParser::new);

fn ymd(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Reads a text on Wednesday 10 March 2027.
fn read(text: &str) -> StayDates {
    read_on(text, "2027-03-10")
}

fn read_on(text: &str, today: &str) -> StayDates {
    phrase(text).map(|phrase| PARSER.stay(phrase, ymd(today))).unwrap_or_default()
}

#[track_caller]
fn assert_stay(text: &str, check_in: &str, check_out: &str) {
    let known = |date: &str| (!date.is_empty()).then(|| ymd(date));
    assert_eq!(read(text), StayDates { check_in: known(check_in), check_out: known(check_out) }, "{text}");
}

#[test]
fn every_way_of_writing_a_day_is_read() {
    for text in [
        "2027-03-19",
        "2027/03/19",
        "20270319",
        "19/03/2027",
        "19-03-2027",
        "19.03.2027",
        "19/3/27",
        "19/3",
        "19-3",
        "19 de marzo de 2027",
        "19 de marzo del 2027",
        "19 de marzo",
        "19 marzo",
        "19 mar",
        "19mar",
        "19-mar-2027",
        "19/mar/27",
        "marzo 19",
        "diecinueve de marzo",
        "el 19",
        "dia 19",
        "viernes 19",
        "viernes 19 de marzo",
        "el viernes 19 de marzo de 2027",
        "19 de este mes",
        "viernes de la semana que viene",
        "el viernes de la proxima semana",
        "para el dia 19",
        "desde el 19",
        "dentro de 9 dias",
        "en nueve dias",
    ] {
        assert_stay(text, "2027-03-19", "");
    }
}

#[test]
fn days_relative_to_today_are_read() {
    assert_stay("hoy", "2027-03-10", "");
    assert_stay("manana", "2027-03-11", "");
    assert_stay("pasado manana", "2027-03-12", "");
    assert_stay("el viernes", "2027-03-12", "");
    assert_stay("este viernes", "2027-03-12", "");
    assert_stay("el proximo viernes", "2027-03-12", "");
    assert_stay("el viernes que viene", "2027-03-12", "");
    assert_stay("el miercoles", "2027-03-17", "");
    assert_stay("la semana que viene", "2027-03-15", "");
    assert_stay("dentro de dos semanas", "2027-03-24", "");
    assert_stay("en un mes", "2027-04-10", "");
    assert_stay("el 5 del mes que viene", "2027-04-05", "");
    assert_stay("para nochevieja", "2027-12-31", "");
    assert_stay("esta noche", "2027-03-10", "2027-03-11");
}

#[test]
fn ranges_are_read_and_completed() {
    assert_stay("del 12 al 15 de marzo", "2027-03-12", "2027-03-15");
    assert_stay("12 al 15", "2027-03-12", "2027-03-15");
    assert_stay("del 30 al 2", "2027-03-30", "2027-04-02");
    assert_stay("del 30 al 2 de enero", "2027-12-30", "2028-01-02");
    assert_stay("del 28 de diciembre al 2 de enero", "2027-12-28", "2028-01-02");
    assert_stay("del 28 de diciembre al 2 de enero de 2028", "2027-12-28", "2028-01-02");
    assert_stay("desde el 3 de enero hasta el 7", "2028-01-03", "2028-01-07");
    assert_stay("entre el 12 y el 15 de abril", "2027-04-12", "2027-04-15");
    assert_stay("en agosto del 5 al 12", "2027-08-05", "2027-08-12");
    assert_stay("12-15 de abril", "2027-04-12", "2027-04-15");
    assert_stay("del 12-15", "2027-03-12", "2027-03-15");
    assert_stay("12/4-15/4", "2027-04-12", "2027-04-15");
    assert_stay("12/04/2027 - 15/04/2027", "2027-04-12", "2027-04-15");
    assert_stay("2027-04-12 a 2027-04-15", "2027-04-12", "2027-04-15");
    assert_stay("de viernes a domingo", "2027-03-12", "2027-03-14");
    assert_stay("desde manana hasta el domingo", "2027-03-11", "2027-03-14");
    assert_stay("del viernes 12 al lunes 15 de marzo", "2027-03-12", "2027-03-15");
    assert_stay(
        "desde el viernes 12 de marzo de 2027 hasta el domingo 14 de marzo de 2027",
        "2027-03-12",
        "2027-03-14",
    );
    assert_stay("entrada 12/04 salida 15/04", "2027-04-12", "2027-04-15");
    assert_stay("llego el 12 y me voy el 15", "2027-03-12", "2027-03-15");
    assert_stay("llegamos el viernes y salimos el lunes", "2027-03-12", "2027-03-15");
}

#[test]
fn lengths_give_the_end_that_is_not_named() {
    assert_stay("3 noches desde el lunes", "2027-03-15", "2027-03-18");
    assert_stay("para el viernes por 2 noches", "2027-03-12", "2027-03-14");
    assert_stay("dos noches a partir del 20 de abril", "2027-04-20", "2027-04-22");
    assert_stay("una semana desde el 1 de agosto", "2027-08-01", "2027-08-08");
    assert_stay("manana un par de noches", "2027-03-11", "2027-03-13");
    assert_stay("2 noches hasta el 20", "2027-03-18", "2027-03-20");
    assert_stay("el viernes 2 noches", "2027-03-12", "2027-03-14");
    assert_stay("por 2 noches", "", "");
    assert_stay("hasta el 20", "", "2027-03-20");
}

#[test]
fn a_weekend_is_friday_to_sunday_and_the_next_has_not_begun() {
    let weekend = |text, today, check_in, check_out| {
        let stay = StayDates { check_in: Some(ymd(check_in)), check_out: Some(ymd(check_out)) };
        assert_eq!(read_on(text, today), stay, "{text} on {today}");
    };
    weekend("este fin de semana", "2027-03-10", "2027-03-12", "2027-03-14");
    weekend("el fin de semana que viene", "2027-03-10", "2027-03-12", "2027-03-14");
    weekend("este fin de semana", "2027-03-13", "2027-03-13", "2027-03-14");
    weekend("el proximo fin de semana", "2027-03-13", "2027-03-19", "2027-03-21");
    weekend("el fin de semana", "2027-03-14", "2027-03-19", "2027-03-21");
}

#[test]
fn a_day_without_a_year_is_the_next_one() {
    assert_stay("el 9", "2027-04-09", "");
    assert_stay("el 10", "2027-03-10", "");
    assert_stay("9 de marzo", "2028-03-09", "");
    assert_stay("29 de febrero", "2028-02-29", "");
    assert_stay("del 8 al 12 de marzo", "2028-03-08", "2028-03-12");
    assert_eq!(read_on("el 31", "2027-02-05").check_in, Some(ymd("2027-03-31")));
}

#[test]
fn what_is_no_date_is_passed_over() {
    for text in [
        "",
        "hola",
        "buenas noches",
        "buenos dias",
        "por la manana",
        "a las 10 de la manana",
        "somos 4 personas",
        "de 2 a 4 personas",
        "31/02",
        "31 de febrero",
        "el 31 de febrero de 2028",
        "45/13/2027",
        "el 40",
        "12/03/2020",
        "29 de febrero de 2027",
        "hace 3 dias",
        "habitacion 12",
        "34600000001",
        "por 0 noches",
        "desde las 15 hasta las 20",
        "del 40 al 50 de marzo",
        "vistas al mar",
        "3.50 euros",
        "del 15 de abril al 12 de abril",
    ] {
        assert_stay(text, "", "");
    }
    assert_stay("manana por la manana", "2027-03-11", "");
}

#[test]
fn the_phrase_is_the_part_that_speaks_of_time() {
    assert_eq!(
        phrase("hola quiero una habitacion del 12 al 15 de marzo gracias"),
        Some("del 12 al 15 de marzo")
    );
    assert_eq!(
        phrase("teneis algo para el fin de semana que viene"),
        Some("para el fin de semana que viene")
    );
    assert_eq!(phrase("el 12 mar por favor"), Some("el 12 mar"));
    assert_eq!(phrase("buenas noches teneis piscina"), None);
    assert_eq!(phrase(&"12 ".repeat(5000)).unwrap().split(' ').count(), 40);
}

#[test]
fn the_cache_remembers_until_midnight_and_stays_bounded() {
    let cache = DateCache::new(NonZeroUsize::new(2).unwrap());
    let tomorrow = |today| cache.stay(&PARSER, "manana", ymd(today)).check_in;
    assert_eq!(tomorrow("2027-03-10"), Some(ymd("2027-03-11")));
    assert_eq!(tomorrow("2027-03-10"), Some(ymd("2027-03-11")));
    assert_eq!(cache.counts(), CacheCounts { hits: 1, misses: 1 });
    assert_eq!(tomorrow("2027-03-11"), Some(ymd("2027-03-12")), "yesterday's answer is not today's");
    for phrase in ["hoy", "el viernes", &"el viernes ".repeat(100)] {
        cache.stay(&PARSER, phrase, ymd("2027-03-11"));
    }
    assert_eq!(tomorrow("2027-03-11"), Some(ymd("2027-03-12")));
    assert_eq!(cache.counts(), CacheCounts { hits: 1, misses: 6 }, "it was the longest unused and made way");
}

/// Words of which dates are made, in any order.
fn date_words() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "del",
        "al",
        "el",
        "de",
        "a",
        "hasta",
        "desde",
        "entre",
        "y",
        "12",
        "31",
        "30",
        "0",
        "99",
        "marzo",
        "febrero",
        "mar",
        "2027",
        "9999",
        "viernes",
        "domingo",
        "fin",
        "semana",
        "que",
        "viene",
        "proximo",
        "manana",
        "pasado",
        "hoy",
        "noches",
        "dos",
        "999",
        "por",
        "en",
        "dentro",
        "meses",
        "semanas",
        "12/3",
        "29-2",
        "12/3-15/3",
        "2027-03-12",
        "-",
        "salida",
    ]);
    prop::collection::vec(words, 0..14).prop_map(|words| words.join(" "))
}

fn days() -> impl Strategy<Value = NaiveDate> {
    let (first, last) = (NaiveDate::MIN, NaiveDate::MAX);
    prop_oneof![
        (735_000..750_000).prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).unwrap()),
        prop::sample::select(vec![first, last, last.pred_opt().unwrap()]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn dates_found_are_never_past_and_never_reversed(text in date_words(), today in days()) {
        let stay = phrase(&text).map(|phrase| PARSER.stay(phrase, today)).unwrap_or_default();
        if let Some(check_in) = stay.check_in {
            prop_assert!(check_in >= today);
            prop_assert!(stay.check_out.is_none_or(|check_out| check_out > check_in));
        }
        prop_assert!(stay.check_out.is_none_or(|check_out| check_out > today));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), digits in "[0-9 /.-]{0,40}", today in days()) {
        for text in [text, digits] {
            PARSER.stay(&text, today);
            phrase(&text);
        }
    }

    #[test]
    fn the_cache_says_what_the_parser_says(texts in prop::collection::vec(date_words(), 1..6), today in days()) {
        let cache = DateCache::new(NonZeroUsize::new(3).unwrap());
        for text in texts.iter().chain(&texts) {
            prop_assert_eq!(cache.stay(&PARSER, text, today), PARSER.stay(text, today));
        }
    }

    #[test]
    fn any_day_of_the_coming_year_is_read_back(today in 735_000..750_000, ahead in 0..364, nights in 1..=90) {
        const MONTHS: [&str; 12] = [
            "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
            "diciembre",
        ];
        let date = |days| NaiveDate::from_num_days_from_ce_opt(days).unwrap();
        let (check_in, check_out) = (date(today + ahead), date(today + ahead + nights));
        let words = |date: NaiveDate| {
            use chrono::Datelike as _;
            format!("{} de {}", date.day(), MONTHS[date.month0() as usize])
        };
        let stay = StayDates { check_in: Some(check_in), check_out: Some(check_out) };
        for text in [
            format!("del {} al {}", words(check_in), words(check_out)),
            format!("{check_in} hasta {check_out}"),
            format!("desde el {} hasta el {}", check_in.format("%d/%m/%Y"), check_out.format("%d/%m/%Y")),
            format!("{nights} noches desde el {}", words(check_in)),
        ] {
            prop_assert_eq!(PARSER.stay(&text, date(today)), stay, "{}", text);
        }
    }
}

use proptest::prelude::*;

use super::*;

fn date(days_from_ce: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(days_from_ce).unwrap()
}

fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// 2027-01-01 is a Friday.
const FRIDAY: i32 = 739_982;

#[test]
fn friday_and_saturday_nights_cost_a_fifth_more() {
    for weekend_loop in [true, false] {
        let pricing = Pricing::new(weekend_loop);
        // Thursday to Monday: Thu 100, Fri 120, Sat 120, Sun 100.
        assert_eq!(pricing.total_price_cents(10_000, ymd(2026, 12, 31), ymd(2027, 1, 4)), 44_000);
        assert_eq!(pricing.total_price_cents(10_000, ymd(2027, 1, 4), ymd(2027, 1, 8)), 40_000);
    }
}

#[test]
fn a_total_is_the_sum_of_its_nights() {
    let (check_in, check_out) = (ymd(2027, 2, 24), ymd(2027, 3, 11));
    let by_night: i64 = check_in.iter_days().take(15).map(|night| night_price_cents(8_999, night)).sum();
    assert_eq!(Pricing::new(false).total_price_cents(8_999, check_in, check_out), by_night);
}

#[test]
fn the_weekend_price_is_rounded_half_up_to_a_cent() {
    assert_eq!(night_price_cents(3, date(FRIDAY)), 4); // 3.6
    assert_eq!(night_price_cents(2, date(FRIDAY)), 2); // 2.4
    assert_eq!(night_price_cents(3, date(FRIDAY + 2)), 3);
}

#[test]
fn a_stay_that_does_not_begin_before_it_ends_is_free() {
    for weekend_loop in [true, false] {
        let pricing = Pricing::new(weekend_loop);
        assert_eq!(pricing.total_price_cents(10_000, date(FRIDAY), date(FRIDAY)), 0);
        assert_eq!(pricing.total_price_cents(10_000, date(FRIDAY), date(FRIDAY - 3)), 0);
    }
}

#[test]
fn both_ways_count_every_short_stay_alike() {
    for check_in in FRIDAY..FRIDAY + 7 {
        for nights in 0..200 {
            let (from, to) = (date(check_in), date(check_in + nights));
            assert_eq!(
                day_by_day::weekend_nights(from, to),
                closed_form::weekend_nights(from, to),
                "{from} {nights}"
            );
        }
    }
}

#[test]
fn both_ways_work_at_the_ends_of_the_calendar() {
    for (from, to) in [
        (NaiveDate::MAX.pred_opt().unwrap(), NaiveDate::MAX),
        (NaiveDate::MIN, NaiveDate::MIN.succ_opt().unwrap()),
    ] {
        assert_eq!(day_by_day::weekend_nights(from, to), closed_form::weekend_nights(from, to));
    }
    // Of whole weeks two nights in seven, and of the days that are left at most two.
    let days = i64::from(NaiveDate::MAX.num_days_from_ce()) - i64::from(NaiveDate::MIN.num_days_from_ce());
    let beyond_weeks = i64::from(closed_form::weekend_nights(NaiveDate::MIN, NaiveDate::MAX)) - days / 7 * 2;
    assert!((0..=2).contains(&beyond_weeks), "{beyond_weeks}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn both_ways_price_every_stay_alike(
        base_price_cents in any::<i64>(),
        check_in in 1..3_000_000,
        nights in -100..=10_000,
    ) {
        let (from, to) = (date(check_in), date(check_in + nights));
        prop_assert_eq!(
            Pricing::new(true).total_price_cents(base_price_cents, from, to),
            Pricing::new(false).total_price_cents(base_price_cents, from, to)
        );
    }
}

//! Pricing a stay, its weekend nights counted one by one or in closed form.

use aforo_bench_suite::corpus::TODAY;
use aforo_bench_suite::pairs::{WEEKEND_1_NIGHT, WEEKEND_7_NIGHTS, WEEKEND_30_NIGHTS, WEEKEND_365_NIGHTS};
use aforo_bench_suite::{CpuTime, Pair, assert_same_answer, cpu_time, per_input};
use aforo_hotel::pricing::Pricing;
use chrono::{Days, NaiveDate};
use criterion::{Criterion, criterion_group, criterion_main};

/// Arrivals on each of so many days: every day of the week equally often.
const ARRIVALS: usize = 364;

/// A price of a night, in cents; any will do.
const BASE_PRICE_CENTS: i64 = 8_999;

const STAYS: [(u64, Pair); 4] =
    [(1, WEEKEND_1_NIGHT), (7, WEEKEND_7_NIGHTS), (30, WEEKEND_30_NIGHTS), (365, WEEKEND_365_NIGHTS)];

fn pricing(criterion: &mut Criterion<CpuTime>) {
    let (by_day, closed) = (Pricing::new(true), Pricing::new(false));
    for (nights, pair) in STAYS {
        let stays: Vec<(NaiveDate, NaiveDate)> =
            TODAY.iter_days().take(ARRIVALS).map(|from| (from, from + Days::new(nights))).collect();
        let price = |pricing: &Pricing, (from, to): &(NaiveDate, NaiveDate)| {
            pricing.total_price_cents(BASE_PRICE_CENTS, *from, *to)
        };
        let prices = |pricing| stays.iter().map(|stay| price(pricing, stay)).collect::<Vec<_>>();
        assert_same_answer(pair.group, prices(&by_day), prices(&closed));
        let mut group = criterion.benchmark_group(pair.group);
        for (function, pricing) in [(pair.before, &by_day), (pair.after, &closed)] {
            group.bench_function(function, |bencher| {
                per_input(bencher, &stays, |stay| price(pricing, stay));
            });
        }
        group.finish();
    }
}

criterion_group!(name = benches; config = cpu_time(); targets = pricing);
criterion_main!(benches);

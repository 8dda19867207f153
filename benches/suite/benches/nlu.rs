//! Understanding a guest's message: patterns compiled for each message or once, all of them tried or only as many as it takes.
//!
//! The documents do not say which function an early exit makes 20–30 % faster. The claim is held against the one that the flaw is in,
//! which settles what a message wants. All of understanding is measured too: what it does beside, no exit makes faster.

use std::collections::BTreeSet;

use aforo_bench_suite::corpus::{Message, TODAY, message_stream};
use aforo_bench_suite::pairs::{COMPILED_ONCE, SETTLED_EARLY, UNDERSTOOD_EARLY};
use aforo_bench_suite::{CpuTime, Pair, assert_same_answer, cpu_time, per_input};
use aforo_hotel::nlu::settle::{self, Settle};
use aforo_hotel::nlu::{Nlu, NluOptions, Patterns, normalize};
use chrono::NaiveDate;
use criterion::{Criterion, criterion_group, criterion_main};

/// For one in so many of the stream's messages patterns are compiled, which takes some hundred times longer than to understand it.
const COMPILED_EVERY: usize = 250;

/// Both flaws of the patterns. Dates are remembered in all that is compared here.
const FLAWED: NluOptions = NluOptions { regex_per_call: true, uncached_dates: false, late_exit: true };

fn compiling(criterion: &mut Criterion<CpuTime>) {
    let each = Nlu::new(FLAWED);
    let once = Nlu::new(NluOptions { regex_per_call: false, ..FLAWED });
    let stream = message_stream();
    let different: BTreeSet<&str> = stream.iter().map(|message| message.text.as_str()).collect();
    let meanings = |nlu: &Nlu| different.iter().map(|text| nlu.understand(text, TODAY)).collect::<Vec<_>>();
    assert_same_answer(COMPILED_ONCE.group, meanings(&each), meanings(&once));
    let few: Vec<Message> = stream.iter().step_by(COMPILED_EVERY).cloned().collect();
    understanding(criterion, COMPILED_ONCE, &few, &each, &once);
}

fn exiting(criterion: &mut Criterion<CpuTime>) {
    let late = Nlu::new(NluOptions { regex_per_call: false, ..FLAWED });
    let early = Nlu::new(NluOptions::default());
    understanding(criterion, UNDERSTOOD_EARLY, &message_stream(), &late, &early);
}

/// Each pass reads the messages on two days. The date cache forgets at midnight, so that each reading begins without a known date, while
/// the patterns stay as warm as those of a hotel that has been open for a while.
fn understanding(
    criterion: &mut Criterion<CpuTime>,
    pair: Pair,
    messages: &[Message],
    before: &Nlu,
    after: &Nlu,
) {
    let tomorrow = TODAY.succ_opt().expect("the calendar goes on");
    let readings: Vec<(&str, NaiveDate)> = [TODAY, tomorrow]
        .into_iter()
        .flat_map(|day| messages.iter().map(move |message| (message.text.as_str(), day)))
        .collect();
    let meanings =
        |nlu: &Nlu| readings.iter().map(|(text, day)| nlu.understand(text, *day)).collect::<Vec<_>>();
    assert_same_answer(pair.group, meanings(before), meanings(after));
    let mut group = criterion.benchmark_group(pair.group);
    for (function, nlu) in [(pair.before, before), (pair.after, after)] {
        group.bench_function(function, |bencher| {
            per_input(bencher, &readings, |(text, day)| nlu.understand(text, *day));
        });
    }
    group.finish();
}

fn settling(criterion: &mut Criterion<CpuTime>) {
    let pair = SETTLED_EARLY;
    let patterns = Patterns::compile();
    let texts: Vec<String> = message_stream().iter().map(|message| normalize(&message.text)).collect();
    let wanted = |settle: Settle| {
        let rules = texts.iter().map(|text| settle(&patterns.rules, text));
        rules.map(|rule| rule.map(|rule| (rule.intent, rule.confidence))).collect::<Vec<_>>()
    };
    assert_same_answer(pair.group, wanted(settle::by_all_matches), wanted(settle::by_first_match));
    let mut group = criterion.benchmark_group(pair.group);
    let twins: [(&str, Settle); 2] =
        [(pair.before, settle::by_all_matches), (pair.after, settle::by_first_match)];
    for (function, settle) in twins {
        group.bench_function(function, |bencher| {
            per_input(bencher, &texts, |text| settle(&patterns.rules, text).map(|rule| rule.intent));
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = cpu_time(); targets = compiling, settling, exiting);
criterion_main!(benches);

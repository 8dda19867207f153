//! Reading the dates that guests name, each time anew or remembered.
//!
//! Each pass reads a day's phrases in the order in which they come, and begins with an empty cache: what it knows is what it has met in
//! this pass. How often that is, is the stream's matter (see `corpus`), and a test holds it near the 70 % of the documents.

use std::hint::black_box;

use aforo_bench_suite::corpus::{TODAY, date_phrase, message_stream};
use aforo_bench_suite::pairs::REMEMBERED_DATES;
use aforo_bench_suite::{CpuTime, assert_same_answer, cpu_time, per_input, per_input_of_pass};
use aforo_hotel::dates::{DateCache, DateParser};
use aforo_hotel::nlu::{CACHED_PHRASES, Patterns};
use criterion::{Criterion, criterion_group, criterion_main};

fn reading(criterion: &mut Criterion<CpuTime>) {
    let pair = REMEMBERED_DATES;
    let patterns = Patterns::compile();
    let phrases: Vec<String> =
        message_stream().iter().filter_map(|message| date_phrase(&patterns, &message.text)).collect();
    let parser = DateParser::new();
    let parsed: Vec<_> = phrases.iter().map(|phrase| parser.stay(phrase, TODAY)).collect();
    let cache = DateCache::new(CACHED_PHRASES);
    let remembered: Vec<_> = phrases.iter().map(|phrase| cache.stay(&parser, phrase, TODAY)).collect();
    assert_same_answer(pair.group, parsed, remembered);

    let mut group = criterion.benchmark_group(pair.group);
    group.bench_function(pair.before, |bencher| {
        per_input(bencher, &phrases, |phrase| parser.stay(phrase, TODAY));
    });
    group.bench_function(pair.after, |bencher| {
        per_input_of_pass(bencher, phrases.len(), || {
            let cache = DateCache::new(CACHED_PHRASES);
            for phrase in &phrases {
                black_box(cache.stay(&parser, black_box(phrase), TODAY));
            }
        });
    });
    group.finish();
}

criterion_group!(name = benches; config = cpu_time(); targets = reading);
criterion_main!(benches);

//! The hot paths whose instructions are counted: those that do the same each time. What is made in an attribute is not counted, what
//! is given back is dropped uncounted.

#![expect(missing_docs, reason = "the macros make what they need public, and write no docs")]

use std::hint::black_box;

use aforo_hot_paths::{
    BodyTemplate, DatePhrases, GuestMessages, JudgedRun, Plans, ProbedEndpoint, RecordedSecond, Recording,
    Report, RunSeconds, Statements, Stays, VoiceMessage,
};
use gungraun::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

/// Where one call is too short to be told from the call itself.
const CALLS: usize = 1_000;

#[library_benchmark]
#[bench::a_thousand_samples(Recording::default())]
fn record(mut recording: Recording) -> Recording {
    for _ in 0..CALLS {
        recording.record_next();
    }
    recording
}

#[library_benchmark]
#[bench::two_threads(RecordedSecond::default())]
fn merge_second(mut second: RecordedSecond) -> impl Sized {
    (second.merge(), second)
}

#[library_benchmark]
#[bench::thirteen_steps(RunSeconds::default())]
fn take_in_second(seconds: RunSeconds) -> impl Sized {
    let mut summary = seconds.summary();
    seconds.take_in(&mut summary);
    (summary, seconds)
}

#[library_benchmark]
#[bench::a_thousand_bodies(BodyTemplate::default())]
fn render_body(mut body: BodyTemplate) -> BodyTemplate {
    for _ in 0..CALLS {
        black_box(body.render());
    }
    body
}

#[library_benchmark]
#[bench::a_thousand_times(JudgedRun::default())]
fn evaluate_slo(run: JudgedRun) -> JudgedRun {
    for _ in 0..CALLS {
        black_box(run.evaluate_objective());
    }
    run
}

#[library_benchmark]
#[bench::three_plans(Plans)]
fn parse_plan(plans: Plans) -> impl Sized {
    plans.parse()
}

#[library_benchmark]
#[bench::real_statements(Statements::default())]
fn fingerprint(statements: Statements) -> impl Sized {
    (statements.fingerprint(), statements)
}

#[library_benchmark]
#[bench::a_thousand_fingerprints(ProbedEndpoint::default())]
fn n_plus_one(endpoint: ProbedEndpoint) -> impl Sized {
    (endpoint.judge(), endpoint)
}

#[library_benchmark]
#[bench::html(Report::default())]
fn render_report(report: Report) -> impl Sized {
    (report.render(), report)
}

#[library_benchmark]
#[bench::corpus(GuestMessages::default())]
fn understand(messages: GuestMessages) -> impl Sized {
    (messages.understand(), messages)
}

#[library_benchmark]
#[bench::uncached(DatePhrases::default())]
fn read_dates(phrases: DatePhrases) -> impl Sized {
    (phrases.parse(), phrases)
}

#[library_benchmark]
#[bench::cached(DatePhrases::default())]
fn recall_dates(phrases: DatePhrases) -> impl Sized {
    (phrases.recall(), phrases)
}

#[library_benchmark]
#[bench::closed_form(Stays::default())]
fn price_stays(stays: Stays) -> i64 {
    stays.price()
}

#[library_benchmark]
#[bench::five_keys(VoiceMessage::default())]
fn decode_audio(message: VoiceMessage) -> impl Sized {
    (message.decode(), message)
}

library_benchmark_group!(
    name = own,
    benchmarks = [
        record,
        merge_second,
        take_in_second,
        render_body,
        evaluate_slo,
        parse_plan,
        fingerprint,
        n_plus_one,
        render_report
    ]
);
library_benchmark_group!(
    name = hotel,
    benchmarks = [understand, read_dates, recall_dates, price_stays, decode_audio]
);

// Caches are not simulated: their misses are not judged, and to simulate them takes time. Lines are not kept either.
main!(
    config =
        LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no", "--dump-line=no"])),
    library_benchmark_groups = [own, hotel]
);

//! A run as long and as wide as a report must be able to show: the same one each time.

use std::collections::BTreeMap;

use aforo_model::profile::{Frame, Stack};
use aforo_model::{RunRecord, Series, StepRecord, TimeHistogram, Timeline};

use crate::html::evidence;

/// Numbers that look random and are the same each time (a linear congruential generator, Knuth's constants).
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// A time with a long tail, µs.
    fn time_us(&mut self) -> u64 {
        let tail = 1 + 400 / (1 + self.below(400));
        (2_000 + self.below(20_000)) * tail
    }
}

/// A run of so many seconds, endpoints and statements, with plans of the statements, twenty recommendations and a profile.
pub(in crate::html) fn record(seconds: usize, steps: usize, statements: usize) -> RunRecord {
    let mut draws = Draws(1);
    let mut record = evidence::record();
    record.scenario.load.duration_s = seconds as f64;
    let names: Vec<String> = (0..steps).map(|at| format!("room_availability_{at:02}")).collect();
    record.load.steps = names.iter().map(|name| step(name, seconds, &mut draws)).collect();
    record.load.total = StepRecord { name: "total".to_owned(), ..step("total", seconds, &mut draws) };
    record.load.timeline = Timeline {
        users: (0..seconds).map(|second| 50 + (second % 7) as u32).collect(),
        dropped_starts: Vec::new(),
        rolling_p95_us: (0..seconds).map(|_| Some(draws.time_us())).collect(),
        total: series(seconds, &mut draws),
        steps: names.iter().map(|name| (name.clone(), series(seconds, &mut draws))).collect(),
    };
    readings(&mut record, seconds, &mut draws);
    widen_database(&mut record, statements);
    widen_profile(&mut record, &mut draws);
    record.recommendations = (0..20).flat_map(|_| record.recommendations.clone()).take(20).collect();
    record
}

fn step(name: &str, seconds: usize, draws: &mut Draws) -> StepRecord {
    let mut histogram = TimeHistogram::new();
    (0..seconds * 2).for_each(|_| histogram.record_us(draws.time_us()));
    StepRecord {
        name: name.to_owned(),
        requests: histogram.count(),
        throughput_per_s: 2.0,
        error_rate: Some(0.002),
        statuses: BTreeMap::from([(200, histogram.count())]),
        response_time: histogram.summary(),
        service_time: histogram.summary(),
        response_time_curve: histogram.curve(),
        ..Default::default()
    }
}

fn series(seconds: usize, draws: &mut Draws) -> Series {
    let mut times = || (0..seconds).map(|_| Some(draws.time_us())).collect::<Vec<_>>();
    Series {
        p50_us: times(),
        p95_us: times(),
        p99_us: times(),
        service_p95_us: Vec::new(),
        requests: (0..seconds).map(|_| 180 + draws.below(40)).collect(),
        errors: (0..seconds).map(|_| draws.below(2)).collect(),
    }
}

/// One reading a second, like the last one of the record it is made of.
fn readings(record: &mut RunRecord, seconds: usize, draws: &mut Draws) {
    let mut reading = record.resources.last().expect("the canonical run has readings").clone();
    let next = |second: usize| {
        reading.at_s = second as f64 + 0.001 * draws.below(20) as f64;
        for process in &mut reading.processes {
            process.cpu_cores = Some(draws.below(2_000) as f64 / 1_234.0);
            process.rss_bytes += draws.below(1 << 16);
        }
        if let Some(redis) = &mut reading.redis {
            redis.keyspace_hits_per_s = Some(draws.below(900) as f64);
            redis.keyspace_misses_per_s = Some(draws.below(90) as f64);
        }
        reading.clone()
    };
    record.resources = (1..=seconds).map(next).collect();
}

/// Repeats the statements and their plans under other names.
fn widen_database(record: &mut RunRecord, statements: usize) {
    let Some(database) = &mut record.database else { return };
    let (hot, explained) = (database.hot.clone(), database.explained.clone());
    database.hot = (0..statements)
        .map(|at| {
            let mut statement = hot[at % hot.len()].clone();
            statement.fingerprint = format!("{}-{at}", statement.fingerprint);
            statement
        })
        .collect();
    database.explained = (0..statements)
        .map(|at| {
            let mut statement = explained[at % explained.len()].clone();
            statement.fingerprint = format!("{}-{at}", statement.fingerprint);
            statement
        })
        .collect();
}

/// Two thousand stacks of forty frames, as of a profile of half a minute at 99 Hz.
fn widen_profile(record: &mut RunRecord, draws: &mut Draws) {
    for profile in &mut record.profiles {
        let function = |at: u32| format!("hotel::reservations::search::availability_of_room_type_{at:04}");
        let file = Some("src/reservations/search.rs".to_owned());
        profile.profile.frames = (0..1_500)
            .map(|at| Frame { function: function(at), file: file.clone(), line: Some(at) })
            .collect();
        let mut stack = |_| {
            // Stacks share most of their beginning, as real ones do.
            let frames =
                (0..40).map(|depth| depth * 37 + draws.below(1 + u64::from(depth) / 8) as u32).collect();
            Stack { frames, samples: 1 + draws.below(3) }
        };
        profile.profile.stacks = (0..2_000).map(&mut stack).collect();
    }
}

use aforo_model::database::StatementCalls;
use proptest::prelude::*;

use super::*;
use crate::statistics::Random;

/// Calls for each request of the seven steps: those of an application that was measured, and one that three steps share.
const TRUTH: [(&str, [f64; 7]); 8] = [
    ("SELECT name FROM authors WHERE id = $1", [20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ("SELECT title FROM books WHERE author_id IN ($1)", [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ("SELECT name FROM settings", [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
    ("SELECT stars FROM reviews WHERE book_id = $1", [0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0]),
    ("SELECT title FROM pages WHERE id IN ($1)", [0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0]),
    ("SELECT name FROM tags WHERE id = $1", [0.0, 0.0, 0.0, 0.0, 0.0, 14.0, 0.0]),
    ("SELECT a.id FROM authors a JOIN books b ON b.author_id = a.id", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
    ("SELECT id FROM books LIMIT $1", [1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
];
/// A job runs the first statement so often.
const JOB_PER_S: f64 = 10.0;

struct Load {
    seed: u64,
    slices: usize,
    length_s: f64,
    is_varied: bool,
}

fn key(number: usize) -> StatementKey {
    StatementKey { role_oid: 1, database_oid: 1, query_id: number as i64, is_top_level: true }
}

fn texts() -> BTreeMap<StatementKey, String> {
    TRUTH.iter().enumerate().map(|(number, (text, _))| (key(number), (*text).to_owned())).collect()
}

impl Load {
    /// About fifty requests a second. About a tenth of what a slice's requests did, they did in the slice before.
    fn slices(&self) -> Vec<LoadSlice> {
        let mut random = Random::new(self.seed);
        let mut requests: Vec<Vec<f64>> = Vec::new();
        for _ in 0..=self.slices {
            let weights: Vec<f64> =
                (0..7).map(|_| if self.is_varied { random.normal().abs().powi(2) } else { 1.0 }).collect();
            let total: f64 = weights.iter().sum();
            let noise = if self.is_varied { 1.0 } else { 0.2 };
            requests.push(
                weights
                    .iter()
                    .map(|weight| {
                        let count = 50.0 * self.length_s * weight / total;
                        (count + noise * count.sqrt() * random.normal()).round().max(0.0)
                    })
                    .collect(),
            );
        }
        // Of each slice and step, the part that was done in the slice before.
        let early: Vec<Vec<f64>> = (0..=self.slices)
            .map(|_| (0..7).map(|_| (0.1 + 0.04 * random.normal()).clamp(0.0, 1.0)).collect())
            .collect();
        (0..self.slices)
            .map(|at| {
                let job = (JOB_PER_S * self.length_s + random.normal()).max(0.0);
                let calls = TRUTH.iter().enumerate().map(|(number, (_, rates))| {
                    let done = (0..7).map(|step| {
                        let (now, next) = (requests[at][step], requests[at + 1][step]);
                        rates[step] * (now * (1.0 - early[at][step]) + next * early[at + 1][step])
                    });
                    let done: f64 = done.sum();
                    let background = if number == 0 { job } else { 0.0 };
                    let calls = (done + background).round() as u64;
                    StatementCalls { key: key(number), calls, rows: calls, blocks: calls, exec_time_ms: 1.0 }
                });
                let steps =
                    requests[at].iter().enumerate().map(|(step, count)| (format!("s{step}"), *count as u64));
                LoadSlice { elapsed_s: self.length_s, requests: steps.collect(), calls: calls.collect() }
            })
            .collect()
    }
}

/// Of every statement and step: the truth, and what was found.
fn compared(found: &Attribution) -> Vec<(f64, Interval)> {
    let mut pairs = Vec::new();
    for (text, rates) in TRUTH {
        let fingerprint = aforo_sql::fingerprint(text).to_string();
        let statement =
            found.statements.iter().find(|statement| statement.fingerprint == fingerprint).unwrap();
        let Some(causes) = statement.causes.found() else { continue };
        for (step, truth) in rates.iter().enumerate() {
            let step = format!("s{step}");
            let rate =
                causes.steps.iter().find(|found| found.step == step).map(|found| found.calls_per_request);
            pairs.push((*truth, rate.unwrap_or(Interval { estimate: 0.0, low: 0.0, high: 0.0 })));
        }
    }
    pairs
}

fn found(load: &Load) -> Attribution {
    match attribute(&load.slices(), &texts()) {
        Answer::Found(found) => found,
        Answer::Absent { why } => panic!("{why}"),
    }
}

#[test]
fn a_varied_mix_gives_the_calls_of_every_step_within_its_interval() {
    let (mut all, mut held) = (0, 0);
    for seed in 1..=8 {
        let found = found(&Load { seed, slices: 40, length_s: 1.0, is_varied: true });
        assert!(found.condition_number < 100.0, "{}", found.condition_number);
        for (truth, rate) in compared(&found).into_iter().filter(|(truth, _)| *truth > 0.0) {
            all += 1;
            held += u32::from((rate.low..=rate.high).contains(&truth));
            assert!((rate.estimate / truth - 1.0).abs() < 0.15, "{truth}: {rate:?}");
        }
    }
    assert!(f64::from(held) >= 0.85 * f64::from(all), "{held} of {all}");
}

#[test]
fn the_job_beside_the_load_is_told_from_the_load() {
    let fingerprint = aforo_sql::fingerprint(TRUTH[0].0).to_string();
    let mut held = 0;
    for seed in 1..=8 {
        let found = found(&Load { seed, slices: 60, length_s: 1.0, is_varied: true });
        let statement =
            found.statements.iter().find(|statement| statement.fingerprint == fingerprint).unwrap();
        let causes = statement.causes.found().unwrap();
        assert!(causes.r_squared > 0.9 && causes.steps[0].step == "s0", "{causes:?}");
        held += u32::from((causes.background_per_s.low..=causes.background_per_s.high).contains(&JOB_PER_S));
    }
    assert!(held >= 6, "{held} of 8");
}

#[test]
fn a_mix_that_never_varies_is_refused_or_gives_wide_intervals() {
    let width = |attribution: &Attribution| -> f64 {
        let pairs = compared(attribution);
        let widths = pairs
            .iter()
            .filter(|(truth, _)| *truth > 0.0)
            .map(|(truth, rate)| (rate.high - rate.low) / truth);
        crate::statistics::median(widths).unwrap_or(f64::INFINITY)
    };
    for seed in 1..=5 {
        let load = |is_varied| Load { seed, slices: 40, length_s: 1.0, is_varied };
        let varied = width(&found(&load(true)));
        if let Answer::Found(constant) = attribute(&load(false).slices(), &texts()) {
            assert!(width(&constant) > 3.0 * varied, "{} against {varied}", width(&constant));
        }
    }
    // Exactly the same in every slice.
    let mut same = Load { seed: 1, slices: 40, length_s: 1.0, is_varied: true }.slices();
    let first = same[0].requests.clone();
    same.iter_mut().for_each(|slice| slice.requests.clone_from(&first));
    assert!(matches!(attribute(&same, &texts()), Answer::Absent { why } if why.contains("together")));
}

#[test]
fn too_few_slices_or_no_requests_are_no_answer() {
    let slices = Load { seed: 1, slices: 15, length_s: 1.0, is_varied: true }.slices();
    assert!(
        matches!(attribute(&slices, &texts()), Answer::Absent { why } if why.contains("needs 16 slices"))
    );
    assert!(matches!(attribute(&[], &texts()), Answer::Absent { why } if why.contains("no request")));
}

#[test]
fn short_slices_are_put_together_until_they_last_a_second() {
    let found = found(&Load { seed: 1, slices: 200, length_s: 0.2, is_varied: true });
    // The last one is only what comes after the one before.
    assert_eq!(found.slice_count, 39);
}

#[test]
fn a_statement_that_no_step_explains_says_so() {
    let mut slices = Load { seed: 1, slices: 40, length_s: 1.0, is_varied: true }.slices();
    let mut random = Random::new(9);
    for slice in &mut slices {
        slice.calls[1].calls = (20.0 + 5.0 * random.normal()).max(0.0) as u64;
    }
    let Answer::Found(found) = attribute(&slices, &texts()) else { panic!() };
    let fingerprint = aforo_sql::fingerprint(TRUTH[1].0).to_string();
    let statement = found.statements.iter().find(|statement| statement.fingerprint == fingerprint).unwrap();
    assert!(
        matches!(&statement.causes, Answer::Absent { why } if why.contains("times a second")),
        "{statement:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn no_slices_make_it_panic(
        counts in prop::collection::vec((any::<u64>(), any::<u64>()), 20),
        seconds in prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), 0.5f64..2.0],
    ) {
        let mut slices = Load { seed: 1, slices: 20, length_s: 1.0, is_varied: true }.slices();
        for (slice, (requests, calls)) in std::iter::zip(&mut slices, counts) {
            slice.requests.insert("s1".to_owned(), requests);
            slice.calls[0].calls = calls;
        }
        slices[3].elapsed_s = seconds;
        let found = attribute(&slices, &texts());
        prop_assert!(serde_json::to_string(&found).is_ok());
    }
}

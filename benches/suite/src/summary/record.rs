//! Everything that was measured, as it is saved in `target/bench.json`. `docs/benchmarks.md` describes it.

use aforo_bench_suite::{Claim, Clock, Pair, Single, Variant};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::bootstrap::{median_ns, ratio_of_medians};
use crate::estimate::Estimate;
use crate::machine::Machine;
use crate::results::{Results, Sample};
use crate::verdict::Verdict;

/// Version of the saved format.
const SCHEMA_VERSION: u32 = 1;

/// A run of the whole suite.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    schema_version: u32,
    /// When the last time was saved; `None` if none was.
    pub(crate) measured_at: Option<DateTime<Utc>>,
    /// Where.
    pub(crate) machine: Machine,
    /// How often everything was measured.
    pub(crate) passes: usize,
    /// Criterion's index of plots, seen from the folder of this file.
    plots: &'static str,
    /// The flaws with their twins.
    pub(crate) pairs: Vec<PairRecord>,
    /// The functions without twins.
    pub(crate) singles: Vec<SingleRecord>,
    /// What was measured and is in no table, as `group/function`.
    pub(crate) unlisted: Vec<String>,
}

/// A flaw and its twin.
#[derive(Debug, Serialize)]
pub(crate) struct PairRecord {
    pub(crate) group: &'static str,
    pub(crate) clock: Clock,
    pub(crate) before: FunctionRecord,
    pub(crate) after: FunctionRecord,
    /// Of the times, after over before; over all passes.
    pub(crate) ratio: Option<Estimate>,
    /// The same, of each pass.
    pass_ratios: Vec<Estimate>,
    /// The share of the time that is saved, 0–1; negative if it got slower.
    saved_share: Option<Estimate>,
    pub(crate) claim: Option<Claim>,
    pub(crate) verdict: Verdict,
    /// Why there is no ratio.
    pub(crate) not_measured: Option<String>,
    pub(crate) remark: Option<&'static str>,
    /// Criterion's plots of the group, seen from the folder of this file.
    plots: String,
}

/// A function without a twin.
#[derive(Debug, Serialize)]
pub(crate) struct SingleRecord {
    pub(crate) group: &'static str,
    pub(crate) clock: Clock,
    #[serde(flatten)]
    pub(crate) function: FunctionRecord,
    /// Why there is no time.
    pub(crate) not_measured: Option<String>,
    plots: String,
}

/// One function's times.
#[derive(Debug, Serialize)]
pub(crate) struct FunctionRecord {
    pub(crate) function: &'static str,
    /// The median of a call, in nanoseconds; over all passes.
    pub(crate) time_ns: Option<Estimate>,
    /// The same, of each pass.
    pass_times_ns: Vec<Estimate>,
}

impl Record {
    /// Sums up `results`, and judges what is claimed.
    pub(crate) fn new(machine: Machine, pairs: &[Pair], singles: &[Single], results: &Results) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            measured_at: results.measured_at,
            machine,
            passes: results.passes,
            plots: "criterion/report/index.html",
            pairs: pairs.iter().map(|pair| PairRecord::new(pair, results)).collect(),
            singles: singles.iter().map(|single| SingleRecord::new(single, results)).collect(),
            unlisted: results.unlisted.clone(),
        }
    }

    /// Whether everything in the tables has its times, and everything that has times is in the tables.
    pub(crate) fn is_complete(&self) -> bool {
        self.unlisted.is_empty()
            && self.pairs.iter().all(|pair| pair.not_measured.is_none())
            && self.singles.iter().all(|single| single.not_measured.is_none())
    }

    /// How many claims came to `verdict`.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.pairs.iter().filter(|pair| pair.claim.is_some() && pair.verdict == verdict).count()
    }
}

impl PairRecord {
    fn new(pair: &Pair, results: &Results) -> Self {
        let (before, after) = (results.of(pair.before_variant()), results.of(pair.after_variant()));
        let pass_ratios: Vec<Estimate> = match (&before, &after) {
            (Ok(before), Ok(after)) => {
                before.iter().zip(after).map(|(before, after)| ratio_of_medians(before, after)).collect()
            }
            _ => Vec::new(),
        };
        let ratio = Estimate::over_passes(&pass_ratios);
        Self {
            group: pair.group,
            clock: pair.clock,
            before: FunctionRecord::new(pair.before, before.as_deref().unwrap_or_default()),
            after: FunctionRecord::new(pair.after, after.as_deref().unwrap_or_default()),
            ratio,
            pass_ratios,
            saved_share: ratio.as_ref().map(Estimate::saved_share),
            claim: pair.claim,
            verdict: ratio.map_or(Verdict::NotMeasured, |ratio| Verdict::of(&ratio, pair.claim.as_ref())),
            not_measured: before.err().or(after.err()),
            remark: pair.remark,
            plots: plots(pair.before_variant()),
        }
    }
}

impl SingleRecord {
    fn new(single: &Single, results: &Results) -> Self {
        let samples = results.of(single.variant());
        Self {
            group: single.group,
            clock: single.clock,
            function: FunctionRecord::new(single.function, samples.as_deref().unwrap_or_default()),
            not_measured: samples.err(),
            plots: plots(single.variant()),
        }
    }
}

impl FunctionRecord {
    fn new(function: &'static str, passes: &[&Sample]) -> Self {
        let pass_times_ns: Vec<Estimate> = passes.iter().map(|sample| median_ns(sample)).collect();
        Self { function, time_ns: Estimate::over_passes(&pass_times_ns), pass_times_ns }
    }
}

fn plots(variant: Variant) -> String {
    format!("criterion/{}/report/index.html", variant.group)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    pub(crate) const PAIRS: &[Pair] = &[
        Pair::cpu("message", "patterns compiled for each", "patterns compiled once").claimed(0.30, "30–50 %"),
        Pair::wall("admin list, 100 rows", "N+1", "join")
            .claimed(0.97, "97 % (102.5 → 3.5 ms)")
            .remarked("The documents' database is a network away; this one is on the same machine."),
        Pair::cpu("weekend nights, 7 nights", "night by night", "closed form").claimed(0.20, "20–30 %"),
        Pair::cpu(
            "message",
            "all patterns tried, although one has settled it",
            "stops at the first that matches",
        ),
        Pair::wall("clean-up of expired reservations", "no index", "partial index").claimed(0.55, "55 %"),
    ];
    pub(crate) const SINGLES: &[Single] =
        &[Single::cpu("audio", "decode 12 keys at 8 kHz"), Single::cpu("audio", "decode 12 keys at 48 kHz")];

    /// Twenty times about `middle_ns`, within `spread` of it to both sides (a share, 0–1).
    fn times(middle_ns: f64, spread: f64) -> Vec<f64> {
        (0..20).map(|at| middle_ns * (1.0 + spread * (f64::from(at) - 9.5) / 9.5)).collect()
    }

    /// One claim of each verdict, a pair without a claim, a function without a twin, and one that was not measured.
    pub(crate) fn canonical() -> Record {
        let passes =
            |middle_ns: f64, spread| [1.0, 1.02, 0.99].map(|pass| times(middle_ns * pass, spread)).to_vec();
        let mut results = Results::default();
        results.measured_at = Some("2026-11-21T12:00:00Z".parse().unwrap());
        results.unlisted.push("group/forgotten".to_owned());
        for (pair, before_ns, after_ns) in [
            (&PAIRS[0], 1.3e6, 45e3),
            (&PAIRS[1], 21e6, 2.4e6),
            (&PAIRS[2], 31.0, 24.0),
            (&PAIRS[3], 60e3, 55e3),
        ] {
            results = results
                .with(pair.before_variant(), &passes(before_ns, 0.1))
                .with(pair.after_variant(), &passes(after_ns, 0.1));
        }
        results = results
            .with(PAIRS[4].before_variant(), &passes(9e6, 0.3))
            .without(PAIRS[4].after_variant())
            .with(SINGLES[0].variant(), &passes(999_600.0, 0.02))
            .without(SINGLES[1].variant());
        results.passes = 3;
        Record::new(Machine::canonical(), PAIRS, SINGLES, &results)
    }

    #[test]
    fn every_verdict_is_reached() {
        let verdicts: Vec<Verdict> = canonical().pairs.iter().map(|pair| pair.verdict).collect();
        let expected =
            [Verdict::Met, Verdict::Missed, Verdict::NotShown, Verdict::NoClaim, Verdict::NotMeasured];
        assert_eq!(verdicts, expected);
        assert_eq!(canonical().count(Verdict::NoClaim), 0);
    }

    #[test]
    fn a_pair_of_which_one_was_not_measured_has_no_ratio_and_says_why() {
        let record = canonical();
        let pair = &record.pairs[4];
        assert!(pair.ratio.is_none() && pair.before.time_ns.is_some() && pair.after.time_ns.is_none());
        let why = pair.not_measured.as_deref().unwrap();
        assert!(why.starts_with("`partial index` has no times of pass 1"), "{why}");
        assert!(!record.is_complete());
    }

    #[test]
    fn the_ratio_over_all_passes_spans_those_of_each() {
        let record = canonical();
        let ratio = record.pairs[0].ratio.unwrap();
        assert!((ratio.value - 45.0 / 1_300.0).abs() < 1e-9);
        assert_eq!(record.pairs[0].pass_ratios.len(), 3);
        assert!(
            record.pairs[0].pass_ratios.iter().all(|pass| ratio.low <= pass.low && pass.high <= ratio.high)
        );
    }

    #[test]
    fn what_is_saved_has_its_units_in_its_names() {
        let saved = serde_json::to_value(canonical()).unwrap();
        assert_eq!(saved["schema_version"], json!(1));
        let pair = &saved["pairs"][0];
        assert_eq!(pair["before"]["time_ns"]["value"], json!(1.3e6));
        assert_eq!(pair["before"]["pass_times_ns"].as_array().unwrap().len(), 3);
        assert_eq!((&pair["clock"], &pair["verdict"]), (&json!("thread-cpu"), &json!("met")));
        assert_eq!(pair["claim"], json!({ "saved_share": 0.3, "stated": "30–50 %" }));
        assert_eq!(pair["plots"], json!("criterion/message/report/index.html"));
        assert_eq!(saved["pairs"][4]["ratio"], Value::Null);
        assert_eq!(saved["singles"][0]["function"], json!("decode 12 keys at 8 kHz"));
    }
}

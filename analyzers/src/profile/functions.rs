//! How much of the time each function takes, by itself and with what it calls.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::profile::{FunctionShare, Profile};

use super::requests::CpuPerRequests;
use crate::statistics::wilson;

/// Functions that are listed at most: what comes after them is below any noise.
const MOST_FUNCTIONS: usize = 200;

#[derive(Default)]
struct Counts<'a> {
    own: u64,
    total: u64,
    /// Samples by line.
    lines: BTreeMap<u32, u64>,
    file: Option<&'a str>,
}

/// Every function with its share of the samples, the most time by itself first. In a sample in which it stands several times,
/// because it called itself, it counts once.
pub(super) fn functions(profile: &Profile, cpu: Option<CpuPerRequests>) -> Vec<FunctionShare> {
    let mut counts: BTreeMap<(&str, Option<&str>), Counts<'_>> = BTreeMap::new();
    for stack in &profile.stacks {
        let mut seen = BTreeSet::new();
        let mut is_leaf = true;
        for frame in profile.frames_of(stack).rev() {
            let key = (frame.function.as_str(), frame.file.as_deref());
            let function = counts.entry(key).or_default();
            function.file = frame.file.as_deref();
            if std::mem::take(&mut is_leaf) {
                function.own += stack.samples;
            }
            if seen.insert(key) {
                function.total += stack.samples;
                if let Some(line) = frame.line {
                    *function.lines.entry(line).or_default() += stack.samples;
                }
            }
        }
    }
    let kept = profile.samples.kept;
    let cpu_ms = |samples: u64| cpu.map(|cpu| cpu.ms_per_1000_requests(samples, kept));
    let mut functions: Vec<FunctionShare> = counts
        .into_iter()
        .map(|((function, _), counts)| FunctionShare {
            function: function.to_owned(),
            file: counts.file.map(str::to_owned),
            line: counts
                .lines
                .iter()
                .max_by_key(|(line, samples)| (**samples, std::cmp::Reverse(**line)))
                .map(|(line, _)| *line),
            self_samples: counts.own,
            total_samples: counts.total,
            self_ratio: wilson(counts.own, kept),
            total_ratio: wilson(counts.total, kept),
            total_cpu_ms_per_1000_requests: cpu_ms(counts.total),
            self_cpu_ms_per_1000_requests: cpu_ms(counts.own),
        })
        .collect();
    functions.sort_by(|one, other| {
        let weight = |share: &FunctionShare| {
            (std::cmp::Reverse(share.self_samples), std::cmp::Reverse(share.total_samples))
        };
        weight(one).cmp(&weight(other)).then_with(|| one.function.cmp(&other.function))
    });
    functions.truncate(MOST_FUNCTIONS);
    functions
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::profile;
    use super::*;

    fn of<'a>(functions: &'a [FunctionShare], name: &str) -> &'a FunctionShare {
        functions.iter().find(|share| share.function == name).unwrap()
    }

    #[test]
    fn time_counts_for_a_function_itself_and_for_its_callers_once() {
        let profile = profile(&[("main;walk;walk;leaf", 60), ("main;walk", 30), ("main", 10)]);
        let cpu = CpuPerRequests::new(profile.target_cpu_time_s, Some(500));
        let functions = functions(&profile, cpu);
        let counts = |name| (of(&functions, name).self_samples, of(&functions, name).total_samples);
        assert_eq!((counts("leaf"), counts("walk"), counts("main")), ((60, 60), (30, 90), (10, 100)));
        assert_eq!(functions[0].function, "leaf");
        // A second of CPU for 500 requests is 2,000 ms for a thousand.
        assert_eq!(of(&functions, "walk").total_cpu_ms_per_1000_requests, Some(1_800.0));
        assert!(of(&functions, "walk").total_ratio.low < 0.9);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(functions(&profile(&[]), None), []);
        assert_eq!(functions(&profile(&[("main", 5)]), None)[0].self_cpu_ms_per_1000_requests, None);
    }
}

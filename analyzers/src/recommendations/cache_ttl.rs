//! `cache-ttl`: what is cached, for how long, and in how much memory.
//!
//! Rests on the warnings of the report on Redis; how long keys are to live comes from its advice for each pattern, which is told only
//! where a warning makes it matter. One recommendation for what is to be done: where memory is short, keys that are evicted are missed,
//! so that longer lives would only evict more.

use aforo_model::cache::{CacheMemory, CacheReport, TtlAdvice, TtlChange};
use aforo_model::{
    Action, Effect, Effort, Finding, Recommendation, RecommendationKind, Risk, RunRecord, Subject,
};

use super::evidence::{carries, reference};
use super::run_again::run_again;
use crate::wording::{memory, seconds, sentence};

/// What a finding asks for.
struct Case {
    /// What it changes, as the recommendation's id names it.
    id: &'static str,
    codes: &'static [&'static str],
    /// What it changes, in the imperative.
    title: &'static str,
    what: &'static str,
    /// Which advice on times to live answers it, if any does.
    answered_by: Option<TtlChange>,
    /// What is to be done beside; where it is absent and no advice answers, the remedy of the finding says.
    action: Option<&'static str>,
    effort: Effort,
    risk: Risk,
    risk_note: &'static str,
}

const MEMORY: Case = Case {
    id: "memory",
    codes: &["evictions", "memory-near-limit"],
    title: "Store less, or give Redis more memory",
    what: "Shorten the time to live of keys that are hardly used, and raise maxmemory if that does not suffice.",
    answered_by: Some(TtlChange::Shorten),
    action: Some(
        "Where that does not suffice, raise maxmemory by CONFIG SET maxmemory and CONFIG REWRITE, to at most three quarters of the memory \
         of its machine or container.",
    ),
    effort: Effort::Low,
    risk: Risk::Medium,
    risk_note: "Memory that Redis gets, other programs of its machine do not have.",
};

const CASES: &[Case] = &[
    MEMORY,
    Case {
        id: "longer-lives",
        codes: &["hit-ratio"],
        title: "Let hot keys live longer",
        what: "Give keys that are asked for all the time a longer time to live, so that fewer look-ups find nothing.",
        answered_by: Some(TtlChange::Lengthen),
        action: None,
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: "What is kept for longer may be out of date for longer: delete keys when what they hold changes.",
    },
    Case {
        id: "unread-keys",
        codes: &["never-hit"],
        title: "Stop writing keys that nobody reads",
        what: "Do not store them, store them at the second request only, or let them live for a shorter time.",
        answered_by: Some(TtlChange::Shorten),
        action: None,
        effort: Effort::Medium,
        risk: Risk::Low,
        risk_note: "A rare reader pays for a miss.",
    },
    Case {
        id: "keys-without-ttl",
        codes: &["keys-without-ttl"],
        title: "Give every key of a cache a time to live",
        what: "Write these keys with EX, as the others of their pattern are.",
        answered_by: None,
        action: None,
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: "Where a key is no cache but the only copy, it must not expire.",
    },
    Case {
        id: POLICY,
        codes: &["no-memory-limit"],
        title: "Give Redis a limit of memory",
        what: "Set maxmemory and a policy by which the least used keys go first.",
        answered_by: None,
        action: Some(
            "Set maxmemory to three quarters of the memory of its machine or container, and the policy: CONFIG SET maxmemory with that \
             size, CONFIG SET maxmemory-policy allkeys-lru, then CONFIG REWRITE.",
        ),
        effort: Effort::Low,
        risk: Risk::Medium,
        risk_note: "At the limit keys are removed: what must not be lost needs another server, or volatile-lru.",
    },
    Case {
        id: POLICY,
        codes: &["noeviction-cache"],
        title: "Let Redis evict instead of refusing writes",
        what: "Set a policy by which the least used keys go first.",
        answered_by: None,
        action: None,
        effort: Effort::Low,
        risk: Risk::Medium,
        risk_note: "At the limit keys are removed: what must not be lost needs another server, or volatile-lru.",
    },
    Case {
        id: "large-values",
        codes: &["large-values"],
        title: "Compress or split large values",
        what: "Compress values above a megabyte, or store the parts that are asked for by themselves.",
        answered_by: None,
        action: None,
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: "Compressing costs CPU in the target; old and new values have to be told apart.",
    },
];

const POLICY: &str = "policy";

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let Some(cache) = &record.cache else { return Vec::new() };
    let warnings: Vec<&Finding> = cache.findings.iter().filter(|finding| carries(finding)).collect();
    let is_short = warnings.iter().any(|finding| MEMORY.codes.contains(&finding.code.as_str()));
    let case_of = |finding: &Finding| match finding.code.as_str() {
        "hit-ratio" if is_short => Some(&MEMORY),
        code => CASES.iter().find(|case| case.codes.contains(&code)),
    };
    warnings
        .into_iter()
        .filter_map(|finding| Some(recommendation(record, cache, finding, case_of(finding)?)))
        .collect()
}

fn recommendation(record: &RunRecord, cache: &CacheReport, finding: &Finding, case: &Case) -> Recommendation {
    let pattern = match &finding.subject {
        Subject::Part(part) => part.strip_prefix("keys "),
        _ => None,
    };
    let advice = cache
        .ttl_advice
        .iter()
        .filter(|advice| Some(advice.change) == case.answered_by)
        .filter(|advice| pattern.is_none_or(|pattern| pattern == advice.pattern));
    let mut actions: Vec<String> = advice.map(ttl_change).collect();
    actions.extend(case.action.map(str::to_owned));
    if actions.is_empty() {
        actions.push(sentence(&finding.remedy));
    }
    let id = format!("{}:{}", RecommendationKind::CacheTtl.as_str(), case.id);
    Recommendation {
        id: pattern.map_or_else(|| id.clone(), |pattern| format!("{id}:{pattern}")),
        kind: RecommendationKind::CacheTtl,
        title: match pattern {
            Some(pattern) => format!("{} ({pattern})", case.title),
            None => case.title.to_owned(),
        },
        what: case.what.to_owned(),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: actions.into_iter().map(Action::Change).collect(),
        effect: Effect::Unknown { why: why_unknown(case).to_owned() },
        effort: case.effort,
        risk: case.risk,
        risk_note: case.risk_note.to_owned(),
        undo: undo(case, cache.memory.as_ref()),
        verify: vec![run_again(
            record,
            "the finding is gone, and neither P95 nor the share of look-ups that find their key is worse",
        )],
    }
}

/// Why nobody can say what it saves.
fn why_unknown(case: &Case) -> &'static str {
    match case.id {
        POLICY => "it tells only when memory runs short, which this run did not show",
        _ => "what a hit saves the target depends on what it does at a miss, which is not seen from outside",
    }
}

fn ttl_change(advice: &TtlAdvice) -> String {
    let bytes = advice.largest_memory_change_bytes.map(|bytes| {
        let word = if bytes < 0.0 { "less" } else { "more" };
        format!(", at most {} {word} memory", memory(bytes.abs() as u64))
    });
    format!(
        "Write {} with a time to live of {} in the place of {}{}.",
        advice.pattern,
        seconds(advice.ttl_advised_s),
        seconds(advice.ttl_now_s),
        bytes.unwrap_or_default()
    )
}

/// What takes the actions back: the settings as they were seen, and the keys as the target wrote them.
fn undo(case: &Case, memory: Option<&CacheMemory>) -> Vec<Action> {
    let set = |name: &str, value: Option<String>| {
        let before = match value {
            Some(value) => format!("to {value}, as it was"),
            None => "to what CONFIG GET gave before".to_owned(),
        };
        Action::Change(format!("Set {name} back {before}, by CONFIG SET and CONFIG REWRITE."))
    };
    let limit = || {
        let bytes = memory.and_then(|memory| memory.limit_bytes);
        set("maxmemory", bytes.map(|bytes| bytes.to_string()))
    };
    let keys =
        || Action::Change("Write the keys as before: those that are there expire by themselves.".to_owned());
    match case.id {
        POLICY => {
            vec![limit(), set("maxmemory-policy", memory.and_then(|memory| memory.policy.clone()))]
        }
        id if id == MEMORY.id => vec![keys(), limit()],
        _ => vec![keys()],
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge;
    use super::*;
    use crate::cache::fixtures::Fixture as CacheFixture;
    use crate::fixtures::Fixture;
    use crate::judge_cache;

    fn advised(cache: CacheFixture) -> Vec<Recommendation> {
        let mut record = Fixture::healthy().record();
        record.cache = Some(Box::new(judge_cache(cache.evidence, "0.1.0", 60.0)));
        merge::by_id(run(&record))
    }

    fn texts(actions: &[Action]) -> Vec<&str> {
        actions.iter().map(Action::text).collect()
    }

    #[test]
    fn a_cache_without_a_limit_gets_one_by_the_memory_of_its_machine_and_it_can_be_taken_back() {
        let unlimited = CacheFixture::healthy().with_memory(|memory| {
            memory.limit_bytes = Some(0);
            memory.policy = Some("volatile-ttl".to_owned());
        });
        let advised = advised(unlimited);
        let limit = advised.iter().find(|each| each.rests_on[0].code == "no-memory-limit").expect("no limit");
        assert_eq!(limit.id, "cache-ttl:policy");
        let action = limit.actions[0].text();
        assert!(action.contains("three quarters of the memory of its machine"), "{action}");
        assert!(matches!(limit.actions[0], Action::Change(_)), "a size that nobody knows is no command");
        assert_eq!(
            texts(&limit.undo),
            [
                "Set maxmemory back to 0, as it was, by CONFIG SET and CONFIG REWRITE.",
                "Set maxmemory-policy back to volatile-ttl, as it was, by CONFIG SET and CONFIG REWRITE."
            ]
        );
    }

    #[test]
    fn all_that_short_memory_causes_is_one_recommendation_and_nothing_is_to_live_longer() {
        let short = || {
            CacheFixture::healthy()
                .with_memory(|memory| memory.limit_bytes = Some(memory.used_bytes))
                .with_counters(|counters| {
                    counters.evicted_keys = 10;
                    (counters.keyspace_hits, counters.keyspace_misses) = (500, 500);
                })
        };
        let all = advised(short());
        assert_eq!(all.iter().map(|each| each.id.as_str()).collect::<Vec<_>>(), ["cache-ttl:memory"]);
        let codes: Vec<&str> = all[0].rests_on.iter().map(|found| found.code.as_str()).collect();
        assert_eq!(codes, ["evictions", "hit-ratio", "memory-near-limit"]);
        assert!(texts(&all[0].actions).iter().all(|text| !text.contains("longer")), "{:?}", all[0].actions);
    }

    #[test]
    fn misses_without_evictions_ask_for_longer_lives() {
        let misses = CacheFixture::healthy()
            .with_counters(|counters| (counters.keyspace_hits, counters.keyspace_misses) = (500, 500));
        let all = advised(misses);
        assert_eq!(all.iter().map(|each| each.id.as_str()).collect::<Vec<_>>(), ["cache-ttl:longer-lives"]);
    }

    #[test]
    fn a_healthy_cache_one_that_was_not_read_and_none_give_nothing() {
        assert_eq!(advised(CacheFixture::healthy()), []);
        assert_eq!(advised(CacheFixture::empty()), []);
        assert_eq!(run(&Fixture::healthy().record()), []);
    }

    #[test]
    fn every_case_is_a_check_of_the_cache() {
        let report = judge_cache(CacheFixture::healthy().evidence, "0.1.0", 60.0);
        for code in CASES.iter().flat_map(|case| case.codes) {
            assert!(report.checks.iter().any(|line| line.code == *code), "{code}");
        }
    }
}

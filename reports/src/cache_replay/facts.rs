//! What a trace rests on, and the titles and sentences that the formats share.

use aforo_model::Answer;
use aforo_model::cache::{CacheReplay, RecordingCost, TraceEnd};

use crate::counted::counted;
use crate::figures::{ABSENT, bytes, count, or_absent, percent, significant, span_s};

pub(super) const TITLE: &str = "Cache replay";
pub(super) const POLICIES: &str = "Hit ratio by policy and size";
pub(super) const CURVE: &str = "Curve";
pub(super) const PATTERNS: &str = "Keys";
pub(super) const LEVELS: &str = "A small cache in every process in front";
pub(super) const TAGS: &str = "What deleting costs";
/// What the columns of [`TAGS`] say.
pub(super) const TAGS_NOTE: &str = "Found is the share of reads that found their key: as recorded, if nothing had been \
    deleted, and if each deletion had taken the whole tag.";

/// The first sentence.
pub(super) fn headline(replay: &CacheReplay) -> String {
    match &replay.best {
        Answer::Found(best) => best.sentence.clone(),
        Answer::Absent { why } => format!("No policy stands out: {why}."),
    }
}

/// Names and values.
pub(super) fn facts(replay: &CacheReplay) -> Vec<(&'static str, String)> {
    let trace = &replay.trace;
    let mut facts = vec![
        (
            "trace",
            format!(
                "{}, {}; {}, {}, {}, {} after a miss, {} by {}",
                span_s(trace.duration_s),
                end(trace.end),
                counted(trace.commands, "command"),
                counted(trace.reads, "read"),
                counted(trace.writes, "write"),
                counted(trace.fills, "fill"),
                counted(trace.deletes, "delete"),
                counted(u64::from(trace.clients), "client")
            ),
        ),
        (
            "keys",
            format!(
                "{}, {} together, {} of unknown size; {} of a key for the first time",
                count(trace.keys),
                bytes(trace.distinct_bytes),
                count(trace.keys_of_unknown_size),
                counted(trace.first_reads, "read")
            ),
        ),
        (
            "hits now",
            format!(
                "{} as the trace tells, {} as the server counted",
                or_absent(trace.inferred_hit_ratio, percent),
                or_absent(trace.server_hit_ratio, percent)
            ),
        ),
        (
            "cache",
            format!(
                "maxmemory {}, {}",
                replay.present.maxmemory_bytes.map_or_else(|| "without limit".to_owned(), bytes),
                replay.present.maxmemory_policy.as_deref().unwrap_or(ABSENT)
            ),
        ),
        ("cost", trace.cost.as_ref().map_or_else(|| "not known".to_owned(), cost)),
    ];
    if trace.is_replica {
        facts.push(("replica", "reads on its primary are not in the trace".to_owned()));
    }
    if trace.is_cluster_node {
        facts.push(("cluster", "one node of it: what the others are asked is not in the trace".to_owned()));
    }
    if !trace.unknown_commands.is_empty() {
        let names: Vec<String> = trace
            .unknown_commands
            .iter()
            .map(|(name, times)| format!("{name} ({})", count(*times)))
            .collect();
        facts.push(("left out", format!("commands whose keys are not known: {}", names.join(", "))));
    }
    facts
}

/// How stale reads come about; nothing without levels.
pub(super) fn levels_note(replay: &CacheReplay) -> Option<String> {
    let latency_ms = replay.levels.first()?.invalidation_latency_ms;
    Some(format!(
        "Stale reads are answers that had changed elsewhere: when the news of a change takes {latency_ms} ms, and when there is none."
    ))
}

fn cost(cost: &RecordingCost) -> String {
    let micros = |micros: Option<f64>| or_absent(micros, |micros| format!("{} µs", significant(micros)));
    format!(
        "{} commands/s and {} of CPU each before, {} and {} while recording",
        count(cost.before.commands_per_s as u64),
        micros(cost.before.cpu_us_per_command),
        count(cost.during.commands_per_s as u64),
        micros(cost.during.cpu_us_per_command)
    )
}

fn end(end: TraceEnd) -> &'static str {
    match end {
        TraceEnd::Duration => "to its end",
        TraceEnd::Accesses => "until enough keys were used",
        TraceEnd::Bytes => "until enough bytes were received",
        TraceEnd::Behind => "until the recorder fell behind the server",
        TraceEnd::Disconnected => "until the server closed the connection",
        TraceEnd::Cancelled => "until it was cancelled",
    }
}

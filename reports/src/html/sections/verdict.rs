//! The verdict in one sentence, and the run in a handful of figures.

use aforo_model::{FindingReference, RunRecord, Severity};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::{Section, comparison, findings};
use crate::figures::{self, or_absent};
use crate::headline::{banner, findings_beside_banner, headline, tone, word};

pub(super) const SECTION: Section = Section {
    id: "verdict",
    title: "Verdict",
    view,
    template: include_str!("verdict.html"),
    style: include_str!("verdict.css"),
    script: "",
};

/// A figure of the whole run.
#[derive(Serialize)]
struct Tile {
    /// Its term in the glossary, where it needs one.
    term: Option<&'static str>,
    name: &'static str,
    value: String,
}

fn view(record: &RunRecord) -> Option<Value> {
    let headline = headline(record);
    // The word of the verdict stands before the sentence, as a mark.
    let sentence = headline.split_once(": ").map_or("", |(_, sentence)| sentence);
    Some(context! {
        word => word(&record.verdict),
        tone => Value::from(Serde(tone(&record.verdict))),
        sentence,
        banner => banner(record),
        about => about(record),
        compared => Value::from(Serde(comparison::outcome(record))),
        critical => Value::from(Serde(&critical(record))),
        scenario => &record.scenario.name,
        description => &record.scenario.description,
        tiles => Value::from(Serde(&tiles(record))),
    })
}

/// When, which run, for how long, and what the target says of itself.
fn about(record: &RunRecord) -> String {
    let began = record.started_at.format("%Y-%m-%d %H:%M UTC");
    let description =
        record.target.description.as_deref().map(|text| format!(" · {text}")).unwrap_or_default();
    let (elapsed, id) = (figures::span_s(record.elapsed_s), &record.id);
    format!("{began} · {elapsed} · {id}{description}")
}

/// A critical finding, which nobody who reads the verdict should miss.
#[derive(Serialize)]
struct Critical<'a> {
    anchor: Option<String>,
    code: &'a str,
    message: &'a str,
}

fn critical(record: &RunRecord) -> Vec<Critical<'_>> {
    let findings = findings_beside_banner(record).filter(|finding| finding.severity == Severity::Critical);
    let shown = findings.map(|finding| Critical {
        anchor: findings::anchor(
            record,
            &FindingReference { code: finding.code.clone(), subject: finding.subject.clone() },
        ),
        code: &finding.code,
        message: &finding.message,
    });
    shown.collect()
}

fn tiles(record: &RunRecord) -> Vec<Tile> {
    let (load, total) = (&record.load, &record.load.total);
    let time = |time_us| or_absent(time_us, figures::time_us);
    let tile = |term, name, value| Tile { term, name, value };
    vec![
        tile(None, "requests", figures::count(total.requests)),
        tile(Some("throughput"), "throughput", format!("{:.1}/s", total.throughput_per_s)),
        tile(Some("p50"), "P50", time(total.response_time.p50_us)),
        tile(Some("p95"), "P95", time(total.response_time.p95_us)),
        tile(Some("p99"), "P99", time(total.response_time.p99_us)),
        tile(Some("error-rate"), "errors", or_absent(total.error_rate, figures::percent)),
        tile(Some("virtual-user"), "peak users", figures::count(load.peak_users.into())),
        tile(Some("warm-up"), "judged time", figures::span_s(load.judged_s)),
    ]
}

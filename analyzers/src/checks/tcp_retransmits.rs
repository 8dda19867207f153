//! `tcp-retransmits`
//!
//! **What:** TCP segments that the machine sent again, of those it sent.
//! **Why it hurts:** each is a wait of 200 ms and more for somebody, and a sign of a link that loses packets.
//! **Threshold:** 1 % of at least 1000 segments, a proposal of ours: links within a site lose far less.
//! **Remedy:** look at the link; measure from nearer by.

use aforo_model::{Finding, Severity};

use super::{Check, finding};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.01;
const MIN_SEGMENTS: u64 = 1000;

pub(super) const CHECK: Check = Check { code: "tcp-retransmits", summary: "TCP segments sent again", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    WatchedMachine::ALL.into_iter().filter_map(|machine| sent_again(evidence, machine)).collect()
}

fn sent_again(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let readings = machine.judged(evidence);
    let mut counts = readings.filter_map(|(_, host)| Some((host.tcp_sent_segments?, host.tcp_retransmits?)));
    let first = counts.next()?;
    let last = counts.last().unwrap_or(first);
    let (sent, again) = (last.0.saturating_sub(first.0), last.1.saturating_sub(first.1));
    let ratio = again as f64 / sent as f64;
    if sent < MIN_SEGMENTS || ratio <= WARNING_RATIO {
        return None;
    }
    Some(finding(
        CHECK.code,
        machine.subject(),
        Severity::Warning,
        format!("{again} of {sent} TCP segments were sent again{}, {}", machine.place(), percent(ratio)),
        "look at the link between the machines for loss (`ip -s link`), or measure from nearer by".to_owned(),
        &[("retransmit_ratio", ratio), ("tcp_retransmits", again as f64), ("tcp_sent_segments", sent as f64)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    fn found(again_per_s: u64) -> usize {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            let second = sample.at_s as u64;
            let host = sample.host.as_mut().unwrap();
            host.tcp_sent_segments = Some(1000 * second);
            host.tcp_retransmits = Some(again_per_s * second);
        }
        run(&fixture.evidence()).len()
    }

    #[test]
    fn more_than_one_segment_of_a_hundred_is_found() {
        assert_eq!((found(10), found(11)), (0, 1));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}

//! `listen-overflows`
//!
//! **What:** connections that found the accept queue of a listening socket full, anywhere on the machine.
//! **Why it hurts:** the client tries again after a second, and then after two: the longest times come from here.
//! **Threshold:** one. With a queue long enough there is none.
//! **Remedy:** accept faster, or a longer queue.

use aforo_model::{Finding, Severity};

use super::{Check, finding};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;

pub(super) const CHECK: Check =
    Check { code: "listen-overflows", summary: "connections that found a full accept queue", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    WatchedMachine::ALL.into_iter().filter_map(|machine| overflowed(evidence, machine)).collect()
}

fn overflowed(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let mut counts = machine.judged(evidence).filter_map(|(_, host)| host.listen_overflows);
    let first = counts.next()?;
    let overflows = counts.last().unwrap_or(first).saturating_sub(first);
    if overflows == 0 {
        return None;
    }
    Some(finding(
        CHECK.code,
        machine.subject(),
        Severity::Warning,
        format!(
            "{overflows} connections found the accept queue of a server{} full and had to be tried again",
            machine.place()
        ),
        "lengthen the queue (the server's backlog, `net.core.somaxconn`), let the server accept faster, or keep connections open"
            .to_owned(),
        &[("listen_overflows", overflows as f64)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    fn found(overflows: u64) -> usize {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            let at_s = sample.at_s;
            sample.host.as_mut().unwrap().listen_overflows =
                Some(if at_s > 30.0 { 7 + overflows } else { 7 });
        }
        run(&fixture.evidence()).len()
    }

    #[test]
    fn an_overflow_during_the_run_is_found() {
        assert_eq!((found(0), found(1)), (0, 1));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}

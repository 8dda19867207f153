//! `oom-kills`
//!
//! **What:** processes of a watched control group that the kernel killed for want of memory.
//! **Why it hurts:** whatever they were working on is lost, and the rest of the run measures a restart.
//! **Threshold:** one.
//! **Remedy:** a higher memory limit, or less memory used.

use aforo_model::{Finding, Role, Severity};

use super::{Check, finding, part};
use crate::Evidence;

pub(super) const CHECK: Check =
    Check { code: "oom-kills", summary: "processes killed for want of memory", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    [Role::Target, Role::Postgres, Role::Redis]
        .into_iter()
        .filter_map(|role| killed(evidence, role))
        .collect()
}

fn killed(evidence: &Evidence<'_>, role: Role) -> Option<Finding> {
    // Warm-up counts too: what was killed then is missing afterwards.
    let mut counts = evidence.resources.iter().filter_map(|sample| sample.process(role)?.cgroup?.oom_kills);
    let first = counts.next()?;
    let kills = counts.next_back().unwrap_or(first).saturating_sub(first);
    (kills > 0).then(|| {
        finding(
            CHECK.code,
            part(role.as_str()),
            Severity::Critical,
            format!("the kernel killed {kills} processes of {} for want of memory", role.as_str()),
            "raise the memory limit of its control group, or make it use less; see what grew in the resources"
                .to_owned(),
            &[("oom_kills", kills as f64)],
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::CgroupSample;

    fn found(kills: u64) -> usize {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            let oom_kills = Some(if sample.at_s > 30.0 { 3 + kills } else { 3 });
            sample.processes[0].cgroup = Some(CgroupSample { oom_kills, ..CgroupSample::default() });
        }
        run(&fixture.evidence()).len()
    }

    #[test]
    fn a_kill_during_the_run_is_found() {
        assert_eq!((found(0), found(1)), (0, 1));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "no control group");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}

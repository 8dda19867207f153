//! `capacity`: what the target and its machine have too little of.
//!
//! Rests on warnings about CPU, memory, descriptors and disks, on leaks, and on the first limit of a load that rose level by level. It
//! comes after everything that makes the target need less.

use aforo_model::{
    Action, CapacityRecord, Effort, ExpectedChange, Finding, Limit, Recommendation, RecommendationKind, Risk,
    RunRecord,
};

use super::evidence::{carries, reference};
use super::run_again::run_again;
use super::traffic::{change, effect};
use crate::wording::sentence;

/// CPU that the target should use at most of what it may use (requirement R9.2).
const TARGET_UTILISATION: f64 = 0.7;

/// What a finding asks for.
struct Case {
    code: &'static str,
    title: &'static str,
    what: &'static str,
    action: &'static str,
    effort: Effort,
    risk: Risk,
    risk_note: &'static str,
}

const CASES: &[Case] = &[
    Case {
        code: "cpu-high",
        title: "Give the target more CPU, or ask less of it",
        what: "Add cores or instances once the recommendations that save CPU are done.",
        action: "Add cores or instances so that no more than 70 % of them are used at this load.",
        effort: Effort::High,
        risk: Risk::Medium,
        risk_note: "More instances need more connections of Postgres, and locks and caches that are shared.",
    },
    Case {
        code: "cpu-throttled",
        title: "Raise the CPU quota of the target's control group",
        what: "Let the target use the cores there are when it needs them.",
        action: "Raise `resources.limits.cpu` (Kubernetes) or `--cpus` (Docker), or leave the limit out and keep the request.",
        effort: Effort::Low,
        risk: Risk::Medium,
        risk_note: "Neighbours on the same machine may get less.",
    },
    Case {
        code: "memory-high",
        title: "Give the machine more memory, or run less on it",
        what: "Add memory, or move what else runs on the machine.",
        action: "Add memory, or move Postgres, Redis or the target to a machine of its own.",
        effort: Effort::High,
        risk: Risk::Medium,
        risk_note: "Moving a part puts a network between it and the others.",
    },
    Case {
        code: "pids-near-limit",
        title: "Allow more processes and threads, or start fewer",
        what: "Bound the pools of threads and workers; raise the limit where they are as large as they should be.",
        action: "Raise `TasksMax=` (systemd), `--pids-limit` (Docker) or the pod's limit (kubelet `podPidsLimit`).",
        effort: Effort::Low,
        risk: Risk::Low,
        risk_note: "A leak of threads is found later.",
    },
    Case {
        code: "oom-kills",
        title: "Raise the memory limit that processes were killed at",
        what: "Give the control group as much memory as its processes need at their peak.",
        action: "Raise the memory limit above the peak that the resources section shows, and find out what grew.",
        effort: Effort::Low,
        risk: Risk::Medium,
        risk_note: "A leak reaches the next limit, too.",
    },
    Case {
        code: "memory-leak",
        title: "Find what keeps memory, and let it go",
        what: "Find what grows with each request, and give it a bound.",
        action: "Look for collections without a bound that each request adds to: caches, histories, listeners, open transactions.",
        effort: Effort::High,
        risk: Risk::Low,
        risk_note: "Until it is found, restart the target before it reaches its limit.",
    },
    Case {
        code: "descriptor-leak",
        title: "Close what each request opens",
        what: "Find the files or sockets that are opened and not closed.",
        action: "List them with `ls -l /proc/<pid>/fd` and close them on every way out, errors included.",
        effort: Effort::Medium,
        risk: Risk::Low,
        risk_note: "Until it is found, restart the target before it reaches its limit.",
    },
    Case {
        code: "descriptors-near-limit",
        title: "Raise the limit of open files",
        what: "Let the target open as many files and sockets as it has users.",
        action: "Set `LimitNOFILE=65536` in its service file, or `ulimit -n 65536` before it starts.",
        effort: Effort::Low,
        risk: Risk::Low,
        risk_note: "A leak of descriptors is found later.",
    },
    Case {
        code: "listen-overflows",
        title: "Lengthen the accept queue",
        what: "Let more connections wait until the target accepts them.",
        action: "Raise the backlog of the target's listen() and `sysctl net.core.somaxconn` to 1024 or more.",
        effort: Effort::Low,
        risk: Risk::Low,
        risk_note: "A longer queue hides a target that is too slow to accept.",
    },
    Case {
        code: "disk-full",
        title: "Make room on the file system that is nearly full",
        what: "Remove what is not needed, or enlarge it.",
        action: "Look for logs, old dumps and replication slots that hold write-ahead log; then enlarge the file system.",
        effort: Effort::Medium,
        risk: Risk::Medium,
        risk_note: "Postgres stops when its file system is full; never remove its files by hand.",
    },
];

/// Memory that is short in a control group is short whatever the machine has.
const GROUP_MEMORY: Case = Case {
    code: "memory-high",
    title: "Raise the memory limit of the control group, or make what lives in it use less",
    what: "Give the group room above what its processes need at their peak.",
    action: "Raise `resources.limits.memory` (Kubernetes), `--memory` (Docker) or `MemoryMax=` (systemd) so that no more than 80 % is used at this load.",
    effort: Effort::Low,
    risk: Risk::Medium,
    risk_note: "Neighbours on the same machine may get less, and a leak reaches the next limit, too.",
};

fn case_of(finding: &Finding) -> Option<&'static Case> {
    let is_of_group = finding.code == GROUP_MEMORY.code && finding.numbers.contains_key("memory_limit_bytes");
    if is_of_group { Some(&GROUP_MEMORY) } else { CASES.iter().find(|case| case.code == finding.code) }
}

pub(super) fn run(record: &RunRecord) -> Vec<Recommendation> {
    let of_finding = |finding: &Finding| Some(recommendation(record, finding, case_of(finding)?));
    let mut recommendations: Vec<Recommendation> =
        record.findings.iter().filter(|finding| carries(finding)).filter_map(of_finding).collect();
    if let Some(sentence) = record.capacity.as_ref().and_then(first_limit) {
        for recommendation in recommendations.iter_mut().filter(|each| rests_on(each, "cpu-high")) {
            recommendation.why += &format!(" {sentence}");
        }
    }
    recommendations
}

fn rests_on(recommendation: &Recommendation, code: &str) -> bool {
    recommendation.rests_on.iter().any(|finding| finding.code == code)
}

/// Where a load that rose level by level met CPU as its first limit, in a sentence.
fn first_limit(capacity: &CapacityRecord) -> Option<String> {
    let limit = capacity.first_limit.found()?;
    matches!(limit.limit, Limit::TargetCpu | Limit::PostgresCpu)
        .then(|| format!("It is the first limit that the load met: {}.", limit.seen))
}

fn recommendation(record: &RunRecord, finding: &Finding, case: &Case) -> Recommendation {
    Recommendation {
        id: format!("{}:{}:{}", RecommendationKind::Capacity.as_str(), case.code, finding.subject),
        kind: RecommendationKind::Capacity,
        title: case.title.to_owned(),
        what: case.what.to_owned(),
        why: sentence(&finding.message),
        rests_on: vec![reference(finding)],
        statements: Vec::new(),
        steps: Vec::new(),
        actions: vec![Action::Change(case.action.to_owned())],
        effect: effect(
            Err("how response times follow from more of it was not measured".to_owned()),
            cpu_use(finding).into_iter().collect(),
            "The same work on as many times the cores as brings their use to 70 %.",
        ),
        effort: case.effort,
        risk: case.risk,
        risk_note: case.risk_note.to_owned(),
        undo: vec![Action::Change("Take the change back.".to_owned())],
        verify: vec![run_again(record, "the finding is gone, and no response time rises")],
    }
}

/// The use of the cores now and with enough of them, where the finding says how many of them are used.
fn cpu_use(finding: &Finding) -> Option<ExpectedChange> {
    let used = *finding.numbers.get("cpu_ratio_mean")?;
    (used > TARGET_UTILISATION).then(|| {
        let times = used / TARGET_UTILISATION;
        change(format!("use of the cores, with {times:.1} times as many"), "ratio", used, TARGET_UTILISATION)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{CgroupSample, Role};

    #[test]
    fn a_target_that_uses_its_cores_needs_more_of_them() {
        // 3.5 of four cores.
        let advised = run(&Fixture::healthy().with_cpu(Role::Target, 3.5).record());
        assert_eq!(advised.len(), 1);
        assert_eq!(advised[0].id, "capacity:cpu-high:target");
        let gain = advised[0].effect.gain().expect("its cores were counted");
        assert_eq!(gain.saved_ratio, None, "what requests gain is not known");
        assert_eq!(gain.changes[0].figure, "use of the cores, with 1.2 times as many");
        assert!((gain.changes[0].before - 0.875).abs() < 0.01, "{gain:?}");
        assert!(
            advised[0].why.ends_with('.') && advised[0].why.starts_with("The target used"),
            "{}",
            advised[0].why
        );
    }

    #[test]
    fn memory_that_is_short_in_a_group_is_asked_for_where_it_is_limited() {
        let group = CgroupSample {
            memory_limit_bytes: Some(100),
            memory_working_set_bytes: Some(95),
            ..CgroupSample::default()
        };
        let advised = run(&Fixture::healthy().with_group(Role::Target, group).record());
        assert_eq!(advised.len(), 1);
        assert_eq!(advised[0].id, "capacity:memory-high:target");
        assert!(advised[0].title.contains("limit of the control group"), "{}", advised[0].title);
        let full = Fixture::healthy().with_host(|host| host.memory_used_bytes = host.memory_total_bytes);
        assert!(run(&full.record())[0].title.contains("the machine more memory"));
    }

    #[test]
    fn a_target_with_cpu_to_spare_and_a_run_without_readings_need_nothing() {
        assert_eq!(run(&Fixture::healthy().with_cpu(Role::Target, 2.7).record()), []);
        assert_eq!(run(&Fixture::empty().record()), []);
    }
}

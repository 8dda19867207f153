//! Whether the kernel lets one process sample another, and what to do when it does not.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;

/// `CAP_SYS_ADMIN`: before Linux 5.8 the only capability that allows sampling.
const CAP_SYS_ADMIN: u64 = 1 << 21;
/// `CAP_PERFMON`, since Linux 5.8.
const CAP_PERFMON: u64 = 1 << 38;
/// The highest `perf_event_paranoid` at which a user may sample own processes. Debian and Ubuntu know 3 and 4, at which
/// nobody without the capability may.
const HIGHEST_PARANOID: i32 = 2;
/// The highest `perf_event_paranoid` at which a user sees the kernel's part of a stack.
const HIGHEST_PARANOID_FOR_KERNEL: i32 = 1;
/// The highest `perf_event_paranoid` at which a user may open events of all processes.
const HIGHEST_PARANOID_FOR_MACHINE: i32 = 0;

/// What decides whether the kernel lets us sample a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Permissions {
    /// `kernel.perf_event_paranoid`; absent where the kernel has no such events.
    pub(super) paranoid: Option<i32>,
    /// Our effective capabilities, one bit each.
    pub(super) capabilities: u64,
    /// Whom we run as.
    pub(super) own_uid: u32,
    /// Whom the target runs as.
    pub(super) target_uid: u32,
}

/// Which part of a stack may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Only what the program itself does.
    User,
    /// What the kernel does for it as well.
    UserAndKernel,
}

/// Why it cannot be, and what enables it: sentences without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) why: String,
    pub(super) remedy: String,
}

impl Permissions {
    /// Those that hold for this process, now.
    pub(super) fn towards(pid: u32) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            paranoid: fs::read_to_string("/proc/sys/kernel/perf_event_paranoid")
                .ok()
                .and_then(|level| level.trim().parse().ok()),
            capabilities: effective_capabilities(&status),
            own_uid: nix::unistd::geteuid().as_raw(),
            target_uid: fs::metadata(format!("/proc/{pid}")).map_or(u32::MAX, |process| process.uid()),
        }
    }

    /// What may be seen of the target.
    ///
    /// # Errors
    /// [`Denial`] where nothing may.
    pub(super) fn scope(&self) -> Result<Scope, Denial> {
        let Some(paranoid) = self.paranoid else {
            return Err(Denial {
                why: "this kernel has no perf events".to_owned(),
                remedy:
                    "use a kernel with CONFIG_PERF_EVENTS, or let the target serve its own profile over HTTP"
                        .to_owned(),
            });
        };
        if self.is_privileged() {
            return Ok(Scope::UserAndKernel);
        }
        if paranoid > HIGHEST_PARANOID {
            return Err(self.denied());
        }
        if self.own_uid != self.target_uid {
            return Err(Denial {
                why: format!(
                    "the target belongs to user {}, and Aforo runs as user {}",
                    self.target_uid, self.own_uid
                ),
                remedy: "run Aforo as the target's user, or give it CAP_PERFMON".to_owned(),
            });
        }
        Ok(if paranoid <= HIGHEST_PARANOID_FOR_KERNEL { Scope::UserAndKernel } else { Scope::User })
    }

    /// Whether an event may watch a whole CPU, whoever runs there. A container may refuse it nevertheless.
    pub(super) fn may_watch_machine(&self) -> bool {
        self.is_privileged() || self.paranoid.is_some_and(|paranoid| paranoid <= HIGHEST_PARANOID_FOR_MACHINE)
    }

    /// What a refusal of the system call means here.
    pub(super) fn explain(&self, error: &io::Error) -> Denial {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EACCES) => self.denied(),
            Some(Errno::EPERM) => Denial {
                why: "the system call perf_event_open is not permitted here, as in most containers".to_owned(),
                remedy: "allow perf_event_open in the container's seccomp profile and add CAP_PERFMON, or run Aforo outside \
                         of it"
                    .to_owned(),
            },
            Some(Errno::ENOSYS) => Denial {
                why: "this kernel, or the sandbox around it, has no system call perf_event_open".to_owned(),
                remedy: "use a kernel with CONFIG_PERF_EVENTS, or let the target serve its own profile over HTTP"
                    .to_owned(),
            },
            Some(Errno::ENOENT | Errno::EOPNOTSUPP | Errno::ENODEV) => Denial {
                why: format!("this kernel does not offer the event cpu-clock ({error})"),
                remedy: "use a kernel with software perf events, or let the target serve its own profile over HTTP".to_owned(),
            },
            Some(Errno::ESRCH) => {
                Denial { why: "the target's process has ended".to_owned(), remedy: "start the target".to_owned() }
            }
            Some(Errno::EMFILE | Errno::ENFILE) => Denial {
                why: "no file descriptors are left".to_owned(),
                remedy: "raise the limit of open files, as by `ulimit -n 65536`".to_owned(),
            },
            _ => Denial {
                why: format!("perf_event_open failed: {error}"),
                remedy: "let the target serve its own profile over HTTP".to_owned(),
            },
        }
    }

    /// Whether every process may be sampled, the kernel's part included.
    pub(super) fn is_privileged(&self) -> bool {
        self.capabilities & (CAP_PERFMON | CAP_SYS_ADMIN) != 0
    }

    fn denied(&self) -> Denial {
        let level = self.paranoid.map_or_else(|| "unknown".to_owned(), |level| level.to_string());
        Denial {
            why: format!(
                "the kernel does not let user {} sample processes (perf_event_paranoid is {level})",
                self.own_uid
            ),
            remedy: format!(
                "run `sudo sysctl kernel.perf_event_paranoid={HIGHEST_PARANOID}` and Aforo as the target's user, or give Aforo \
                 CAP_PERFMON"
            ),
        }
    }
}

/// The set named `CapEff` in `/proc/PID/status`.
fn effective_capabilities(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(paranoid: Option<i32>) -> Permissions {
        Permissions { paranoid, capabilities: 0, own_uid: 1000, target_uid: 1000 }
    }

    #[test]
    fn a_user_samples_own_processes_up_to_two_and_the_kernel_up_to_one() {
        assert_eq!(user(Some(-1)).scope(), Ok(Scope::UserAndKernel));
        assert_eq!(user(Some(1)).scope(), Ok(Scope::UserAndKernel));
        assert_eq!(user(Some(2)).scope(), Ok(Scope::User));
        let denial = user(Some(3)).scope().unwrap_err();
        assert!(denial.why.contains("perf_event_paranoid is 3"), "{denial:?}");
        assert!(denial.remedy.contains("kernel.perf_event_paranoid=2"), "{denial:?}");
    }

    #[test]
    fn a_capability_opens_everything_and_root_without_one_nothing_more() {
        for capability in [CAP_PERFMON, CAP_SYS_ADMIN] {
            let privileged = Permissions { capabilities: capability, target_uid: 7, ..user(Some(4)) };
            assert_eq!(privileged.scope(), Ok(Scope::UserAndKernel));
        }
        assert!(Permissions { own_uid: 0, ..user(Some(3)) }.scope().is_err());
    }

    #[test]
    fn the_machine_is_open_to_the_privileged_and_to_users_up_to_zero() {
        assert!(user(Some(0)).may_watch_machine());
        assert!(user(Some(-1)).may_watch_machine());
        assert!(!user(Some(1)).may_watch_machine());
        assert!(!user(None).may_watch_machine());
        assert!(Permissions { capabilities: CAP_PERFMON, ..user(Some(4)) }.may_watch_machine());
        assert!(!Permissions { own_uid: 0, ..user(Some(2)) }.may_watch_machine());
    }

    #[test]
    fn the_process_of_somebody_else_is_refused_by_name() {
        let denial = Permissions { target_uid: 33, ..user(Some(1)) }.scope().unwrap_err();
        assert_eq!(denial.why, "the target belongs to user 33, and Aforo runs as user 1000");
    }

    #[test]
    fn a_kernel_without_events_is_said_to_have_none() {
        assert!(user(None).scope().unwrap_err().why.contains("no perf events"));
    }

    #[test]
    fn every_refusal_has_its_own_remedy() {
        let explain = |errno: Errno| user(Some(2)).explain(&io::Error::from_raw_os_error(errno as i32));
        assert!(explain(Errno::EACCES).why.contains("perf_event_paranoid is 2"));
        assert!(explain(Errno::EPERM).remedy.contains("seccomp"));
        assert!(explain(Errno::ENOSYS).why.contains("no system call"));
        assert!(explain(Errno::ESRCH).why.contains("ended"));
        assert!(explain(Errno::EMFILE).remedy.contains("ulimit"));
        assert!(explain(Errno::EINVAL).why.starts_with("perf_event_open failed"));
    }

    #[test]
    fn capabilities_are_read_from_their_line() {
        assert_eq!(
            effective_capabilities("CapPrm:\t1\nCapEff:\t0000004000200000\n"),
            CAP_PERFMON | CAP_SYS_ADMIN
        );
        assert_eq!(effective_capabilities("CapEff:\tnonsense\n"), 0);
        assert_eq!(effective_capabilities(""), 0);
    }
}

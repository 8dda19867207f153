//! Whether the memory of another process may be read.

use std::fs::{self, File};
use std::io;

/// Asks the kernel for the right that reading memory needs, and reads nothing: opening `/proc/PID/mem` is checked like
/// `process_vm_readv` (`PTRACE_MODE_ATTACH`, ptrace(2)).
///
/// # Errors
/// Why not, and what enables it.
pub(super) fn may_read_memory(pid: u32) -> Result<(), Refusal> {
    match File::open(format!("/proc/{pid}/mem")) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok();
            Err(Refusal::of(pid, scope.and_then(|scope| scope.trim().parse().ok())))
        }
        // Whatever else it may be, attaching will tell.
        _ => Ok(()),
    }
}

/// Why a process may not be read, and what enables it; sentences without a full stop.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) remedy: String,
}

impl Refusal {
    /// `scope` is `kernel.yama.ptrace_scope`, where the kernel has it.
    fn of(pid: u32, scope: Option<u8>) -> Self {
        let scope_is =
            scope.map(|scope| format!(" (kernel.yama.ptrace_scope is {scope})")).unwrap_or_default();
        Self {
            why: format!("operation not permitted attaching to process {pid}{scope_is}"),
            remedy: "run Aforo as the target's user with kernel.yama.ptrace_scope = 0, or with the capability CAP_SYS_PTRACE; in a \
                container, start it with --cap-add SYS_PTRACE and in the target's PID namespace"
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_process_the_setting_and_the_way_out() {
        let refusal = Refusal::of(17, Some(1));
        assert!(refusal.why.contains("not permitted") && refusal.why.contains("process 17"), "{refusal:?}");
        assert!(refusal.why.contains("ptrace_scope is 1"), "{refusal:?}");
        assert!(refusal.remedy.contains("CAP_SYS_PTRACE"), "{refusal:?}");
        assert!(!Refusal::of(17, None).why.contains("yama"));
    }

    #[test]
    fn ones_own_memory_may_be_read() {
        assert_eq!(may_read_memory(std::process::id()), Ok(()));
    }
}

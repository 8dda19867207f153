//! The machine a run is measured on.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, System};

/// Where a run was measured: what two runs must share before their times may be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Operating system, its version and its kernel.
    pub os: String,
    /// Processor model, or the architecture where the system does not name the model.
    pub cpu: String,
    /// Logical cores.
    pub core_count: u32,
    /// Memory there is.
    pub memory_bytes: u64,
}

/// Describes this machine. What the system does not tell is called `unknown`, or counted as the system's
/// own idea of its parallelism.
pub fn machine() -> Machine {
    let mut cpu = None;
    let mut core_count = 0;
    let mut memory_bytes = 0;
    if let Ok(mut system) = System::new() {
        system.refresh_cpu_list(CpuRefreshKind::nothing());
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        cpu =
            system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).filter(|brand| !brand.is_empty());
        core_count = system.cpus().len();
        memory_bytes = system.total_memory();
    }
    if core_count == 0 {
        core_count = std::thread::available_parallelism().map_or(1, usize::from);
    }
    Machine {
        os: operating_system(),
        cpu: cpu.unwrap_or_else(System::cpu_arch),
        core_count: u32::try_from(core_count).unwrap_or(u32::MAX),
        memory_bytes,
    }
}

/// Name and version, as in `Debian GNU/Linux 12 (kernel 6.1.0)`.
fn operating_system() -> String {
    let mut os = System::name().unwrap_or_else(|_| "unknown".to_owned());
    if let Ok(version) = System::os_version() {
        os.push(' ');
        os.push_str(&version);
    }
    if let Ok(kernel) = System::kernel_version() {
        os.push_str(&format!(" (kernel {kernel})"));
    }
    os
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described_in_full() {
        let machine = machine();
        println!("{machine:?}");
        assert!(!machine.cpu.is_empty());
        assert!(!machine.os.starts_with("unknown"), "{}", machine.os);
        assert!(machine.core_count as usize >= std::thread::available_parallelism().unwrap().get());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_what_the_kernel_says() {
        let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap();
        let kib: u64 = meminfo
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .and_then(|kib| kib.trim().parse().ok())
            .unwrap();
        assert_eq!(machine().memory_bytes, kib * 1024);
    }
}

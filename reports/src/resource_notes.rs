//! What is said of resources below their table: what work waited for, and what limited it. Each is a sentence,
//! and stands only where it was read.

use aforo_model::{CgroupSummary, HostSummary, Pressure, ProcessSummary, RunRecord};

use crate::counted::{counted, numbered};
use crate::figures;
use crate::text::one_line;

/// Every sentence, the processes' before the machines'.
pub(crate) fn sentences(record: &RunRecord) -> Vec<String> {
    let summary = &record.resource_summary;
    let processes = &summary.processes;
    let limits = processes.iter().filter_map(|process| limits(process, process.cgroup.as_ref()?));
    let machines = [("the machine", &summary.host), ("the target's machine", &summary.target_host)];
    let machines = machines.into_iter().filter_map(|(name, host)| Some((name, host.as_ref()?)));
    let elsewhere = summary.target_host.as_ref().map(elsewhere);
    let of_machines = machines.flat_map(|(name, host)| {
        let network = network(name, host);
        [pressure(name, host), stolen(name, host), network, tcp(name, host), storage(name, host)]
            .into_iter()
            .flatten()
    });
    let of_processes = [waited(processes), shared(processes)].into_iter().flatten();
    of_processes.chain(limits).chain(elsewhere).chain(of_machines).collect()
}

/// How much of the time in which it had work each tree waited for a core.
fn waited(processes: &[ProcessSummary]) -> Option<String> {
    let parts = processes.iter().filter_map(|process| {
        Some(format!("{} {}", process.role.as_str(), figures::percent(process.run_queue_delay_ratio?)))
    });
    let parts = listed(parts)?;
    Some(format!("Waited for a core, of the time in which there was work: {parts}."))
}

/// Memory in which pages that several processes share count once: only where that makes a difference.
fn shared(processes: &[ProcessSummary]) -> Option<String> {
    let parts = processes.iter().filter_map(|process| {
        let pss_bytes = process.pss_peak_bytes.filter(|&bytes| bytes < process.rss_peak_bytes / 10 * 9)?;
        Some(format!("{} {}", process.role.as_str(), figures::bytes(pss_bytes)))
    });
    Some(format!("Memory with shared pages counted once (PSS), at most: {}.", listed(parts)?))
}

fn limits(process: &ProcessSummary, cgroup: &CgroupSummary) -> Option<String> {
    let cores = cgroup.cpu_limit_cores.map(|cores| numbered(&figures::significant(cores), "core"));
    let memory = cgroup.memory_limit_bytes.map(|limit| {
        let needed = cgroup.memory_working_set_peak_bytes;
        let needed = needed.map_or_else(String::new, |bytes| format!(" (needed {})", figures::bytes(bytes)));
        format!("{} of memory{needed}", figures::bytes(limit))
    });
    let pids = cgroup.pids_limit.map(|limit| {
        let most = cgroup.pids_peak;
        let most = most.map_or_else(String::new, |count| format!(" (had {})", figures::count(count)));
        format!("{} processes and threads{most}", figures::count(limit))
    });
    let limits = listed(cores.into_iter().chain(memory).chain(pids))?;
    let held = cgroup.throttled_ratio.filter(|&ratio| ratio > 0.0).map(|ratio| {
        let held_s = cgroup
            .throttled_s
            .map_or_else(String::new, |held_s| format!(", {} in all", figures::span_s(held_s)));
        format!("; held in {} of its periods for having used up its CPU{held_s}", figures::percent(ratio))
    });
    let killed = cgroup.oom_kills.filter(|&count| count > 0).map(|count| {
        format!("; the kernel killed {} of its processes for want of memory", figures::count(count))
    });
    let role = process.role.as_str();
    let (held, killed) = (held.unwrap_or_default(), killed.unwrap_or_default());
    Some(format!("The control group of {role} allows {limits}{held}{killed}."))
}

fn elsewhere(host: &HostSummary) -> String {
    let cpu = figures::or_absent(host.cpu_ratio_mean, figures::percent);
    format!(
        "The target's machine: {cpu} of {} cores used on average; memory {} of {} at most.",
        host.core_count,
        figures::bytes(host.memory_used_peak_bytes),
        figures::bytes(host.memory_total_bytes)
    )
}

/// The highest pressure.
fn pressure(machine: &str, host: &HostSummary) -> Option<String> {
    let peaks = host.pressure_peak?;
    let part = |name: &str, pressure: Option<Pressure>| {
        Some(format!("{name} {}", figures::percent(pressure?.some_ratio)))
    };
    let parts = [part("cores", peaks.cpu), part("memory", peaks.memory), part("storage", peaks.io)];
    let parts = listed(parts.into_iter().flatten())?;
    Some(format!("Pressure on {machine} at the peak, as the time in which some work stood still: {parts}."))
}

fn stolen(machine: &str, host: &HostSummary) -> Option<String> {
    let ratio = host.steal_ratio_mean.filter(|&ratio| ratio > 0.0)?;
    Some(format!("The hypervisor kept {} of the CPU of {machine} for others.", figures::percent(ratio)))
}

/// The use of the fullest link; or that there is no telling, because a share of an unknown speed would be invented.
fn network(machine: &str, host: &HostSummary) -> Option<String> {
    if let Some(link) = &host.busiest_link_peak {
        let (name, used) = (one_line(&link.name), figures::percent(link.busy_ratio));
        let speed = figures::bytes(link.speed_bytes_per_s);
        return Some(format!(
            "Network of {machine}: {name} used {used} of its speed at the peak ({speed}/s)."
        ));
    }
    let (received, sent) = host.network_received_bytes.zip(host.network_sent_bytes)?;
    Some(format!(
        "Network of {machine}: n/a as a share, because no link states its speed, as on most virtual machines; {} received \
         and {} sent. Its thresholds were not judged.",
        figures::bytes(received),
        figures::bytes(sent)
    ))
}

fn tcp(machine: &str, host: &HostSummary) -> Option<String> {
    let some = |count: Option<u64>| count.filter(|&count| count > 0);
    let again = some(host.tcp_retransmits).map(|count| {
        let share = host
            .tcp_retransmit_ratio
            .map_or_else(String::new, |ratio| format!(" ({} of all)", figures::percent(ratio)));
        format!("{} sent again{share}", counted(count, "segment"))
    });
    let full = some(host.listen_overflows)
        .map(|count| format!("{} found a full accept queue", counted(count, "connection")));
    let dropped = some(host.listen_drops)
        .map(|count| format!("{} dropped before being accepted", counted(count, "connection")));
    Some(format!("TCP on {machine}: {}.", listed([again, full, dropped].into_iter().flatten())?))
}

fn storage(machine: &str, host: &HostSummary) -> Option<String> {
    let disk = host.busiest_disk_peak.as_ref().filter(|disk| disk.busy_ratio > 0.0).map(|disk| {
        format!("{} busy {} of the time at the peak", one_line(&disk.name), figures::percent(disk.busy_ratio))
    });
    let swapped = host.swapped_out_bytes.filter(|&bytes| bytes > 0);
    let swapped = swapped.map(|bytes| format!("{} written to swap", figures::bytes(bytes)));
    Some(format!("Storage of {machine}: {}.", listed(disk.into_iter().chain(swapped))?))
}

/// The parts with commas between; nothing when there are none.
fn listed(parts: impl Iterator<Item = String>) -> Option<String> {
    parts.reduce(|list, part| format!("{list}, {part}"))
}

#[cfg(test)]
mod tests {
    use aforo_model::{BusiestDisk, BusiestLink, PressureSample, ResourceSummary, Role};

    use super::*;
    use crate::canonical;

    fn of(summary: ResourceSummary) -> Vec<String> {
        sentences(&RunRecord { resource_summary: summary, ..canonical::record("met") })
    }

    #[test]
    fn what_was_not_read_is_not_spoken_of() {
        assert_eq!(of(ResourceSummary::default()), [""; 0]);
        let silent = ResourceSummary {
            processes: vec![ProcessSummary { cgroup: Some(CgroupSummary::default()), ..Default::default() }],
            host: Some(HostSummary {
                tcp_retransmits: Some(0),
                steal_ratio_mean: Some(0.0),
                ..Default::default()
            }),
            ..Default::default()
        };
        assert_eq!(of(silent), [""; 0]);
    }

    #[test]
    fn what_processes_waited_for_and_were_limited_to_is_said_with_numbers() {
        let cgroup = CgroupSummary {
            cpu_limit_cores: Some(1.5),
            memory_limit_bytes: Some(1 << 30),
            memory_working_set_peak_bytes: Some(500 << 20),
            throttled_ratio: Some(0.25),
            throttled_s: Some(3.0),
            oom_kills: Some(1),
            pids_limit: Some(2_000),
            pids_peak: Some(34),
        };
        let target = ProcessSummary {
            role: Role::Target,
            run_queue_delay_ratio: Some(0.12),
            cgroup: Some(cgroup),
            ..Default::default()
        };
        let postgres = ProcessSummary {
            role: Role::Postgres,
            run_queue_delay_ratio: Some(0.03),
            rss_peak_bytes: 900 << 20,
            pss_peak_bytes: Some(200 << 20),
            ..Default::default()
        };
        let said = of(ResourceSummary { processes: vec![target, postgres], ..Default::default() });
        let expected = [
            "Waited for a core, of the time in which there was work: target 12%, postgres 3%.",
            "Memory with shared pages counted once (PSS), at most: postgres 200 MiB.",
            "The control group of target allows 1.5 cores, 1.0 GiB of memory (needed 500 MiB), 2,000 processes and threads (had 34); held in 25% of its \
             periods for having used up its CPU, 3 s in all; the kernel killed 1 of its processes for want of memory.",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn the_network_is_a_share_of_a_speed_that_is_stated_and_else_n_a() {
        let link = BusiestLink { name: "eth0".to_owned(), busy_ratio: 0.12, speed_bytes_per_s: 125 << 20 };
        let traffic = HostSummary {
            network_received_bytes: Some(3 << 20),
            network_sent_bytes: Some(40 << 20),
            ..Default::default()
        };
        let of_host = |host: HostSummary| of(ResourceSummary { host: Some(host), ..Default::default() });
        assert_eq!(
            of_host(HostSummary { busiest_link_peak: Some(link), ..traffic.clone() }),
            ["Network of the machine: eth0 used 12% of its speed at the peak (125 MiB/s)."]
        );
        assert_eq!(
            of_host(traffic),
            [
                "Network of the machine: n/a as a share, because no link states its speed, as on most virtual machines; \
              3.0 MiB received and 40.0 MiB sent. Its thresholds were not judged."
            ]
        );
        assert_eq!(of_host(HostSummary::default()), [""; 0], "not read");
    }

    #[test]
    fn what_the_machines_lacked_is_said_of_each() {
        let cpu = Some(Pressure { some_ratio: 0.6, full_ratio: None });
        let host = HostSummary {
            pressure_peak: Some(PressureSample { cpu, ..Default::default() }),
            steal_ratio_mean: Some(0.05),
            tcp_retransmits: Some(1_234),
            tcp_retransmit_ratio: Some(0.001),
            listen_overflows: Some(3),
            busiest_disk_peak: Some(BusiestDisk {
                name: "sda".to_owned(),
                busy_ratio: 0.8,
                queue_length: 2.0,
            }),
            swapped_out_bytes: Some(4_096),
            ..Default::default()
        };
        let target_host = HostSummary {
            core_count: 8,
            cpu_ratio_mean: Some(0.4),
            memory_used_peak_bytes: 2 << 30,
            memory_total_bytes: 4 << 30,
            ..Default::default()
        };
        let said =
            of(ResourceSummary { host: Some(host), target_host: Some(target_host), ..Default::default() });
        let expected = [
            "The target's machine: 40% of 8 cores used on average; memory 2.0 GiB of 4.0 GiB at most.",
            "Pressure on the machine at the peak, as the time in which some work stood still: cores 60%.",
            "The hypervisor kept 5% of the CPU of the machine for others.",
            "TCP on the machine: 1,234 segments sent again (0.1% of all), 3 connections found a full accept queue.",
            "Storage of the machine: sda busy 80% of the time at the peak, 4.0 KiB written to swap.",
        ];
        assert_eq!(said, expected);
    }
}

//! What a machine was used for, and what work on it waited for.

use aforo_model::{HostSample, HostSummary, Pressure, PressureSample};

use super::{grown, highest};

type Readings<'a> = [(f64, &'a HostSample)];

/// Sums up a machine; nothing when it was never read.
pub(super) fn summarize(readings: &Readings<'_>) -> Option<HostSummary> {
    let (_, last) = *readings.last()?;
    let hosts = || readings.iter().map(|&(_, host)| host);
    let counted = |of: fn(&HostSample) -> Option<u64>| grown(hosts().map(of));
    let tcp_retransmits = counted(|host| host.tcp_retransmits);
    let tcp_sent = counted(|host| host.tcp_sent_segments).filter(|&segments| segments > 0);
    Some(HostSummary {
        cpu_ratio_mean: mean_over_time(readings, |host| host.cpu_ratio),
        cpu_ratio_peak: highest(hosts().filter_map(|host| host.cpu_ratio)),
        core_count: last.core_count,
        memory_used_peak_bytes: hosts().map(|host| host.memory_used_bytes).max().unwrap_or_default(),
        memory_total_bytes: last.memory_total_bytes,
        pressure_peak: pressure_peak(readings),
        steal_ratio_mean: mean_over_time(readings, |host| host.steal_ratio),
        iowait_ratio_mean: mean_over_time(readings, |host| host.iowait_ratio),
        tcp_retransmit_ratio: tcp_retransmits.zip(tcp_sent).map(|(again, sent)| again as f64 / sent as f64),
        tcp_retransmits,
        listen_overflows: counted(|host| host.listen_overflows),
        listen_drops: counted(|host| host.listen_drops),
        busiest_disk_peak: hosts()
            .filter_map(|host| host.busiest_disk.as_ref())
            .max_by(|one, other| one.busy_ratio.total_cmp(&other.busy_ratio))
            .cloned(),
        busiest_link_peak: hosts()
            .filter_map(|host| host.busiest_link.as_ref())
            .max_by(|one, other| one.busy_ratio.total_cmp(&other.busy_ratio))
            .cloned(),
        network_received_bytes: counted(|host| host.network_received_bytes),
        network_sent_bytes: counted(|host| host.network_sent_bytes),
        fullest_file_system: hosts()
            .filter_map(|host| host.fullest_file_system.as_ref())
            .next_back()
            .cloned(),
        swapped_in_bytes: counted(|host| host.swapped_in_bytes),
        swapped_out_bytes: counted(|host| host.swapped_out_bytes),
    })
}

/// Each reading speaks for the span since the one before it, so a late reading weighs more.
fn mean_over_time(readings: &Readings<'_>, of: fn(&HostSample) -> Option<f64>) -> Option<f64> {
    let (mut weighed, mut span_s) = (0.0, 0.0);
    for pair in readings.windows(2) {
        let ((before_s, _), (at_s, host)) = (pair[0], pair[1]);
        let Some(ratio) = of(host) else { continue };
        weighed += ratio * (at_s - before_s);
        span_s += at_s - before_s;
    }
    (span_s > 0.0).then(|| weighed / span_s)
}

fn pressure_peak(readings: &Readings<'_>) -> Option<PressureSample> {
    let peak = |of: fn(&PressureSample) -> Option<Pressure>| {
        let all = || readings.iter().filter_map(move |(_, host)| of(host.pressure.as_ref()?));
        Some(Pressure {
            some_ratio: highest(all().map(|pressure| pressure.some_ratio))?,
            full_ratio: highest(all().filter_map(|pressure| pressure.full_ratio)),
        })
    };
    let peaks = PressureSample {
        cpu: peak(|pressure| pressure.cpu),
        memory: peak(|pressure| pressure.memory),
        io: peak(|pressure| pressure.io),
    };
    (peaks != PressureSample::default()).then_some(peaks)
}

#[cfg(test)]
mod tests {
    use aforo_model::BusiestDisk;

    use super::*;

    fn pressed(some_ratio: f64) -> HostSample {
        let cpu = Some(Pressure { some_ratio, full_ratio: None });
        let disk = BusiestDisk { name: "sda".to_owned(), busy_ratio: some_ratio, queue_length: 1.0 };
        HostSample {
            pressure: Some(PressureSample { cpu, ..PressureSample::default() }),
            steal_ratio: Some(some_ratio),
            tcp_sent_segments: Some((1_000.0 * some_ratio) as u64),
            tcp_retransmits: Some((100.0 * some_ratio) as u64),
            busiest_disk: Some(disk),
            network_received_bytes: Some((1_000.0 * some_ratio) as u64),
            ..HostSample::default()
        }
    }

    #[test]
    fn pressure_is_shown_at_its_peak_and_counters_by_their_growth() {
        let hosts = [pressed(0.0), pressed(0.8), pressed(0.5)];
        let summary = summarize(&[(0.0, &hosts[0]), (1.0, &hosts[1]), (2.0, &hosts[2])]).unwrap();
        assert_eq!(summary.pressure_peak.unwrap().cpu.unwrap().some_ratio, 0.8);
        assert_eq!((summary.tcp_retransmits, summary.tcp_retransmit_ratio), (Some(50), Some(0.1)));
        assert_eq!((summary.steal_ratio_mean, summary.iowait_ratio_mean), (Some(0.65), None));
        assert_eq!(summary.busiest_disk_peak.unwrap().busy_ratio, 0.8);
        assert_eq!((summary.network_received_bytes, summary.network_sent_bytes), (Some(500), None));
    }

    #[test]
    fn what_was_not_told_is_absent() {
        let silent = HostSample::default();
        let summary = summarize(&[(0.0, &silent), (1.0, &silent)]).unwrap();
        assert_eq!(summary, HostSummary::default());
        assert_eq!(summarize(&[]), None);
    }
}

//! Whether this machine has cores to spare.

use std::fs;

/// The share of the last ten seconds in which some thread waited for a core, above which samples are taken half as often: the
/// profiler would compete with the target for cores, and come late anyway.
const STARVED_RATIO: f64 = 0.5;

/// Whether threads of this machine mostly wait for a core. False where the kernel does not tell (`CONFIG_PSI`).
pub(super) fn is_starved() -> bool {
    let pressure = fs::read_to_string("/proc/pressure/cpu").ok();
    pressure.and_then(|pressure| waiting_ratio(&pressure)).is_some_and(|ratio| ratio > STARVED_RATIO)
}

/// The share of the last ten seconds in which some thread waited, 0–1.
fn waiting_ratio(pressure: &str) -> Option<f64> {
    let some = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
    let percent = some.split_ascii_whitespace().find_map(|field| field.strip_prefix("avg10="))?;
    Some(percent.parse::<f64>().ok()? / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_is_the_share_in_which_some_thread_waited() {
        let pressure = "some avg10=62.50 avg60=1.53 avg300=0.87 total=1\nfull avg10=3.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!(waiting_ratio(pressure), Some(0.625));
        assert_eq!(waiting_ratio("full avg10=3.00\n"), None);
        assert_eq!(waiting_ratio(""), None);
    }
}

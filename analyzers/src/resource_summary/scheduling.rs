//! How the scheduler served a process tree.

use aforo_model::ProcessSample;

/// Share of the time in which threads were ready to run that they waited for a core, from the first to the last
/// reading that tells.
pub(super) fn run_queue_delay_ratio(readings: &[(f64, &ProcessSample)]) -> Option<f64> {
    let mut told =
        readings.iter().filter_map(|(_, process)| Some((process.run_queue_delay_s?, process.cpu_time_s)));
    let (first_delay_s, first_cpu_s) = told.next()?;
    let (last_delay_s, last_cpu_s) = told.next_back()?;
    let (delay_s, cpu_s) = (last_delay_s - first_delay_s, last_cpu_s - first_cpu_s);
    let ready_s = delay_s + cpu_s;
    (delay_s >= 0.0 && cpu_s >= 0.0 && ready_s > 0.0).then(|| delay_s / ready_s)
}

/// Times a second a thread was taken off its core while it had work, from the first to the last reading that tells.
pub(super) fn involuntary_switches_per_s(readings: &[(f64, &ProcessSample)]) -> Option<f64> {
    let mut told =
        readings.iter().filter_map(|(at_s, process)| Some((*at_s, process.involuntary_context_switches?)));
    let (first_at_s, first) = told.next()?;
    let (last_at_s, last) = told.next_back()?;
    let span_s = last_at_s - first_at_s;
    (span_s > 0.0).then(|| last.saturating_sub(first) as f64 / span_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(cpu_time_s: f64, run_queue_delay_s: Option<f64>, switches: Option<u64>) -> ProcessSample {
        ProcessSample {
            cpu_time_s,
            run_queue_delay_s,
            involuntary_context_switches: switches,
            ..ProcessSample::default()
        }
    }

    #[test]
    fn as_long_waited_as_run_is_a_half() {
        let samples =
            [sample(0.0, None, None), sample(1.0, Some(0.5), Some(10)), sample(3.0, Some(2.5), Some(40))];
        let readings = [(0.0, &samples[0]), (1.0, &samples[1]), (4.0, &samples[2])];
        assert_eq!(run_queue_delay_ratio(&readings), Some(0.5));
        assert_eq!(involuntary_switches_per_s(&readings), Some(10.0));
    }

    #[test]
    fn one_reading_an_idle_tree_or_none_that_tells_is_nothing() {
        let idle = sample(1.0, Some(0.5), Some(10));
        assert_eq!(run_queue_delay_ratio(&[(0.0, &idle)]), None);
        assert_eq!(run_queue_delay_ratio(&[(0.0, &idle), (1.0, &idle)]), None);
        assert_eq!(involuntary_switches_per_s(&[(0.0, &idle)]), None);
        let silent = sample(1.0, None, None);
        assert_eq!(run_queue_delay_ratio(&[(0.0, &silent), (1.0, &silent)]), None);
        assert_eq!(involuntary_switches_per_s(&[]), None);
    }
}

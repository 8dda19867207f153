//! Samples as CPU time for requests.

/// CPU time and requests of the same window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CpuPerRequests {
    cpu_time_s: f64,
    requests: f64,
}

impl CpuPerRequests {
    /// Nothing where one of them is not known or zero.
    pub(super) fn new(cpu_time_s: Option<f64>, requests: Option<u64>) -> Option<Self> {
        let cpu_time_s = cpu_time_s.filter(|cpu_time_s| cpu_time_s.is_finite() && *cpu_time_s > 0.0)?;
        let requests = requests.filter(|requests| *requests > 0)? as f64;
        Some(Self { cpu_time_s, requests })
    }

    /// CPU of `samples` out of `kept` in 1000 requests, ms: their share of the CPU time, however many samples were lost.
    pub(super) fn ms_per_1000_requests(self, samples: u64, kept: u64) -> f64 {
        let ratio = samples as f64 / (kept as f64).max(1.0);
        ratio * self.cpu_time_s * 1e3 / self.requests * 1e3
    }
}

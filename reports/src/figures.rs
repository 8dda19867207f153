//! Numbers and words of the record as people read them.

use crate::counted::counted;
use aforo_model::{
    Criticality, ErrorKind, Indicator, Quantity, Severity, SloResult, Subject, Unit, format_duration,
};

/// What stands where there is no figure.
pub(crate) const ABSENT: &str = "–";

/// A count with thousands set apart: `12,345`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A ratio as a percentage. A small one that is not zero is never shown as zero.
pub(crate) fn percent(ratio: f64) -> String {
    if ratio > 0.0 && ratio < 0.0001 {
        return "<0.01%".to_owned();
    }
    Quantity::new(ratio, Unit::Ratio).to_string()
}

/// A time in µs: `2.31 ms`.
pub(crate) fn time_us(time_us: u64) -> String {
    format_duration(time_us as f64)
}

/// A span in seconds: `9 s`, `2m 05s`.
pub(crate) fn span_s(span_s: f64) -> String {
    format_duration(span_s * 1e6)
}

/// A moment on the run's clock, in seconds since its start: `1:17`, `1:02:00`. The axes of the page write it the same way.
pub(crate) fn clock(at_s: f64) -> String {
    let seconds = at_s as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Bytes in the largest binary unit that leaves at least one: `132 MiB`.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if value < 1024 {
        return format!("{value} B");
    }
    let mut scaled = value as f64 / 1024.0;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(scaled < 99.95);
    format!("{scaled:.decimals$} {}", UNITS[unit])
}

/// A number in three significant digits, without trailing zeros: `12.1`, `0.0205`, `2.1e-5`, `1250`.
pub(crate) fn significant(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 100.0 || magnitude == 0.0 {
        return format!("{value:.0}");
    }
    if magnitude < 1e-4 {
        return format!("{value:.1e}");
    }
    let decimals = (2 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A figure, or a dash where there is none.
pub(crate) fn or_absent<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|| ABSENT.to_owned(), show)
}

/// The word for a kind of failure.
pub(crate) fn error_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Status => "status",
        ErrorKind::ServerStatus => "server status",
        ErrorKind::Expectation => "expectation",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Connection => "connection",
        ErrorKind::Reset => "connection reset",
        ErrorKind::Dns => "DNS",
        ErrorKind::Tls => "TLS",
        ErrorKind::Protocol => "protocol",
        ErrorKind::TooLarge => "too large",
        ErrorKind::RedirectLoop => "redirect loop",
        ErrorKind::Descriptors => "file descriptors",
    }
}

/// The word for how much an objective matters.
pub(crate) fn criticality(criticality: Criticality) -> &'static str {
    match criticality {
        Criticality::Low => "low",
        Criticality::Medium => "medium",
        Criticality::High => "high",
        Criticality::Critical => "critical",
    }
}

/// The word for how much a finding matters.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// The indicator of an objective with its subject: `prereserve p95`, `total error_rate`, `memory_growth`.
pub(crate) fn indicator(result: &SloResult) -> String {
    let indicator = result.slo.expect.indicator;
    match &result.slo.subject {
        Subject::Total if !indicator.is_per_step() => indicator.to_string(),
        subject => format!("{subject} {indicator}"),
    }
}

/// What an objective demands: `< 3 s`.
pub(crate) fn demand(result: &SloResult) -> String {
    format!("{} {}", result.slo.expect.comparison, result.slo.expect.objective)
}

/// How much the measured rests on: `327 requests`.
pub(crate) fn rests_on(result: &SloResult) -> String {
    let unit = match result.slo.expect.indicator {
        Indicator::CacheHitRatio => "look-up",
        indicator if indicator.is_per_step() => "request",
        _ => "reading",
    };
    counted(result.sample_count, unit)
}

/// What was measured, exact enough to be told from the objective: 3.0001 s is not shown as `3 s` beside `< 3 s`.
pub(crate) fn measured(result: &SloResult) -> String {
    let Some(value) = result.measured else { return ABSENT.to_owned() };
    let objective = result.slo.expect.objective;
    let rounded = Quantity::new(value, objective.unit).to_string();
    if value == objective.value || rounded != objective.to_string() {
        return rounded;
    }
    let (factor, unit) = match objective.unit {
        Unit::Microseconds => (1e-3, " ms"),
        Unit::Ratio => (100.0, "%"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Number => (1.0, ""),
    };
    let at = |value: f64, decimals: usize| format!("{:.decimals$}{unit}", value * factor);
    (0..=9)
        .find(|&decimals| at(value, decimals) != at(objective.value, decimals))
        .map_or(rounded, |decimals| at(value, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::{Slo, Verdict};

    fn result(measured: f64, expect: &str) -> SloResult {
        SloResult {
            slo: Slo {
                subject: Subject::Total,
                expect: expect.parse().unwrap(),
                criticality: Criticality::High,
                abort: false,
            },
            measured: Some(measured),
            sample_count: 100,
            verdict: Verdict::Violated,
            helped_by: None,
        }
    }

    #[test]
    fn counts_are_set_apart_by_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_small_ratio_is_never_shown_as_zero() {
        assert_eq!(
            [0.0, 1e-7, 0.0004, 0.0042, 0.25, 1.0].map(percent),
            ["0%", "<0.01%", "0.04%", "0.42%", "25%", "100%"]
        );
    }

    #[test]
    fn three_digits_are_significant_whatever_the_size() {
        assert_eq!(
            [0.0, 200.0, 1250.4, 12.06, 0.5, 0.020_49, 0.000_123, 0.000_021, -3.0].map(significant),
            ["0", "200", "1250", "12.1", "0.5", "0.0205", "0.000123", "2.1e-5", "-3"]
        );
    }

    #[test]
    fn moments_are_read_off_the_clock_that_the_axes_have() {
        assert_eq!(
            [0.0, 5.9, 77.3, 107.0, 3_599.9, 3_720.0, -1.0, f64::NAN].map(clock),
            ["0:00", "0:05", "1:17", "1:47", "59:59", "1:02:00", "0:00", "0:00"]
        );
    }

    #[test]
    fn bytes_keep_three_digits_or_so() {
        assert_eq!(
            [0, 1023, 1024, 10_485_760, 138_412_032, 1_048_000_000, u64::MAX].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "10.0 MiB", "132 MiB", "999 MiB", "16.0 EiB"]
        );
    }

    #[test]
    fn a_near_miss_is_shown_with_enough_digits_to_be_seen() {
        assert_eq!(measured(&result(3_410_000.0, "p95 < 3s")), "3.41 s");
        assert_eq!(measured(&result(3_000_100.0, "p95 < 3s")), "3000.1 ms");
        assert_eq!(measured(&result(1e-6, "server_error_rate <= 0")), "0.0001%");
        assert_eq!(measured(&result(199.9999, "throughput > 200/s")), "199.9999/s");
        assert_eq!(measured(&result(3_000_000.0, "p95 < 3s")), "3 s");
    }

    #[test]
    fn what_concerns_the_whole_run_is_not_called_total() {
        assert_eq!(indicator(&result(0.3, "memory_growth < 20%")), "memory_growth");
        assert_eq!(indicator(&result(0.3, "error_rate < 20%")), "total error_rate");
    }
}

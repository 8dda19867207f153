//! `/proc/pressure`: how much work stood still for want of something.

use std::fs;

use aforo_model::{Pressure, PressureSample};

/// Reads all three; nothing where the kernel does not keep it, or keeps it off.
pub(super) fn read_pressure() -> Option<PressureSample> {
    let of = |name: &str| parse_pressure(&fs::read_to_string(format!("/proc/pressure/{name}")).ok()?);
    let sample = PressureSample { cpu: of("cpu"), memory: of("memory"), io: of("io") };
    (sample != PressureSample::default()).then_some(sample)
}

/// Reads one file: a line `some` and, for most, a line `full`.
fn parse_pressure(content: &str) -> Option<Pressure> {
    let ratio = |name: &str| {
        let line = content.lines().find_map(|line| line.strip_prefix(name))?;
        let percent: f64 =
            line.split_ascii_whitespace().find_map(|field| field.strip_prefix("avg10="))?.parse().ok()?;
        (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
    };
    Some(Pressure { some_ratio: ratio("some ")?, full_ratio: ratio("full ") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_average_of_ten_seconds_is_read_as_a_share() {
        let content = "some avg10=12.50 avg60=1.00 avg300=0.50 total=99\nfull avg10=2.00 avg60=0.00 avg300=0.00 total=3\n";
        assert_eq!(parse_pressure(content), Some(Pressure { some_ratio: 0.125, full_ratio: Some(0.02) }));
    }

    #[test]
    fn a_kernel_without_full_for_cpu_tells_some() {
        let content = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!(parse_pressure(content), Some(Pressure { some_ratio: 0.0, full_ratio: None }));
        for nothing in ["", "full avg10=1.00\n", "some avg10=nan\n", "some avg10=101\n", "some avg60=1.0\n"] {
            assert_eq!(parse_pressure(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(content in "(?s)(some |full )?.{0,100}") {
            let _ = parse_pressure(&content);
        }
    }
}

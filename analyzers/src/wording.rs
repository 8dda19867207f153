//! Numbers in sentences.

use aforo_model::{Quantity, Unit, format_duration};

/// A share as a percentage: 0.035 is `3.5%`.
pub(crate) fn percent(ratio: f64) -> String {
    Quantity::new(ratio, Unit::Ratio).to_string()
}

/// A span of time given in seconds.
pub(crate) fn seconds(time_s: f64) -> String {
    format_duration(time_s * 1e6)
}

/// Memory: `48 KiB`, `812 MiB`, `7.2 GiB`.
pub(crate) fn memory(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    if mebibytes < 0.1 {
        format!("{:.0} KiB", mebibytes * 1024.0)
    } else if mebibytes < 10.0 {
        format!("{mebibytes:.1} MiB")
    } else if mebibytes < 1024.0 {
        format!("{mebibytes:.0} MiB")
    } else {
        format!("{:.1} GiB", mebibytes / 1024.0)
    }
}

/// What a finding says, which begins with a small letter and ends without a full stop, as a sentence that stands alone.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(percent(0.035), "3.5%");
        assert_eq!(seconds(12.0), "12 s");
        assert_eq!([0, 50_000].map(memory), ["0 KiB", "49 KiB"]);
        assert_eq!([5 << 20, 812 << 20, 7 << 30].map(memory), ["5.0 MiB", "812 MiB", "7.0 GiB"]);
    }

    #[test]
    fn a_sentence_begins_with_a_capital_and_ends_with_one_full_stop() {
        assert_eq!(["élan is seen", "It is. ", ""].map(sentence), ["Élan is seen.", "It is.", ""]);
    }
}

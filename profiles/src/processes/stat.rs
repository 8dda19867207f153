//! `/proc/PID/stat`, the line that says almost everything of a process.

/// The fields of `/proc/PID/stat` that are needed, in the kernel's units (proc(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    /// One letter; `Z` is a zombie, `X` is dead.
    pub(super) state: u8,
    pub(super) parent: u32,
    /// Page faults that had to wait for storage, of the process alone.
    pub(super) major_faults: u64,
    /// `utime + stime`, in clock ticks.
    pub(super) self_ticks: u64,
    /// `cutime + cstime`, in clock ticks.
    pub(super) waited_ticks: u64,
    pub(super) thread_count: u64,
    /// In clock ticks since the machine started.
    pub(super) started_ticks: u64,
    pub(super) rss_pages: u64,
}

/// Reads a `stat` line; nothing when it is not one.
///
/// The command's name is chosen by the process and may hold anything, also blanks, parentheses, line breaks
/// and bytes that are not UTF-8. No later field can hold a `)`, so the last one ends the name.
pub(super) fn parse_stat(line: &[u8]) -> Option<Stat> {
    let name_end = line.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(line.get(name_end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let &[state] = fields.next()?.as_bytes() else { return None };
    let parent = fields.next()?.parse().ok()?;
    // process group, session, terminal, its group, flags, minor faults, those of ended children
    let mut fields = fields.skip(7).map(not_negative);
    let major_faults = fields.next()??;
    let mut ticks = fields.skip(1); // major faults of ended children
    let self_ticks = ticks.next()??.saturating_add(ticks.next()??);
    let waited_ticks = ticks.next()??.saturating_add(ticks.next()??);
    let mut fields = ticks.skip(2); // priority, nice value
    let thread_count = fields.next()??;
    let mut fields = fields.skip(1); // always zero
    let started_ticks = fields.next()??;
    let mut fields = fields.skip(1); // virtual memory
    let rss_pages = fields.next()??;
    Some(Stat {
        state,
        parent,
        major_faults,
        self_ticks,
        waited_ticks,
        thread_count,
        started_ticks,
        rss_pages,
    })
}

/// The kernel prints some counters as signed; a negative one can only be a slip of its bookkeeping.
fn not_negative(field: &str) -> Option<u64> {
    field.parse().ok().or_else(|| field.parse::<i64>().ok().map(|_| 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AFTER_NAME: &str = "S 1 4321 4321 0 -1 4194560 2431 9182 3 4 150 50 700 300 20 0 4 0 987654 \
        226304000 5120 18446744073709551615 1 1 0 0 0 0 0 16781312 134235910 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0";

    fn expected() -> Stat {
        Stat {
            state: b'S',
            parent: 1,
            major_faults: 3,
            self_ticks: 200,
            waited_ticks: 1_000,
            thread_count: 4,
            started_ticks: 987_654,
            rss_pages: 5_120,
        }
    }

    #[test]
    fn a_line_of_the_kernel_is_read_field_by_field() {
        assert_eq!(parse_stat(format!("4321 (postgres) {AFTER_NAME}\n").as_bytes()), Some(expected()));
    }

    #[test]
    fn a_name_may_look_like_fields() {
        for name in ["a) b (c", ")", "(", "", ") Z 0 0 0 0 0 0 0", "a\nb) R 1"] {
            let line = format!("4321 ({name}) {AFTER_NAME}");
            assert_eq!(parse_stat(line.as_bytes()), Some(expected()), "{name:?}");
        }
    }

    #[test]
    fn a_negative_counter_counts_as_zero() {
        let line = format!("4321 (x) {AFTER_NAME}").replace(" 700 300 ", " -7 300 ");
        assert_eq!(parse_stat(line.as_bytes()).unwrap().waited_ticks, 300);
    }

    #[test]
    fn a_line_cut_short_is_no_line() {
        let line = format!("4321 (postgres) {AFTER_NAME}");
        let rss_end = line.find(" 5120").unwrap();
        for length in 0..=rss_end {
            assert_eq!(parse_stat(&line.as_bytes()[..length]), None, "{}", &line[..length]);
        }
    }

    proptest! {
        #[test]
        fn any_name_leaves_the_fields_alone(name in prop::collection::vec(any::<u8>(), 0..64)) {
            let line = [b"4321 (", name.as_slice(), b") ", AFTER_NAME.as_bytes()].concat();
            prop_assert_eq!(parse_stat(&line), Some(expected()));
        }

        #[test]
        fn any_bytes_are_read_without_panic(line in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = parse_stat(&line);
        }

        #[test]
        fn any_numbers_are_read_without_panic(fields in prop::collection::vec(any::<i64>(), 0..60)) {
            let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
            let _ = parse_stat(format!("1 (x) R {}", fields.join(" ")).as_bytes());
        }
    }
}

//! `/proc/net/snmp` and `/proc/net/netstat`: TCP's troubles.

/// TCP counters since the machine, or its network namespace, started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TcpCounters {
    pub(super) sent_segments: Option<u64>,
    pub(super) retransmits: Option<u64>,
    pub(super) listen_overflows: Option<u64>,
    pub(super) listen_drops: Option<u64>,
}

impl TcpCounters {
    /// Reads the two files; a counter that they do not have is absent.
    pub(super) fn of(snmp: &str, netstat: &str) -> Self {
        Self {
            sent_segments: column(snmp, "Tcp:", "OutSegs"),
            retransmits: column(snmp, "Tcp:", "RetransSegs"),
            listen_overflows: column(netstat, "TcpExt:", "ListenOverflows"),
            listen_drops: column(netstat, "TcpExt:", "ListenDrops"),
        }
    }
}

/// A figure of a table of two lines that begin alike: the names, and below each its number.
fn column(table: &str, heading: &str, name: &str) -> Option<u64> {
    let mut lines = table.lines().filter_map(|line| line.strip_prefix(heading));
    let at = lines.next()?.split_ascii_whitespace().position(|known| known == name)?;
    lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// The number behind a name, on a line of its own.
pub(super) fn value(content: &str, name: &str) -> Option<u64> {
    content.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNMP: &str = "Ip: Forwarding DefaultTTL\nIp: 1 64\n\
        Tcp: RtoAlgorithm MaxConn OutSegs RetransSegs InErrs\nTcp: 1 -1 5000 25 0\n";
    const NETSTAT: &str = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 3 7\n\
        IpExt: InNoRoutes\nIpExt: 0\n";

    #[test]
    fn counters_are_found_by_their_names() {
        let expected = TcpCounters {
            sent_segments: Some(5_000),
            retransmits: Some(25),
            listen_overflows: Some(3),
            listen_drops: Some(7),
        };
        assert_eq!(TcpCounters::of(SNMP, NETSTAT), expected);
    }

    #[test]
    fn a_table_cut_short_tells_what_it_has() {
        assert_eq!(TcpCounters::of("", ""), TcpCounters::default());
        let cut = &SNMP[..SNMP.find(" 25").unwrap()];
        let tcp = TcpCounters::of(cut, NETSTAT);
        assert_eq!((tcp.sent_segments, tcp.retransmits), (Some(5_000), None));
    }

    #[test]
    fn a_value_is_named_whole() {
        let vmstat = "pswpin 5\npswpin_zero 9\npswpout 7\n";
        assert_eq!(value(vmstat, "pswpin"), Some(5));
        assert_eq!(value(vmstat, "pswp"), None);
    }
}

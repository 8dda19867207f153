//! Finding the process that serves a port of this machine.

use url::{Host, Url};

/// The process on this machine that serves a URL, found by the port it listens on: a target's from its base
/// URL, Postgres' and Redis' from their connection URLs. Nothing when the host is not loopback, when the
/// port is nobody's, or when the system does not tell.
pub fn pid_serving(url: &str) -> Option<u32> {
    pid_listening_on(loopback_port(url)?)
}

/// The process that listens on a TCP port of this machine's loopback interface. Where several share the
/// socket, as the workers of a server that forks, it is the one the others descend from.
///
/// Only Linux tells; there it takes the right to see the process' descriptors: its own user's, or root's.
pub fn pid_listening_on(port: u16) -> Option<u32> {
    #[cfg(target_os = "linux")]
    return sockets::pid_listening_on(port);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = port;
        None
    }
}

/// The port of a URL whose host is this machine's loopback interface.
fn loopback_port(url: &str) -> Option<u16> {
    let url = Url::parse(url).ok()?;
    let is_loopback = match url.host()? {
        // A host of a scheme that is not HTTP's is not parsed as an address.
        Host::Domain(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let usual_port = match url.scheme() {
        "postgres" | "postgresql" => Some(5432),
        "redis" | "rediss" | "valkey" | "valkeys" => Some(6379),
        _ => url.port_or_known_default(),
    };
    url.port().or(usual_port).filter(|_| is_loopback)
}

#[cfg(target_os = "linux")]
mod sockets {
    use std::collections::HashSet;
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use crate::processes::linux::LinuxSource;
    use crate::processes::source::ProcessSource;

    /// `TCP_LISTEN` in `/proc/net/tcp`.
    const LISTENING: &str = "0A";

    /// Programs that listen on behalf of a server elsewhere, as for a container's published port. Their
    /// process says nothing of the server's, and no process is better than a wrong one.
    const FORWARDERS: [&str; 6] = ["docker-proxy", "rootlessport", "pasta.avx2", "pasta", "kubectl", "ssh"];

    pub(super) fn pid_listening_on(port: u16) -> Option<u32> {
        let mut inodes = HashSet::new();
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            if let Ok(table) = fs::read_to_string(table) {
                inodes.extend(listening_inodes(&table, port));
            }
        }
        if inodes.is_empty() {
            return None;
        }
        let entries = fs::read_dir("/proc").ok()?.flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let holders: Vec<u32> = pids.filter(|&pid| holds(pid, &inodes)).collect();
        let mut source = LinuxSource::new();
        let readings: Vec<_> = holders.iter().filter_map(|&pid| source.read(pid)).collect();
        let first = readings
            .iter()
            .filter(|reading| !holders.contains(&reading.parent))
            .min_by_key(|reading| (reading.id.started, reading.id.pid))?;
        let name = fs::read_to_string(format!("/proc/{}/comm", first.id.pid)).ok()?;
        (!FORWARDERS.contains(&name.trim_end())).then_some(first.id.pid)
    }

    /// Whether the process has one of the sockets open.
    fn holds(pid: u32, inodes: &HashSet<u64>) -> bool {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        descriptors.flatten().any(|descriptor| {
            fs::read_link(descriptor.path())
                .ok()
                .and_then(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
                .is_some_and(|inode| inodes.contains(&inode))
        })
    }

    /// The inodes of the sockets in `/proc/net/tcp` or `tcp6` that take connections to a loopback port.
    fn listening_inodes(table: &str, port: u16) -> Vec<u64> {
        table.lines().skip(1).filter_map(|line| listening_inode(line, port)).collect()
    }

    fn listening_inode(line: &str, port: u16) -> Option<u64> {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (address, line_port) = fields.next()?.split_once(':')?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?.parse().ok()?;
        let is_ours = state == LISTENING
            && u16::from_str_radix(line_port, 16).ok()? == port
            && takes_loopback(parse_address(address)?);
        is_ours.then_some(inode)
    }

    /// Reads an address as the kernel prints it: words of 32 bits in the machine's byte order.
    fn parse_address(hex: &str) -> Option<IpAddr> {
        let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
        match hex.len() {
            8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
            32 => {
                let bytes = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
                Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)))
            }
            _ => None,
        }
    }

    fn takes_loopback(address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    }

    #[cfg(test)]
    mod tests {
        use std::net::TcpListener;

        use proptest::prelude::*;

        use super::*;

        const HEADING: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

        #[cfg(target_endian = "little")]
        #[test]
        fn only_listeners_that_take_loopback_count() {
            let table = format!(
                "{HEADING}\
                 0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 11 1 0 100 0 0 10 0\n\
                 1: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12 1 0 100 0 0 10 0\n\
                 2: 0100007F:1538 0100007F:C350 01 00000000:00000000 00:00000000 00000000 0 0 13 1 0 100 0 0 10 0\n\
                 3: 0200000A:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 14 1 0 100 0 0 10 0\n\
                 4: 0100007F:1539 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 15 1 0 100 0 0 10 0\n"
            );
            assert_eq!(listening_inodes(&table, 5432), [11, 12]);
        }

        #[cfg(target_endian = "little")]
        #[test]
        fn addresses_are_read_in_the_kernels_byte_order() {
            assert_eq!(parse_address("0100007F"), Some("127.0.0.1".parse().unwrap()));
            assert_eq!(parse_address("00000000000000000000000001000000"), Some("::1".parse().unwrap()));
            let mapped = parse_address("0000000000000000FFFF00000100007F").unwrap();
            assert!(takes_loopback(mapped), "{mapped}");
        }

        #[test]
        fn a_listener_of_this_process_is_found_and_a_free_port_is_nobodys() {
            for address in ["127.0.0.1:0", "0.0.0.0:0"] {
                let listener = TcpListener::bind(address).unwrap();
                let port = listener.local_addr().unwrap().port();
                assert_eq!(super::super::pid_listening_on(port), Some(std::process::id()), "{address}");
                drop(listener);
                assert_eq!(super::super::pid_listening_on(port), None, "{address}");
            }
        }

        proptest! {
            #[test]
            fn any_table_is_read_without_panic(table in "(?s).{0,300}", port in any::<u16>()) {
                let _ = listening_inodes(&table, port);
            }

            #[test]
            fn any_address_is_read_without_panic(address in "\\PC{0,40}") {
                let _ = parse_address(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_url_has_a_port_and_another_has_none() {
        for (url, port) in [
            ("http://127.0.0.1:8080/path", Some(8080)),
            ("http://localhost", Some(80)),
            ("https://[::1]/", Some(443)),
            ("postgres://user:secret@localhost/hotel", Some(5432)),
            ("postgresql://user@127.0.0.1:6543/hotel", Some(6543)),
            ("redis://127.0.0.1", Some(6379)),
            ("redis://[::1]:7000/0", Some(7000)),
            ("http://192.168.0.4:8080", None),
            ("http://example.com", None),
            ("postgres://db.example.com/hotel", None),
            ("not a URL", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(loopback_port(url), port, "{url}");
        }
    }
}

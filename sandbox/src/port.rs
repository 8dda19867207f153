//! Free loopback ports.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// How many ports are tried before giving up. One clash is bad luck; this many in a row is a machine without free ports.
pub(crate) const ATTEMPTS: usize = 8;

/// A port on 127.0.0.1 that is free at this moment. Another program can take it before a server does: the caller tries again.
pub(crate) fn free_loopback_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

//! The lean HTTP client: one keep-alive connection for each virtual user and nothing shared between users
//! but what is the same for all of them.
//!
//! * The connection is a socket and no more. Requests are made ready by the plan, answers are parsed
//!   (by `httparse`) where they were read to, in a buffer that the users of a thread share. hyper was here first:
//!   with it, a request took 18 000 instructions outside the kernel and a user 42 kB; without, 6 500 and 13 kB
//!   (`examples/client_cost.rs`).
//! * A request is sent again on a new connection, once and unseen, where no byte of an answer has come and
//!   the connection had served before: servers close idle connections when they like, and every browser
//!   does the same. One that was not sent is always sent again; one that may have arrived only when its
//!   method is idempotent (RFC 9110, 9.2.2), because a second `POST` may be a second order. The time counts
//!   from the first attempt.
//! * Redirects to the target itself are followed; others stand, because load goes only where the user said.
//! * No compression is asked for. A step that asks for gzip by a header of its own gets it unpacked.
//! * Proxies of the environment are not used: they would be measured too.

mod chunked;
mod client;
mod connection;
mod cookies;
mod descriptors;
pub(super) mod fault;
mod gzip;
mod head;
mod incoming;
mod names;
mod origin;
mod outgoing;
mod redirect;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

pub(crate) use client::LeanClient;
pub(crate) use descriptors::allow_descriptors;
pub(crate) use origin::Origin;
pub(super) use redirect::{MAX_REDIRECTS, next as next_request};

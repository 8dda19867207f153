//! The file format of pprof, which profilers of Go, Rust, Node and others serve and most viewers open. Pure.
//!
//! [`decode`] reads what a server answered, [`encode`] writes a file for `go tool pprof` and speedscope. The
//! format is gzip around one protobuf message: <https://github.com/google/pprof/blob/main/proto/profile.proto>.

mod decode;
mod encode;
mod error;
mod message;

pub use decode::{DecodedProfile, MOST_BYTES, decode};
pub use encode::encode;
pub use error::PprofError;

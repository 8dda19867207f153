//! The first messages of a client, which have no type: they must be read before anything can be told apart.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Length and code.
const HEAD: usize = 8;

/// The longest start-up message that Postgres takes (`MAX_STARTUP_PACKET_LENGTH`).
const LONGEST: usize = 10_000;

const CANCEL: u32 = 80_877_102;
const ENCRYPT_WITH_TLS: u32 = 80_877_103;
const ENCRYPT_WITH_GSSAPI: u32 = 80_877_104;

/// "No" to a request for encryption.
const UNENCRYPTED: &[u8] = b"N";

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// A session of protocol 3.
    Session,
    /// To cancel what another connection runs.
    Cancel,
    /// Not to be known: encrypted from the first byte, or no client of Postgres'.
    Unknown,
}

/// What a client wants, and the bytes that said so, for the server. `None` when it left without a word.
///
/// A client that asks for encryption is told that there is none, and goes on in the clear if it may.
pub(super) async fn begin(client: &mut TcpStream) -> io::Result<Option<(Beginning, Vec<u8>)>> {
    loop {
        let mut head = vec![0; HEAD];
        match client.read_exact(&mut head).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        };
        match meaning(&head) {
            Meaning::Encrypt => client.write_all(UNENCRYPTED).await?,
            Meaning::Cancel => return Ok(Some((Beginning::Cancel, head))),
            Meaning::Unknown => return Ok(Some((Beginning::Unknown, head))),
            Meaning::Session { length } => {
                head.resize(length, 0);
                client.read_exact(&mut head[HEAD..]).await?;
                return Ok(Some((Beginning::Session, head)));
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Encrypt,
    Cancel,
    Session { length: usize },
    Unknown,
}

fn meaning(head: &[u8]) -> Meaning {
    let word = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let (Some(length), Some(code)) = (word(0), word(4)) else {
        return Meaning::Unknown;
    };
    match (length as usize, code) {
        (HEAD, ENCRYPT_WITH_TLS | ENCRYPT_WITH_GSSAPI) => Meaning::Encrypt,
        // Its key was of fixed length before protocol 3.2.
        (HEAD..=LONGEST, CANCEL) => Meaning::Cancel,
        (length @ HEAD..=LONGEST, version) if version >> 16 == 3 => Meaning::Session { length },
        _ => Meaning::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(length: u32, code: u32) -> Vec<u8> {
        [length.to_be_bytes(), code.to_be_bytes()].concat()
    }

    #[test]
    fn the_first_message_is_known_by_its_code() {
        assert_eq!(meaning(&head(8, ENCRYPT_WITH_TLS)), Meaning::Encrypt);
        assert_eq!(meaning(&head(8, ENCRYPT_WITH_GSSAPI)), Meaning::Encrypt);
        assert_eq!(meaning(&head(16, CANCEL)), Meaning::Cancel);
        assert_eq!(meaning(&head(40, 3 << 16)), Meaning::Session { length: 40 });
        assert_eq!(meaning(&head(40, (3 << 16) + 2)), Meaning::Session { length: 40 });
    }

    #[test]
    fn anything_else_is_unknown() {
        assert_eq!(meaning(&head(40, 2 << 16)), Meaning::Unknown, "protocol 2");
        assert_eq!(meaning(&head(10_001, 3 << 16)), Meaning::Unknown, "too long");
        assert_eq!(meaning(&head(7, 3 << 16)), Meaning::Unknown, "too short");
        assert_eq!(meaning(b"GET / HT"), Meaning::Unknown);
        assert_eq!(meaning(&[0x16, 3, 1, 2, 0, 1, 0, 1]), Meaning::Unknown, "TLS from the first byte");
    }
}

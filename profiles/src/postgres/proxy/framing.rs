//! Where one message ends and the next begins, in bytes that arrive in any pieces.

/// Bytes kept of one message. What is longer is cut, so that a message of a gigabyte costs no more memory than this.
pub(super) const BODY_KEPT: usize = 64 * 1024;

/// The largest message Postgres itself accepts or sends (`PQ_LARGE_MESSAGE_LIMIT`: one less than `MaxAllocSize`).
const LONGEST: usize = 0x3fff_fffe;

/// Type, then length, which counts itself and not the type.
const HEAD: usize = 5;

/// Why a stream can no longer be told apart into messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

/// Which messages a side sends, and of which the content is of interest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kinds {
    pub(super) known: &'static [u8],
    pub(super) kept: &'static [u8],
}

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) kind: u8,
    /// At most its first [`BODY_KEPT`] bytes; nothing of a kind that is not kept.
    pub(super) body: &'a [u8],
}

/// The state between two pieces of one direction.
#[derive(Debug)]
pub(super) struct Framing {
    kinds: Kinds,
    head: [u8; HEAD],
    head_len: usize,
    /// Bytes of the current message that are still to come.
    left: usize,
    /// Its beginning, where it did not arrive in one piece.
    body: Vec<u8>,
}

impl Framing {
    pub(super) fn new(kinds: Kinds) -> Self {
        Self { kinds, head: [0; HEAD], head_len: 0, left: 0, body: Vec::new() }
    }

    /// Hands over every message that `bytes` completes.
    ///
    /// # Errors
    /// When this is no stream of such messages, or `each` says so. Nothing can be read from then on.
    pub(super) fn read(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(Message<'_>) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        while !bytes.is_empty() {
            if self.head_len < HEAD {
                let part = bytes.split_off(..bytes.len().min(HEAD - self.head_len)).unwrap_or_default();
                self.head[self.head_len..self.head_len + part.len()].copy_from_slice(part);
                self.head_len += part.len();
                if self.head_len < HEAD {
                    return Ok(());
                }
                self.begin()?;
            }
            let part = bytes.split_off(..bytes.len().min(self.left)).unwrap_or_default();
            self.left -= part.len();
            let kind = self.head[0];
            let is_kept = self.kinds.kept.contains(&kind);
            if self.left > 0 {
                if is_kept {
                    self.keep(part);
                }
                return Ok(());
            }
            self.head_len = 0;
            if !is_kept {
                each(Message { kind, body: &[] })?;
            } else if self.body.is_empty() {
                each(Message { kind, body: &part[..part.len().min(BODY_KEPT)] })?;
            } else {
                self.keep(part);
                each(Message { kind, body: &self.body })?;
                self.body.clear();
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Unreadable> {
        let [kind, length @ ..] = self.head;
        if !self.kinds.known.contains(&kind) {
            return Err(Unreadable("a message of an unknown type"));
        }
        let length = u32::from_be_bytes(length) as usize;
        if !(4..=LONGEST).contains(&length) {
            return Err(Unreadable("a message of an impossible length"));
        }
        self.left = length - 4;
        Ok(())
    }

    fn keep(&mut self, part: &[u8]) {
        let room = BODY_KEPT - self.body.len();
        self.body.extend_from_slice(&part[..part.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: Kinds = Kinds { known: b"QSd", kept: b"Q" };

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], body].concat()
    }

    fn read(pieces: &[&[u8]]) -> Result<Vec<(u8, Vec<u8>)>, Unreadable> {
        let mut framing = Framing::new(KINDS);
        let mut messages = Vec::new();
        for piece in pieces {
            framing.read(piece, |message| {
                messages.push((message.kind, message.body.to_vec()));
                Ok(())
            })?;
        }
        Ok(messages)
    }

    #[test]
    fn messages_are_the_same_however_they_arrive() {
        let stream =
            [message(b'Q', b"one"), message(b'S', b""), message(b'd', b"row"), message(b'Q', b"")].concat();
        let expected = vec![(b'Q', b"one".to_vec()), (b'S', vec![]), (b'd', vec![]), (b'Q', vec![])];
        assert_eq!(read(&[&stream]), Ok(expected.clone()));
        for at in 0..stream.len() {
            let (first, second) = stream.split_at(at);
            assert_eq!(read(&[first, second]), Ok(expected.clone()), "split at {at}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(&bytes), Ok(expected));
    }

    #[test]
    fn a_long_message_keeps_its_beginning_only() {
        let long = message(b'Q', &vec![b'x'; BODY_KEPT + 10]);
        let whole = read(&[&long]).unwrap();
        assert_eq!(whole[0].1.len(), BODY_KEPT);
        let pieces: Vec<&[u8]> = long.chunks(1000).collect();
        assert_eq!(read(&pieces).unwrap(), whole);
    }

    #[test]
    fn a_message_of_a_gigabyte_is_never_held() {
        let mut framing = Framing::new(KINDS);
        let head = [b"d", &u32::try_from(LONGEST).unwrap().to_be_bytes()[..]].concat();
        let piece = vec![0; 1 << 20];
        let mut seen = 0;
        framing.read(&head, |_| unreachable!()).unwrap();
        let mut left = LONGEST - 4;
        while left > 0 {
            let part = left.min(piece.len());
            framing
                .read(&piece[..part], |_| {
                    seen += 1;
                    Ok(())
                })
                .unwrap();
            left -= part;
        }
        assert_eq!((seen, framing.body.capacity()), (1, 0));
    }

    #[test]
    fn garbage_is_refused() {
        assert!(read(&[b"GET / HTTP/1.1\r\n\r\n"]).is_err(), "an unknown type");
        assert!(read(&[b"Q\0\0\0\x03"]).is_err(), "shorter than its own length");
        assert!(read(&[b"Q\xff\xff\xff\xff"]).is_err(), "longer than any message");
    }
}

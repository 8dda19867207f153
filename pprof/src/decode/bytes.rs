//! From an answer's bytes to those of the message, and what an answer is that is none.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};

use super::malformed;
use crate::error::PprofError;

/// The most bytes of an answer that are read. A minute of a large Go service is below 5 MiB.
pub const MOST_BYTES: usize = 64 << 20;
/// The most bytes after unpacking.
const MOST_UNPACKED_BYTES: usize = 128 << 20;
/// The most samples, places, functions and texts together. Two bytes of the file can become some 70 in memory, so that bytes alone
/// are no limit. Ids and lines count too, by the least that each takes of the file.
const MOST_RECORDS: usize = 4_000_000;
/// Fields of the file that hold lists of their own: samples, places and comments.
const LISTS: [u32; 3] = [2, 4, 13];
/// Bytes of such a list that count as one record. An empty line takes two and becomes 16 in memory; packed ids take one and become 8.
const LIST_BYTES: usize = 2;
/// How gzip begins (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes by which an answer is told to be text.
const TEXT_BYTES: usize = 512;
/// Characters of a text that are shown.
const SHOWN_CHARS: usize = 80;

/// The message without gzip.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, PprofError> {
    if bytes.is_empty() {
        return Err(PprofError::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(PprofError::TooLarge { what: "bytes", limit: MOST_BYTES });
    }
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(MOST_UNPACKED_BYTES as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|error| PprofError::BadGzip { why: error.to_string() })?;
    if plain.len() > MOST_UNPACKED_BYTES {
        return Err(PprofError::TooLarge { what: "bytes after unpacking", limit: MOST_UNPACKED_BYTES });
    }
    if plain.is_empty() {
        return Err(PprofError::Empty);
    }
    Ok(Cow::Owned(plain))
}

/// Counts the records of the message before memory is taken for them.
pub(super) fn records_within_limit(mut plain: &[u8]) -> Result<(), PprofError> {
    let mut records = 0;
    while plain.has_remaining() {
        let (tag, wire_type) = decode_key(&mut plain).map_err(|error| malformed(error.to_string()))?;
        let before = plain.remaining();
        skip_field(wire_type, tag, &mut plain, DecodeContext::default())
            .map_err(|error| malformed(error.to_string()))?;
        let is_list = wire_type == WireType::LengthDelimited && LISTS.contains(&tag);
        records += 1 + if is_list { (before - plain.remaining()) / LIST_BYTES } else { 0 };
        if records > MOST_RECORDS {
            return Err(PprofError::TooLarge { what: "records", limit: MOST_RECORDS });
        }
    }
    Ok(())
}

/// What an answer is that is no profile; nothing when it is no text either.
pub(super) fn recognized(plain: &[u8]) -> Option<PprofError> {
    let head = &plain[..plain.len().min(TEXT_BYTES)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may have been cut in two.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    let text = text.trim_start();
    if !is_text || text.is_empty() {
        return None;
    }
    let begin: String = text.chars().take(SHOWN_CHARS).collect();
    Some(match text.as_bytes().first() {
        Some(b'<') => PprofError::Html { begin },
        Some(b'{' | b'[') => PprofError::Json { begin },
        _ => PprofError::Text { begin },
    })
}

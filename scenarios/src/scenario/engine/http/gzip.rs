//! Unpacks an answer that a step asked to be packed.

use std::io::Read;

use aforo_model::ErrorKind;
use flate2::read::MultiGzDecoder;

use super::fault;
use super::incoming::MAX_BODY_BYTES;
use crate::scenario::engine::exchange::RequestError;

/// A body as it was before the server packed it.
pub(super) fn unpacked(body: &[u8]) -> Result<Vec<u8>, RequestError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(body).take(MAX_BODY_BYTES + 1).read_to_end(&mut unpacked).map_err(|error| {
        RequestError {
            kind: ErrorKind::Protocol,
            message: format!("the answer is said to be gzip and is not: {error}"),
        }
    })?;
    if unpacked.len() as u64 > MAX_BODY_BYTES { Err(fault::too_large(MAX_BODY_BYTES)) } else { Ok(unpacked) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_packed_body_is_unpacked() {
        assert_eq!(unpacked(&packed(b"hello")).unwrap(), b"hello");
        assert_eq!(unpacked(b"").unwrap(), b"", "the answer to a HEAD has no body to unpack");
    }

    #[test]
    fn a_body_that_is_not_what_it_says_or_grows_without_end_is_refused() {
        assert_eq!(unpacked(b"hello").unwrap_err().kind, ErrorKind::Protocol);
        let bomb = packed(&vec![0; usize::try_from(MAX_BODY_BYTES).unwrap() + 1]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpacked(&bomb).unwrap_err().kind, ErrorKind::TooLarge);
    }
}

//! Unpacks an answer that a step asked to be packed.

use std::io::Read;

use aforo_model::ErrorKind;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::connection::MAX_BODY_BYTES;
use super::fault;
use crate::engine::exchange::RequestError;

/// The body as it was before the server packed it, where it did so with gzip.
pub(super) fn unpacked(headers: &HeaderMap, body: Bytes) -> Result<Bytes, RequestError> {
    let is_packed = headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    if !is_packed || body.is_empty() {
        return Ok(body);
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&*body).take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut unpacked).map_err(
        |error| RequestError {
            kind: ErrorKind::Protocol,
            message: format!("the answer is said to be gzip and is not: {error}"),
        },
    )?;
    if unpacked.len() > MAX_BODY_BYTES { Err(fault::too_large(MAX_BODY_BYTES)) } else { Ok(unpacked.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;

    use super::*;

    fn packed(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    fn gzip() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("GZIP"))])
    }

    #[test]
    fn a_packed_body_is_unpacked_and_another_is_left_as_it_is() {
        assert_eq!(unpacked(&gzip(), packed(b"hello")).unwrap(), "hello");
        assert_eq!(unpacked(&HeaderMap::new(), Bytes::from("hello")).unwrap(), "hello");
        assert_eq!(unpacked(&gzip(), Bytes::new()).unwrap(), "");
    }

    #[test]
    fn a_body_that_is_not_what_it_says_or_grows_without_end_is_refused() {
        assert_eq!(unpacked(&gzip(), Bytes::from("hello")).unwrap_err().kind, ErrorKind::Protocol);
        let bomb = packed(&vec![0; MAX_BODY_BYTES + 1]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpacked(&gzip(), bomb).unwrap_err().kind, ErrorKind::TooLarge);
    }
}

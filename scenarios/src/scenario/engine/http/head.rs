//! The head of an answer (RFC 9112).

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

/// The longest head that is read, in bytes.
pub(super) const MAX_HEAD_BYTES: usize = 64 << 10;
/// The most fields a head may have.
const MAX_FIELDS: usize = 100;

/// What a head says, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// How the end of the body is known.
    pub(super) framing: Framing,
    /// Whether the server keeps the connection.
    pub(super) is_persistent: bool,
    /// Whether the body is packed with gzip.
    pub(super) is_gzip: bool,
    /// `location`, of a redirect.
    pub(super) location: Option<String>,
    /// `set-cookie`, each field by itself.
    pub(super) cookies: Vec<String>,
}

/// How the end of a body is known (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// By a chunk of no bytes.
    Chunked,
    /// By the end of the connection.
    #[default]
    Close,
}

/// Reads the head at the beginning of `bytes`, with its length; none while it is not complete. `is_head` says
/// whether it answers a `HEAD`.
///
/// # Errors
/// Why it is not a head.
pub(super) fn parse(bytes: &[u8], is_head: bool) -> Result<Option<(Head, usize)>, String> {
    let mut fields = [const { MaybeUninit::<Header<'_>>::uninit() }; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let length =
        match ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, &mut fields) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) if bytes.len() < MAX_HEAD_BYTES => return Ok(None),
            Ok(Status::Partial) => return Err(format!("its head is longer than {MAX_HEAD_BYTES} bytes")),
            Err(error) => return Err(error.to_string()),
        };
    let status = response.code.unwrap_or_default();
    let is_1_1 = response.version == Some(1);
    let mut head = Head { status, is_persistent: is_1_1, ..Head::default() };
    let mut lengths = Lengths::default();
    for field in response.headers.iter() {
        lengths.take(field)?;
        head.take(field, is_1_1);
    }
    head.framing = match lengths {
        _ if is_head || matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
        Lengths { is_encoded: true, .. } if !is_1_1 => {
            return Err("it has a transfer encoding, which HTTP/1.0 has not".to_owned());
        }
        Lengths { is_encoded: true, is_chunked: true, .. } => Framing::Chunked,
        Lengths { is_encoded: true, .. } => Framing::Close,
        Lengths { length: Some(length), .. } => Framing::Length(length),
        Lengths { .. } => Framing::Close,
    };
    head.is_persistent &= head.framing != Framing::Close && status != 101;
    Ok(Some((head, length)))
}

impl Head {
    fn take(&mut self, field: &Header<'_>, is_1_1: bool) {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        let text = || std::str::from_utf8(field.value).ok().map(str::to_owned);
        if is("connection") {
            if is_1_1 {
                self.is_persistent &= !has_token(field.value, "close");
            } else {
                self.is_persistent |= has_token(field.value, "keep-alive");
            }
        } else if is("content-encoding") {
            self.is_gzip = field.value.eq_ignore_ascii_case(b"gzip");
        } else if is("location") {
            self.location = text();
        } else if is("set-cookie") {
            self.cookies.extend(text());
        }
    }
}

/// What the fields say about the length of the body.
#[derive(Debug, Default)]
struct Lengths {
    length: Option<u64>,
    is_encoded: bool,
    /// Whether the last transfer encoding is `chunked`.
    is_chunked: bool,
}

impl Lengths {
    fn take(&mut self, field: &Header<'_>) -> Result<(), String> {
        if field.name.eq_ignore_ascii_case("content-length") {
            // A list of equal lengths is one length (RFC 9110, 8.6).
            for value in field.value.split(|byte| *byte == b',') {
                let length = whole_number(value.trim_ascii()).ok_or("its content-length is not a number")?;
                if self.length.replace(length).is_some_and(|other| other != length) {
                    return Err("it has two lengths".to_owned());
                }
            }
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            self.is_encoded = true;
            let last = field.value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            self.is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        }
        Ok(())
    }
}

fn whole_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn has_token(value: &[u8], token: &str) -> bool {
    value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(fields: &str) -> Result<Head, String> {
        let text = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        parse(text.as_bytes(), false).map(|head| {
            let (head, length) = head.unwrap();
            assert_eq!(length, text.len());
            head
        })
    }

    #[test]
    fn the_end_of_a_body_is_known_as_the_standard_says() {
        for (fields, framing) in [
            ("", Framing::Close),
            ("Content-Length: 5\r\n", Framing::Length(5)),
            ("content-length: 5, 5\r\ncontent-length: 5\r\n", Framing::Length(5)),
            ("content-length: 5\r\ntransfer-encoding: chunked\r\n", Framing::Chunked),
            ("transfer-encoding: gzip, Chunked\r\n", Framing::Chunked),
            ("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", Framing::Chunked),
            ("transfer-encoding: chunked, gzip\r\n", Framing::Close),
        ] {
            let head = head(fields).unwrap();
            assert_eq!(head.framing, framing, "{fields}");
            assert_eq!(head.is_persistent, framing != Framing::Close, "{fields}");
        }
        for wrong in ["5 6", "-5", "+5", "", "0x5", "18446744073709551616", "5, 6", "5,"] {
            assert!(head(&format!("content-length: {wrong}\r\n")).is_err(), "{wrong}");
        }
        for status in ["100", "204", "304"] {
            let text = format!("HTTP/1.1 {status}\r\ncontent-length: 5\r\n\r\n");
            assert_eq!(parse(text.as_bytes(), false).unwrap().unwrap().0.framing, Framing::Length(0));
        }
        let answer_to_head = parse(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", true).unwrap().unwrap().0;
        assert_eq!(answer_to_head.framing, Framing::Length(0));
    }

    #[test]
    fn a_connection_stays_unless_the_server_says_or_speaks_otherwise() {
        let stays = |version: &str, fields: &str| {
            let text = format!("HTTP/{version} 200 OK\r\ncontent-length: 0\r\n{fields}\r\n");
            parse(text.as_bytes(), false).unwrap().unwrap().0.is_persistent
        };
        assert!(stays("1.1", "") && stays("1.1", "connection: x-closed\r\n"));
        assert!(!stays("1.1", "Connection: upgrade, Close\r\n"));
        assert!(!stays("1.0", "") && stays("1.0", "connection: Keep-Alive\r\n"));
        let encoded = b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(parse(encoded, false).unwrap_err().contains("HTTP/1.0"));
    }

    #[test]
    fn cookies_and_locations_are_taken_over() {
        let head =
            head("Set-Cookie: a=1\r\nset-cookie: b=2\r\nLocation: /x\r\ncontent-encoding: GZIP\r\n").unwrap();
        assert_eq!(
            (head.cookies, head.location.as_deref()),
            (vec!["a=1".to_owned(), "b=2".into()], Some("/x"))
        );
        assert!(head.is_gzip);
    }

    #[test]
    fn a_head_without_an_end_is_refused_at_a_limit() {
        let mut text = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        assert_eq!(parse(&text, false), Ok(None));
        text.resize(MAX_HEAD_BYTES, b'x');
        assert!(parse(&text, false).unwrap_err().contains("65536"));
        let many = "x: y\r\n".repeat(MAX_FIELDS + 1);
        assert!(head(&many).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_a_part_of_a_head_is_none(
            garbage in prop::collection::vec(any::<u8>(), 0..300),
            fields in prop::collection::vec("[a-z-]{1,20}: [ -~]{0,30}", 0..5),
            cut in any::<prop::sample::Index>(),
        ) {
            let _ = parse(&garbage, false);
            let text = format!("HTTP/1.1 200 OK\r\n{}\r\n", fields.iter().map(|field| format!("{field}\r\n")).collect::<String>());
            if parse(text.as_bytes(), false).is_ok() {
                prop_assert_eq!(parse(&text.as_bytes()[..cut.index(text.len())], false), Ok(None));
            }
        }
    }
}

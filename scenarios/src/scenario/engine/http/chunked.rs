//! Bodies in chunks (RFC 9112, 7.1).

/// Most bytes of chunk extensions and trailers in a body; both are read and left alone.
const MAX_OVERHEAD_BYTES: usize = 16 << 10;
/// Most digits of a chunk's size: those of 64 bits.
const MAX_DIGITS: u32 = 16;

/// Takes the chunks apart, in whatever pieces they come.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunked {
    place: Place,
    /// Of the chunk's size or of its data: what is read of the one, what is left of the other.
    size: u64,
    digits: u32,
    overhead_bytes: usize,
}

/// What comes next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Size,
    Extension,
    SizeEnd,
    Data,
    DataReturn,
    DataEnd,
    /// The beginning of a line of the trailer section.
    Line,
    /// The rest of such a line.
    Trailer,
    TrailerEnd,
    BodyEnd,
    Done,
}

impl Chunked {
    /// Whether the body has come to its end.
    pub(super) fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// Reads on to the next piece of the body in `bytes`, and returns it with the rest of them; the piece is
    /// empty when there is none, and then the rest is empty unless the body is done.
    ///
    /// # Errors
    /// Why these are no chunks.
    pub(super) fn next<'bytes>(
        &mut self,
        mut bytes: &'bytes [u8],
    ) -> Result<(&'bytes [u8], &'bytes [u8]), &'static str> {
        while !self.is_done() {
            if self.place == Place::Data {
                let length = usize::try_from(self.size).unwrap_or(usize::MAX).min(bytes.len());
                let (piece, rest) = bytes.split_at(length);
                self.size -= length as u64;
                if self.size == 0 {
                    self.place = Place::DataReturn;
                }
                return Ok((piece, rest));
            }
            let Some((byte, rest)) = bytes.split_first() else { break };
            bytes = rest;
            self.step(*byte)?;
        }
        Ok((&[], bytes))
    }

    fn step(&mut self, byte: u8) -> Result<(), &'static str> {
        self.place = match (self.place, byte) {
            (Place::Size, digit) if digit.is_ascii_hexdigit() => self.digit(digit)?,
            (Place::Size, b'\r') if self.digits > 0 => Place::SizeEnd,
            (Place::Size, b';' | b' ' | b'\t') if self.digits > 0 => Place::Extension,
            (Place::Size, _) => return Err("a chunk has no size"),
            (Place::Extension, b'\r') => Place::SizeEnd,
            (Place::Extension, b'\n') => return Err("the size of a chunk does not end properly"),
            (Place::Extension, _) => self.overhead(Place::Extension)?,
            (Place::SizeEnd, b'\n') => {
                self.digits = 0;
                if self.size == 0 { Place::Line } else { Place::Data }
            }
            (Place::SizeEnd, _) => return Err("the size of a chunk does not end properly"),
            (Place::DataReturn, b'\r') => Place::DataEnd,
            (Place::DataEnd, b'\n') => Place::Size,
            (Place::DataReturn | Place::DataEnd, _) => return Err("a chunk is longer than it says"),
            (Place::Line, b'\r') => Place::BodyEnd,
            (Place::Trailer, b'\r') => Place::TrailerEnd,
            (Place::Line | Place::Trailer, _) => self.overhead(Place::Trailer)?,
            (Place::TrailerEnd, b'\n') => Place::Line,
            (Place::BodyEnd, b'\n') => Place::Done,
            (Place::TrailerEnd | Place::BodyEnd, _) => return Err("the end of the chunks is not proper"),
            (Place::Data | Place::Done, _) => unreachable!("handled without looking at bytes one by one"),
        };
        Ok(())
    }

    fn digit(&mut self, digit: u8) -> Result<Place, &'static str> {
        let value = char::from(digit).to_digit(16).expect("it is a hexadecimal digit");
        self.digits += 1;
        if self.digits > MAX_DIGITS {
            return Err("a chunk is too large");
        }
        self.size = self.size << 4 | u64::from(value);
        Ok(Place::Size)
    }

    fn overhead(&mut self, place: Place) -> Result<Place, &'static str> {
        self.overhead_bytes += 1;
        if self.overhead_bytes > MAX_OVERHEAD_BYTES {
            return Err("its chunks come with too much beside the body");
        }
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The body in these bytes and what is left of them.
    fn read(chunks: &mut Chunked, mut bytes: &[u8], body: &mut Vec<u8>) -> Result<usize, &'static str> {
        loop {
            let (piece, rest) = chunks.next(bytes)?;
            body.extend_from_slice(piece);
            if piece.is_empty() {
                return Ok(rest.len());
            }
            bytes = rest;
        }
    }

    #[test]
    fn extensions_and_trailers_are_read_over_and_what_follows_is_left() {
        let text = b"4;name=\"x;y\"\r\nWiki\r\n5 \r\npedia\r\n0\r\nexpires: never\r\nx: y\r\n\r\nHTTP/1.1";
        let (mut chunks, mut body) = (Chunked::default(), Vec::new());
        assert_eq!(read(&mut chunks, text, &mut body), Ok(8));
        assert!(chunks.is_done() && body == b"Wikipedia");
    }

    #[test]
    fn what_is_not_chunks_is_refused() {
        for wrong in [
            "\r\n",
            "x\r\n",
            ";\r\n",
            "5\n",
            "5\rhello",
            "5;x\n",
            "2\r\nabc",
            "2\r\nab\rx",
            "0\r\n\rx",
            "0\r\nx: y\rz",
            "fffffffffffffffff\r\n",
        ] {
            let (mut chunks, mut body) = (Chunked::default(), Vec::new());
            assert!(read(&mut chunks, wrong.as_bytes(), &mut body).is_err(), "{wrong:?}");
        }
        let endless = format!("0\r\n{}", "x: y\r\n".repeat(MAX_OVERHEAD_BYTES));
        assert!(read(&mut Chunked::default(), endless.as_bytes(), &mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn a_body_survives_any_way_of_cutting_it(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            cuts in prop::collection::vec(1usize..20, 1..50),
        ) {
            let mut text = Vec::new();
            for part in &parts {
                text.extend_from_slice(format!("{:X}\r\n", part.len()).as_bytes());
                text.extend_from_slice(part);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\n\r\n");
            let (mut chunks, mut body, mut rest) = (Chunked::default(), Vec::new(), text.as_slice());
            for cut in cuts.iter().cycle() {
                prop_assert!(!chunks.is_done());
                let (now, later) = rest.split_at(rest.len().min(*cut));
                prop_assert_eq!(read(&mut chunks, now, &mut body), Ok(0));
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert!(chunks.is_done());
            prop_assert_eq!(body, parts.concat());
        }

        #[test]
        fn no_bytes_make_it_panic_or_give_more_than_there_was(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut body = Vec::new();
            let _ = read(&mut Chunked::default(), &bytes, &mut body);
            prop_assert!(body.len() <= bytes.len());
        }
    }
}

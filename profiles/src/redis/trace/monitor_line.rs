//! The lines of `MONITOR`, read as they come in pieces. Of each argument only the beginning is kept, so that a value of any size
//! costs no memory; its length is counted.
//!
//! `+1339518083.107412 [0 127.0.0.1:60866] "SET" "name" "a \"b\" \x00"` and the end of the line.

/// Of the line before its arguments.
const HEAD_BYTES: usize = 256;
/// Of each argument: longer keys are told apart by this beginning and their length.
pub(super) const KEPT_BYTES: usize = 512;
/// Arguments of a line; further ones are passed over.
const MOST_ARGUMENTS: usize = 10_000;

/// A command as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MonitorLine {
    head: Vec<u8>,
    arguments: Vec<Argument>,
}

/// One argument, the name of the command being the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Argument {
    /// Its beginning.
    pub(super) kept: Vec<u8>,
    /// Its whole length.
    pub(super) bytes: u64,
}

/// Who asked what, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Command<'line> {
    /// By the server's clock, since 1970.
    pub(super) time_us: u64,
    pub(super) database: u32,
    pub(super) client: Client<'line>,
    pub(super) arguments: &'line [Argument],
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client<'line> {
    /// Host and port, or a socket's path.
    Address(&'line str),
    /// A script; whoever called it was told in a line before.
    Script,
}

impl MonitorLine {
    /// The command; `None` where the line is not one.
    pub(super) fn command(&self) -> Option<Command<'_>> {
        let head = str::from_utf8(&self.head).ok()?;
        let (time, rest) = head.strip_prefix('+')?.split_once(" [")?;
        let (database, client) = rest.trim_end().strip_suffix(']')?.split_once(' ')?;
        let (seconds, micros) = time.split_once('.')?;
        let time_us =
            seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros.parse().ok()?)?;
        Some(Command {
            time_us,
            database: database.parse().ok()?,
            client: if client == "lua" { Client::Script } else { Client::Address(client) },
            arguments: (!self.arguments.is_empty()).then_some(&self.arguments)?,
        })
    }

    /// The text before the arguments, which is all of an answer that is no command.
    pub(super) fn head(&self) -> String {
        String::from_utf8_lossy(&self.head).trim().to_owned()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Head,
    Between,
    Argument,
    Escape,
    /// The first digit of `\xHH` is next.
    Hex,
    HexLow(u8),
}

/// Reads a stream of lines.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    place: Place,
    line: MonitorLine,
    /// Whether the argument at hand is one that is kept.
    is_kept: bool,
}

impl LineReader {
    /// Takes a piece of the stream and hands over each line that ends in it, until that says to stop.
    pub(super) fn read(&mut self, piece: &[u8], mut take: impl FnMut(&MonitorLine) -> bool) {
        for byte in piece {
            if self.step(*byte) {
                let goes_on = take(&self.line);
                self.line.head.clear();
                self.line.arguments.clear();
                if !goes_on {
                    return;
                }
            }
        }
    }

    /// Whether this byte ends a line.
    fn step(&mut self, byte: u8) -> bool {
        // A line end inside an argument is escaped, so this one is real wherever it comes.
        if byte == b'\n' {
            self.place = Place::Head;
            return true;
        }
        self.place = match (self.place, byte) {
            (Place::Head | Place::Between, b'"') => {
                self.is_kept = self.line.arguments.len() < MOST_ARGUMENTS;
                if self.is_kept {
                    self.line.arguments.push(Argument::default());
                }
                Place::Argument
            }
            (Place::Head, _) => {
                if self.line.head.len() < HEAD_BYTES {
                    self.line.head.push(byte);
                }
                Place::Head
            }
            (Place::Between, _) => Place::Between,
            (Place::Argument, b'"') => Place::Between,
            (Place::Argument, b'\\') => Place::Escape,
            (Place::Argument, _) => self.argument(byte),
            (Place::Escape, b'x') => Place::Hex,
            (Place::Escape, _) => self.argument(match byte {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'a' => 0x07,
                b'b' => 0x08,
                other => other,
            }),
            (Place::Hex, _) => Place::HexLow(digit(byte)),
            (Place::HexLow(high), _) => self.argument(high << 4 | digit(byte)),
        };
        false
    }

    fn argument(&mut self, byte: u8) -> Place {
        if self.is_kept
            && let Some(argument) = self.line.arguments.last_mut()
        {
            argument.bytes += 1;
            if argument.kept.len() < KEPT_BYTES {
                argument.kept.push(byte);
            }
        }
        Place::Argument
    }
}

/// What a hexadecimal digit stands for; 0 for what is none.
fn digit(byte: u8) -> u8 {
    char::from(byte).to_digit(16).map_or(0, |digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(stream: &[u8], piece_bytes: usize) -> Vec<MonitorLine> {
        let mut reader = LineReader::default();
        let mut lines = Vec::new();
        for piece in stream.chunks(piece_bytes) {
            reader.read(piece, |line| {
                lines.push(line.clone());
                true
            });
        }
        lines
    }

    /// As Redis escapes an argument (`sdscatrepr`).
    fn escaped(argument: &[u8]) -> String {
        let escape = |byte: &u8| match byte {
            b'\\' | b'"' => format!("\\{}", char::from(*byte)),
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            0x07 => "\\a".to_owned(),
            0x08 => "\\b".to_owned(),
            0x20..=0x7e => char::from(*byte).to_string(),
            other => format!("\\x{other:02x}"),
        };
        format!("\"{}\"", argument.iter().map(escape).collect::<String>())
    }

    #[test]
    fn lines_as_redis_7_writes_them_are_read() {
        let stream = b"+OK\r\n+1795238891.550204 [3 127.0.0.1:51438] \"SET\" \"k\\\"\\\\\\n\\xff\" \"abc\" \"EX\" \"10\"\r\n\
            +1795238891.000255 [0 lua] \"GET\" \"foo\"\r\n+1795238891.1 [0 unix:/tmp/my redis.sock] \"PING\"\r\n";
        let lines = lines(stream, 7);
        assert_eq!((lines[0].head().as_str(), lines[0].command()), ("+OK", None));
        let set = lines[1].command().unwrap();
        assert_eq!((set.time_us, set.database), (1_795_238_891_550_204, 3));
        assert_eq!(set.client, Client::Address("127.0.0.1:51438"));
        assert_eq!(set.arguments[1].kept, b"k\"\\\n\xff");
        assert_eq!((set.arguments.len(), set.arguments[2].bytes), (5, 3));
        assert_eq!(lines[2].command().unwrap().client, Client::Script);
        assert_eq!(lines[2].command().unwrap().time_us, 1_795_238_891_000_255);
        assert_eq!(lines[3].command().unwrap().client, Client::Address("unix:/tmp/my redis.sock"));
    }

    #[test]
    fn of_a_large_value_the_length_is_kept_and_not_the_value() {
        let value = vec![b'x'; 3_000_000];
        let stream =
            [b"+1.000001 [0 [::1]:1] \"SET\" \"k\" \"" as &[u8], &value, b"\" \"PX\" \"9\"\r\n"].concat();
        let lines = lines(&stream, 65_536);
        let command = lines[0].command().unwrap();
        assert_eq!((command.arguments[2].bytes, command.arguments[2].kept.len()), (3_000_000, KEPT_BYTES));
        assert_eq!(command.arguments[4].kept, b"9");
    }

    #[test]
    fn a_reader_that_is_told_to_stop_stops() {
        let mut seen = 0;
        LineReader::default().read(b"+a\n+b\n+c\n", |_| {
            seen += 1;
            seen < 2
        });
        assert_eq!(seen, 2);
    }

    proptest! {
        #[test]
        fn any_arguments_come_back_however_the_stream_is_cut(
            arguments in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..6),
            piece_bytes in 1usize..40,
        ) {
            let text: Vec<String> = arguments.iter().map(|argument| escaped(argument)).collect();
            let line = format!("+12.000034 [1 10.0.0.9:5] {}\r\n", text.join(" "));
            let lines = lines(line.as_bytes(), piece_bytes);
            let command = lines[0].command().unwrap();
            let kept: Vec<&[u8]> = command.arguments.iter().map(|argument| argument.kept.as_slice()).collect();
            prop_assert_eq!(kept, arguments);
        }

        #[test]
        fn any_bytes_are_read_without_panic(stream in prop::collection::vec(any::<u8>(), 0..400)) {
            for line in lines(&stream, 13) {
                let _ = line.command();
            }
        }
    }
}

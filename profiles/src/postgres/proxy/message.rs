//! What the messages of client and server say, as far as statements go.
//!
//! The formats are those of "Message Formats" in Postgres' documentation of its protocol, version 3. What
//! carries secrets (passwords, `p`) and bulk data (rows `D`, copied data `d`) is not looked into.

use std::sync::Arc;

use aforo_model::database::TransactionState;

use super::fields::Fields;
use super::framing::{Kinds, Message};

/// Messages of the client after its first.
pub(super) const CLIENT: Kinds = Kinds { known: b"BCcDdEFfHPpQSX", kept: b"BCDEPQ" };

/// Messages of the server.
pub(super) const SERVER: Kinds = Kinds { known: b"123ACcDdEGHIKNnRSsTtVvWZ", kept: b"CEtZ" };

/// A statement's text, or the beginning of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: Arc<str>,
    pub(super) is_cut: bool,
}

/// A message of the client.
#[derive(Debug)]
pub(super) enum FromClient<'a> {
    /// Run this text.
    Query(Text),
    /// Prepare this text; the types are those the client told, 0 where it left one open.
    Parse {
        name: &'a [u8],
        text: Text,
        type_oids: Vec<u32>,
    },
    /// Give a prepared statement its parameters. `values` begins with their formats.
    Bind {
        portal: &'a [u8],
        statement: &'a [u8],
        values: Fields<'a>,
    },
    /// Ask what a statement takes and gives.
    DescribeStatement(&'a [u8]),
    DescribePortal,
    /// Run what was bound.
    Execute {
        portal: &'a [u8],
    },
    CloseStatement(&'a [u8]),
    ClosePortal(&'a [u8]),
    /// End of what is sent together.
    Sync,
    /// Call a function by its oid, as large objects do.
    FunctionCall,
    /// `CopyDone` or `CopyFail`.
    CopyEnd,
    /// Nothing that matters here: a password, copied data, the farewell.
    Other,
}

/// A message of the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FromServer<'a> {
    ParseComplete,
    BindComplete,
    CloseComplete,
    /// Oids of a statement's parameters.
    ParameterDescription(Vec<u32>),
    /// The columns of an answer, or that there are none.
    RowDescription,
    DataRow,
    /// A command ended; with its rows where it counts them.
    CommandComplete {
        rows: Option<u64>,
    },
    EmptyQuery,
    /// More rows are to be had.
    PortalSuspended,
    /// Data from the client is awaited.
    CopyIn,
    /// An error, by its code of five characters.
    Error {
        sqlstate: &'a [u8],
    },
    Ready(TransactionState),
    /// Nothing that matters here: authentication, notices, settings, copied data, what a function gave.
    Other,
}

/// `None` when the message is shorter than its type asks for.
pub(super) fn from_client<'a>(message: &Message<'a>) -> Option<FromClient<'a>> {
    let mut fields = Fields(message.body);
    Some(match message.kind {
        b'Q' => FromClient::Query(text(&mut fields)),
        b'P' => {
            let name = fields.name()?;
            let text = text(&mut fields);
            FromClient::Parse { name, text, type_oids: type_oids(&mut fields) }
        }
        b'B' => FromClient::Bind { portal: fields.name()?, statement: fields.name()?, values: fields },
        b'D' | b'C' => {
            let is_statement = fields.u8()? == b'S';
            let name = fields.name()?;
            match (message.kind, is_statement) {
                (b'D', true) => FromClient::DescribeStatement(name),
                (b'D', false) => FromClient::DescribePortal,
                (_, true) => FromClient::CloseStatement(name),
                (_, false) => FromClient::ClosePortal(name),
            }
        }
        b'E' => FromClient::Execute { portal: fields.name()? },
        b'S' => FromClient::Sync,
        b'F' => FromClient::FunctionCall,
        b'c' | b'f' => FromClient::CopyEnd,
        _ => FromClient::Other,
    })
}

/// `None` when the message is shorter than its type asks for.
pub(super) fn from_server<'a>(message: &Message<'a>) -> Option<FromServer<'a>> {
    let mut fields = Fields(message.body);
    Some(match message.kind {
        b'1' => FromServer::ParseComplete,
        b'2' => FromServer::BindComplete,
        b'3' => FromServer::CloseComplete,
        b't' => FromServer::ParameterDescription(type_oids(&mut fields)),
        b'T' | b'n' => FromServer::RowDescription,
        b'D' => FromServer::DataRow,
        b'C' => FromServer::CommandComplete { rows: rows(fields.name()?) },
        b'I' => FromServer::EmptyQuery,
        b's' => FromServer::PortalSuspended,
        b'G' | b'W' => FromServer::CopyIn,
        b'E' => FromServer::Error { sqlstate: sqlstate(&mut fields) },
        b'Z' => FromServer::Ready(match fields.u8()? {
            b'I' => TransactionState::Idle,
            b'T' => TransactionState::Open,
            b'E' => TransactionState::Failed,
            _ => return None,
        }),
        _ => FromServer::Other,
    })
}

/// A text that does not end within what was kept is a long one.
fn text(fields: &mut Fields<'_>) -> Text {
    let (bytes, is_cut) = fields.name().map_or((fields.0, true), |bytes| (bytes, false));
    let mut text = String::from_utf8_lossy(bytes);
    if is_cut {
        // The cut may have gone through a character.
        let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER).len();
        text.to_mut().truncate(whole);
        fields.0 = &[];
    }
    Text { text: text.into(), is_cut }
}

/// As many as there are, which is none after a text that was cut.
fn type_oids(fields: &mut Fields<'_>) -> Vec<u32> {
    let count = fields.u16().unwrap_or(0);
    (0..count).map_while(|_| fields.u32()).collect()
}

/// The last word of a tag such as `INSERT 0 5`, `SELECT 3` or `COMMIT`, where it is a number.
fn rows(tag: &[u8]) -> Option<u64> {
    str::from_utf8(tag).ok()?.rsplit(' ').next()?.parse().ok()
}

/// Fields of an error have a letter each; `C` is the code, sent before anything long.
fn sqlstate<'a>(fields: &mut Fields<'a>) -> &'a [u8] {
    while let (Some(letter), Some(value)) = (fields.u8(), fields.name()) {
        if letter == b'C' {
            return value;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_a_command_tells_its_rows() {
        assert_eq!(rows(b"INSERT 0 5"), Some(5));
        assert_eq!(rows(b"SELECT 3"), Some(3));
        assert_eq!(rows(b"COMMIT"), None);
        assert_eq!(rows(b"CREATE TABLE"), None);
        assert_eq!(rows(b""), None);
    }

    #[test]
    fn an_error_is_known_by_its_code() {
        let body = b"SERROR\0VERROR\0C23505\0Mduplicate key\0\0";
        assert_eq!(
            from_server(&Message { kind: b'E', body }),
            Some(FromServer::Error { sqlstate: b"23505" })
        );
        assert_eq!(
            from_server(&Message { kind: b'E', body: b"\0" }),
            Some(FromServer::Error { sqlstate: b"" })
        );
    }

    #[test]
    fn a_text_that_does_not_end_is_cut_between_characters() {
        let mut whole = Fields("SELECT 'é'\0".as_bytes());
        assert_eq!(text(&mut whole), Text { text: "SELECT 'é'".into(), is_cut: false });
        let mut cut = Fields(&"SELECT 'é".as_bytes()[..9]);
        assert_eq!(text(&mut cut), Text { text: "SELECT '".into(), is_cut: true });
    }

    #[test]
    fn a_message_that_is_too_short_is_none() {
        for kind in [b'P', b'B', b'D', b'C', b'E'] {
            assert!(from_client(&Message { kind, body: b"" }).is_none(), "{}", char::from(kind));
        }
        for kind in [b'C', b'Z'] {
            assert!(from_server(&Message { kind, body: b"" }).is_none(), "{}", char::from(kind));
        }
    }
}

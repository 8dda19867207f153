//! What the names stand for that one connection gave to statements and portals.

use std::collections::HashMap;

use aforo_model::database::TracedParameter;

use super::message::Text;

/// Texts of prepared statements kept for one connection. What does not fit is not remembered, and what runs it is counted as
/// dropped.
const TEXT_BYTES_KEPT: usize = 16 * 1024 * 1024;

/// Portals kept for one connection; the same goes for what does not fit.
const PORTALS_KEPT: usize = 256;

/// A prepared statement.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) text: Text,
    /// 0 where nobody told.
    pub(super) type_oids: Vec<u32>,
}

/// A statement with its parameters.
#[derive(Debug)]
pub(super) struct Portal {
    pub(super) text: Text,
    /// Gone once it ran: further runs fetch more of the same.
    pub(super) parameters: Vec<TracedParameter>,
    pub(super) is_started: bool,
}

/// Names of one connection. The empty name is one of them.
#[derive(Debug, Default)]
pub(super) struct Names {
    prepared: HashMap<Box<[u8]>, Prepared>,
    portals: HashMap<Box<[u8]>, Portal>,
    text_bytes: usize,
}

impl Names {
    /// A new statement takes the place of an older one of its name.
    pub(super) fn prepare(&mut self, name: &[u8], prepared: Prepared) {
        self.close_statement(name);
        let text_bytes = self.text_bytes + prepared.text.text.len();
        if text_bytes <= TEXT_BYTES_KEPT {
            self.text_bytes = text_bytes;
            self.prepared.insert(name.into(), prepared);
        }
    }

    pub(super) fn prepared(&self, name: &[u8]) -> Option<&Prepared> {
        self.prepared.get(name)
    }

    /// The server tells the types of parameters when asked.
    pub(super) fn set_types(&mut self, name: &[u8], type_oids: Vec<u32>) {
        if let Some(prepared) = self.prepared.get_mut(name) {
            prepared.type_oids = type_oids;
        }
    }

    /// `None` where the statement is not known: then neither is the portal.
    pub(super) fn bind(&mut self, name: &[u8], portal: Option<Portal>) {
        self.close_portal(name);
        if let Some(portal) = portal
            && self.portals.len() < PORTALS_KEPT
        {
            self.portals.insert(name.into(), portal);
        }
    }

    pub(super) fn portal(&mut self, name: &[u8]) -> Option<&mut Portal> {
        self.portals.get_mut(name)
    }

    pub(super) fn close_statement(&mut self, name: &[u8]) {
        if let Some(closed) = self.prepared.remove(name) {
            self.text_bytes -= closed.text.text.len();
        }
    }

    pub(super) fn close_portal(&mut self, name: &[u8]) {
        self.portals.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(bytes: usize) -> Prepared {
        Prepared { text: Text { text: "x".repeat(bytes).into(), is_cut: false }, type_oids: Vec::new() }
    }

    #[test]
    fn texts_are_remembered_as_long_as_they_fit() {
        let mut names = Names::default();
        names.prepare(b"a", prepared(TEXT_BYTES_KEPT));
        names.prepare(b"b", prepared(1));
        assert!(names.prepared(b"a").is_some() && names.prepared(b"b").is_none());
        names.close_statement(b"a");
        names.prepare(b"b", prepared(1));
        assert!(names.prepared(b"b").is_some());
        assert_eq!(names.text_bytes, 1);
    }

    #[test]
    fn a_name_that_no_longer_fits_does_not_stand_for_its_old_text() {
        let mut names = Names::default();
        names.prepare(b"a", prepared(1));
        names.prepare(b"a", prepared(TEXT_BYTES_KEPT + 1));
        assert!(names.prepared(b"a").is_none());
        assert_eq!(names.text_bytes, 0);
    }
}

//! What a client asks.

use aforo_model::database::TracedStatement;

use super::{EXPECTED_KEPT, Expected, Progress};
use crate::postgres::proxy::fields::Fields;
use crate::postgres::proxy::framing::Unreadable;
use crate::postgres::proxy::message::FromClient;
use crate::postgres::proxy::names::{Portal, Prepared};
use crate::postgres::proxy::parameters::parameters;

impl Progress {
    pub(super) fn asked(&mut self, message: FromClient<'_>, at_s: f64) -> Result<(), Unreadable> {
        if self.expected.len() >= EXPECTED_KEPT {
            return Err(Unreadable("too many messages without an answer"));
        }
        match message {
            FromClient::Sync if self.is_copying => {}
            FromClient::Sync => {
                self.is_skipping = false;
                self.expected.push_back(Expected::Sync);
            }
            FromClient::CopyEnd if self.is_copying => self.is_copying = false,
            FromClient::Other => {}
            _ if self.is_skipping => {}
            FromClient::CopyEnd => self.expected.push_back(Expected::CopyEnd),
            FromClient::Query(text) => {
                let statement = TracedStatement { is_prepared: false, ..self.statement(&text, at_s) };
                let statement = self.pending(statement);
                self.expected.push_back(Expected::Query(statement));
            }
            FromClient::Parse { name, text, type_oids } => {
                self.names.prepare(name, Prepared { text: text.clone(), type_oids });
                self.expected.push_back(Expected::Parse { text, sent_at_s: at_s });
            }
            FromClient::Bind { portal, statement, values } => self.bind(portal, statement, values, at_s),
            FromClient::DescribeStatement(name) => {
                self.expected.push_back(Expected::Describe(Some(name.into())));
            }
            FromClient::DescribePortal => self.expected.push_back(Expected::Describe(None)),
            FromClient::Execute { portal } => self.execute(portal, at_s),
            FromClient::CloseStatement(name) => {
                self.names.close_statement(name);
                self.expected.push_back(Expected::Close);
            }
            FromClient::ClosePortal(name) => {
                self.names.close_portal(name);
                self.expected.push_back(Expected::Close);
            }
            FromClient::FunctionCall => self.expected.push_back(Expected::FunctionCall),
        }
        Ok(())
    }

    fn bind(&mut self, portal: &[u8], statement: &[u8], values: Fields<'_>, at_s: f64) {
        let bound = self.names.prepared(statement).map(|prepared| Portal {
            text: prepared.text.clone(),
            parameters: parameters(values, &prepared.type_oids, &self.hasher),
            is_started: false,
        });
        let text = bound.as_ref().map(|portal| portal.text.clone());
        self.names.bind(portal, bound);
        self.expected.push_back(Expected::Bind { text, sent_at_s: at_s });
    }

    fn execute(&mut self, name: &[u8], at_s: f64) {
        let begun = self.names.portal(name).map(|portal| {
            let is_continuation = std::mem::replace(&mut portal.is_started, true);
            (portal.text.clone(), std::mem::take(&mut portal.parameters), is_continuation)
        });
        let statement = match begun {
            Some((text, parameters, is_continuation)) => {
                let statement = self.statement(&text, at_s);
                self.pending(TracedStatement { parameters, is_continuation, ..statement })
            }
            None => {
                self.recorded.dropped += 1;
                None
            }
        };
        self.expected.push_back(Expected::Execute(statement));
    }
}

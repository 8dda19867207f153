//! What a server answers.

use aforo_model::database::{TracedStatement, TransactionState};

use super::{Expected, Progress};
use crate::postgres::proxy::framing::Unreadable;
use crate::postgres::proxy::message::FromServer;

impl Progress {
    pub(super) fn answered(&mut self, message: FromServer<'_>, at_s: f64) -> Result<(), Unreadable> {
        if message == FromServer::Other {
            return Ok(());
        }
        // The front has no answer, and this is one: nobody asked for the data that ends here.
        while self.expected.pop_front_if(|front| matches!(front, Expected::CopyEnd)).is_some() {}
        match message {
            FromServer::ParseComplete => self.next(|front| matches!(front, Expected::Parse { .. })).map(drop),
            FromServer::BindComplete => self.next(|front| matches!(front, Expected::Bind { .. })).map(drop),
            FromServer::CloseComplete => self.next(|front| matches!(front, Expected::Close)).map(drop),
            FromServer::ParameterDescription(type_oids) => {
                if let Some(Expected::Describe(Some(name))) = self.expected.front() {
                    self.names.set_types(name, type_oids);
                }
                Ok(())
            }
            FromServer::RowDescription => {
                // It also begins the answer to a simple query.
                self.expected.pop_front_if(|front| matches!(front, Expected::Describe(_)));
                Ok(())
            }
            FromServer::DataRow => {
                self.data_rows += 1;
                Ok(())
            }
            FromServer::CommandComplete { rows } => self.completed(rows, at_s),
            FromServer::EmptyQuery => self.completed(None, at_s),
            // No tag tells the rows of a part.
            FromServer::PortalSuspended => self.completed(Some(self.data_rows), at_s),
            FromServer::CopyIn => {
                self.copy_begins();
                Ok(())
            }
            FromServer::Error { sqlstate } => {
                self.failed(&String::from_utf8_lossy(sqlstate), at_s);
                Ok(())
            }
            FromServer::Ready(state) => self.ready(state, at_s),
            FromServer::Other => Ok(()),
        }
    }

    /// What was asked next, which must be what the answer is to.
    fn next(&mut self, is_answered: impl FnOnce(&Expected) -> bool) -> Result<Expected, Unreadable> {
        self.expected
            .pop_front_if(|front| is_answered(front))
            .ok_or(Unreadable("an answer to nothing that was asked"))
    }

    fn completed(&mut self, rows: Option<u64>, at_s: f64) -> Result<(), Unreadable> {
        self.data_rows = 0;
        let mut front = self.next(|front| matches!(front, Expected::Execute(_) | Expected::Query(_)))?;
        if let Expected::Execute(Some(statement)) | Expected::Query(Some(statement)) = &mut front {
            self.stop_clock(statement, at_s);
            statement.commands += 1;
            if let Some(rows) = rows {
                statement.rows = Some(statement.rows.unwrap_or(0).saturating_add(rows));
            }
        }
        match front {
            Expected::Execute(statement) => self.end(statement, at_s),
            // Further commands may follow, until the server is ready.
            query => self.expected.push_front(query),
        }
        Ok(())
    }

    fn stop_clock(&self, statement: &mut TracedStatement, at_s: f64) {
        statement.elapsed_s = Some((at_s - statement.at_s.max(self.last_end_s)).max(0.0));
    }

    /// The server takes copied data up to its end, and ignores any `Sync` before that.
    fn copy_begins(&mut self) {
        let end = self.expected.iter().position(|expected| matches!(expected, Expected::CopyEnd));
        self.is_copying = end.is_none();
        let before_end = end.map_or(self.expected.len(), |end| end + 1);
        let mut index = 0;
        self.expected.retain(|expected| {
            index += 1;
            index > before_end || !matches!(expected, Expected::Sync | Expected::CopyEnd)
        });
    }

    fn failed(&mut self, sqlstate: &str, at_s: f64) {
        self.is_copying = false;
        self.data_rows = 0;
        match self.expected.pop_front() {
            None => {}
            Some(Expected::Query(mut statement)) => {
                if let Some(statement) = &mut statement {
                    self.fail(statement, sqlstate, at_s);
                }
                self.expected.push_front(Expected::Query(statement));
            }
            Some(Expected::Sync) => {
                // The commit failed, which is the end of the last statement, as where a constraint is deferred.
                if let Some(last) = self.ended.last_mut() {
                    last.sqlstate.get_or_insert_with(|| sqlstate.to_owned());
                }
                self.expected.push_front(Expected::Sync);
            }
            Some(front) if front.ends_with_ready() => self.expected.push_front(front),
            Some(front) => {
                self.fail_extended(front, sqlstate, at_s);
                self.skip_to_sync();
            }
        }
    }

    fn fail(&self, statement: &mut TracedStatement, sqlstate: &str, at_s: f64) {
        self.stop_clock(statement, at_s);
        statement.sqlstate = Some(sqlstate.to_owned());
    }

    /// A statement that is refused before it runs is listed as well.
    fn fail_extended(&mut self, front: Expected, sqlstate: &str, at_s: f64) {
        match front {
            Expected::Execute(mut statement) => {
                if let Some(statement) = &mut statement {
                    self.fail(statement, sqlstate, at_s);
                }
                self.end(statement, at_s);
            }
            Expected::Parse { text, sent_at_s } | Expected::Bind { text: Some(text), sent_at_s } => {
                let mut statement = self.statement(&text, sent_at_s);
                self.fail(&mut statement, sqlstate, at_s);
                self.ended.push(statement);
            }
            _ => {}
        }
        self.last_end_s = at_s;
    }

    fn skip_to_sync(&mut self) {
        while let Some(skipped) = self.expected.pop_front_if(|front| !matches!(front, Expected::Sync)) {
            if let Expected::Execute(Some(statement)) | Expected::Query(Some(statement)) = skipped {
                self.release(&statement);
            }
        }
        self.is_skipping = self.expected.is_empty();
    }

    fn ready(&mut self, state: TransactionState, at_s: f64) -> Result<(), Unreadable> {
        match self.expected.pop_front_if(|front| front.ends_with_ready()) {
            Some(Expected::Query(statement)) => self.end(statement, at_s),
            Some(_) => {}
            // The answer to a `Sync` that crossed an error on its way and was taken for part of a copy.
            None if self.is_skipping => self.is_skipping = false,
            None => return Err(Unreadable("an answer to nothing that was asked")),
        }
        self.is_copying = false;
        self.data_rows = 0;
        self.last_end_s = at_s;
        self.settle(Some(state));
        Ok(())
    }
}

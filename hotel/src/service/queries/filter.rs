//! The filter that the admin list and the export share.

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::{Postgres, QueryBuilder};

use crate::service::reservation::{Channel, Status};

/// Which reservations: by status, by day of arrival (`from` included, `to` not), by channel.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Filter {
    /// Only those that stand so.
    pub status: Option<Status>,
    /// Only arrivals on this day or later.
    pub from: Option<NaiveDate>,
    /// Only arrivals before this day.
    pub to: Option<NaiveDate>,
    /// Only those that came this way.
    pub channel: Option<Channel>,
}

impl Filter {
    /// Appends the `WHERE` clause. Only what is asked for becomes a condition, so that each shape is its own plan.
    pub(crate) fn push_where(&self, sql: &mut QueryBuilder<Postgres>) {
        match self.status {
            Some(status) => sql.push(" WHERE r.status = ").push_bind(status.as_str()),
            // Naming every status lets the index on (status, check_in, check_out) serve a list of dates as well.
            None => sql.push(" WHERE r.status = ANY(").push_bind(Status::EVERY.map(Status::as_str)).push(")"),
        };
        if let Some(from) = self.from {
            sql.push(" AND r.check_in >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            sql.push(" AND r.check_in < ").push_bind(to);
        }
        if let Some(channel) = self.channel {
            sql.push(" AND r.channel = ").push_bind(channel.as_str());
        }
    }
}

//! What the handlers share, chosen once at start.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use redis::aio::ConnectionManager;
use sqlx::PgPool;

use crate::flaws::{Flaw, FlawSet};
use crate::nlu::{Nlu, NluOptions};
use crate::pricing::Pricing;
use crate::service::booking::FrontDesk;
use crate::service::lock::BookingLock;
use crate::service::pms::Pms;
use crate::service::queries::admin_list::ListQuery;
use crate::service::queries::export::ExportQuery;
use crate::service::queries::view::ViewQuery;
use crate::service::sessions::Sessions;
use crate::service::telemetry::Metrics;

/// The handlers' state.
pub(crate) type Shared = axum::extract::State<Arc<App>>;

/// The running hotel, as its handlers see it.
pub(crate) struct App {
    pub(crate) pool: PgPool,
    pub(crate) redis: ConnectionManager,
    pub(crate) metrics: Metrics,
    pub(crate) pms: Pms,
    pub(crate) sessions: Sessions,
    pub(crate) nlu: Nlu,
    pub(crate) desk: FrontDesk,
    pub(crate) list: ListQuery,
    pub(crate) view: ViewQuery,
    pub(crate) export: ExportQuery,
}

impl App {
    /// Picks the flawed or the tuned twin of each part.
    pub(crate) fn new(
        flaws: &FlawSet,
        pool: PgPool,
        redis: ConnectionManager,
        metrics: Metrics,
        pms: Pms,
        hold: Duration,
    ) -> Self {
        let on = |flaw| flaws.contains(flaw);
        Self {
            sessions: Sessions::new(redis.clone(), on(Flaw::MemoryLeak)),
            nlu: Nlu::new(NluOptions {
                regex_per_call: on(Flaw::RegexPerCall),
                uncached_dates: on(Flaw::UncachedDates),
                late_exit: on(Flaw::LateExit),
            }),
            desk: FrontDesk {
                pool: pool.clone(),
                redis: redis.clone(),
                lock: if on(Flaw::LockContention) {
                    BookingLock::Global
                } else {
                    BookingLock::PerAccommodation
                },
                pricing: Pricing::new(on(Flaw::WeekendLoop)),
                hold,
            },
            list: if on(Flaw::NPlusOneList) { ListQuery::PerRow } else { ListQuery::Joined },
            view: if on(Flaw::NPlusOneView) { ViewQuery::OneByOne } else { ViewQuery::Whole },
            export: if on(Flaw::NPlusOneExport) { ExportQuery::PerRow } else { ExportQuery::Joined },
            pool,
            redis,
            metrics,
            pms,
        }
    }
}

/// The hotel's day. Its clocks run on UTC.
pub(crate) fn today() -> NaiveDate {
    Utc::now().date_naive()
}

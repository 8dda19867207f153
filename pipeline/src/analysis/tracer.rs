//! What single requests send to the database, seen by a proxy between the target and its Postgres.

use std::net::SocketAddr;
use std::time::Duration;

use aforo_analyzers::{KnownCall, fold_request, known_calls};
use aforo_model::database::{ProbeReading, RequestTrace, Skipped};
use aforo_profiles::{PostgresProxy, ProxyError, start_proxy};
use aforo_sandbox::{Postgres, PostgresOptions, SandboxError};
use miette::Diagnostic;
use thiserror::Error;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{AnalysisError, AnalysisEvent, Watched};
use crate::target::{Target, TargetError, mask_password};

/// How long the application may take to connect through the proxy: somebody has to start it again with another URL.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Between two looks whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A proxy before a target's Postgres, for as long as this value lives; and that Postgres, where Aforo started it too.
#[derive(Debug)]
pub struct Tracer {
    // Dropped first: connections through it end before the server does.
    proxy: PostgresProxy,
    database_url: String,
    server: Option<Postgres>,
    longest_wait: Duration,
}

/// Why statements cannot be seen on their way.
#[derive(Debug, Error, Diagnostic)]
pub enum TracerError {
    /// The database URL is none that a proxy can be put before.
    #[error(transparent)]
    Url(ProxyError),
    /// The proxy cannot be started.
    #[error(transparent)]
    Proxy(ProxyError),
    /// There is no Postgres of its own to put it before.
    #[error(transparent)]
    Server(#[from] SandboxError),
    /// The application did not connect.
    #[error("the application has not connected to the proxy at {url} within {waited_s} s")]
    #[diagnostic(help(
        "start the application with this database URL and its usual password; if it connects only when it is asked \
         something, send it a request while Aforo waits"
    ))]
    NotUsed {
        /// The URL for the application, without the password.
        url: String,
        /// How long Aforo waited, in seconds.
        waited_s: u64,
    },
}

impl From<ProxyError> for TracerError {
    fn from(error: ProxyError) -> Self {
        match error {
            ProxyError::Url { .. } | ProxyError::Encrypted { .. } | ProxyError::OtherMachine { .. } => {
                Self::Url(error)
            }
            ProxyError::Unreachable { .. } | ProxyError::Listen { .. } => Self::Proxy(error),
        }
    }
}

impl Tracer {
    /// Starts a proxy before this Postgres. It listens on `listen`; port 0 takes a free one.
    ///
    /// # Errors
    /// [`TracerError::Url`] and [`TracerError::Proxy`].
    pub async fn before(database_url: &str, listen: SocketAddr) -> Result<Self, TracerError> {
        Ok(Self {
            proxy: start_proxy(database_url, listen, CancellationToken::new()).await?,
            database_url: database_url.to_owned(),
            server: None,
            longest_wait: LONGEST_WAIT,
        })
    }

    /// Starts a private, empty Postgres and a proxy before it.
    ///
    /// # Errors
    /// [`TracerError::Server`] and [`TracerError::Proxy`].
    pub async fn before_private_postgres(listen: SocketAddr) -> Result<Self, TracerError> {
        let server = Postgres::start(PostgresOptions::as_for_production()).await?;
        let tracer = Self::before(&server.url(), listen).await?;
        Ok(Self { server: Some(server), ..tracer })
    }

    /// The URL for the application: through the proxy. It holds the password.
    pub fn url(&self) -> &str {
        &self.proxy.url
    }

    /// The URL for everybody else: of the server itself. It holds the password.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Ends what was started.
    pub async fn stop(self) {
        drop(self.proxy);
        if let Some(server) = self.server {
            server.stop().await;
        }
    }

    /// Until the application has connected and answers. It may open its connections before or after it listens.
    pub(super) async fn wait_for(
        &self,
        target: &Target,
        on_event: &mut dyn FnMut(AnalysisEvent<'_>),
    ) -> Result<(), AnalysisError> {
        let deadline = Instant::now() + self.longest_wait;
        let limit_s = self.longest_wait.as_secs();
        let mut is_told = false;
        let mut is_connected = false;
        loop {
            is_connected = is_connected || self.proxy.take().connections > 0;
            let reached = target.reach().await;
            match reached {
                Ok(()) if is_connected => return Ok(()),
                Ok(()) | Err(TargetError::Unreachable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            // However long the first look took: who is asked for something is told what before it is given up.
            if !is_told {
                on_event(AnalysisEvent::WaitingForApplication { url: &mask_password(self.url()), limit_s });
                is_told = true;
            }
            if Instant::now() >= deadline {
                let url = mask_password(self.url());
                return Err(reached
                    .map_or_else(Into::into, |()| TracerError::NotUsed { url, waited_s: limit_s }.into()));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// The recording of one request.
pub(super) struct Recording<'a>(&'a Tracer);

impl<'a> Recording<'a> {
    /// Forgets what was sent before.
    pub(super) fn start(tracer: &'a Tracer) -> Self {
        tracer.proxy.take();
        Self(tracer)
    }

    /// What was sent, without the user's data, and the calls with it. What a request sends that fails says little of those that
    /// do not.
    pub(super) fn finish(self, reading: &ProbeReading) -> Option<(RequestTrace, Vec<KnownCall>)> {
        let trace = self.0.proxy.take();
        let folded = || fold_request(&reading.step, reading.page_size, &trace);
        reading.is_expected.then(|| (folded(), known_calls(&trace).collect()))
    }
}

/// The application connects through the proxy and yet asks its database by another way.
pub(super) fn unseen(tracer: Option<&Tracer>, watched: &Watched) -> Option<Skipped> {
    let is_asked = watched.readings.iter().any(|reading| reading.is_expected && !reading.calls.is_empty());
    let is_seen = watched.traces.iter().any(|trace| trace.executions > 0 || trace.dropped > 0);
    (tracer.is_some() && is_asked && !is_seen).then(|| Skipped {
        what: "traces".to_owned(),
        why: "the database ran statements during the requests, and none of them came through the proxy"
            .to_owned(),
        remedy: "give every part of the application the proxy's database URL, without encryption".to_owned(),
    })
}

#[cfg(test)]
mod tests;

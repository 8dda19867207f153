//! A target that Aforo starts itself: a process that says in one line of JSON where it is, and ends when
//! its standard input closes. The built-in hotel is one.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::target::{Target, TargetError};

/// How long a started target may take to end by itself before it is killed: it has to stop a Postgres.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// The line a started target writes to its standard output when it is ready.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Announcement {
    /// What reports call it.
    pub name: String,
    /// Base URL.
    pub url: String,
    /// Its Postgres.
    pub database_url: Option<String>,
    /// Its Redis.
    pub redis_url: Option<String>,
    /// Its own process.
    pub pid: u32,
    /// The main process of its Postgres, when it started that too.
    pub postgres_pid: Option<u32>,
    /// The process of its Redis, when it started that too.
    pub redis_pid: Option<u32>,
    /// What it says of itself.
    pub description: Option<String>,
}

/// A target that runs as long as this value lives.
#[derive(Debug)]
pub struct TargetProcess {
    child: Child,
}

/// Why a target could not be started.
#[derive(Debug, Error, Diagnostic)]
pub enum TargetProcessError {
    /// The program cannot be run.
    #[error("cannot start the target: {0}")]
    Spawn(std::io::Error),
    /// It ended before it was ready; it has said why on standard error.
    #[error("the target ended before it was ready ({0})")]
    Ended(ExitStatus),
    /// It said something else than an announcement.
    #[error("the target announced itself in a way that cannot be read: {0}")]
    Announcement(serde_json::Error),
    /// It announced a URL that is none.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Url(#[from] TargetError),
}

impl TargetProcess {
    /// Starts a target and waits until it is ready. What it writes to standard error goes to ours.
    ///
    /// # Errors
    /// [`TargetProcessError`] when it cannot be started or ends before it is ready.
    pub async fn start(mut command: Command) -> Result<(Self, Target), TargetProcessError> {
        // A group of its own: Ctrl-C in the terminal is for Aforo, which drains the load first.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(TargetProcessError::Spawn)?;
        let stdout =
            child.stdout.take().ok_or_else(|| TargetProcessError::Spawn(std::io::Error::other("no pipe")))?;
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line).await.map_err(TargetProcessError::Spawn)?;
        if read == 0 {
            return Err(TargetProcessError::Ended(child.wait().await.map_err(TargetProcessError::Spawn)?));
        }
        let announcement: Announcement =
            serde_json::from_str(&line).map_err(TargetProcessError::Announcement)?;
        Ok((Self { child }, announcement.into_target()?))
    }

    /// Tells the target to end and waits until it has; kills it when it takes too long.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(STOP_GRACE, self.child.wait()).await.is_err() {
            tracing::warn!("the target did not end within {} s and is killed", STOP_GRACE.as_secs());
            if let Err(error) = self.child.kill().await {
                tracing::warn!("the target cannot be killed: {error}");
            }
        }
    }
}

impl Announcement {
    fn into_target(self) -> Result<Target, TargetError> {
        let target = Target::parse(&self.url)?;
        Ok(Target {
            name: self.name,
            database_url: self.database_url,
            redis_url: self.redis_url,
            pid: Some(self.pid),
            postgres_pid: self.postgres_pid,
            redis_pid: self.redis_pid,
            description: self.description,
            ..target
        })
    }
}

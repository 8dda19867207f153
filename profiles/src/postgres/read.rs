//! Everything that can be read from a database at one time.

use aforo_model::database::{ActivityWindow, DatabaseEvidence, Skipped, StatementWindow};
use chrono::Utc;

use super::error::DatabaseError;
use super::rights::Rights;
use super::session::Session;
use super::statements::StatementReader;
use super::{catalog, counters, replication, server, sessions, settings, vacuum};

/// Reads everything that the role may read from the database at `url`, and names the rest. It takes a few dozen statements,
/// however many tables there are; none writes, none waits more than a second for a lock.
///
/// `statements` and `activity` are what was watched before; without the first, statements are those since the counters
/// were last reset.
///
/// # Errors
/// When the server is not reached or does not say what it is. A part that cannot be read is no error: it is absent and
/// in `skipped`.
pub async fn read_database(
    url: &str,
    statements: Option<StatementWindow>,
    activity: Option<ActivityWindow>,
) -> Result<DatabaseEvidence, DatabaseError> {
    let read_at = Utc::now();
    let mut session = Session::open(url).await?;
    let rights = Rights::read(&mut session).await?;
    let server = server::read(&mut session, url).await?;
    let mut skipped = Vec::new();

    let settings = kept(&mut skipped, "settings", settings::read(&mut session).await).unwrap_or_default();
    skipped.extend(settings::hidden(&rights));
    let catalog = catalog::read(&mut session, &rights, &mut skipped).await;
    let catalog = kept(&mut skipped, "catalog", catalog);
    let counters = kept(&mut skipped, "counters", counters::database(&mut session).await);
    let checkpoints = kept(&mut skipped, "checkpoints", counters::checkpoints(&mut session).await);
    let sessions = kept(&mut skipped, "sessions", sessions::read(&mut session, &rights).await);
    let replicas = kept(&mut skipped, "replicas", replication::replicas(&mut session, &rights).await);
    let slots = kept(&mut skipped, "slots", replication::slots(&mut session).await);
    let vacuums = kept(&mut skipped, "vacuums", vacuum::read(&mut session, &rights).await);
    session.close().await;
    let statements = match statements {
        Some(window) => Some(window),
        None => {
            let window = statements_since_reset(url, &mut skipped).await;
            kept(&mut skipped, "statements", window)
        }
    };

    Ok(DatabaseEvidence {
        read_at,
        server,
        settings,
        catalog,
        counters,
        checkpoints,
        sessions,
        replicas,
        slots,
        vacuums,
        statements,
        activity,
        skipped,
    })
}

async fn statements_since_reset(
    url: &str,
    skipped: &mut Vec<Skipped>,
) -> Result<StatementWindow, DatabaseError> {
    let mut reader = StatementReader::connect(url).await?;
    let window = reader.since_reset().await?;
    skipped.extend(reader.hidden(&window));
    Ok(window)
}

/// A part, or nothing and its reason.
fn kept<T>(skipped: &mut Vec<Skipped>, what: &str, part: Result<T, DatabaseError>) -> Option<T> {
    part.map_err(|error| skipped.push(error.into_skipped(what))).ok()
}

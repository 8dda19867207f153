//! `GET /admin/reservations/export.csv`: the list as a file, written while it is read.

use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::mpsc;

use crate::service::extract::Query;
use crate::service::problem::Problem;
use crate::service::queries::export::RowSink;
use crate::service::queries::filter::Filter;
use crate::service::reservation::ReservationRow;
use crate::service::state::{App, Shared};

/// Bytes that are collected before they are sent.
const CHUNK_BYTES: usize = 32 * 1024;
/// Chunks that wait for a slow reader.
const CHUNKS_IN_FLIGHT: usize = 4;
/// A reader that takes nothing for so long has gone; its database connection is wanted elsewhere.
const READER_PATIENCE: Duration = Duration::from_secs(30);

const HEADER: [&str; 15] = [
    "code",
    "status",
    "accommodation_code",
    "accommodation_name",
    "accommodation_kind",
    "check_in",
    "check_out",
    "guests",
    "guest_name",
    "guest_phone",
    "channel",
    "total_price_cents",
    "created_at",
    "last_event",
    "last_event_at",
];

/// A part of the file. The last one is empty: it tells a file that is complete from one that broke off.
type Chunk = Result<Bytes, sqlx::Error>;

pub(crate) async fn export(app: Shared, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_IN_FLIGHT);
    tokio::spawn(write(app.0, filter, sender));
    // A failure before the first chunk is still a problem; a later one cuts the body short.
    let first = match chunks.recv().await {
        Some(Ok(chunk)) => chunk,
        Some(Err(error)) => return Err(error.into()),
        None => return Err(Problem::internal()),
    };
    let body = stream::iter([Ok(first)]).chain(rest(chunks));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"reservations.csv\""),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// The chunks up to the empty one. Without it the body ends in an error, so that nobody takes a part for the whole.
fn rest(chunks: mpsc::Receiver<Chunk>) -> impl Stream<Item = Result<Bytes, BoxError>> {
    stream::unfold(Some(chunks), |chunks| async {
        let mut chunks = chunks?;
        match chunks.recv().await {
            Some(Ok(chunk)) if chunk.is_empty() => None,
            Some(Ok(chunk)) => Some((Ok(chunk), Some(chunks))),
            Some(Err(error)) => Some((Err(error.into()), None)),
            None => Some((Err("the export broke off".into()), None)),
        }
    })
}

async fn write(app: Arc<App>, filter: Filter, sender: mpsc::Sender<Chunk>) {
    let mut sheet = Sheet::new(sender);
    let outcome = app.export.run(&app.pool, &filter, &mut sheet).await;
    sheet.finish(outcome).await;
}

/// Collects rows into chunks.
struct Sheet {
    csv: csv::Writer<Vec<u8>>,
    sender: mpsc::Sender<Chunk>,
    /// Set when a part could not be written or sent: what follows it is of no use.
    broken: bool,
}

impl RowSink for Sheet {
    async fn take(&mut self, row: &ReservationRow) -> bool {
        self.broken |= self.csv.write_record(record(row)).and_then(|()| Ok(self.csv.flush()?)).is_err();
        if self.csv.get_ref().len() >= CHUNK_BYTES {
            self.send().await;
        }
        !self.broken
    }
}

impl Sheet {
    fn new(sender: mpsc::Sender<Chunk>) -> Self {
        let mut csv = csv::Writer::from_writer(Vec::with_capacity(CHUNK_BYTES + 1024));
        // Writing to memory does not fail.
        let _ = csv.write_record(HEADER).and_then(|()| Ok(csv.flush()?));
        Self { csv, sender, broken: false }
    }

    /// Sends what is collected; nothing collected is the end.
    async fn send(&mut self) {
        let empty = csv::Writer::from_writer(Vec::with_capacity(CHUNK_BYTES + 1024));
        let sent = match std::mem::replace(&mut self.csv, empty).into_inner() {
            Ok(chunk) => self.sender.send_timeout(Ok(chunk.into()), READER_PATIENCE).await.is_ok(),
            Err(_) => false,
        };
        self.broken |= !sent;
    }

    async fn finish(mut self, outcome: Result<(), sqlx::Error>) {
        if let Err(error) = outcome {
            tracing::warn!(%error, "an export was cut short");
            let _ = self.sender.send_timeout(Err(error), READER_PATIENCE).await;
            return;
        }
        while !self.broken {
            let last = self.csv.get_ref().is_empty();
            self.send().await;
            if last {
                return;
            }
        }
        tracing::warn!("an export broke off: its reader went away or stalled");
    }
}

fn record(row: &ReservationRow) -> [String; 15] {
    let reservation = &row.reservation;
    [
        reservation.code.clone(),
        reservation.status.clone(),
        row.accommodation.code.clone(),
        row.accommodation.name.clone(),
        row.accommodation.kind.clone(),
        reservation.check_in.to_string(),
        reservation.check_out.to_string(),
        reservation.guests.to_string(),
        harmless(&reservation.guest_name),
        reservation.guest_phone.clone(),
        reservation.channel.clone(),
        reservation.total_price_cents.to_string(),
        reservation.created_at.to_rfc3339(),
        row.last_event.event.clone(),
        row.last_event.occurred_at.to_rfc3339(),
    ]
}

/// A spreadsheet runs a cell that begins like a formula; a guest chooses the name. An apostrophe makes it text.
fn harmless(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@']) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader gets to see: how many chunks, and whether they end well.
    async fn read(chunks: mpsc::Receiver<Chunk>) -> (usize, bool) {
        let chunks: Vec<_> = rest(chunks).collect().await;
        (chunks.len(), chunks.iter().all(Result::is_ok))
    }

    #[tokio::test]
    async fn a_file_ends_well_only_if_it_is_complete() {
        let sheet = || {
            let (sender, chunks) = mpsc::channel(CHUNKS_IN_FLIGHT);
            (Sheet::new(sender), chunks)
        };
        let (complete, chunks) = sheet();
        complete.finish(Ok(())).await;
        assert_eq!(read(chunks).await, (1, true));

        let (mut exact, chunks) = sheet();
        exact.send().await;
        exact.finish(Ok(())).await;
        assert_eq!(read(chunks).await, (1, true), "nothing was left to send at the end");

        let (failed, chunks) = sheet();
        failed.finish(Err(sqlx::Error::PoolClosed)).await;
        assert_eq!(read(chunks).await, (1, false));

        let (mut stalled, chunks) = sheet();
        stalled.send().await;
        stalled.broken = true;
        stalled.finish(Ok(())).await;
        assert_eq!(read(chunks).await, (2, false), "a reader that came back too late");

        let (panicked, chunks) = sheet();
        drop(panicked);
        assert_eq!(read(chunks).await, (1, false));
    }
}

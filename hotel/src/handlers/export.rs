//! `GET /admin/reservations/export.csv`: the list as a file, written while it is read.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::mpsc;

use crate::extract::Query;
use crate::problem::Problem;
use crate::queries::export::RowSink;
use crate::queries::filter::Filter;
use crate::reservation::ReservationRow;
use crate::state::{App, Shared};

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
    let mut first = Some(first);
    let body = stream::poll_fn(move |context| match first.take() {
        Some(chunk) => std::task::Poll::Ready(Some(Ok(chunk))),
        None => chunks.poll_recv(context),
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"reservations.csv\""),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
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
}

impl RowSink for Sheet {
    async fn take(&mut self, row: &ReservationRow) -> bool {
        if self.csv.write_record(record(row)).and_then(|()| Ok(self.csv.flush()?)).is_err() {
            return false;
        }
        self.csv.get_ref().len() < CHUNK_BYTES || self.send().await
    }
}

impl Sheet {
    fn new(sender: mpsc::Sender<Chunk>) -> Self {
        let mut csv = csv::Writer::from_writer(Vec::with_capacity(CHUNK_BYTES + 1024));
        // Writing to memory does not fail.
        let _ = csv.write_record(HEADER);
        Self { csv, sender }
    }

    /// Sends what is collected. `false` if the reader is gone.
    async fn send(&mut self) -> bool {
        let empty = csv::Writer::from_writer(Vec::with_capacity(CHUNK_BYTES + 1024));
        let Ok(chunk) = std::mem::replace(&mut self.csv, empty).into_inner() else { return false };
        self.sender.send_timeout(Ok(chunk.into()), READER_PATIENCE).await.is_ok()
    }

    async fn finish(mut self, outcome: Result<(), sqlx::Error>) {
        match outcome {
            Ok(()) => {
                self.send().await;
            }
            Err(error) => {
                tracing::warn!(%error, "an export was cut short");
                let _ = self.sender.send_timeout(Err(error), READER_PATIENCE).await;
            }
        }
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

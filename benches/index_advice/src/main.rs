//! Index advice on TPC-H at scale 1: what the advised indexes cost in bytes, and what they save in planner cost and in time.
//!
//! The protocol is that of the published comparisons: 19 queries (2, 17 and 20 would swamp the sum), no keys and no indexes at
//! first, each query once. The texts of the queries are not part of this repository; `fetch_queries.sh` gets them.

mod data;
mod error;
mod measure;
mod options;
mod queries;
mod trial;

use aforo_sandbox::{Postgres, PostgresOptions};
use clap::Parser;
use sqlx::{Connection, PgConnection};

use error::BenchError;
use options::Options;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BenchError> {
    let options = Options::parse();
    let queries = queries::read(&options.queries)?;
    let Some(url) = &options.database_url else {
        let server = Postgres::start(PostgresOptions::default()).await?;
        let mut connection = PgConnection::connect(&server.url()).await?;
        data::load(&mut connection, options.scale).await?;
        trial::run(&server.url(), &queries, &options).await?;
        server.stop().await;
        return Ok(());
    };
    trial::run(url, &queries, &options).await
}

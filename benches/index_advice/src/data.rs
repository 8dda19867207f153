//! The data: generated row by row, straight into the server.

use std::fmt::Write;

use sqlx::{AssertSqlSafe, Executor, PgConnection};
use tpchgen::csv::{
    CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv,
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

use crate::error::BenchError;

/// Rows are sent in pieces of about this size.
const CHUNK_BYTES: usize = 1 << 20;

const SCHEMA: &str = include_str!("schema.sql");

/// As the baselines were measured: the planner's idea of an SSD, and memory for sorts.
const SETTINGS: &str = "ALTER DATABASE aforo SET random_page_cost = 1.1; ALTER DATABASE aforo SET work_mem = '16MB'; \
    ALTER DATABASE aforo SET maintenance_work_mem = '512MB'";

/// Creates and fills every table, and lets the server take its statistics.
pub(crate) async fn load(connection: &mut PgConnection, scale: f64) -> Result<(), BenchError> {
    connection.execute(SCHEMA).await?;
    connection.execute(SETTINGS).await?;
    let to = connection;
    copy(to, "nation", NationGenerator::new(scale, 1, 1).iter().map(NationCsv::new)).await?;
    copy(to, "region", RegionGenerator::new(scale, 1, 1).iter().map(RegionCsv::new)).await?;
    copy(to, "part", PartGenerator::new(scale, 1, 1).iter().map(PartCsv::new)).await?;
    copy(to, "supplier", SupplierGenerator::new(scale, 1, 1).iter().map(SupplierCsv::new)).await?;
    copy(to, "partsupp", PartSuppGenerator::new(scale, 1, 1).iter().map(PartSuppCsv::new)).await?;
    copy(to, "customer", CustomerGenerator::new(scale, 1, 1).iter().map(CustomerCsv::new)).await?;
    copy(to, "orders", OrderGenerator::new(scale, 1, 1).iter().map(OrderCsv::new)).await?;
    copy(to, "lineitem", LineItemGenerator::new(scale, 1, 1).iter().map(LineItemCsv::new)).await?;
    to.execute("VACUUM ANALYZE").await?;
    to.execute("CREATE EXTENSION hypopg").await?;
    Ok(())
}

async fn copy(
    connection: &mut PgConnection,
    table: &str,
    rows: impl Iterator<Item = impl std::fmt::Display>,
) -> Result<(), BenchError> {
    let statement = format!("COPY {table} FROM STDIN (FORMAT csv)");
    let mut copy = connection.copy_in_raw(AssertSqlSafe(statement).0.as_str()).await?;
    let mut chunk = String::with_capacity(CHUNK_BYTES + 1024);
    for row in rows {
        let _ = writeln!(chunk, "{row}");
        if chunk.len() >= CHUNK_BYTES {
            copy.send(chunk.as_bytes()).await?;
            chunk.clear();
        }
    }
    copy.send(chunk.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

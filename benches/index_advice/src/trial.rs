//! One budget after the other: the advice, then the same indexes for real.

use std::time::{Duration, Instant};

use aforo_analyzers::{IndexOptions, IndexWorkload, StatisticsCost, WorkloadStatement, advise_indexes};
use aforo_model::database::{DatabaseEvidence, IndexAdvice};
use aforo_pipeline::{IndexAdviceError, advise_indexes_of};
use aforo_profiles::read_database;
use anstream::println;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tabled::{Table, Tabled};

use crate::error::BenchError;
use crate::measure::{costs, index_bytes, seconds};
use crate::options::Options;

const MEGABYTE: f64 = 1024.0 * 1024.0;

/// One line of the table.
#[derive(Debug, Tabled)]
#[tabled(display(f64, "three_digits"))]
struct Line {
    budget_mb: String,
    indexes: usize,
    estimated_mb: f64,
    real_mb: f64,
    what_if_cost_ratio: f64,
    real_cost_ratio: f64,
    advice_s: f64,
    plans: u64,
    build_s: f64,
    queries_s: f64,
    time_ratio: f64,
}

fn three_digits(value: &f64) -> String {
    if value.is_nan() { "-".to_owned() } else { format!("{value:.3}") }
}

/// Tries every budget and prints what came of it.
pub(crate) async fn run(
    url: &str,
    queries: &[WorkloadStatement],
    options: &Options,
) -> Result<(), BenchError> {
    let mut connection = PgConnection::connect(url).await?;
    let evidence = read_database(url, None, None).await?;
    let cap = Duration::from_secs(options.cap_s);
    let base_cost: f64 = costs(&mut connection, queries).await?.iter().sum();
    let base = if options.cost_only { Vec::new() } else { seconds(&mut connection, queries, cap).await? };
    println!("without indexes: cost {base_cost:.0}, {:.1} s", base.iter().sum::<f64>());
    let mut lines = Vec::new();
    for budget_mb in &options.budgets_mb {
        let started = Instant::now();
        let advice = advise(url, &evidence, queries, *budget_mb, options.by_statistics).await?;
        let advice_s = started.elapsed().as_secs_f64();
        show(&advice);
        let mut line = Line {
            budget_mb: budget_mb.to_string(),
            indexes: advice.indexes.len(),
            estimated_mb: advice.indexes.iter().map(|index| index.size_bytes).sum::<u64>() as f64 / MEGABYTE,
            real_mb: f64::NAN,
            what_if_cost_ratio: advice.workload_cost_after / advice.workload_cost_before,
            real_cost_ratio: f64::NAN,
            advice_s,
            plans: advice.what_if_calls,
            build_s: f64::NAN,
            queries_s: f64::NAN,
            time_ratio: f64::NAN,
        };
        if !options.cost_only {
            build(&mut connection, &advice, &mut line).await?;
            line.real_cost_ratio = costs(&mut connection, queries).await?.iter().sum::<f64>() / base_cost;
            let after = seconds(&mut connection, queries, cap).await?;
            line.queries_s = after.iter().sum();
            line.time_ratio = line.queries_s / base.iter().sum::<f64>();
            slower(queries, &base, &after);
            drop_all(&mut connection, &advice).await?;
        }
        lines.push(line);
    }
    println!("{}", Table::new(lines));
    Ok(())
}

async fn advise(
    url: &str,
    evidence: &DatabaseEvidence,
    queries: &[WorkloadStatement],
    budget_mb: u64,
    by_statistics: bool,
) -> Result<IndexAdvice, BenchError> {
    let options = IndexOptions { budget_bytes: budget_mb << 20, ..IndexOptions::default() };
    if !by_statistics {
        return Ok(advise_indexes_of(url, evidence, queries, &options).await?);
    }
    let workload = IndexWorkload {
        catalog: evidence.catalog.as_ref().ok_or(IndexAdviceError::NoCatalog)?,
        settings: &evidence.settings,
        search_path: &evidence.server.search_path,
        counters_elapsed_s: None,
        table_writes: None,
        statements: queries,
    };
    let advice = advise_indexes(&workload, &mut StatisticsCost::new(&workload), &options).await;
    Ok(advice.map_err(IndexAdviceError::from)?)
}

fn show(advice: &IndexAdvice) {
    for index in &advice.indexes {
        let serves: Vec<&str> = index.serves.iter().map(|served| served.fingerprint.as_str()).collect();
        let size = index.size_bytes as f64 / MEGABYTE;
        println!(
            "  {:7.1} MB  {:>9.0}  {}  {}",
            size,
            index.workload_cost_before - index.workload_cost_after,
            index.index,
            serves.join(" ")
        );
    }
    for left_out in &advice.not_costed {
        println!("  left out: {} {}", left_out.fingerprint, left_out.why);
    }
}

async fn build(
    connection: &mut PgConnection,
    advice: &IndexAdvice,
    line: &mut Line,
) -> Result<(), BenchError> {
    let started = Instant::now();
    line.real_mb = 0.0;
    for index in &advice.indexes {
        connection.execute(AssertSqlSafe(index.create_sql.clone())).await?;
        let real = index_bytes(connection, &index.name).await? as f64 / MEGABYTE;
        println!(
            "  {:7.1} MB real, {:7.1} MB estimated: {}",
            real,
            index.size_bytes as f64 / MEGABYTE,
            index.index
        );
        line.real_mb += real;
    }
    line.build_s = started.elapsed().as_secs_f64();
    Ok(())
}

async fn drop_all(connection: &mut PgConnection, advice: &IndexAdvice) -> Result<(), BenchError> {
    for index in &advice.indexes {
        connection.execute(AssertSqlSafe(index.drop_sql.clone())).await?;
    }
    Ok(())
}

/// Queries that the indexes made slower by a fifth.
fn slower(queries: &[WorkloadStatement], before: &[f64], after: &[f64]) {
    for ((query, before), after) in queries.iter().zip(before).zip(after) {
        if *after > before * 1.2 {
            println!("  slower: {} {before:.2} s → {after:.2} s", query.fingerprint);
        }
    }
}

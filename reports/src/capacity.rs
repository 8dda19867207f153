//! How much load the target carries.

use aforo_model::{
    Answer, Capacity, CapacityLevel, CapacityRecord, Concurrency, Demand, FirstLimit, Interval, Knee, Limit,
    UslFit, Verdict,
};

use crate::counted::{counted, numbered};
use crate::figures::{self, or_absent, significant};
use crate::headline;
use crate::sheet::{Cell, Column, Sheet, numbers, words};

/// What the columns of the levels mean.
pub(crate) const LEVELS_MEAN: &str = "Each level without its first fifth, in which the target settles. Process columns \
    are CPU cores on average; conn. are Postgres connections at the peak, locks those that waited for one on average.";

/// A gain of less than this, relative to that up to the knee, reads as none.
const NO_GAIN: f64 = 0.01;

/// Every level of the load.
pub(crate) fn levels(capacity: &CapacityRecord) -> Sheet {
    let is_open = matches!(capacity.levels.first().map(|level| level.demand), Some(Demand::StartsPerS(_)));
    let optional: Vec<&Reading> =
        READINGS.iter().filter(|reading| capacity.levels.iter().any(|level| (reading.has)(level))).collect();
    let mut columns = vec![
        numbers(if is_open { "starts/s" } else { "users" }),
        numbers("req/s"),
        numbers("P95"),
        numbers("errors"),
    ];
    columns.extend(optional.iter().map(|reading| (reading.column)()));
    columns.push(words("SLOs"));
    let row = |level: &CapacityLevel| {
        let mut cells = vec![
            Cell::from(significant(level.demand.value())),
            Cell::from(format!("{:.1}", level.throughput_per_s)),
            Cell::from(or_absent(level.p95_us, figures::time_us)),
            Cell::from(or_absent(level.error_rate, figures::percent)),
        ];
        cells.extend(optional.iter().map(|reading| Cell::from((reading.show)(level))));
        cells.push(Cell::toned(word(&level.verdict), headline::tone(&level.verdict)));
        cells
    };
    Sheet { columns, rows: capacity.levels.iter().map(row).collect(), elastic: 0, ends_with_total: false }
}

/// A column that is left out where no level has a value for it.
struct Reading {
    column: fn() -> Column,
    has: fn(&CapacityLevel) -> bool,
    show: fn(&CapacityLevel) -> String,
}

const READINGS: [Reading; 5] = [
    Reading {
        column: || numbers("target"),
        has: |level| level.target_cpu_cores.is_some(),
        show: |level| cores(level.target_cpu_cores),
    },
    Reading {
        column: || numbers("Postgres"),
        has: |level| level.postgres_cpu_cores.is_some(),
        show: |level| cores(level.postgres_cpu_cores),
    },
    Reading {
        column: || numbers("Aforo"),
        has: |level| level.generator_cpu_cores.is_some(),
        show: |level| cores(level.generator_cpu_cores),
    },
    Reading {
        column: || numbers("conn."),
        has: |level| level.postgres_connections_peak.is_some(),
        show: |level| or_absent(level.postgres_connections_peak, |peak| figures::count(peak.into())),
    },
    Reading {
        column: || numbers("locks"),
        has: |level| level.lock_waiting_mean.is_some_and(|waiting| waiting > 0.0),
        show: |level| or_absent(level.lock_waiting_mean, |waiting| format!("{waiting:.1}")),
    },
];

fn cores(cores: Option<f64>) -> String {
    or_absent(cores, |cores| format!("{cores:.2}"))
}

/// Shorter than the words of objectives, so that a table of nine columns fits 80.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Violated => "missed",
        Verdict::Inconclusive { .. } => "unknown",
    }
}

/// Name and value of what follows from the levels.
pub(crate) fn answers(capacity: &CapacityRecord) -> Vec<(&'static str, String)> {
    vec![
        ("capacity", told(&capacity.capacity, carried)),
        ("knee", told(&capacity.knee, knee)),
        ("limit", told(&capacity.first_limit, limit)),
        ("USL", told(&capacity.usl, usl)),
    ]
}

pub(crate) fn told<T>(answer: &Answer<T>, tell: impl Fn(&T) -> String) -> String {
    match answer {
        Answer::Found(answer) => tell(answer),
        Answer::Absent { why } => format!("unknown: {why}"),
    }
}

fn carried(capacity: &Capacity) -> String {
    let load = demand(capacity.demand);
    let throughput = capacity.throughput_per_s;
    if capacity.is_at_least {
        format!("at least {load} ({throughput:.1} req/s), the highest load of the run; it may carry more")
    } else {
        format!("{load} ({throughput:.1} req/s), the highest load that met every objective")
    }
}

fn knee(knee: &Knee) -> String {
    let beyond = match knee.gain_beyond_ratio {
        gain if gain < -NO_GAIN => "what was added beyond cost throughput".to_owned(),
        gain if gain < NO_GAIN => "what was added beyond brought no throughput".to_owned(),
        gain => format!(
            "what was added beyond brought {} of the throughput that as much had brought before",
            figures::percent(gain)
        ),
    };
    format!("{} ({:.1} req/s); {beyond}", demand(knee.demand), knee.throughput_per_s)
}

fn limit(first: &FirstLimit) -> String {
    let also: Vec<&str> = first.also.iter().map(|limit| limit_word(*limit)).collect();
    let also = if also.is_empty() { String::new() } else { format!("; likewise {}", also.join(", ")) };
    format!("{}, first reached at {}: {}{also}", limit_word(first.limit), demand(first.demand), first.seen)
}

fn limit_word(limit: Limit) -> &'static str {
    match limit {
        Limit::TargetCpu => "CPU of the target",
        Limit::PostgresCpu => "CPU of Postgres",
        Limit::PostgresConnections => "connections of Postgres",
        Limit::LockWaits => "waits for locks",
        Limit::Generator => "Aforo itself",
    }
}

fn usl(fit: &UslFit) -> String {
    let unit = match fit.concurrency {
        Concurrency::Users => "users",
        Concurrency::RequestsInFlight => "requests in flight",
    };
    let peak = told(&fit.peak, |peak| {
        format!(
            "throughput is highest at {} {unit}, with {} req/s",
            interval(peak.concurrency),
            interval(peak.throughput_per_s)
        )
    });
    format!(
        "X(N) = λN / (1 + σ(N − 1) + κN(N − 1)), λ {}/s, σ {}, κ {}, R² {:.3}; {}; 95 % intervals over {}, \
         valid from {} to {} {unit}",
        interval(fit.lambda_per_s),
        interval(fit.sigma),
        interval(fit.kappa),
        fit.r_squared,
        peak.trim_start_matches("unknown: "),
        counted(fit.level_count.into(), "level"),
        significant(fit.valid_from),
        significant(fit.valid_to)
    )
}

/// `12.1 (11.5 to 12.8)`.
fn interval(interval: Interval) -> String {
    format!(
        "{} ({} to {})",
        significant(interval.estimate),
        significant(interval.low),
        significant(interval.high)
    )
}

fn demand(demand: Demand) -> String {
    match demand {
        Demand::Users(users) => counted(users.into(), "user"),
        Demand::StartsPerS(rate_per_s) => format!("{}/s", numbered(&significant(rate_per_s), "start")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn stress() -> CapacityRecord {
        canonical::record("stress").capacity.unwrap()
    }

    #[test]
    fn columns_that_nothing_was_read_for_are_left_out() {
        let mut capacity = stress();
        let wide = levels(&capacity).markdown();
        for level in &mut capacity.levels {
            level.postgres_cpu_cores = None;
            level.postgres_connections_peak = None;
        }
        let narrow = levels(&capacity).markdown();
        assert!(
            wide.contains("conn.") && !narrow.contains("conn.") && !narrow.contains("Postgres"),
            "{wide}"
        );
    }

    #[test]
    fn what_is_unknown_says_why() {
        let mut capacity = stress();
        capacity.capacity = Answer::absent("the lowest load already missed it");
        let (_, told) = &answers(&capacity)[0];
        assert_eq!(told, "unknown: the lowest load already missed it");
    }

    #[test]
    fn a_capacity_that_was_not_exhausted_is_a_lower_bound() {
        let at = |is_at_least| {
            carried(&Capacity { demand: Demand::Users(1200), throughput_per_s: 99.96, is_at_least })
        };
        assert!(at(true).starts_with("at least 1,200 users (100.0 req/s)"));
        assert!(at(false).starts_with("1,200 users"));
    }
}

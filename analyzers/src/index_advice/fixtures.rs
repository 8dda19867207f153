//! Catalogs to advise on.

use aforo_model::database::{
    Catalog, ColumnFacts, ColumnStatistics, IndexCounters, IndexFacts, IndexKey, RelationName, TableCounters,
    TableFacts, TableKind,
};

use super::relations::{Relation, Relations};

pub(crate) fn name(name: &str) -> RelationName {
    RelationName { schema: "public".to_owned(), name: name.to_owned() }
}

pub(crate) fn column(name: &str, type_name: &str) -> ColumnFacts {
    let fixed_bytes = match type_name {
        "integer" | "date" => Some(4),
        "bigint" | "timestamp with time zone" => Some(8),
        _ => None,
    };
    ColumnFacts {
        number: 1,
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        fixed_bytes,
        is_nullable: true,
        statistics: None,
    }
}

/// A table of `bigint` columns, each value once, some 100 bytes a row.
pub(crate) fn table(name_text: &str, rows: f64, columns: &[&str]) -> TableFacts {
    let unique = ColumnStatistics { average_bytes: 8, distinct: -1.0, ..ColumnStatistics::default() };
    TableFacts {
        oid: 1,
        name: name(name_text),
        kind: TableKind::Table,
        parent: None,
        row_estimate: Some(rows),
        pages: (rows / 80.0).ceil() as u64,
        all_visible_ratio: 1.0,
        bytes: (rows / 80.0).ceil() as u64 * 8192,
        index_bytes: 0,
        is_logged: true,
        frozen_xid_age: 0,
        options: Vec::new(),
        disabled_triggers: Vec::new(),
        columns: columns
            .iter()
            .map(|name| ColumnFacts { statistics: Some(unique.clone()), ..column(name, "bigint") })
            .collect(),
        counters: Some(TableCounters { live_rows: rows as u64, ..TableCounters::default() }),
    }
}

/// The reservations of a hotel chain that was measured: as many bytes, nulls and distinct values.
pub(crate) fn reservations(rows: f64) -> TableFacts {
    let with = |name: &str, type_name: &str, average_bytes, distinct, null_ratio| ColumnFacts {
        statistics: Some(ColumnStatistics {
            average_bytes,
            distinct,
            null_ratio,
            ..ColumnStatistics::default()
        }),
        ..column(name, type_name)
    };
    let mut status = with("status", "text", 10, 5.0, 0.0);
    if let Some(statistics) = &mut status.statistics {
        statistics.common_values =
            ["confirmed", "cancelled", "no_show", "checked_in", "pre_reserved"].map(str::to_owned).to_vec();
        statistics.common_ratios = vec![0.6, 0.19, 0.1, 0.1, 0.01];
    }
    let mut created_at = with("created_at", "timestamp with time zone", 8, -1.0, 0.0);
    if let Some(statistics) = &mut created_at.statistics {
        statistics.correlation = Some(1.0);
    }
    TableFacts {
        pages: (rows / 52.0).ceil() as u64,
        columns: vec![
            with("id", "bigint", 8, -1.0, 0.0),
            with("accommodation_id", "bigint", 8, 5000.0, 0.0),
            status,
            created_at,
            with("expires_at", "timestamp with time zone", 8, -0.01, 0.99),
            with("guest_phone", "text", 14, 200_000.0, 0.0),
            with("channel_source", "text", 8, 5.0, 0.0),
            with("total_cents", "bigint", 8, 50_000.0, 0.0),
        ],
        ..table("reservations", rows, &[])
    }
}

/// An index over `keys` with counters.
pub(crate) fn index(name_text: &str, table: &str, keys: &[&str]) -> IndexFacts {
    IndexFacts {
        oid: 2,
        name: name(name_text),
        table: name(table),
        parent: None,
        method: "btree".to_owned(),
        keys: keys
            .iter()
            .map(|key| IndexKey {
                column: Some((*key).to_owned()),
                definition: (*key).to_owned(),
                operator_class: None,
                collation: None,
                is_descending: false,
                nulls_first: false,
            })
            .collect(),
        included: Vec::new(),
        predicate: None,
        definition: format!("CREATE INDEX {name_text} ON public.{table} USING btree ({})", keys.join(", ")),
        is_unique: false,
        is_primary: false,
        is_constraint: false,
        is_valid: true,
        is_ready: true,
        bytes: 64 << 20,
        row_estimate: 1e6,
        counters: Some(IndexCounters { scans: 1000, ..IndexCounters::default() }),
    }
}

pub(crate) fn catalog(tables: &[TableFacts]) -> Catalog {
    Catalog { tables: tables.to_vec(), ..Catalog::default() }
}

/// Asks about one table as queries see it.
pub(crate) fn with_relation<T>(table: &TableFacts, ask: impl FnOnce(&Relation<'_>) -> T) -> T {
    let catalog = catalog(std::slice::from_ref(table));
    let relations = Relations::of(&catalog);
    ask(relations.get(0))
}

/// Runs a future that never waits for anything.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

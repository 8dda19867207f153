//! What a version of `pg_stat_statements` calls what is read, from the columns its view has.

use std::collections::HashSet;

/// Columns of the view, and the schema it lives in.
#[derive(Debug)]
pub(super) struct View {
    /// Quoted.
    pub(super) schema: String,
    pub(super) columns: HashSet<String>,
    /// Whether there is `pg_stat_statements_info` (1.9, Postgres 14).
    pub(super) has_info: bool,
}

impl View {
    /// Key, counters and, from 1.11 (Postgres 17) on, since when an entry counts; of the database `oid`.
    ///
    /// The function without texts is read, not the view: it leaves the file of texts alone.
    pub(super) fn counters_sql(&self, oid: u32) -> String {
        let columns = [
            "userid::int8".to_owned(),
            "queryid".to_owned(),
            self.first(&["toplevel"], "true"),
            "calls".to_owned(),
            self.first(&["total_exec_time", "total_time"], "0::float8"),
            self.first(&["total_plan_time"], "0::float8"),
            "rows".to_owned(),
            "shared_blks_hit".to_owned(),
            "shared_blks_read".to_owned(),
            "shared_blks_dirtied".to_owned(),
            "temp_blks_read".to_owned(),
            "temp_blks_written".to_owned(),
            // From 17 on the first two are called as the next two; the last four came with 15 and 17.
            self.sum(&[
                "blk_read_time",
                "blk_write_time",
                "shared_blk_read_time",
                "shared_blk_write_time",
                "local_blk_read_time",
                "local_blk_write_time",
                "temp_blk_read_time",
                "temp_blk_write_time",
            ]),
            format!("{}::int8", self.first(&["wal_bytes"], "0")),
            // `jit_deform_time` is part of the generation's.
            self.sum(&[
                "jit_generation_time",
                "jit_inlining_time",
                "jit_optimization_time",
                "jit_emission_time",
            ]),
            self.first(&["stats_since"], "NULL::timestamptz"),
        ];
        format!(
            "SELECT /* aforo */ {} FROM {}.pg_stat_statements(false) WHERE dbid = {oid} AND queryid IS NOT NULL",
            columns.join(", "),
            self.schema
        )
    }

    /// The moment, when the server started, when all was last reset, evictions since then.
    pub(super) fn header_sql(&self) -> String {
        let info = match self.has_info {
            true => {
                format!("stats_reset, dealloc FROM {}.pg_stat_statements_info", self.schema)
            }
            false => "NULL::timestamptz, NULL::int8".to_owned(),
        };
        format!("SELECT /* aforo */ clock_timestamp(), pg_postmaster_start_time(), {info}")
    }

    /// Texts of statements by key.
    pub(super) fn texts_sql(&self, oid: u32, query_ids: &str) -> String {
        format!(
            "SELECT /* aforo */ userid::int8, queryid, {}, query FROM {}.pg_stat_statements(true) \
             WHERE dbid = {oid} AND queryid = ANY ('{{{query_ids}}}'::int8[])",
            self.first(&["toplevel"], "true"),
            self.schema
        )
    }

    /// How many statements the role may not see.
    pub(super) fn hidden_sql(&self, oid: u32) -> String {
        format!(
            "SELECT /* aforo */ count(*) FROM {}.pg_stat_statements(false) \
             WHERE dbid = {oid} AND queryid IS NULL",
            self.schema
        )
    }

    fn first(&self, names: &[&str], otherwise: &str) -> String {
        names.iter().find(|name| self.columns.contains(**name)).copied().unwrap_or(otherwise).to_owned()
    }

    fn sum(&self, names: &[&str]) -> String {
        let known: Vec<&str> = names.iter().filter(|name| self.columns.contains(**name)).copied().collect();
        if known.is_empty() { "0::float8".to_owned() } else { known.join(" + ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(columns: &[&str]) -> View {
        View {
            schema: "\"My.Stats\"".to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            has_info: false,
        }
    }

    #[test]
    fn columns_go_by_what_the_view_has() {
        let thirteen = view(&["total_exec_time", "total_plan_time", "blk_read_time", "blk_write_time"]);
        let sql = thirteen.counters_sql(5);
        assert!(sql.contains("queryid, true, calls, total_exec_time, total_plan_time, rows"), "{sql}");
        assert!(
            sql.contains("blk_read_time + blk_write_time, 0::int8, 0::float8, NULL::timestamptz"),
            "{sql}"
        );
        assert!(sql.contains("FROM \"My.Stats\".pg_stat_statements(false) WHERE dbid = 5"), "{sql}");
        assert!(thirteen.header_sql().ends_with("NULL::timestamptz, NULL::int8"));

        let seventeen = view(&["toplevel", "shared_blk_read_time", "temp_blk_read_time", "stats_since"]);
        let sql = seventeen.counters_sql(5);
        assert!(sql.contains("queryid, toplevel, calls, 0::float8"), "{sql}");
        assert!(sql.contains("shared_blk_read_time + temp_blk_read_time,"), "{sql}");
        assert!(sql.contains(", stats_since FROM"), "{sql}");
    }
}

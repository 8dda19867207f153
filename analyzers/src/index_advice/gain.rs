//! What an index could save at the most, by what was measured.

use aforo_model::database::StatementCounters;

/// Blocks from the root of an index to a row: three levels of a b-tree hold some hundred million entries, and the row's own
/// block comes on top.
const BLOCKS_OF_A_LOOK_UP: f64 = 4.0;
/// Blocks measured for each block needed, below which an index cannot make a statement much cheaper: half of it is a
/// gain that a person notices.
const WORTHWHILE: f64 = 2.0;

/// Whether the calls of a statement touch more blocks than the rows they give need: at least twice a look-up in each table
/// and a block for each row of it. Statements that already do with that gain nothing from an index, whatever the planner's
/// cost of a plan that they may not have run with.
pub fn could_do_with_fewer_blocks(counters: &StatementCounters, text: &str) -> bool {
    let tables = aforo_sql::describe(text).map_or(1, |shape| shape.tables.len().max(1)) as f64;
    let calls = (counters.calls as f64).max(1.0);
    let blocks = (counters.shared_hit_blocks as f64 + counters.shared_read_blocks as f64) / calls;
    let needed = tables * (BLOCKS_OF_A_LOOK_UP + counters.rows as f64 / calls);
    blocks >= WORTHWHILE * needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(calls: u64, rows: u64, blocks: u64) -> StatementCounters {
        StatementCounters { calls, rows, shared_hit_blocks: blocks, ..StatementCounters::default() }
    }

    #[test]
    fn a_scan_for_a_few_rows_could_and_a_look_up_could_not() {
        let text = "SELECT name FROM guests WHERE phone = $1";
        assert!(could_do_with_fewer_blocks(&counters(10, 40, 9_240), text));
        assert!(!could_do_with_fewer_blocks(&counters(10, 40, 120), text));
        assert!(!could_do_with_fewer_blocks(&counters(0, 0, 0), text));
    }

    #[test]
    fn every_table_of_a_join_needs_blocks_of_its_own() {
        let joined = "SELECT g.name, s.night FROM guests g JOIN stays s ON s.guest_id = g.id WHERE g.id = $1";
        assert!(!could_do_with_fewer_blocks(&counters(1, 10, 50), joined));
        assert!(could_do_with_fewer_blocks(&counters(1, 10, 60), joined));
    }

    #[test]
    fn a_count_over_many_rows_could_be_cheaper() {
        assert!(could_do_with_fewer_blocks(
            &counters(1, 1, 924),
            "SELECT count(*) FROM stays WHERE status = $1"
        ));
    }
}

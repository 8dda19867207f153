//! What to do about what was found: one file a kind of action, one line a kind in the table.
//!
//! Each [`Adviser`] turns the findings of a run into recommendations of its kind. They are then merged where several ask for the same
//! ([`merge`]), those that contradict each other are resolved ([`contradictions`]), and what is left is ranked by what it gains over
//! the run's own traffic for its effort ([`rank`]).
//!
//! What a further file needs: a line in [`ADVISERS`], and a function `run` of the record that
//! - starts from findings that carry an action ([`evidence`]: a warning or worse), and names them in `rests_on`, which is never empty;
//! - takes its `id` from the kind and what it acts on, so that two findings about the same place give one recommendation;
//! - states the gain by [`traffic`], which knows how long the run's requests took and which step causes which statement; where that
//!   is not known, the effect is `Unknown` with the reason, never a guess;
//! - gives at least one action, one way back and one way to see that it worked.

mod best_help;
mod cache_ttl;
mod capacity;
mod contradictions;
mod create_index;
mod drop_index;
mod evidence;
#[cfg(test)]
mod fixtures;
mod foreign_key_index;
mod hot_code;
mod maintenance;
mod merge;
mod pool_size;
mod postgres_setting;
mod rank;
mod rebuild;
mod remove_n_plus_one;
mod rewrite_query;
mod run_again;
mod sql_text;
mod statement_name;
#[cfg(test)]
mod tests;
mod traffic;
mod work_memory;

use aforo_model::{Recommendation, RunRecord};

pub use best_help::name_best_help;

/// Reads a judged run, and returns what follows.
type Adviser = fn(&RunRecord) -> Vec<Recommendation>;

const ADVISERS: &[Adviser] = &[
    remove_n_plus_one::run,
    create_index::run,
    foreign_key_index::run,
    rewrite_query::run,
    hot_code::run,
    pool_size::run,
    work_memory::run,
    postgres_setting::run,
    maintenance::run,
    rebuild::run,
    cache_ttl::run,
    drop_index::run,
    capacity::run,
];

/// What to do about the findings of a judged run, the most gain for the effort first.
pub fn recommend(record: &RunRecord) -> Vec<Recommendation> {
    let advised = ADVISERS.iter().flat_map(|adviser| adviser(record)).collect();
    let merged = merge::by_id(advised);
    rank::ranked(record, contradictions::resolved(record, merged))
}

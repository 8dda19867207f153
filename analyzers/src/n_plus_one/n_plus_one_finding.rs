//! `n-plus-one`
//!
//! **What:** statements that run once for every item of an answer.
//! **Why it hurts:** each is a way to the server and back; a page of 50 waits 50 times, and holds its connection meanwhile.
//! **Threshold:** 0.3 calls or more for each further item, more than 90 % of their variation explained by the items, over at
//! least four numbers of items that span a factor of five. Critical from 500 ms or 100 calls a page in production on, a
//! warning from 50 ms or more than 5 calls on.
//! **Remedy:** one statement for all items.

use aforo_model::database::{NPlusOne, ProbeVerdict};
use aforo_model::{Finding, Subject};

use crate::checks::finding;
use crate::statements::title;

const CODE: &str = "n-plus-one";

pub(super) fn find(verdict: &ProbeVerdict) -> Vec<Finding> {
    let judged = verdict.answer.found();
    judged.into_iter().flat_map(|judged| &judged.n_plus_ones).map(finding_of).collect()
}

fn finding_of(found: &NPlusOne) -> Finding {
    let whose = if found.is_top_level { "" } else { " inside a function or trigger" };
    let parent = found.parent.as_ref().map_or_else(String::new, |parent| {
        format!(", after {}", title(parent.text.as_deref(), &parent.fingerprint))
    });
    let seen = found.seen_on_wire.map_or_else(String::new, |seen| {
        format!("; seen on the wire: {} times with {} different values", seen.count, seen.distinct_values)
    });
    let remedy = match &found.fix_sql {
        Some(sql) => format!("ask for all items at once: {sql}"),
        None if found.is_write => {
            "write all items with one statement, from arrays of their values".to_owned()
        }
        None => {
            "ask for all items at once, with a join or = ANY($1), and put the rows to their items".to_owned()
        }
    };
    finding(
        CODE,
        Subject::Step(found.step.clone()),
        found.severity,
        format!(
            "{} runs {:.2} times for every item of {}{whose}{parent}: {:.0} calls and {:.1} ms in the database for a page \
             of {}{seen}",
            title(found.text.as_deref(), &found.fingerprint),
            found.slope.estimate,
            found.item_path,
            found.projected_calls,
            found.projected_time_ms,
            found.production_page_size
        ),
        remedy,
        &[
            ("slope", found.slope.estimate),
            ("slope_low", found.slope.low),
            ("slope_high", found.slope.high),
            ("intercept", found.intercept),
            ("r_squared", found.r_squared),
            ("rows_per_call", found.rows_per_call),
            ("mean_ms", found.mean_ms),
            ("production_page_size", f64::from(found.production_page_size)),
            ("projected_calls", found.projected_calls),
            ("projected_time_ms", found.projected_time_ms),
        ],
    )
}

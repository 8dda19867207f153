//! What the planner charges for pages and rows, as the server has it set.

use std::collections::BTreeMap;

use aforo_model::database::Setting;

/// Cost constants, in units of one page read in sequence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CostConstants {
    pub(crate) seq_page: f64,
    pub(crate) random_page: f64,
    pub(crate) cpu_tuple: f64,
    pub(crate) cpu_index_tuple: f64,
    pub(crate) cpu_operator: f64,
    pub(crate) cache_pages: f64,
}

impl CostConstants {
    /// As set; what Postgres has by itself where a setting was not read.
    pub(crate) fn of(settings: &BTreeMap<String, Setting>) -> Self {
        let number = |name: &str, otherwise: f64| {
            let value = settings.get(name).and_then(|setting| setting.value.parse::<f64>().ok());
            value.filter(|value| value.is_finite() && *value >= 0.0).unwrap_or(otherwise)
        };
        Self {
            seq_page: number("seq_page_cost", 1.0),
            random_page: number("random_page_cost", 4.0),
            cpu_tuple: number("cpu_tuple_cost", 0.01),
            cpu_index_tuple: number("cpu_index_tuple_cost", 0.005),
            cpu_operator: number("cpu_operator_cost", 0.0025),
            cache_pages: number("effective_cache_size", 524_288.0).max(1.0),
        }
    }

    /// A sort in memory (`cost_tuplesort`).
    pub(crate) fn sort(&self, rows: f64) -> f64 {
        let rows = rows.max(2.0);
        2.0 * self.cpu_operator * rows * rows.log2()
    }

    /// Pages of the table that `rows` at random places are read from (Mackert and Lohman, `index_pages_fetched`).
    pub(crate) fn pages_fetched(&self, rows: f64, pages: f64) -> f64 {
        if pages <= self.cache_pages {
            return (2.0 * pages * rows / (2.0 * pages + rows)).min(pages);
        }
        let limit = 2.0 * pages * self.cache_pages / (2.0 * pages - self.cache_pages);
        if rows <= limit {
            2.0 * pages * rows / (2.0 * pages + rows)
        } else {
            self.cache_pages + (rows - limit) * (pages - self.cache_pages) / pages
        }
    }
}

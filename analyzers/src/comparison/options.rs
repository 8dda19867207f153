//! How strictly runs are compared.

/// What a comparison tolerates, and how it draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparisonOptions {
    /// How much worse or better a figure may be without being called so, as a part of its earlier value, 0–1.
    pub tolerance_ratio: f64,
    /// How much more failed requests per request are tolerated, 0–1: a difference, for a rate of nothing has no ratio.
    pub error_rate_tolerance: f64,
    /// How much a figure of the same target differs from run to run, as a standard deviation by its value, 0–1. It is allowed for where
    /// there is one run a side, which cannot show it; where there are several, they do.
    pub run_to_run_ratio: f64,
    /// How often the seconds of a run are drawn again where there is one run a side.
    pub resamples: u32,
    /// Where the drawing begins: the same seed gives the same intervals.
    pub seed: u64,
}

impl Default for ComparisonOptions {
    fn default() -> Self {
        Self {
            tolerance_ratio: 0.05,
            error_rate_tolerance: 0.001,
            // Recorded runs of one target on a busy machine differed by 13 % (docs/compare.md); with a tenth, pairs made of them are called a
            // regression in 7 of 100 of three minutes and in 3 of 100 of ten, identical ones in fewer than 5.
            run_to_run_ratio: 0.10,
            resamples: 2000,
            seed: 1,
        }
    }
}

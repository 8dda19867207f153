//! What Criterion has saved of each function in each pass.

mod folder;
mod sample;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use aforo_bench_suite::Variant;
use chrono::{DateTime, Utc};
use thiserror::Error;

pub(crate) use folder::read;
pub(crate) use sample::{Sample, SampleError};

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// How many passes there should be.
    pub(crate) passes: usize,
    /// When the last of them was saved; `None` if there are none.
    pub(crate) measured_at: Option<DateTime<Utc>>,
    /// What was measured and is in no table, as `group/function`.
    pub(crate) unlisted: Vec<String>,
    samples: BTreeMap<Variant, Vec<Result<Sample, Missing>>>,
}

/// Why a function has no times of a pass.
#[derive(Debug, Error)]
#[error("`{function}` has no times of pass {pass}: {path} {why}")]
pub(crate) struct Missing {
    function: &'static str,
    /// Counted from 1.
    pass: usize,
    /// Where they should be, in Criterion's folder.
    path: String,
    why: MissingReason,
}

#[derive(Debug, Error)]
enum MissingReason {
    #[error("is not there; `make bench` measures everything")]
    Absent,
    #[error("cannot be read ({0})")]
    Unreadable(io::Error),
    #[error(transparent)]
    Sample(SampleError),
}

/// Why the results as a whole cannot be read.
#[derive(Debug, Error)]
#[error("cannot read Criterion's folder {} ({source}); `make bench` makes and fills it", path.display())]
pub(crate) struct ResultsError {
    path: PathBuf,
    source: io::Error,
}

impl Results {
    /// The function's times, one sample a pass; or why the first that is not there is not.
    pub(crate) fn of(&self, variant: Variant) -> Result<Vec<&Sample>, String> {
        let Some(passes) = self.samples.get(&variant) else {
            return Err(format!("`{}` was not looked for", variant.function));
        };
        passes.iter().map(|pass| pass.as_ref().map_err(Missing::to_string)).collect()
    }
}

#[cfg(test)]
impl Results {
    /// With the given times of each pass.
    pub(crate) fn with(mut self, variant: Variant, passes_ns: &[Vec<f64>]) -> Self {
        let sample = |times: &Vec<f64>| {
            let json = serde_json::json!({ "iters": vec![1.0; times.len()], "times": times });
            Ok(Sample::parse(&json.to_string()).unwrap())
        };
        self.passes = passes_ns.len();
        self.samples.insert(variant, passes_ns.iter().map(sample).collect());
        self
    }

    /// With no times of any of three passes.
    pub(crate) fn without(mut self, variant: Variant) -> Self {
        let missing = |pass| {
            let path = format!("{}/{}/pass{pass}/sample.json", variant.group, variant.function);
            Err(Missing { function: variant.function, pass, path, why: MissingReason::Absent })
        };
        self.samples.insert(variant, (1..=3).map(missing).collect());
        self
    }
}

//! Reads scenarios from TOML. `FORMAT.md` describes the format.
//!
//! Files are read by hand from a syntax tree with places, not by serde, because a reader should hear of
//! every mistake at once, each with its place.

mod feeder;
mod http;
mod journey;
mod load;
mod locate;
mod objective;
mod probe;
mod report;
mod scenario;
mod section;
mod step;
#[cfg(test)]
mod tests;

use std::path::Path;

use aforo_model::Scenario;

use crate::ScenarioError;

/// Reads the scenario called `name_or_path` and checks it.
///
/// Something that ends in `.toml` or holds a slash is the path of a file. A name is looked for as
/// `<name>.toml` in `directory`, the user's own scenarios, and then among the built-in ones.
///
/// # Errors
/// [`ScenarioError`] with everything that is wrong.
pub fn load_scenario(name_or_path: &str, directory: Option<&Path>) -> Result<Scenario, ScenarioError> {
    scenario::read(&locate::scenario_file(name_or_path, directory)?)
}

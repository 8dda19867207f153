//! Scenarios that tests make up.

use aforo_model::Scenario;

use super::load_scenario;

/// Reads a scenario with this load and these journeys, from a file as a user's is.
pub(super) fn scenario(load: &str, journeys: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.toml");
    std::fs::write(&path, format!("description = \"a test\"\n[load]\n{load}\n{journeys}")).unwrap();
    load_scenario(path.to_str().unwrap(), None)
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

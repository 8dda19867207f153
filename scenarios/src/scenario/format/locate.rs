//! Finds the files a scenario is made of.

use std::path::{Path, PathBuf};

use crate::ScenarioError;
use crate::nearest::nearest;
use crate::scenario::builtin::{BUILTIN, JOURNEYS};

/// A file that was found and read.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    /// The scenario's name: the file's, without its ending.
    pub(super) name: String,
    /// What messages call it.
    pub(super) title: String,
    pub(super) text: String,
    /// What paths in it are relative to; none for a built-in file.
    pub(super) directory: Option<PathBuf>,
}

/// Finds a scenario.
pub(super) fn scenario_file(
    name_or_path: &str,
    directory: Option<&Path>,
) -> Result<SourceFile, ScenarioError> {
    if is_path(name_or_path) {
        return read(Path::new(name_or_path));
    }
    let own = directory.map(|directory| directory.join(format!("{name_or_path}.toml")));
    if let Some(own) = own.filter(|path| path.is_file()) {
        return read(&own);
    }
    match BUILTIN.iter().find(|builtin| builtin.name == name_or_path) {
        Some(builtin) => Ok(builtin_file(builtin.name, builtin.source)),
        None => Err(unknown(name_or_path, directory)),
    }
}

/// Finds a journeys file named in the scenario `from`.
pub(super) fn journeys_file(name_or_path: &str, from: &SourceFile) -> Result<SourceFile, ScenarioError> {
    match JOURNEYS.iter().find(|(name, _)| *name == name_or_path) {
        Some((name, source)) => Ok(builtin_file(name, source)),
        None => read(&from.directory.clone().unwrap_or_default().join(name_or_path)),
    }
}

/// Reads a file as text.
pub(super) fn read_text(path: &Path) -> Result<String, ScenarioError> {
    std::fs::read_to_string(path)
        .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<SourceFile, ScenarioError> {
    Ok(SourceFile {
        name: name_of(path),
        title: path.display().to_string(),
        text: read_text(path)?,
        directory: path.parent().map(Path::to_owned),
    })
}

/// The file's name without its ending, fit to be part of the name of a run.
fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.chars()
        .map(
            |character| if character.is_alphanumeric() || "-_".contains(character) { character } else { '-' },
        )
        .collect()
}

fn builtin_file(name: &str, source: &str) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        title: format!("{name}.toml (built in)"),
        text: source.to_owned(),
        directory: None,
    }
}

fn is_path(name_or_path: &str) -> bool {
    name_or_path.ends_with(".toml") || name_or_path.contains(['/', std::path::MAIN_SEPARATOR])
}

fn unknown(name: &str, directory: Option<&Path>) -> ScenarioError {
    let own = directory.map(names_in).unwrap_or_default();
    let known: Vec<&str> =
        own.iter().map(String::as_str).chain(BUILTIN.iter().map(|builtin| builtin.name)).collect();
    let near = nearest(name, known.iter().copied());
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let places = match directory {
        Some(directory) => format!("your own are looked for as {}", directory.join("<name>.toml").display()),
        None => "name your own by its path, such as `./checkout.toml`".to_owned(),
    };
    let help = format!("{near}known are {}; {places}", known.join(", "));
    ScenarioError::Unknown { name: name.to_owned(), help }
}

fn names_in(directory: &Path) -> Vec<String> {
    // A directory that cannot be read holds no scenario that could be meant.
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut names: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| name_of(&path))
        .collect();
    names.sort_unstable();
    names
}

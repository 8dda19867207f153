//! The layers of `ARCHITECTURE.md`, held against the manifests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our packages a package may use. What is not listed may use none.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("aforo", &["aforo-model", "aforo-pipeline", "aforo-hotel"]),
    (
        "aforo-pipeline",
        &[
            "aforo-model",
            "aforo-scenarios",
            "aforo-profiles",
            "aforo-analyzers",
            "aforo-reports",
            "aforo-sandbox",
        ],
    ),
    ("aforo-scenarios", &["aforo-model"]),
    ("aforo-pprof", &["aforo-model"]),
    ("aforo-profiles", &["aforo-model", "aforo-pprof"]),
    ("aforo-analyzers", &["aforo-model", "aforo-sql"]),
    ("aforo-reports", &["aforo-model", "aforo-pprof"]),
    ("aforo-hotel", &["aforo-sandbox"]),
    ("aforo-bench-suite", &["aforo-hotel", "aforo-sandbox"]),
    (
        "aforo-index-advice-bench",
        &["aforo-analyzers", "aforo-model", "aforo-pipeline", "aforo-profiles", "aforo-sandbox"],
    ),
    (
        "aforo-hot-paths",
        &["aforo-analyzers", "aforo-hotel", "aforo-model", "aforo-reports", "aforo-scenarios", "aforo-sql"],
    ),
];

/// Packages that do no I/O and read no clock, and what would let them.
const PURE: [&str; 5] = ["aforo-model", "aforo-sql", "aforo-pprof", "aforo-analyzers", "aforo-reports"];
const IMPURE_CRATES: [&str; 7] = ["tokio", "reqwest", "sqlx", "redis", "hyper", "sysinfo", "async-trait"];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The normal dependencies (not those of tests) of every package of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    metadata()["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let normal =
                package["dependencies"].as_array().unwrap().iter().filter(|each| each["kind"].is_null());
            (text(&package["name"]), normal.map(|each| text(&each["name"])).collect())
        })
        .collect()
}

#[test]
fn packages_use_only_what_their_layer_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(package, used)| (*package, used.iter().copied().collect())).collect();
    let dependencies = dependencies();
    assert!(dependencies.len() > MAY_USE.len(), "the workspace was not read");
    for (package, used) in &dependencies {
        for other in used.iter().filter(|other| dependencies.contains_key(*other)) {
            let may = allowed.get(package.as_str()).is_some_and(|may| may.contains(other.as_str()));
            assert!(may, "{package} must not use {other}: see the code map in ARCHITECTURE.md");
        }
    }
}

#[test]
fn pure_packages_have_nothing_to_do_io_with() {
    let dependencies = dependencies();
    for package in PURE {
        for used in &dependencies[package] {
            assert!(!IMPURE_CRATES.contains(&used.as_str()), "{package} is pure and must not use {used}");
        }
    }
}

/// Where times are measured: none of it may notice that the machine's clock was set.
const MEASURING: [&str; 4] = [
    "scenarios/src/scenario/engine",
    "scenarios/src/recorder",
    "profiles/src/watch.rs",
    "profiles/src/own_threads.rs",
];
/// Clocks that can be set, and so can go back or leap.
const SETTABLE_CLOCKS: [&str; 3] = ["SystemTime", "Utc::now", "Local::now"];

fn sources(path: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flat_map(|entry| sources(&entry.unwrap().path())).collect(),
        Err(_) if path.extension().is_some_and(|extension| extension == "rs") => vec![path.to_owned()],
        Err(_) => Vec::new(),
    }
}

#[test]
fn what_measures_reads_no_clock_that_can_be_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in MEASURING {
        assert!(!sources(&root.join(path)).is_empty(), "{path} is gone");
    }
    for source in MEASURING.iter().flat_map(|path| sources(&root.join(path))) {
        let code = std::fs::read_to_string(&source).unwrap();
        for clock in SETTABLE_CLOCKS {
            assert!(
                !code.contains(clock),
                "{} reads {clock}, which a clock step would spoil",
                source.display()
            );
        }
    }
}

#[test]
fn the_code_map_names_every_package() {
    let map = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md")).unwrap();
    for package in metadata()["packages"].as_array().unwrap() {
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.trim_start_matches(env!("CARGO_MANIFEST_DIR")).trim_end_matches("Cargo.toml");
        let folder = if folder == "/" { "src/" } else { folder.trim_start_matches('/') };
        assert!(map.contains(&format!("| `{folder}` |")), "the code map lacks {folder}");
    }
}

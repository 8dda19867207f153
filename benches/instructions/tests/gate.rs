//! The gate as scripts and CI see it: its exit code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do its tools")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Callgrind's profiles of one benchmark before and after it grew by 14 %.
const BEFORE: &str = include_str!("../fixtures/before.out");
const AFTER: &str = include_str!("../fixtures/after.out");

/// A folder of results beside a baseline, and a valgrind that has only a version: nothing is counted here.
struct Gate {
    folder: TempDir,
}

impl Gate {
    /// With the baseline of `profile`.
    fn blessed(profile: &str) -> Self {
        let gate = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(gate.folder.path().join("results/render")).unwrap();
        let valgrind = gate.folder.path().join("valgrind");
        fs::write(&valgrind, "#!/bin/sh\necho valgrind-3.19.0\n").unwrap();
        fs::set_permissions(&valgrind, fs::Permissions::from_mode(0o755)).unwrap();
        let blessed = gate.run("bless", profile);
        assert!(blessed.status.success(), "{blessed:?}");
        gate
    }

    fn run(&self, action: &str, profile: &str) -> Output {
        let here = self.folder.path();
        fs::write(here.join("results/render/callgrind.render.out"), profile).unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths([here.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap();
        Command::new(env!("CARGO_BIN_EXE_aforo-instructions"))
            .env("PATH", path)
            .arg(action)
            .args([here.join("results"), self.baseline()])
            .output()
            .unwrap()
    }

    fn baseline(&self) -> PathBuf {
        self.folder.path().join("baseline.json")
    }

    /// Makes the baseline one of another compiler.
    fn pretend_another_compiler(&self) {
        let baseline = fs::read_to_string(self.baseline()).unwrap();
        assert!(baseline.contains("\"rustc\": \"rustc "));
        fs::write(self.baseline(), baseline.replace("\"rustc\": \"rustc ", "\"rustc\": \"rustc 0.")).unwrap();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_same_counts_pass_with_any_compiler() {
    let gate = Gate::blessed(BEFORE);
    assert_eq!(gate.run("check", BEFORE).status.code(), Some(0));
    gate.pretend_another_compiler();
    assert_eq!(gate.run("check", BEFORE).status.code(), Some(0));
}

#[test]
fn growth_fails_with_the_baselines_compiler_and_is_inconclusive_with_another() {
    let gate = Gate::blessed(BEFORE);
    let failed = gate.run("check", AFTER);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    gate.pretend_another_compiler();
    let inconclusive = gate.run("check", AFTER);
    assert_eq!(inconclusive.status.code(), Some(3), "{inconclusive:?}");
    assert!(said(&inconclusive).contains("Inconclusive: no regression is shown"), "{inconclusive:?}");
}

#[test]
fn a_baseline_that_is_not_there_is_no_verdict() {
    let gate = Gate::blessed(BEFORE);
    fs::remove_file(gate.baseline()).unwrap();
    let output = gate.run("check", BEFORE);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

//! The files for GitHub Actions and GitLab CI in `docs/ci`, held against the schemas that GitHub's and GitLab's editors use.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

const FILES: [(&str, &str, &str); 2] = [
    ("github.yml", include_str!("../docs/ci/github.yml"), include_str!("ci_schemas/github-workflow.json")),
    ("gitlab.yml", include_str!("../docs/ci/gitlab.yml"), include_str!("ci_schemas/gitlab-ci.json")),
];

fn parsed(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap()
}

#[test]
fn the_files_keep_to_their_schemas_and_a_misspelt_key_does_not() {
    for (name, yaml, schema) in FILES {
        let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let mut file = parsed(yaml);
        let problems: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        let job =
            if name == "github.yml" { &mut file["jobs"]["performance"] } else { &mut file["performance"] };
        job["scirpt"] = "aforo run".into();
        assert!(!validator.is_valid(&file), "{name}");
    }
}

#[test]
fn the_reports_that_ci_shows_are_kept_even_when_the_gate_is_shut() {
    let github = parsed(FILES[0].1);
    let steps = github["jobs"]["performance"]["steps"].as_array().unwrap();
    let kept: Vec<&Value> = steps.iter().filter(|step| step["if"] == "${{ !cancelled() }}").collect();
    let paths = kept.iter().find_map(|step| step["with"]["path"].as_str()).unwrap();
    let gitlab = parsed(FILES[1].1);
    let artifacts = &gitlab[".aforo"]["artifacts"];
    assert_eq!(artifacts["when"], "always");
    assert_eq!(
        (&artifacts["reports"]["junit"], &artifacts["reports"]["metrics"]),
        (&"junit.xml".into(), &"openmetrics.txt".into())
    );
    for file in ["report.html", "junit.xml", "openmetrics.txt"] {
        assert!(paths.contains(file), "{file}");
    }
}

/// The script that writes the reports, run where `aforo list` tells of these runs before and now. Gives the files it wrote.
fn reported(script: &str, before: Option<&str>, now: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let aforo = folder.path().join("bin/aforo");
    std::fs::create_dir(aforo.parent().unwrap()).unwrap();
    let said = format!("#!/bin/sh\n[ \"$1\" = list ] && echo '{now}' || echo \"$*\"\n");
    std::fs::write(&aforo, said).unwrap();
    std::fs::set_permissions(&aforo, std::fs::Permissions::from_mode(0o755)).unwrap();
    if let Some(before) = before {
        std::fs::write(folder.path().join("newest-before.json"), format!("{before}\n")).unwrap();
    }
    let path = format!("{}:{}", aforo.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", script]).env("PATH", path).current_dir(&folder);
    assert!(shell.status().unwrap().success(), "{script}");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    files.retain(|name| name != "bin" && name != "newest-before.json");
    files.sort();
    files
}

#[test]
fn only_a_run_of_this_job_is_reported_and_never_that_of_the_baseline() {
    let github = parsed(FILES[0].1);
    let steps = github["jobs"]["performance"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == "Write the reports").unwrap();
    let gitlab = parsed(FILES[1].1);
    let lines = gitlab[".aforo"]["after_script"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    for script in [step["run"].as_str().unwrap(), &lines.join("\n")] {
        let every = ["junit.xml", "openmetrics.txt", "report.html", "summary.md"];
        assert_eq!(reported(script, Some("[\"of main\"]"), "[\"of this job\"]"), every);
        assert_eq!(reported(script, Some("[\"of main\"]"), "[\"of main\"]"), [""; 0]);
        // What comes before the run failed.
        assert_eq!(reported(script, None, "[\"of main\"]"), [""; 0]);
    }
}

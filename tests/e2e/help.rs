//! Help and completions.

use crate::aforo::Workplace;

#[test]
fn help_tells_the_commands_and_the_exit_codes() {
    let help = Workplace::new().aforo(&["--help"]).expect_code(0).stdout;
    for word in ["run", "list", "report", "check", "hotel", "Exit codes", "inconclusive"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn every_command_s_help_has_examples() {
    for command in ["run", "compare", "list", "report", "check", "hotel", "completions"] {
        let help = Workplace::new().aforo(&[command, "--help"]).expect_code(0).stdout;
        assert!(help.contains("Examples:"), "{command}: {help}");
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Workplace::new().aforo(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("aforo"), "{shell}: {script}");
    }
}

#[test]
fn a_word_that_is_no_command_is_answered_with_the_nearest_one() {
    let wrong = Workplace::new().aforo(&["rum"]).expect_code(2);
    assert!(wrong.stderr.contains("run"), "{}", wrong.stderr);
}

#[test]
fn a_trace_of_the_cache_has_a_schema_of_its_own_and_out_is_refused_where_nothing_is_saved() {
    let schema = |option: &str| {
        let text = Workplace::new().aforo(&["analyze", option, "--format", "schema"]).expect_code(0).stdout;
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["title"].clone()
    };
    assert_eq!(
        (schema("--cache").as_str(), schema("--cache-trace").as_str()),
        (Some("CacheReport"), Some("CacheReplay"))
    );
    for option in ["--cache", "--cache-trace"] {
        let refused = Workplace::new().aforo(&["analyze", option, "--out", "reports"]).expect_code(2);
        assert!(refused.stderr.contains("--out"), "{}", refused.stderr);
    }
}

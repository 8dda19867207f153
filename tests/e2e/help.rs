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
    for command in ["run", "list", "report", "check", "hotel", "completions"] {
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

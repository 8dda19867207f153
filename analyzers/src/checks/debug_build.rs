//! `debug-build`
//!
//! **What:** Aforo was built without optimisation.
//! **Why it hurts:** such a generator needs several times the CPU for a request, and part of every response time
//! is its own.
//! **Threshold:** none; it is so or not.
//! **Remedy:** a release build.

use aforo_model::{Finding, Severity};

use super::{Check, finding, part};
use crate::Evidence;

pub(super) const CHECK: Check =
    Check { code: "debug-build", summary: "Aforo was built without optimisation", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    if !evidence.environment.debug_build {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        part("generator"),
        Severity::Warning,
        "Aforo was built without optimisation, so part of every response time is its own".to_owned(),
        "build Aforo with `cargo build --release` before you rely on the times".to_owned(),
        &[],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn only_a_build_without_optimisation_is_found() {
        let mut fixture = Fixture::empty();
        assert_eq!(run(&fixture.evidence()), []);
        fixture.environment.debug_build = true;
        assert_eq!(run(&fixture.evidence()).len(), 1);
    }
}

//! What instructions were counted with. Another compiler or C library gives another count for the same source.

use std::process::Command;

use serde::{Deserialize, Serialize};

/// What instructions were counted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The compiler, such as `rustc 1.95.0 (…)`.
    pub rustc: String,
    /// What it compiles for, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// The widest vectors that valgrind shows to programs, by which libraries choose their code: of a given target and valgrind,
    /// the processor changes nothing else.
    pub vectors: String,
    /// The C library, such as `glibc 2.36`.
    pub libc: String,
    /// The counter, such as `valgrind-3.19.0`.
    pub valgrind: String,
}

/// A tool did not answer.
#[derive(Debug, thiserror::Error)]
#[error("`{command}` did not answer ({why}): install it with `make bench-gate`, which sets up what it needs")]
pub struct EnvironmentError {
    command: String,
    why: String,
}

impl Environment {
    /// This machine's.
    ///
    /// # Errors
    /// [`EnvironmentError`] when the compiler or valgrind is not there.
    pub fn here() -> Result<Self, EnvironmentError> {
        let rustc = answer("rustc", &["-vV"])?;
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("unknown");
        Ok(Self {
            rustc: rustc.lines().next().unwrap_or("unknown").to_owned(),
            target: host.to_owned(),
            vectors: vectors().to_owned(),
            libc: answer("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_else(|_| "unknown".to_owned()),
            valgrind: answer("valgrind", &["--version"])?,
        })
    }

    /// What is another one in `other`, as `this one, not that one`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let pairs = [
            (&self.rustc, &other.rustc),
            (&self.target, &other.target),
            (&self.vectors, &other.vectors),
            (&self.libc, &other.libc),
            (&self.valgrind, &other.valgrind),
        ];
        pairs.iter().filter(|(own, its)| own != its).map(|(own, its)| format!("{own}, not {its}")).collect()
    }
}

fn vectors() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") { "AVX2" } else { "no AVX2" }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        "those of the target"
    }
}

fn answer(program: &str, arguments: &[&str]) -> Result<String, EnvironmentError> {
    let failed = |why| EnvironmentError { command: format!("{program} {}", arguments.join(" ")), why };
    let output = Command::new(program).args(arguments).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
pub(crate) fn fixture() -> Environment {
    Environment {
        rustc: "rustc 1.95.0".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        vectors: "AVX2".to_owned(),
        libc: "glibc 2.36".to_owned(),
        valgrind: "valgrind-3.19.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_with_both() {
        let newer = Environment { rustc: "rustc 1.96.0".to_owned(), ..fixture() };
        assert_eq!(fixture().differences(&newer), ["rustc 1.95.0, not rustc 1.96.0"]);
        assert!(fixture().differences(&fixture()).is_empty());
    }

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let error = answer("no-such-tool", &["--version"]).unwrap_err();
        assert!(error.to_string().contains("`no-such-tool --version`"), "{error}");
    }
}

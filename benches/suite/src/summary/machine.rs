//! What a reader of the figures wants to know of the machine.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;

use aforo_sandbox::PostgresOptions;
use serde::Serialize;

/// Where it was measured; `None` for what is not known.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// The processor, as it names itself (Linux).
    cpu_model: Option<String>,
    /// Cores that this process may use.
    cores: Option<usize>,
    /// Kernel and its release (Linux).
    kernel: Option<String>,
    /// Name and version of the compiler.
    rustc: Option<String>,
    /// Version of the Postgres that benchmarks start.
    postgres: Option<String>,
}

impl Machine {
    /// Asks the kernel, the compiler and the installed Postgres.
    pub(crate) fn read() -> Self {
        Self {
            cpu_model: fs::read_to_string("/proc/cpuinfo").ok().and_then(|cpus| cpu_model(&cpus)),
            cores: thread::available_parallelism().ok().map(usize::from),
            kernel: kernel(),
            rustc: rustc(),
            postgres: PostgresOptions::default().installed_version().ok().map(|version| version.to_string()),
        }
    }

    /// What is known of it, on one line.
    pub(crate) fn describe(&self) -> String {
        let parts = [
            self.cpu_model.clone(),
            self.cores.map(|cores| if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") }),
            self.kernel.clone(),
            self.rustc.clone(),
            self.postgres.as_ref().map(|version| format!("Postgres {version}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn cpu_model(cpus: &str) -> Option<String> {
    let (_, model) = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'))?;
    Some(model.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|model| !model.is_empty())
}

fn kernel() -> Option<String> {
    let read =
        |name: &str| Some(fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?.trim().to_owned());
    Some(format!("{} {}", read("ostype")?, read("osrelease")?))
}

/// The compiler that cargo uses in this folder; what follows its version is when it was made.
fn rustc() -> Option<String> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output =
        Command::new(compiler).arg("--version").output().ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?;
    Some(line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Machine {
        /// One that is the same everywhere.
        pub(crate) fn canonical() -> Self {
            Self {
                cpu_model: Some("Difference Engine No. 2".to_owned()),
                cores: Some(2),
                kernel: Some("Linux 6.1.0".to_owned()),
                rustc: Some("rustc 1.95.0".to_owned()),
                postgres: None,
            }
        }
    }

    #[test]
    fn a_processor_names_itself_once_for_each_core() {
        let cpus = "processor\t: 0\nmodel name\t: Some  CPU @ 2.10GHz\nprocessor\t: 1\nmodel name\t: Other\n";
        assert_eq!(cpu_model(cpus).as_deref(), Some("Some CPU @ 2.10GHz"));
    }

    #[test]
    fn a_processor_without_a_name_is_not_known() {
        for cpus in ["", "processor : 0\nBogoMIPS : 50.00\n", "model name\t:\n"] {
            assert_eq!(cpu_model(cpus), None);
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(
            Machine::canonical().describe(),
            "Difference Engine No. 2, 2 cores, Linux 6.1.0, rustc 1.95.0"
        );
    }

    #[test]
    fn the_compiler_that_runs_this_test_is_known() {
        assert!(rustc().is_some_and(|version| version.starts_with("rustc 1.")));
    }
}

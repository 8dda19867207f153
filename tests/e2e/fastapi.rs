//! A service in Python that knows nothing of Aforo: the one under `examples/fastapi`.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::aforo::{Finished, Workplace, wait_until};
use crate::database::Database;

/// The service, on a port and a Postgres of its own. Gone with this value.
struct Service {
    process: Child,
    port: u16,
    database: Database,
}

impl Service {
    /// Starts it with its known faults, or without.
    fn start(is_tuned: bool) -> Self {
        let database = Database::start();
        database.run(&["CREATE EXTENSION pg_stat_statements"]);
        let seeded = python(&database, is_tuned).args(["seed.py", "5000"]).status().unwrap();
        assert!(seeded.success(), "seed.py failed; its message is above");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = python(&database, is_tuned);
        command.args(["-m", "uvicorn", "app:app", "--log-level", "warning", "--port", &port.to_string()]);
        let mut service = Self { process: command.spawn().unwrap(), port, database };
        wait_until("the service listens", || {
            assert_eq!(service.process.try_wait().unwrap(), None, "it ended; its message is above");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        service
    }

    /// Runs a command of Aforo's with its scenario on this service.
    fn aforo(&self, workplace: &Workplace, arguments: &[&str]) -> Finished {
        let (url, pid) = (format!("http://127.0.0.1:{}", self.port), self.process.id().to_string());
        let database_url = self.database.url();
        let on = ["--target", &url, "--pid", &pid, "--database-url", &database_url];
        workplace.aforo(&[arguments, &on].concat())
    }

    fn probe(&self) -> Value {
        let scenario = scenario();
        let arguments = ["analyze", "--probe", "--scenario", &scenario, "--format", "json"];
        let analysis = self.aforo(&Workplace::new(), &arguments).expect_code(0);
        serde_json::from_str(&analysis.stdout).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fastapi")
}

fn scenario() -> String {
    folder().join("booking.toml").to_str().unwrap().to_owned()
}

/// The interpreter of the virtual environment, in the folder of the service.
fn python(database: &Database, is_tuned: bool) -> Command {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fastapi-venv/bin/python");
    assert!(python.exists(), "the service's requirements are not installed: run `make setup`");
    let mut command = Command::new(python);
    command.current_dir(folder()).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("DATABASE_URL", database.url()).env("TUNED", if is_tuned { "1" } else { "0" });
    // The folder of the sources stays as it is.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn n_plus_one(report: &Value) -> Option<&Value> {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "n-plus-one")
}

#[test]
fn a_python_service_is_loaded_by_its_scenario_without_an_error() {
    let service = Service::start(true);
    let workplace = Workplace::new();
    let run = service.aforo(&workplace, &["run", &scenario(), "--duration", "6s", "--warm-up", "1s"]);
    // How fast it is, is up to the machine.
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{:?}: {}", run.code, run.stderr);
    let record = workplace.record();
    let steps = record["load"]["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["rooms", "quote", "book", "booking", "bookings"]);
    let slos = record["slos"].as_array().unwrap();
    let error_rate = slos.iter().find(|slo| slo["slo"]["criticality"] == "critical").unwrap();
    assert_eq!(error_rate["verdict"]["outcome"], "met", "{error_rate:#}\n{}", run.stdout);
}

#[test]
fn the_n_plus_one_of_lazy_loading_is_found_with_its_statement_and_step() {
    let report = Service::start(false).probe();
    let finding = n_plus_one(&report).unwrap_or_else(|| panic!("{:#}", report["findings"]));
    assert_eq!(finding["subject"]["name"], "bookings", "{finding:#}");
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("FROM extras WHERE") && message.contains("booking_id"), "{message}");
    let slope = finding["numbers"]["slope"].as_f64().unwrap();
    assert!((slope - 1.0).abs() < 0.05, "{finding:#}");
}

#[test]
fn once_the_extras_are_loaded_together_there_is_no_n_plus_one() {
    let report = Service::start(true).probe();
    assert_eq!(n_plus_one(&report), None);
    let probes = report["probes"].as_array().unwrap();
    let probe = probes.iter().find(|probe| probe["step"] == "bookings").unwrap();
    assert!(probe["answer"].get("found").is_some(), "it was looked at: {probe:#}");
}

#[test]
fn the_slow_function_of_a_python_service_is_named_with_its_file_and_line() {
    let service = Service::start(false);
    let scenario = scenario();
    let arguments = ["profile", "quote", "--requests", "200", "--scenario", &scenario];
    let profiler = ["--profiler", "py-spy", "--format", "json"];
    let profile =
        service.aforo(&Workplace::new(), &[arguments.as_slice(), &profiler].concat()).expect_code(0);
    let profile: Value = serde_json::from_str(&profile.stdout).unwrap();
    let functions = profile["profile"]["found"]["functions"].as_array();
    let functions = functions.unwrap_or_else(|| panic!("{:#}", profile["profile"]));
    let slow = functions.iter().find(|function| function["function"] == "days_to_holiday");
    let slow = slow.unwrap_or_else(|| panic!("{functions:#?}"));
    assert!(slow["file"].as_str().unwrap().ends_with("examples/fastapi/pricing.py"), "{slow:#}");
    let line = slow["line"].as_u64().unwrap();
    assert!(lines_of_the_slow_function().contains(&line), "{slow:#}");
}

/// The lines of its loop, which is where it spends its time.
fn lines_of_the_slow_function() -> std::ops::RangeInclusive<u64> {
    let source = std::fs::read_to_string(folder().join("pricing.py")).unwrap();
    let line_of = |text: &str| source.lines().position(|line| line.contains(text)).unwrap() as u64 + 1;
    line_of("for offset in")..=line_of("nearest = abs(offset)")
}

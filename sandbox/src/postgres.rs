//! A throw-away Postgres.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::discovery::{Environment, PostgresInstallation, find_postgres};
use crate::folder::Folder;
use crate::launch::{Launch, LaunchError, command, not_executable, tail};
use crate::process::{self, Supervised};
use crate::{PostgresVersion, SandboxError, port};

const SERVER: &str = "PostgreSQL";

/// The superuser and the database: one name for both.
const NAME: &str = "aforo";

/// Fast shutdown, which lets connected clients know; immediate shutdown; force.
const ORDERLY: &[Signal] = &[Signal::SIGINT, Signal::SIGQUIT, Signal::SIGKILL];

/// Immediate shutdown writes nothing back: the files are thrown away.
const AT_ONCE: &[Signal] = &[Signal::SIGQUIT, Signal::SIGKILL];

/// What a throw-away Postgres should be like.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The directory of `initdb` and `postgres`. `None`: what `AFORO_PG_BINDIR` names, else the first installation of `PATH`,
    /// else the newest in the places where packages put it.
    pub bin_dir: Option<PathBuf>,
    /// How many connections the server accepts.
    pub max_connections: u32,
    /// Further settings as `name=value`.
    pub settings: Vec<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { bin_dir: None, max_connections: 200, settings: Vec::new() }
    }
}

impl PostgresOptions {
    /// What somebody who runs Postgres for others sets on a machine with solid-state disks (`PGTune` for web applications; what
    /// is logged, after the lists of `pgBadger` and `postgresqltuner`).
    pub fn as_for_production() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let settings = [
            "random_page_cost=1.1",
            "work_mem=16MB",
            "maintenance_work_mem=256MB",
            "idle_in_transaction_session_timeout=60s",
            "log_min_duration_statement=1s",
            "log_lock_waits=on",
            "log_temp_files=10MB",
        ];
        let workers = format!("max_parallel_workers_per_gather={}", cores.div_ceil(2));
        Self {
            settings: settings.map(str::to_owned).into_iter().chain([workers]).collect(),
            ..Self::default()
        }
    }

    /// The version that a server with these options would have. Starts nothing.
    ///
    /// # Errors
    /// [`SandboxError::NoPostgres`] if no server is installed; the message says where one was looked for.
    pub fn installed_version(&self) -> Result<PostgresVersion, SandboxError> {
        self.installation().map(|installation| installation.version)
    }

    fn installation(&self) -> Result<PostgresInstallation, SandboxError> {
        let environment = Environment::of_this_process();
        find_postgres(self.bin_dir.as_deref(), &environment, Path::new("/"), version_line)
    }
}

/// A Postgres server of its own: new, empty, on a free loopback port; gone with this value, or with this process.
///
/// Durability (`fsync`, `synchronous_commit`, `full_page_writes`) is as Postgres ships it, so that what is measured on it counts.
#[derive(Debug)]
pub struct Postgres {
    process: Supervised,
    /// `None` once it is removed.
    folder: Option<Folder>,
    port: u16,
    installation: PostgresInstallation,
    /// As `name=value`.
    settings: Vec<String>,
    statement_statistics: bool,
}

impl Postgres {
    /// Creates a cluster with the database `aforo`, starts it and returns when it accepts connections.
    ///
    /// # Errors
    /// [`SandboxError`] if no server is installed or it cannot be started; the message says what to do.
    pub async fn start(options: PostgresOptions) -> Result<Self, SandboxError> {
        let start = move || {
            let installation = options.installation()?;
            let mut settings = vec![format!("max_connections={}", options.max_connections)];
            settings.extend(options.settings);
            Self::start_blocking(&installation, settings, port::free_loopback_port)
        };
        tokio::task::spawn_blocking(start).await.unwrap_or_else(|ended| {
            Err(SandboxError::System {
                action: "run the start of PostgreSQL",
                source: io::Error::other(ended),
            })
        })
    }

    fn start_blocking(
        installation: &PostgresInstallation,
        settings: Vec<String>,
        ports: impl Fn() -> io::Result<u16>,
    ) -> Result<Self, SandboxError> {
        let account = Account::for_servers()?;
        let folder = Folder::create(&account)?;
        let cluster = Cluster { installation, account: &account, folder: folder.path() };
        cluster.create()?;
        let mut statement_statistics = true;
        let mut attempts = 0;
        while attempts < port::ATTEMPTS {
            let port = ports()
                .map_err(|source| SandboxError::System { action: "open a port on 127.0.0.1", source })?;
            match cluster.launch(port, &settings, statement_statistics) {
                Ok(process) => {
                    let (version, pid) = (installation.version, process.pid());
                    tracing::debug!(%version, port, pid, "started a throw-away PostgreSQL");
                    let (folder, installation) = (Some(folder), installation.clone());
                    return Ok(Self { process, folder, port, installation, settings, statement_statistics });
                }
                Err(LaunchError::PortTaken) => attempts += 1,
                // Some systems package the extensions apart. Trying is surer than guessing where the library would be.
                Err(LaunchError::Failed { log, .. })
                    if statement_statistics
                        && log.contains("could not access file \"pg_stat_statements\"") =>
                {
                    tracing::warn!(
                        "pg_stat_statements is not installed: there will be no statistics by statement"
                    );
                    statement_statistics = false;
                }
                Err(LaunchError::Failed { error, .. }) => return Err(error),
            }
        }
        Err(SandboxError::NoFreePort { server: SERVER, attempts })
    }

    /// Where to connect: `postgres://aforo@127.0.0.1:PORT/aforo`. The user is a superuser and has no password.
    pub fn url(&self) -> String {
        format!("postgres://{NAME}@127.0.0.1:{}/{NAME}", self.port)
    }

    /// The process id of the server's first process, the parent of all its others.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The version of the server.
    pub fn version(&self) -> PostgresVersion {
        self.installation.version
    }

    /// Whether `pg_stat_statements` is loaded, so that `CREATE EXTENSION pg_stat_statements` gives statistics by statement.
    pub fn has_statement_statistics(&self) -> bool {
        self.statement_statistics
    }

    /// Ends connections and server in order and removes its files. Dropping the value does so at once.
    pub async fn stop(mut self) {
        let stop = move || self.end(ORDERLY);
        // It fails only if it panicked or the runtime is going down; then the value is dropped, which stops the server too.
        let _ = tokio::task::spawn_blocking(stop).await;
    }

    /// Ends connections and server in order, and starts the server again with the same data, on the same port.
    ///
    /// # Errors
    /// [`SandboxError`] if it cannot be started again; its files are removed then.
    pub async fn restart(self) -> Result<Self, SandboxError> {
        let restart = tokio::task::spawn_blocking(move || self.restart_blocking());
        restart.await.unwrap_or_else(|ended| {
            let source = io::Error::other(ended);
            Err(SandboxError::System { action: "run the restart of PostgreSQL", source })
        })
    }

    fn restart_blocking(mut self) -> Result<Self, SandboxError> {
        self.process.stop(ORDERLY);
        let account = Account::for_servers()?;
        if let Some(folder) = &self.folder {
            let cluster =
                Cluster { installation: &self.installation, account: &account, folder: folder.path() };
            let launched = cluster.launch(self.port, &self.settings, self.statement_statistics);
            self.process = launched.map_err(|error| match error {
                LaunchError::PortTaken => SandboxError::NoFreePort { server: SERVER, attempts: 1 },
                LaunchError::Failed { error, .. } => error,
            })?;
        }
        Ok(self)
    }

    fn end(&mut self, signals: &'static [Signal]) {
        self.process.stop(signals);
        if let Some(folder) = self.folder.take() {
            folder.remove();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end(AT_ONCE);
    }
}

/// A database cluster in a folder: everything a server needs but a port.
struct Cluster<'a> {
    installation: &'a PostgresInstallation,
    account: &'a Account,
    folder: &'a Path,
}

impl Cluster<'_> {
    fn create(&self) -> Result<(), SandboxError> {
        let data = self.data();
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(&data).args([
            "-U",
            NAME,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        self.run(initdb, "")?;
        // Without a client program, and before the server is up: Postgres alone, one statement from its standard input.
        // `-F`: not synced either. It takes a second, and a cluster that was never used need not survive a power cut.
        let mut single = self.command("postgres");
        single.arg("--single").arg("-F").arg("-D").arg(&data).args(["-c", "exit_on_error=on", "postgres"]);
        self.run(single, &format!("CREATE DATABASE {NAME}\n"))
    }

    fn run(&self, mut command: Command, input: &str) -> Result<(), SandboxError> {
        let program = PathBuf::from(command.get_program());
        let output = process::run(&mut command, input)
            .map_err(|source| not_executable(&program, self.account, source))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(SandboxError::Initialisation { program, output: tail(&String::from_utf8_lossy(&said)) })
    }

    fn launch(&self, port: u16, settings: &[String], statistics: bool) -> Result<Supervised, LaunchError> {
        let data = self.data();
        let launch = Launch {
            server: SERVER,
            program: self.installation.bin_dir.join("postgres"),
            arguments: arguments(&data, self.installation.version, port, settings, statistics),
            account: self.account,
            folder: self.folder,
            on_parent_death: Signal::SIGQUIT,
        };
        launch.until(|process| accepts_connections(&data, process.pid()))
    }

    fn command(&self, program: &str) -> Command {
        command(&self.installation.bin_dir.join(program), self.account, self.folder)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

fn arguments(
    data: &Path,
    version: PostgresVersion,
    port: u16,
    asked: &[String],
    statistics: bool,
) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        // No socket file: TCP is what is measured, and its path could be too long (107 bytes).
        "unix_socket_directories=".to_owned(),
        "track_io_timing=on".to_owned(),
    ];
    if version.major >= 14 {
        settings.push("compute_query_id=on".to_owned());
    }
    if statistics {
        settings.push("shared_preload_libraries=pg_stat_statements".to_owned());
    }
    settings.extend_from_slice(asked);
    let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
    arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    arguments
}

/// Whether the server says so itself, in the file that `pg_ctl` waits for: its process id in line 1, its state in line 8.
/// A connection would not do: it could reach another program that took the port first.
fn accepts_connections(data: &Path, pid: u32) -> bool {
    let Ok(status) = fs::read_to_string(data.join("postmaster.pid")) else { return false };
    let line = |number: usize| status.lines().nth(number).map(str::trim);
    line(0) == Some(pid.to_string().as_str()) && line(7) == Some("ready")
}

/// What `postgres --version` prints.
fn version_line(program: &Path) -> Option<String> {
    let output = process::run(Command::new(program).arg("--version"), "").ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::TcpListener;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn installed() -> PostgresInstallation {
        PostgresOptions::default().installation().unwrap()
    }

    #[test]
    fn a_port_that_was_taken_in_between_is_replaced_by_another() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let asked = Cell::new(0);
        let ports = || {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { Ok(taken.local_addr()?.port()) } else { port::free_loopback_port() }
        };
        let postgres = Postgres::start_blocking(&installed(), settings(), ports).unwrap();
        assert_ne!(postgres.port, taken.local_addr().unwrap().port());
        assert!(asked.get() >= 2);
    }

    #[test]
    fn when_every_port_is_taken_the_error_says_so_and_no_folder_stays() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let result = Postgres::start_blocking(&installed(), settings(), || Ok(taken.local_addr()?.port()));
        let message = result.unwrap_err().to_string();
        assert!(message.starts_with("PostgreSQL found no free port on 127.0.0.1: 8 were tried"), "{message}");
    }

    #[test]
    fn a_setting_the_server_refuses_is_quoted_from_its_log() {
        let message = Postgres::start_blocking(
            &installed(),
            vec!["max_connections=0".to_owned()],
            port::free_loopback_port,
        )
        .unwrap_err()
        .to_string();
        assert!(message.starts_with("PostgreSQL did not start: it ended with exit status: 1"), "{message}");
        assert!(message.contains("max_connections"), "{message}");
    }

    /// A stand-in for an installation without the extensions: the real server behind a script that refuses the library.
    #[test]
    fn a_server_without_the_extensions_starts_without_statement_statistics() {
        let real = installed();
        let directory = Folder::create(&Account::for_servers().unwrap()).unwrap();
        std::os::unix::fs::symlink(real.bin_dir.join("initdb"), directory.path().join("initdb")).unwrap();
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *pg_stat_statements*)\n\
             echo 'FATAL:  could not access file \"pg_stat_statements\": No such file or directory' >&2; exit 1;; esac\n\
             exec '{}' \"$@\"\n",
            real.bin_dir.join("postgres").display()
        );
        let program = directory.path().join("postgres");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let installation = PostgresInstallation { bin_dir: directory.path().to_owned(), ..real };
        let postgres = Postgres::start_blocking(&installation, settings(), port::free_loopback_port).unwrap();
        assert!(!postgres.has_statement_statistics());
    }

    #[test]
    fn the_folder_goes_with_the_value() {
        let postgres = Postgres::start_blocking(&installed(), settings(), port::free_loopback_port).unwrap();
        let folder = postgres.folder.as_ref().unwrap().path().to_owned();
        assert!(folder.join("data/PG_VERSION").is_file());
        drop(postgres);
        assert!(!folder.exists());
    }

    fn settings() -> Vec<String> {
        vec!["max_connections=20".to_owned()]
    }

    #[test]
    fn old_servers_are_not_given_settings_they_do_not_know() {
        let arguments = |major| {
            arguments(Path::new("/d"), PostgresVersion { major, minor: 0 }, 1, &settings(), false).join(" ")
        };
        assert!(!arguments(13).contains("compute_query_id"));
        assert!(arguments(14).contains("compute_query_id=on"));
        assert!(!arguments(14).contains("shared_preload_libraries"));
    }

    #[test]
    fn a_server_is_ready_only_by_its_own_word() {
        let data = tempfile::tempdir().unwrap();
        let write = |text: &str| fs::write(data.path().join("postmaster.pid"), text).unwrap();
        assert!(!accepts_connections(data.path(), 77));
        write("77\n/d\n1\n5432\n\n127.0.0.1\n 1 2\nstarting\n");
        assert!(!accepts_connections(data.path(), 77));
        write("77\n/d\n1\n5432\n\n127.0.0.1\n 1 2\nready   \n");
        assert!(accepts_connections(data.path(), 77));
        assert!(!accepts_connections(data.path(), 78), "the file of another server");
    }
}

//! A throw-away Redis, or its twin Valkey.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::discovery::{Environment, find_redis};
use crate::folder::Folder;
use crate::launch::{Launch, LaunchError};
use crate::process::Supervised;
use crate::{SandboxError, port};

const SERVER: &str = "Redis";

/// Its file of settings, in its folder.
const SETTINGS: &str = "redis.conf";

const STOP: &[Signal] = &[Signal::SIGTERM, Signal::SIGKILL];

/// How long one question for readiness may take; the next follows at once.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// What a throw-away Redis should be like.
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    /// The program. `None`: what `AFORO_REDIS_SERVER` names, else the first `redis-server` or `valkey-server` on `PATH`, else
    /// in the places where packages put it.
    pub server: Option<PathBuf>,
    /// Further lines of its `redis.conf`, as in `maxmemory-policy allkeys-lfu` or `rename-command CONFIG ""`. `INFO` has to
    /// keep its name: it is how the server is known to be ready.
    pub settings: Vec<String>,
    /// Whether it is a node of a cluster: alone and without slots at first. Needs Redis 7 or Valkey.
    pub is_cluster_node: bool,
}

/// A Redis server of its own: empty, keeping nothing on disk, on a free loopback port; gone with this value, or this process.
#[derive(Debug)]
pub struct Redis {
    process: Supervised,
    /// `None` once it is removed.
    folder: Option<Folder>,
    port: u16,
}

impl Redis {
    /// Starts a server and returns when it answers.
    ///
    /// # Errors
    /// [`SandboxError`] if no server is installed or it cannot be started; the message says what to do.
    pub async fn start(options: RedisOptions) -> Result<Self, SandboxError> {
        let start = move || {
            let environment = Environment::of_this_process();
            let program = find_redis(options.server.as_deref(), &environment, Path::new("/"))?;
            Self::start_blocking(&program, &options, port::free_loopback_port)
        };
        tokio::task::spawn_blocking(start).await.unwrap_or_else(|ended| {
            Err(SandboxError::System { action: "run the start of Redis", source: io::Error::other(ended) })
        })
    }

    fn start_blocking(
        program: &Path,
        options: &RedisOptions,
        ports: impl Fn() -> io::Result<u16>,
    ) -> Result<Self, SandboxError> {
        let account = Account::for_servers()?;
        let folder = Folder::create(&account)?;
        let system = |action| move |source| SandboxError::System { action, source };
        let settings_file = folder.path().join(SETTINGS);
        std::fs::write(&settings_file, options.settings.join("\n"))
            .and_then(|()| account.own(&settings_file))
            .map_err(system("write the settings of Redis"))?;
        for _ in 0..port::ATTEMPTS {
            let port = ports().map_err(system("open a port on 127.0.0.1"))?;
            // Else it takes the port 10,000 above, which need not be one.
            let cluster_port = options.is_cluster_node.then(&ports).transpose();
            let cluster_port = cluster_port.map_err(system("open a port on 127.0.0.1"))?;
            let launch = Launch {
                server: SERVER,
                program: program.to_owned(),
                arguments: arguments(port, cluster_port, folder.path()),
                account: &account,
                folder: folder.path(),
                on_parent_death: Signal::SIGKILL,
            };
            match launch.until(|process| answers(port, process.pid())) {
                Ok(process) => {
                    tracing::debug!(program = %program.display(), port, pid = process.pid(), "started a throw-away Redis");
                    return Ok(Self { process, folder: Some(folder), port });
                }
                Err(LaunchError::PortTaken) => {}
                Err(LaunchError::Failed { error, .. }) => return Err(error),
            }
        }
        Err(SandboxError::NoFreePort { server: SERVER, attempts: port::ATTEMPTS })
    }

    /// Where to connect: `redis://127.0.0.1:PORT`. There is no password.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Ends the server and removes its files. Dropping the value does so too, but blocks its thread for it.
    pub async fn stop(mut self) {
        let stop = move || self.end();
        // It fails only if it panicked or the runtime is going down; then the value is dropped, which stops the server too.
        let _ = tokio::task::spawn_blocking(stop).await;
    }

    fn end(&mut self) {
        self.process.stop(STOP);
        if let Some(folder) = self.folder.take() {
            folder.remove();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.end();
    }
}

fn arguments(port: u16, cluster_port: Option<u16>, folder: &Path) -> Vec<String> {
    let port = port.to_string();
    let settings_file = folder.join(SETTINGS).display().to_string();
    let folder = folder.display().to_string();
    // An empty `save` means no snapshots, an empty `logfile` means standard output.
    let settings = [
        ["--port", &port],
        ["--bind", "127.0.0.1"],
        ["--dir", &folder],
        ["--save", ""],
        ["--appendonly", "no"],
        ["--daemonize", "no"],
        ["--logfile", ""],
    ];
    let cluster_port = cluster_port.map(|port| port.to_string());
    let cluster =
        cluster_port.iter().flat_map(|port| ["--cluster-enabled", "yes", "--cluster-port", port.as_str()]);
    // The file is named first, so that what is said here holds.
    let settings = settings.iter().flatten().copied();
    std::iter::once(settings_file.as_str()).chain(settings).chain(cluster).map(str::to_owned).collect()
}

/// Whether a server answers on `port`, and it is the one with this process id: another could have taken the port first.
fn answers(port: u16, pid: u32) -> bool {
    ask(port).is_ok_and(|info| info.lines().any(|line| line.trim_end() == format!("process_id:{pid}")))
}

fn ask(port: u16) -> io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_LIMIT)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    // `QUIT` has the server close the connection, which ends the answer.
    stream.write_all(b"INFO server\r\nQUIT\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::TcpListener;

    use super::*;

    fn installed() -> PathBuf {
        find_redis(None, &Environment::of_this_process(), Path::new("/")).unwrap()
    }

    #[test]
    fn a_port_that_was_taken_in_between_is_replaced_by_another() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let asked = Cell::new(0);
        let ports = || {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { Ok(taken.local_addr()?.port()) } else { port::free_loopback_port() }
        };
        let redis = Redis::start_blocking(&installed(), &RedisOptions::default(), ports).unwrap();
        assert_ne!(redis.port, taken.local_addr().unwrap().port());
    }

    #[test]
    fn another_server_on_the_port_is_not_taken_for_ours() {
        let options = RedisOptions::default();
        let other = Redis::start_blocking(&installed(), &options, port::free_loopback_port).unwrap();
        assert!(answers(other.port, other.pid()));
        assert!(!answers(other.port, other.pid() + 1));
        let message =
            Redis::start_blocking(&installed(), &options, || Ok(other.port)).unwrap_err().to_string();
        assert!(message.starts_with("Redis found no free port on 127.0.0.1: 8 were tried"), "{message}");
    }

    #[test]
    fn a_program_that_is_no_redis_is_an_error() {
        let started = Redis::start_blocking(
            Path::new("/bin/false"),
            &RedisOptions::default(),
            port::free_loopback_port,
        );
        let message = started.unwrap_err().to_string();
        assert!(message.starts_with("Redis did not start: it ended with exit status: 1"), "{message}");
    }
}

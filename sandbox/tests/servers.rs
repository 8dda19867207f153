//! The servers as their users see them: started for real, asked over the network, stopped, orphaned.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do its tools")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aforo_sandbox::{Postgres, PostgresOptions, Redis, RedisOptions, SandboxError};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use sqlx::{Connection, PgConnection};

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(connection).await.unwrap()
}

/// Whether a process is gone. One that ended but that nobody has taken note of yet (`Z`) is gone as well.
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let zombie = stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')));
    zombie || kill(Pid::from_raw(pid.cast_signed()), None).is_err()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn postgres_starts_answers_and_stops() {
    let postgres = Postgres::start(PostgresOptions::default()).await.unwrap();
    let pid = postgres.pid();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();

    let major: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int / 10000")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(u32::try_from(major), Ok(postgres.version().major));
    assert_eq!(PostgresOptions::default().installed_version().unwrap(), postgres.version());
    for (name, value) in [
        ("max_connections", "200"),
        ("track_io_timing", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("server_encoding", "UTF8"),
    ] {
        assert_eq!(setting(&mut connection, name).await, value, "{name}");
    }

    // Left open on purpose: clients do not keep a server from stopping.
    postgres.stop().await;
    assert!(is_gone(pid));
    assert!(sqlx::query("SELECT 1").execute(&mut connection).await.is_err());
}

#[tokio::test]
async fn statement_statistics_are_loaded_where_they_are_installed() {
    let postgres = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let installed: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(postgres.has_statement_statistics(), installed);
    if installed {
        sqlx::raw_sql("CREATE EXTENSION pg_stat_statements").execute(&mut connection).await.unwrap();
        let statements: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_stat_statements WHERE queryid <> 0")
                .fetch_one(&mut connection)
                .await
                .unwrap();
        assert!(statements > 0);
    }
}

#[tokio::test]
async fn a_restarted_postgres_keeps_its_address_and_its_data() {
    let postgres = Postgres::start(PostgresOptions::default()).await.unwrap();
    let (pid, url) = (postgres.pid(), postgres.url());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE mine ()").execute(&mut connection).await.unwrap();

    let postgres = postgres.restart().await.unwrap();
    assert!(is_gone(pid));
    assert!(sqlx::query("SELECT 1").execute(&mut connection).await.is_err());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query("SELECT FROM mine").execute(&mut connection).await.unwrap();
    postgres.stop().await;
}

#[tokio::test]
async fn redis_starts_answers_keeps_nothing_and_stops() {
    let redis = Redis::start(RedisOptions::default()).await.unwrap();
    let pid = redis.pid();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for (name, value) in
        [("save", ""), ("appendonly", "no"), ("bind", "127.0.0.1"), ("maxmemory-policy", "noeviction")]
    {
        let answer: Vec<String> =
            redis::cmd("CONFIG").arg("GET").arg(name).query_async(&mut connection).await.unwrap();
        assert_eq!(answer, [name, value]);
    }
    redis.stop().await;
    assert!(is_gone(pid));
    assert!(client.get_multiplexed_async_connection().await.is_err());
}

#[tokio::test]
async fn two_of_each_live_side_by_side_and_apart() {
    let (first, second) = tokio::join!(
        Postgres::start(PostgresOptions::default()),
        Postgres::start(PostgresOptions::default())
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    let (third, fourth) =
        tokio::join!(Redis::start(RedisOptions::default()), Redis::start(RedisOptions::default()));
    let (third, fourth) = (third.unwrap(), fourth.unwrap());
    assert_ne!(third.url(), fourth.url());

    let mut connection = PgConnection::connect(&first.url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE mine ()").execute(&mut connection).await.unwrap();
    let mut connection = PgConnection::connect(&second.url()).await.unwrap();
    let found: bool = sqlx::query_scalar("SELECT to_regclass('mine') IS NOT NULL")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(!found);

    let (gone, pid) = (first.pid(), second.pid());
    drop(first);
    assert!(is_gone(gone) && !is_gone(pid));
}

#[tokio::test]
async fn a_directory_without_postgres_is_refused_by_name() {
    let empty = tempfile::tempdir().unwrap();
    let options = PostgresOptions { bin_dir: Some(empty.path().to_owned()), ..PostgresOptions::default() };
    let Err(SandboxError::NoPostgres { searched }) = Postgres::start(options).await else {
        panic!("there is nothing to start");
    };
    assert_eq!(searched.len(), 1);
    assert_eq!(searched[0].place, empty.path());
}

/// The servers must outlive the runtime that started them: the kernel's signal is tied to the thread that spawned them.
#[test]
fn servers_outlive_the_runtime_that_started_them() {
    let start = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let redis = Redis::start(RedisOptions::default()).await.unwrap();
            (Postgres::start(PostgresOptions::default()).await.unwrap(), redis)
        })
    };
    let (postgres, redis) = std::thread::spawn(start).join().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        PgConnection::connect(&postgres.url()).await.unwrap();
        redis::Client::open(redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    });
}

/// Not a test: what the tests below run in a process of its own. Starts both servers, names them and their folders' place, and
/// waits until its standard input ends.
#[test]
#[ignore = "a role in other tests, which run it in a process of its own"]
fn role_of_the_parent() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (postgres, redis) = runtime.block_on(async {
        let postgres = Postgres::start(PostgresOptions::default()).await.unwrap();
        PgConnection::connect(&postgres.url()).await.unwrap();
        (postgres, Redis::start(RedisOptions::default()).await.unwrap())
    });
    println!("\nservers {} {}", postgres.pid(), redis.pid());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// This test program, about to play [`role_of_the_parent`], with `directory` for its temporary files.
fn parent(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", "role_of_the_parent", "--ignored", "--nocapture"]);
    command.env("TMPDIR", directory).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The process ids that the role prints once both servers run.
fn servers(parent: &mut Child) -> [u32; 2] {
    // Borrowed, so that the pipe stays open: the role prints more when it ends.
    let mut lines = BufReader::new(parent.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.starts_with("servers ")).unwrap();
    let pids: Vec<u32> = line.split(' ').skip(1).map(|pid| pid.parse().unwrap()).collect();
    pids.try_into().unwrap()
}

fn sandboxes_in(directory: &Path) -> usize {
    directory.read_dir().unwrap().count()
}

/// A directory for temporary files that every user may use, as `/tmp`; `TMPDIR` may be closed to others.
fn shared_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    directory
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells a process that its parent died")]
fn a_parent_that_is_killed_takes_its_servers_along_and_the_next_one_clears_up() {
    let directory = shared_directory();
    let program = std::env::current_exe().unwrap();
    let mut killed = parent(&program, directory.path()).spawn().unwrap();
    let pids = servers(&mut killed);
    assert!(pids.into_iter().all(|pid| !is_gone(pid)));
    kill(Pid::from_raw(killed.id().cast_signed()), Signal::SIGKILL).unwrap();
    killed.wait().unwrap();
    wait_until("the servers of a killed parent are gone", || pids.into_iter().all(is_gone));
    assert_eq!(sandboxes_in(directory.path()), 2, "nobody was left to remove the folders");

    let mut next = parent(&program, directory.path()).spawn().unwrap();
    servers(&mut next);
    assert_eq!(sandboxes_in(directory.path()), 2, "the new ones, and not the old");
    drop(next.stdin.take());
    assert!(next.wait().unwrap().success());
    assert_eq!(sandboxes_in(directory.path()), 0);
}

/// The other tests run as whoever runs them. Where that is root, this one covers everybody else.
#[test]
fn an_ordinary_user_needs_no_other_account() {
    let Some(nobody) = User::from_name("nobody").unwrap().filter(|_| geteuid().is_root()) else { return };
    let directory = shared_directory();
    // A copy: the build folder may be closed to others.
    let program = directory.path().join("servers");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = parent(&program, directory.path());
    let mut child =
        command.uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw()).current_dir("/").spawn().unwrap();
    let pids = servers(&mut child);
    for pid in pids {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        assert!(status.contains(&format!("\nUid:\t{}\t", nobody.uid)), "{status}");
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(sandboxes_in(directory.path()), 1, "the copy of the program is all that is left");
}

//! What Redis did between two moments, command by command (`INFO commandstats`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError};
use tokio::time::timeout;

use super::info::parse_run_id;
use super::server::{Redis, client, connect, notice};
use crate::Notice;
use crate::link::Server as _;

/// The longest that Redis may take to be connected to, and to answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);

/// What Aforo itself sends. That of others goes by the same name and is left out with it; applications send none.
const OWN_COMMAND: &str = "info";

/// Reads command statistics of one Redis server over a connection of its own. Of a cluster it sees the one node.
#[derive(Debug)]
pub struct CommandReader {
    client: Client,
    /// Nothing after a failure.
    connection: Option<MultiplexedConnection>,
}

/// The counters of every command at one moment, since the server's start or the last reset of its statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSnapshot {
    /// When it was read.
    pub taken_at: Instant,
    /// Changes with every start of the server.
    run_id: Option<String>,
    commands: BTreeMap<String, Counters>,
}

/// How often a command ran in a window, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandTime {
    /// Its name in lower case; a subcommand as `config|get`.
    pub command: String,
    /// Calls that ran.
    pub calls: u64,
    /// Time of Redis' only executing thread, summed, µs. Neither the network nor waiting for that thread is in it.
    pub time_us: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counters {
    calls: u64,
    time_us: u64,
}

impl CommandReader {
    /// Connects.
    ///
    /// # Errors
    /// A notice when the URL is not Redis' or the server is not reached within 5 s.
    pub async fn connect(url: &str) -> Result<Self, Notice> {
        let client = client(url).map_err(|error| notice(&error))?;
        let mut reader = Self { client, connection: None };
        let connection = reader.open().await?;
        reader.connection = Some(connection);
        Ok(reader)
    }

    /// Reads the counters. A connection that was closed meanwhile is opened anew, once.
    ///
    /// # Errors
    /// A notice when the server does not answer within 5 s, or does not let this user ask.
    pub async fn snapshot(&mut self) -> Result<CommandSnapshot, Notice> {
        if let Some(mut connection) = self.connection.take()
            && let Ok(snapshot) = read(&mut connection).await
        {
            self.connection = Some(connection);
            return Ok(snapshot);
        }
        let mut connection = self.open().await?;
        let snapshot = read(&mut connection).await?;
        self.connection = Some(connection);
        Ok(snapshot)
    }

    async fn open(&self) -> Result<MultiplexedConnection, Notice> {
        within("no connection", connect(&self.client)).await
    }
}

impl CommandSnapshot {
    /// What ran from this moment to `later`, the longest in time first; Aforo's own `INFO` is left out. After a restart of
    /// the server or a reset of its statistics all that is shown later counts: what ran before them is lost.
    pub fn until(&self, later: &Self) -> Vec<CommandTime> {
        let is_restarted = self.run_id != later.run_id;
        let grown = |command: &str, after: Counters| {
            let before = self.commands.get(command).copied().unwrap_or_default();
            match after.calls.checked_sub(before.calls) {
                Some(calls) if !is_restarted => {
                    Counters { calls, time_us: after.time_us.saturating_sub(before.time_us) }
                }
                _ => after,
            }
        };
        let mut window: Vec<CommandTime> = later
            .commands
            .iter()
            .filter(|(command, _)| *command != OWN_COMMAND)
            .map(|(command, after)| (command, grown(command, *after)))
            .filter(|(_, grown)| grown.calls > 0)
            .map(|(command, Counters { calls, time_us })| CommandTime {
                command: command.clone(),
                calls,
                time_us,
            })
            .collect();
        // Stable: of equal times in the order of names.
        window.sort_by_key(|command| std::cmp::Reverse((command.time_us, command.calls)));
        window
    }
}

async fn read(connection: &mut MultiplexedConnection) -> Result<CommandSnapshot, Notice> {
    // Two questions, because Redis before 7 takes one section at a time.
    let mut questions = redis::pipe();
    questions.cmd("INFO").arg("server").cmd("INFO").arg("commandstats");
    let (server, statistics): (String, String) =
        within("no answer", questions.query_async(connection)).await?;
    let commands = parse_commands(&statistics).ok_or_else(|| {
        Notice::new(
            Redis::NAME,
            "its INFO has no commandstats",
            "use Redis 2.6 or newer, or Valkey, to have its commands counted",
        )
    })?;
    let run_id = parse_run_id(&server).map(str::to_owned);
    Ok(CommandSnapshot { taken_at: Instant::now(), run_id, commands })
}

async fn within<T>(what: &str, answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, Notice> {
    match timeout(LONGEST_ANSWER, answer).await {
        Ok(answer) => answer.map_err(|error| notice(&error)),
        Err(_elapsed) => Err(Notice::new(
            Redis::NAME,
            format!("{what} within {} s", LONGEST_ANSWER.as_secs()),
            "check the address and what lies between, and whether a slow command holds Redis up",
        )),
    }
}

/// The counters in the answer to `INFO commandstats`; none where it is no such answer. A server that has run nothing yet
/// shows the section's title alone. Lines that are not understood are passed over.
fn parse_commands(text: &str) -> Option<BTreeMap<String, Counters>> {
    let is_section = |line: &str| line.trim_end().eq_ignore_ascii_case("# commandstats");
    let commands: BTreeMap<String, Counters> = text.lines().filter_map(parse_command).collect();
    (!commands.is_empty() || text.lines().any(is_section)).then_some(commands)
}

/// A line such as `cmdstat_get:calls=21,usec=175,usec_per_call=8.33,rejected_calls=0,failed_calls=0`.
fn parse_command(line: &str) -> Option<(String, Counters)> {
    let (name, figures) = line.trim_end().strip_prefix("cmdstat_")?.split_once(':')?;
    let figure = |wanted: &str| {
        let mut figures = figures.split(',').filter_map(|figure| figure.split_once('='));
        figures.find(|(name, _)| *name == wanted)?.1.parse().ok()
    };
    Some((name.to_ascii_lowercase(), Counters { calls: figure("calls")?, time_us: figure("usec")? }))
}

#[cfg(test)]
mod tests {
    use aforo_sandbox::{Redis as Sandbox, RedisOptions};
    use proptest::prelude::*;

    use super::*;

    /// As Redis 7.0 gave it.
    const REDIS_7: &str = "# Commandstats\r\n\
        cmdstat_info:calls=3,usec=210,usec_per_call=70.00,rejected_calls=0,failed_calls=0\r\n\
        cmdstat_client|setinfo:calls=2,usec=4,usec_per_call=2.00,rejected_calls=0,failed_calls=2\r\n\
        cmdstat_get:calls=21,usec=175,usec_per_call=8.33,rejected_calls=0,failed_calls=0\r\n";

    fn snapshot(run_id: &str, text: &str) -> CommandSnapshot {
        let commands = parse_commands(text).unwrap();
        CommandSnapshot { taken_at: Instant::now(), run_id: Some(run_id.to_owned()), commands }
    }

    fn time(command: &str, calls: u64, time_us: u64) -> CommandTime {
        CommandTime { command: command.to_owned(), calls, time_us }
    }

    #[test]
    fn a_window_holds_what_ran_in_it_but_for_aforos_own() {
        let before = snapshot("a", REDIS_7);
        let later = REDIS_7
            .replace("calls=21,usec=175", "calls=23,usec=195")
            .replace("calls=3,usec=210", "calls=9,usec=900")
            + "cmdstat_set:calls=1,usec=30,usec_per_call=30.00\r\n";
        assert_eq!(before.until(&snapshot("a", &later)), [time("set", 1, 30), time("get", 2, 20)]);
        assert_eq!(before.until(&before), []);
    }

    #[test]
    fn after_a_restart_or_a_reset_all_that_is_shown_counts() {
        let before = snapshot("a", REDIS_7);
        let more = snapshot("b", &REDIS_7.replace("calls=21", "calls=50"));
        assert!(before.until(&more).contains(&time("get", 50, 175)));
        let reset = snapshot("a", "cmdstat_get:calls=4,usec=10");
        assert_eq!(before.until(&reset), [time("get", 4, 10)]);
    }

    #[test]
    fn what_is_no_answer_of_redis_is_told_from_one_without_commands() {
        assert_eq!(parse_commands("# Commandstats\r\n"), Some(BTreeMap::new()));
        for text in ["", "# Server\r\nredis_version:7.0.15", "<html>", "cmdstat_get:calls=many,usec=1"] {
            assert_eq!(parse_commands(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(cmdstat_)?[a-z|:=,0-9.\r\n-]{0,200}") {
            if let Some(commands) = parse_commands(&text) {
                let snapshot = CommandSnapshot { taken_at: Instant::now(), run_id: None, commands };
                prop_assert_eq!(snapshot.until(&snapshot), []);
            }
        }
    }

    #[tokio::test]
    async fn a_real_server_tells_what_an_application_did() {
        let server = Sandbox::start(RedisOptions::default()).await.unwrap();
        let mut reader = CommandReader::connect(&server.url()).await.unwrap();
        let mut application = connect(&Client::open(server.url()).unwrap()).await.unwrap();
        let before = reader.snapshot().await.unwrap();
        for number in 0..37 {
            let () = redis::cmd("SET").arg("key").arg(number).query_async(&mut application).await.unwrap();
        }
        reader.snapshot().await.unwrap();
        // The answer of another process may be on its way: the same connection answers in order.
        let window = before.until(&reader.snapshot().await.unwrap());
        let [only] = window.as_slice() else { panic!("{window:?}") };
        assert_eq!((only.command.as_str(), only.calls), ("set", 37));
        assert!((1..1_000_000).contains(&only.time_us), "{only:?}");

        // A connection that the server ends while nobody asks is opened anew.
        let kill = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
        let mut command = redis::cmd(kill[0]);
        kill[1..].iter().for_each(|word| {
            command.arg(word);
        });
        let _: u64 = command.query_async(&mut application).await.unwrap();
        assert!(before.until(&reader.snapshot().await.unwrap()).contains(only));
        server.stop().await;
    }

    #[tokio::test]
    async fn a_user_who_may_not_ask_is_told_the_right_to_ask_for() {
        let server = Sandbox::start(RedisOptions::default()).await.unwrap();
        let mut admin = connect(&Client::open(server.url()).unwrap()).await.unwrap();
        let rule = ["ACL", "SETUSER", "guest", "on", "nopass", "+get", "~*"];
        let mut command = redis::cmd(rule[0]);
        rule[1..].iter().for_each(|word| {
            command.arg(word);
        });
        let () = command.query_async(&mut admin).await.unwrap();
        let url = server.url().replace("redis://", "redis://guest:any@");
        let refused = CommandReader::connect(&url).await.unwrap().snapshot().await.unwrap_err();
        assert!(refused.remedy.contains("+info"), "{refused}");
        assert!(CommandReader::connect("http://127.0.0.1").await.is_err());
        server.stop().await;
    }
}

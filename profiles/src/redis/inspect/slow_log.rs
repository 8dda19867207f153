//! The slow log.

use aforo_model::cache::SlowCommand;
use chrono::DateTime;
use redis::Value;

use super::error::Refusal;
use super::key_name::readable;
use super::session::Session;

/// Entries that are asked for; the server keeps 128 of itself.
const ENTRIES: u32 = 256;

/// Commands whose first argument is no key: a script, a pattern of channels, a setting, a secret.
const NAME_NO_KEY_FIRST: [&str; 29] = [
    "acl",
    "auth",
    "client",
    "cluster",
    "command",
    "config",
    "debug",
    "eval",
    "eval_ro",
    "evalsha",
    "evalsha_ro",
    "fcall",
    "fcall_ro",
    "flushall",
    "flushdb",
    "function",
    "hello",
    "info",
    "latency",
    "migrate",
    "module",
    "psubscribe",
    "publish",
    "replicaof",
    "scan",
    "script",
    "select",
    "slowlog",
    "subscribe",
];

/// Reads the slow log, the newest entry first.
pub(super) async fn read(session: &mut Session) -> Result<Vec<SlowCommand>, Refusal> {
    let entries: Vec<Value> = session.ask(redis::cmd("SLOWLOG").arg("GET").arg(ENTRIES)).await?;
    Ok(entries.into_iter().filter_map(entry).collect())
}

/// `[id, seconds since 1970, µs, [command, argument, …], client, name]`; what is another is passed over.
fn entry(value: Value) -> Option<SlowCommand> {
    let Value::Array(parts) = value else { return None };
    let [_, Value::Int(at_s), Value::Int(time_us), Value::Array(arguments), ..] = &parts[..] else {
        return None;
    };
    let mut arguments = arguments.iter().map(bytes);
    let command = readable(arguments.next()??).to_lowercase();
    let key = arguments.next().flatten().filter(|_| !NAME_NO_KEY_FIRST.contains(&command.as_str()));
    Some(SlowCommand {
        at: DateTime::from_timestamp(*at_s, 0)?,
        exec_time_us: u64::try_from(*time_us).ok()?,
        key: key.map(readable),
        command,
    })
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Option<SlowCommand> {
        let arguments = arguments.iter().map(|text| Value::BulkString(text.as_bytes().to_vec())).collect();
        entry(Value::Array(vec![
            Value::Int(1),
            Value::Int(1_700_000_000),
            Value::Int(12_000),
            Value::Array(arguments),
        ]))
    }

    #[test]
    fn the_key_is_kept_and_no_other_argument() {
        let found = of(&["SET", "session:1", "secret"]).unwrap();
        assert_eq!(
            (found.command.as_str(), found.key.as_deref(), found.exec_time_us),
            ("set", Some("session:1"), 12_000)
        );
        assert_eq!(of(&["EVAL", "return redis.call('get', 'x')", "0"]).unwrap().key, None);
        assert_eq!(of(&["FLUSHALL"]).unwrap().key, None);
    }

    #[test]
    fn what_is_no_entry_is_passed_over() {
        assert_eq!(of(&[]), None);
        assert_eq!(entry(Value::Nil), None);
        assert_eq!(
            entry(Value::Array(vec![
                Value::Int(1),
                Value::Int(i64::MAX),
                Value::Int(-1),
                Value::Array(vec![])
            ])),
            None
        );
    }
}

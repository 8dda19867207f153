//! Which arguments of a command are keys, and what it does to them.

use super::monitor_line::Argument;

/// What a command does to one key, or to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect<'line> {
    Read(&'line Argument),
    Write {
        key: &'line Argument,
        value_bytes: u64,
        is_whole: bool,
        expiry: Expiry,
    },
    Expire {
        key: &'line Argument,
        expiry: Expiry,
    },
    /// All of one command have the same last part: they follow one another.
    Delete(&'line Argument),
    FlushDatabase,
    FlushAll,
}

/// What a command says of the time that a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    Unchanged,
    Never,
    AfterMs(u64),
    /// By the wall clock, in milliseconds since 1970.
    AtMs(u64),
}

/// Unit and base of an expiry.
#[derive(Debug, Clone, Copy)]
enum Clock {
    AfterS,
    AfterMs,
    AtS,
    AtMs,
}

/// Keys that are read, by where they are.
const READ_FIRST: &[&str] = &[
    "get",
    "getrange",
    "substr",
    "strlen",
    "getbit",
    "bitcount",
    "bitpos",
    "hget",
    "hmget",
    "hgetall",
    "hexists",
    "hlen",
    "hkeys",
    "hvals",
    "hstrlen",
    "hrandfield",
    "hscan",
    "lrange",
    "lindex",
    "llen",
    "lpos",
    "smembers",
    "sismember",
    "smismember",
    "scard",
    "srandmember",
    "sscan",
    "zrange",
    "zrangebyscore",
    "zrevrange",
    "zrevrangebyscore",
    "zrangebylex",
    "zrevrangebylex",
    "zscore",
    "zmscore",
    "zcard",
    "zcount",
    "zlexcount",
    "zrank",
    "zrevrank",
    "zrandmember",
    "zscan",
    "geopos",
    "geodist",
    "geohash",
    "geosearch",
    "georadius_ro",
    "georadiusbymember_ro",
    "xrange",
    "xrevrange",
    "xlen",
    "pfcount",
    "dump",
    "bitfield_ro",
    "sort_ro",
    "type",
    "json.get",
    "json.type",
    "json.strlen",
    "json.arrlen",
];
/// Every argument is a key that is read.
const READ_ALL: &[&str] = &["mget", "exists", "sinter", "sunion", "sdiff"];
/// Changes a part of the first key's value, or adds to it.
const WRITE_PART: &[&str] = &[
    "append",
    "setrange",
    "setbit",
    "bitfield",
    "incr",
    "decr",
    "incrby",
    "decrby",
    "incrbyfloat",
    "hset",
    "hmset",
    "hsetnx",
    "hincrby",
    "hincrbyfloat",
    "hdel",
    "lpush",
    "rpush",
    "lpushx",
    "rpushx",
    "lset",
    "linsert",
    "lrem",
    "ltrim",
    "lpop",
    "rpop",
    "sadd",
    "srem",
    "spop",
    "zadd",
    "zrem",
    "zincrby",
    "zpopmin",
    "zpopmax",
    "zremrangebyrank",
    "zremrangebyscore",
    "zremrangebylex",
    "geoadd",
    "xadd",
    "xdel",
    "xtrim",
    "pfadd",
    "json.set",
    "json.del",
    "json.numincrby",
    "json.arrappend",
];
/// Commands with keys elsewhere, or several effects.
const OTHERS: &[&str] = &[
    "set",
    "setnx",
    "setex",
    "psetex",
    "getset",
    "getex",
    "getdel",
    "mset",
    "msetnx",
    "del",
    "unlink",
    "expire",
    "pexpire",
    "expireat",
    "pexpireat",
    "persist",
    "rename",
    "renamenx",
    "copy",
    "restore",
    "touch",
    "flushdb",
    "flushall",
];
/// Commands without keys, or whose own commands are told one by one, as those of scripts are.
const WITHOUT_KEYS: &[&str] = &[
    "ping",
    "echo",
    "auth",
    "hello",
    "select",
    "quit",
    "reset",
    "client",
    "config",
    "command",
    "info",
    "dbsize",
    "time",
    "lastsave",
    "scan",
    "keys",
    "randomkey",
    "multi",
    "exec",
    "discard",
    "watch",
    "unwatch",
    "eval",
    "evalsha",
    "eval_ro",
    "evalsha_ro",
    "fcall",
    "fcall_ro",
    "function",
    "script",
    "publish",
    "spublish",
    "subscribe",
    "psubscribe",
    "ssubscribe",
    "unsubscribe",
    "punsubscribe",
    "sunsubscribe",
    "pubsub",
    "monitor",
    "slowlog",
    "latency",
    "memory",
    "object",
    "ttl",
    "pttl",
    "expiretime",
    "pexpiretime",
    "cluster",
    "readonly",
    "readwrite",
    "asking",
    "replconf",
    "psync",
    "sync",
    "role",
    "acl",
    "wait",
    "waitaof",
    "module",
    "bgsave",
    "bgrewriteaof",
    "save",
    "shutdown",
    "debug",
    "lolwut",
    "swapdb",
    "failover",
    "replicaof",
    "slaveof",
];

/// The effects of a command, in order; `None` where it is not known which arguments are keys.
pub(super) fn effects(arguments: &[Argument]) -> Option<Vec<Effect<'_>>> {
    let (name, rest) = arguments.split_first()?;
    let name = command_name(name);
    let name = name.as_str();
    if WITHOUT_KEYS.contains(&name) {
        return Some(Vec::new());
    }
    let first = rest.first();
    if READ_ALL.contains(&name) {
        return Some(rest.iter().map(Effect::Read).collect());
    }
    if READ_FIRST.contains(&name) {
        return Some(first.into_iter().map(Effect::Read).collect());
    }
    if WRITE_PART.contains(&name) {
        let value_bytes = rest.iter().skip(1).map(|argument| argument.bytes).sum();
        let write = |key| Effect::Write { key, value_bytes, is_whole: false, expiry: Expiry::Unchanged };
        return Some(first.into_iter().map(write).collect());
    }
    // One that lacks arguments was refused by the server, and had no effect.
    OTHERS.contains(&name).then(|| others(name, rest).unwrap_or_default())
}

/// The name of a command, in lower case and printable.
pub(super) fn command_name(argument: &Argument) -> String {
    let name = argument.kept.iter().take(32).map(|byte| char::from(byte.to_ascii_lowercase()));
    name.map(|letter| if letter.is_ascii_graphic() { letter } else { '?' }).collect()
}

fn others<'line>(name: &str, rest: &'line [Argument]) -> Option<Vec<Effect<'line>>> {
    let key = rest.first();
    let whole = |key, value: &Argument, expiry| Effect::Write {
        key,
        value_bytes: value.bytes,
        is_whole: true,
        expiry,
    };
    Some(match name {
        "set" => set(rest)?,
        "setnx" => vec![whole(key?, rest.get(1)?, Expiry::Never)],
        "setex" => vec![whole(key?, rest.get(2)?, expiry(Clock::AfterS, rest.get(1)?)?)],
        "psetex" | "restore" => vec![whole(key?, rest.get(2)?, lifetime_of_restore(name, rest)?)],
        "getset" => vec![Effect::Read(key?), whole(key?, rest.get(1)?, Expiry::Never)],
        "getex" => {
            let (key, options) = rest.split_first()?;
            let expire = expiry_option(options).map(|expiry| Effect::Expire { key, expiry });
            std::iter::once(Effect::Read(key)).chain(expire).collect()
        }
        "getdel" => vec![Effect::Read(key?), Effect::Delete(key?)],
        "mset" | "msetnx" => {
            let pairs = rest.chunks_exact(2);
            pairs.map(|pair| whole(&pair[0], &pair[1], Expiry::Never)).collect()
        }
        "del" | "unlink" => rest.iter().map(Effect::Delete).collect(),
        "expire" | "pexpire" | "expireat" | "pexpireat" => {
            let clock = match name {
                "expire" => Clock::AfterS,
                "pexpire" => Clock::AfterMs,
                "expireat" => Clock::AtS,
                _ => Clock::AtMs,
            };
            vec![Effect::Expire { key: key?, expiry: expiry(clock, rest.get(1)?)? }]
        }
        "persist" => vec![Effect::Expire { key: key?, expiry: Expiry::Never }],
        // What the value weighs is not told; that of its new pattern stands for it.
        "rename" | "renamenx" => vec![Effect::Delete(key?), part_of(rest.get(1)?)],
        "copy" => vec![Effect::Read(key?), part_of(rest.get(1)?)],
        "touch" => rest.iter().map(Effect::Read).collect(),
        "flushdb" => vec![Effect::FlushDatabase],
        "flushall" => vec![Effect::FlushAll],
        _ => return None,
    })
}

fn part_of(key: &Argument) -> Effect<'_> {
    Effect::Write { key, value_bytes: 0, is_whole: false, expiry: Expiry::Unchanged }
}

/// `SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`.
fn set(rest: &[Argument]) -> Option<Vec<Effect<'_>>> {
    let [key, value, options @ ..] = rest else { return None };
    let has = |word: &str| options.iter().any(|option| option.kept.eq_ignore_ascii_case(word.as_bytes()));
    let kept = if has("keepttl") { Expiry::Unchanged } else { Expiry::Never };
    let expiry = expiry_option(options).unwrap_or(kept);
    let write = Effect::Write { key, value_bytes: value.bytes, is_whole: true, expiry };
    Some(has("get").then_some(Effect::Read(key)).into_iter().chain([write]).collect())
}

fn lifetime_of_restore(name: &str, rest: &[Argument]) -> Option<Expiry> {
    let expiry = expiry(Clock::AfterMs, rest.get(1)?)?;
    // For RESTORE, 0 is no expiry.
    Some(if name == "restore" && expiry == Expiry::AfterMs(0) { Expiry::Never } else { expiry })
}

/// The expiry among the options of `SET` and `GETEX`.
fn expiry_option(options: &[Argument]) -> Option<Expiry> {
    options.iter().enumerate().find_map(|(at, option)| {
        let clock = match option.kept.to_ascii_lowercase().as_slice() {
            b"ex" => Clock::AfterS,
            b"px" => Clock::AfterMs,
            b"exat" => Clock::AtS,
            b"pxat" => Clock::AtMs,
            b"persist" => return Some(Expiry::Never),
            _ => return None,
        };
        expiry(clock, options.get(at + 1)?)
    })
}

/// What lies in the past expires at once.
fn expiry(clock: Clock, argument: &Argument) -> Option<Expiry> {
    let number: i64 = str::from_utf8(&argument.kept).ok()?.parse().ok()?;
    let number = u64::try_from(number).unwrap_or_default();
    Some(match clock {
        Clock::AfterS => Expiry::AfterMs(number.saturating_mul(1_000)),
        Clock::AfterMs => Expiry::AfterMs(number),
        Clock::AtS => Expiry::AtMs(number.saturating_mul(1_000)),
        Clock::AtMs => Expiry::AtMs(number),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arguments(line: &str) -> Vec<Argument> {
        let argument = |word: &str| Argument { kept: word.as_bytes().to_vec(), bytes: word.len() as u64 };
        line.split(' ').map(argument).collect()
    }

    /// In short, as in `read a` or `write a 3 after 5000`.
    fn told(line: &str) -> Option<Vec<String>> {
        let name = |key: &Argument| String::from_utf8_lossy(&key.kept).into_owned();
        let arguments = arguments(line);
        let effects = effects(&arguments)?;
        let tell = |effect: &Effect<'_>| match effect {
            Effect::Read(key) => format!("read {}", name(key)),
            Effect::Write { key, value_bytes, is_whole, expiry } => {
                let how = if *is_whole { "write" } else { "part" };
                format!("{how} {} {value_bytes} {expiry:?}", name(key))
            }
            Effect::Expire { key, expiry } => format!("expire {} {expiry:?}", name(key)),
            Effect::Delete(key) => format!("delete {}", name(key)),
            Effect::FlushDatabase => "flush database".to_owned(),
            Effect::FlushAll => "flush all".to_owned(),
        };
        Some(effects.iter().map(tell).collect())
    }

    #[test]
    fn keys_and_lifetimes_of_common_commands_are_found() {
        for (line, expected) in [
            ("GET a", vec!["read a"]),
            ("mget a b", vec!["read a", "read b"]),
            ("HGET h field", vec!["read h"]),
            ("SET a abc", vec!["write a 3 Never"]),
            ("SET a abc NX EX 5", vec!["write a 3 AfterMs(5000)"]),
            ("SET a abc px 5 get", vec!["read a", "write a 3 AfterMs(5)"]),
            ("SET a abc KEEPTTL", vec!["write a 3 Unchanged"]),
            ("SET a abc PXAT 77", vec!["write a 3 AtMs(77)"]),
            ("SETEX a 60 abcd", vec!["write a 4 AfterMs(60000)"]),
            ("PSETEX a 60 abcd", vec!["write a 4 AfterMs(60)"]),
            ("RESTORE a 0 abcd", vec!["write a 4 Never"]),
            ("MSET a 1 b 22", vec!["write a 1 Never", "write b 2 Never"]),
            ("GETEX a EX 2", vec!["read a", "expire a AfterMs(2000)"]),
            ("GETDEL a", vec!["read a", "delete a"]),
            ("HSET h f 123", vec!["part h 4 Unchanged"]),
            ("DEL a b", vec!["delete a", "delete b"]),
            ("EXPIRE a -1", vec!["expire a AfterMs(0)"]),
            ("EXPIREAT a 9", vec!["expire a AtMs(9000)"]),
            ("PERSIST a", vec!["expire a Never"]),
            ("RENAME a b", vec!["delete a", "part b 0 Unchanged"]),
            ("FLUSHDB ASYNC", vec!["flush database"]),
            ("FLUSHALL", vec!["flush all"]),
            ("EVAL return 1 k", vec![]),
            ("PING", vec![]),
        ] {
            assert_eq!(told(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_command_that_lacks_arguments_has_no_effect_and_an_unknown_one_is_said_to_be() {
        for line in ["GET", "SET a", "SETEX a 5", "SETEX a x y", "EXPIRE a", "GETEX", "GETDEL"] {
            assert_eq!(told(line), Some(Vec::new()), "{line}");
        }
        assert_eq!(told("FT.SEARCH index query"), None);
        assert_eq!(command_name(&arguments("Ft.Se\u{7}")[0]), "ft.se?");
    }

    proptest! {
        #[test]
        fn any_arguments_are_taken_without_panic(
            name in prop::sample::select(OTHERS),
            rest in prop::collection::vec("[a-z0-9-]{0,6}", 0..6),
        ) {
            let line = [vec![name.to_owned()], rest].concat().join(" ");
            let _ = effects(&arguments(&line));
        }
    }
}

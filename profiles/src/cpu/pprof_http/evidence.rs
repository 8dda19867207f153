//! Whether a URL serves profiles, told without taking one.
//!
//! Go lists its profiles on a page beside them. Others are asked for a profile of no seconds: that is refused, or answered at once with an
//! empty profile, where there is an endpoint. `HEAD` and `OPTIONS` would not do: Go takes a profile for any method, and some frameworks
//! answer `OPTIONS` on any path, others on none. Go without its page takes a profile of 30 s for one of none, so that it is believed only where
//! the user names it.

use std::time::Duration;

use aforo_pprof::PprofError;
use url::Url;

use super::address::{index_url, url_of_window};
use super::exchange::{Fault, fetch};

/// How long an answer may take. One that takes longer is taking a profile.
const TIME_TO_ANSWER: Duration = Duration::from_secs(2);
/// Bytes of the page that are read; Go's has 4 KiB.
const INDEX_BYTES: usize = 256 << 10;
/// Bytes of a profile of no seconds that are read: nothing has run in it.
const EMPTY_PROFILE_BYTES: usize = 1 << 20;
/// What the refusal of a profile of no seconds speaks of.
const WORDS_OF_A_PROFILER: [&str; 3] = ["seconds", "profile", "pprof"];
/// What Go serves beside the profile of CPU time.
const OTHER_PROFILES: [&str; 9] =
    ["allocs", "block", "cmdline", "goroutine", "heap", "mutex", "symbol", "threadcreate", "trace"];
/// A rate that the hotel and its like allow; nothing is sampled.
const RATE_HZ: u32 = 99;

const SERVE_ONE: &str = "serve a profile at /debug/pprof/profile (Go: import net/http/pprof, Rust: the crate pprof, Node: \
    @datadog/pprof), or name the URL at which it is served";
const NAME_IT: &str = "name that URL if profiles are served there, as by Go without the index beside them: a URL that is named is believed; or \
    serve its index as well";
const NAME_THE_OTHER: &str =
    "name the URL of the profile of CPU time, which Go serves beside it as /debug/pprof/profile";
const START_IT: &str = "start the target, or name the URL at which it serves its profile";
const AUTHORIZE: &str = "name the URL of the profile with a user and a password that may read it";

/// Why there seems to be no endpoint.
#[derive(Debug)]
pub(super) struct Absence {
    /// What was seen, as a clause.
    pub(super) why: String,
    /// What enables it.
    pub(super) remedy: &'static str,
}

/// Looks whether the URL serves profiles. One that the user named is believed where the answers leave it open.
///
/// # Errors
/// What speaks against it.
pub(super) async fn gather(client: &reqwest::Client, profile: &Url, is_named: bool) -> Result<(), Absence> {
    // The page beside it would speak for it, and an answer takes as long as a profile.
    if let Some(other) = other_profile(profile) {
        return Err(Absence {
            why: format!("Go serves its {other} there, and no profile of CPU time"),
            remedy: NAME_THE_OTHER,
        });
    }
    if let Some(index) = index_url(profile) {
        match fetch(client, index, TIME_TO_ANSWER, INDEX_BYTES).await {
            Ok(page) if lists_profiles(&page) => return Ok(()),
            Err(Fault::Unreachable(why)) => return Err(Absence { why, remedy: START_IT }),
            Ok(_) | Err(_) => {}
        }
    }
    let url = url_of_window(profile, Duration::ZERO, RATE_HZ);
    let answer = fetch(client, url.clone(), TIME_TO_ANSWER * 2, EMPTY_PROFILE_BYTES);
    match tokio::time::timeout(TIME_TO_ANSWER, answer).await {
        // It may be taking a profile all the same, and ends it as we leave; or it is slow whatever it is asked.
        Err(_elapsed) if is_named => Ok(()),
        Err(_elapsed) => Err(Absence {
            why: format!("it did not answer within {} s", TIME_TO_ANSWER.as_secs()),
            remedy: NAME_IT,
        }),
        Ok(Ok(body)) => judge_body(body, is_named).await,
        Ok(Err(fault)) => judge_fault(fault, &url, is_named),
    }
}

/// Which of Go's other profiles a URL leads to.
fn other_profile(profile: &Url) -> Option<&str> {
    let (_, name) = profile.path().rsplit_once("/pprof/")?;
    OTHER_PROFILES.contains(&name).then_some(name)
}

/// Go's page is titled with its path and links to `profile`.
fn lists_profiles(page: &[u8]) -> bool {
    let page = String::from_utf8_lossy(page);
    page.contains("pprof") && page.contains("profile?")
}

async fn judge_body(body: Vec<u8>, is_named: bool) -> Result<(), Absence> {
    // A megabyte may have to be unpacked; other tasks must not wait for it.
    let decoded = tokio::task::spawn_blocking(move || aforo_pprof::decode(&body)).await;
    let why = match decoded {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(PprofError::Empty)) if is_named => return Ok(()),
        Ok(Err(error)) => format!("what it answers is no profile: {error}"),
        Err(error) => format!("what it answers could not be read: {error}"),
    };
    Err(Absence { why, remedy: SERVE_ONE })
}

fn judge_fault(fault: Fault, url: &Url, is_named: bool) -> Result<(), Absence> {
    match fault {
        // Another profile is being taken.
        Fault::Status(409, _) => Ok(()),
        // No seconds were refused; a gateway may refuse a path that it does not know in the same way.
        Fault::Status(400 | 422 | 429, begin) if is_named || names_a_profiler(&begin, url) => Ok(()),
        Fault::Status(401 | 403, _) => {
            Err(Absence { why: "it asks for authorization".to_owned(), remedy: AUTHORIZE })
        }
        Fault::Status(status, _) => Err(Absence { why: format!("it answered {status}"), remedy: SERVE_ONE }),
        Fault::TooLarge(_) | Fault::Broken(_) if is_named => Ok(()),
        Fault::TooLarge(limit) => Err(Absence {
            why: format!("its answer has more than {} MiB, though nothing was to be sampled", limit >> 20),
            remedy: SERVE_ONE,
        }),
        Fault::Unreachable(why) | Fault::Broken(why) => Err(Absence { why, remedy: START_IT }),
    }
}

/// Whether a refusal speaks of profiles by itself, the path left out that it may repeat; parameters are left out already.
fn names_a_profiler(refusal: &str, url: &Url) -> bool {
    let text = refusal.replace(url.path(), "").to_lowercase();
    WORDS_OF_A_PROFILER.iter().any(|word| text.contains(word))
}

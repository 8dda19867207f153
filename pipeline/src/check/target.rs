//! Is the target there, and is its process known?

use std::time::{Duration, Instant};

use super::CheckItem;
use crate::target::Target;

/// How long the target may take for the one request of the check.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn items(target: &Target) -> Vec<CheckItem> {
    let mut items = vec![answers(target).await];
    items.push(match target.pid {
        Some(pid) => CheckItem::ok("target-process", format!("process {pid} is watched")),
        None => CheckItem::skipped(
            "target-process",
            "the target's process is not known, so its CPU and memory are not watched",
            "run Aforo on the target's machine, or name the process with --pid",
        ),
    });
    items
}

async fn answers(target: &Target) -> CheckItem {
    const NAME: &str = "target-answers";
    if let Err(error) = target.reach().await {
        let remedy = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
        return CheckItem::failed(NAME, error.to_string(), remedy);
    }
    let client = reqwest::Client::builder().timeout(ANSWER_TIMEOUT).build();
    let started = Instant::now();
    let answer = match client {
        Ok(client) => client.get(target.url.clone()).send().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => CheckItem::ok(
            NAME,
            format!(
                "{} answered {} in {} ms",
                target.record().url,
                answer.status(),
                started.elapsed().as_millis()
            ),
        ),
        Err(error) => CheckItem::failed(
            NAME,
            format!("a connection is accepted, but no HTTP answer comes: {}", error.without_url()),
            "check that host and port are those of the HTTP API, and whether it wants https",
        ),
    }
}

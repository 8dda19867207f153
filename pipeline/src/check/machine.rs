//! Is this machine fit to measure from?

use std::path::Path;

use super::CheckItem;

/// Above this load average per core something else is running that will show in the figures.
const BUSY_LOAD_PER_CORE: f64 = 0.5;
/// A run of an hour with every file takes a few hundred megabytes.
const FREE_BYTES: u64 = 1 << 30;

pub(super) fn items(runs_directory: &Path) -> Vec<CheckItem> {
    [quiet(), free_space(runs_directory), optimised()].into_iter().flatten().collect()
}

/// Absent where the system has no load average.
fn quiet() -> Option<CheckItem> {
    const NAME: &str = "machine-quiet";
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = text.split_whitespace().next()?.parse().ok()?;
    let cores = std::thread::available_parallelism().ok()?.get();
    let detail = format!("load average {load:.2} on {cores} cores");
    Some(if load / cores as f64 <= BUSY_LOAD_PER_CORE {
        CheckItem::ok(NAME, detail)
    } else {
        CheckItem::warning(
            NAME,
            detail,
            "stop what else is running here, or read the figures as upper bounds",
        )
    })
}

/// Absent where the system does not tell.
#[cfg(unix)]
fn free_space(runs_directory: &Path) -> Option<CheckItem> {
    const NAME: &str = "free-space";
    let existing = runs_directory.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let statistics = nix::sys::statvfs::statvfs(existing).ok()?;
    let free_bytes = statistics.blocks_available() as u64 * statistics.fragment_size() as u64;
    let detail = format!("{:.1} GB free for {}", free_bytes as f64 / 1e9, runs_directory.display());
    Some(if free_bytes >= FREE_BYTES {
        CheckItem::ok(NAME, detail)
    } else {
        CheckItem::warning(NAME, detail, "make room, or save runs elsewhere with --runs-dir")
    })
}

#[cfg(not(unix))]
fn free_space(_runs_directory: &Path) -> Option<CheckItem> {
    None
}

fn optimised() -> Option<CheckItem> {
    const NAME: &str = "optimised-build";
    Some(if cfg!(debug_assertions) {
        CheckItem::warning(
            NAME,
            "this Aforo was built without optimisation and may be the bottleneck itself",
            "build it with `cargo build --release`",
        )
    } else {
        CheckItem::ok(NAME, "this Aforo is an optimised build")
    })
}

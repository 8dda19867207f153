//! What a reader must know of such a profile.

use std::collections::{BTreeMap, HashSet};

use aforo_model::profile::{Frame, Stack};
use nix::errno::Errno;

use super::permissions::Scope;
use super::symbols::{KERNEL, UNKNOWN};

/// Mean number of frames below which callers are missing: 2.3 were measured without frame pointers, 22 with.
const LEAST_USER_DEPTH: f64 = 4.0;
/// Share of frames without a name that is worth a word.
const MOST_UNKNOWN_RATIO: f64 = 0.05;
/// Binaries that are named.
const NAMED_BINARIES: usize = 3;

/// Callers are missing.
pub(super) fn shallow(mean_user_depth: Option<f64>) -> Option<String> {
    let depth = mean_user_depth.filter(|depth| *depth < LEAST_USER_DEPTH)?;
    Some(format!(
        "Stacks are only {depth:.1} frames deep on average: the target was most likely built without frame pointers, so callers \
         are missing and totals are too low. Build Rust with RUSTFLAGS=\"-C force-frame-pointers=yes\", C and C++ with \
         -fno-omit-frame-pointer, and start Python 3.12 or later with PYTHONPERFSUPPORT=1."
    ))
}

/// Kernel time is missing.
pub(super) fn scope(scope: Scope) -> Option<String> {
    (scope == Scope::User).then(|| {
        "Time in the kernel is not sampled, as perf_event_paranoid is 2: system calls are missing from this profile. \
         `sudo sysctl kernel.perf_event_paranoid=1` shows them."
            .to_owned()
    })
}

/// Threads are missing, where they are watched one by one; with what the kernel refused the next with.
pub(super) fn threads(
    watched_threads: Option<(usize, usize)>,
    refusal: Option<&std::io::Error>,
) -> Option<String> {
    let (watched, of) = watched_threads?;
    let why = match refusal.map(|error| (error, error.raw_os_error().map(Errno::from_raw))) {
        None | Some((_, Some(Errno::EMFILE))) => {
            "the limit of open files has no room for more. `ulimit -n 65536` raises it.".to_owned()
        }
        Some((_, Some(Errno::EPERM | Errno::ENOMEM))) => {
            "the kernel gave no more memory for samples. `sudo sysctl kernel.perf_event_mlock_kb=4096` raises its limit.".to_owned()
        }
        Some((error, _)) => format!("the kernel refused the next: {error}."),
    };
    (watched < of).then(|| {
        format!("Only {watched} of {of} threads were watched, those that used most CPU before: {why}")
    })
}

/// The profile is shorter than it was to be.
pub(super) fn cut_short(has_ended: bool, took_s: f64, wanted_s: f64) -> Option<String> {
    (has_ended && took_s < wanted_s).then(|| {
        format!(
            "The target's process ended after {took_s:.1} s of the {wanted_s:.1} s that were to be profiled."
        )
    })
}

/// Frames are without a name.
pub(super) fn unknown(frames: &[Frame], stacks: &[Stack]) -> Option<String> {
    let mut all = 0_u64;
    let mut unknown: BTreeMap<&str, u64> = BTreeMap::new();
    for stack in stacks {
        for frame in stack.frames.iter().filter_map(|place| frames.get(usize::try_from(*place).ok()?)) {
            all += stack.samples;
            if frame.function.starts_with(UNKNOWN) {
                let binary = frame.function.strip_prefix("[unknown] in ").unwrap_or("memory without a file");
                *unknown.entry(binary).or_default() += stack.samples;
            }
        }
    }
    let sum: u64 = unknown.values().sum();
    let ratio = sum as f64 / all.max(1) as f64;
    if ratio < MOST_UNKNOWN_RATIO {
        return None;
    }
    let mut binaries: Vec<(&str, u64)> = unknown.into_iter().collect();
    binaries.sort_by_key(|(name, samples)| (std::cmp::Reverse(*samples), *name));
    let names: HashSet<&str> = binaries.iter().map(|(name, _)| *name).collect();
    let listed: Vec<&str> = binaries.iter().take(NAMED_BINARIES).map(|(name, _)| *name).collect();
    let kernel = if names.contains(KERNEL) {
        " The kernel names its functions where kernel.kptr_restrict is 0."
    } else {
        ""
    };
    Some(format!(
        "{:.0} % of the frames have no name, in {}: no symbols were found there. Do not strip the binary, or install its debug \
         symbols.{kernel}",
        ratio * 100.0,
        listed.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str) -> Frame {
        Frame { function: function.to_owned(), file: None, line: None }
    }

    #[test]
    fn shallow_stacks_are_said_to_be_shallow_and_deep_ones_not() {
        assert!(shallow(Some(2.3)).unwrap().contains("2.3 frames deep"));
        assert_eq!(shallow(Some(4.0)), None);
        assert_eq!(shallow(None), None);
    }

    #[test]
    fn what_is_not_watched_is_said() {
        assert_eq!(threads(None, None), None);
        assert_eq!(threads(Some((5, 5)), None), None);
        let refused = |errno: Errno| {
            let error = std::io::Error::from_raw_os_error(errno as i32);
            threads(Some((744, 5000)), Some(&error)).unwrap()
        };
        let without_room = threads(Some((744, 5000)), None).unwrap();
        assert!(without_room.starts_with("Only 744 of 5000 threads"), "{without_room}");
        assert_eq!(refused(Errno::EMFILE), without_room);
        assert!(refused(Errno::EPERM).contains("perf_event_mlock_kb"));
        assert!(refused(Errno::EINVAL).contains("the kernel refused the next: Invalid argument"));
        assert_eq!(scope(Scope::UserAndKernel), None);
        assert!(scope(Scope::User).is_some());
        assert_eq!(cut_short(false, 1.0, 5.0), None);
        assert!(cut_short(true, 1.25, 5.0).unwrap().contains("1.2 s of the 5.0 s"));
    }

    #[test]
    fn the_binaries_without_symbols_are_named_by_weight() {
        let frames = [frame("main"), frame("[unknown] in libfoo.so"), frame("[unknown]")];
        let stacks = [Stack { frames: vec![0, 1], samples: 8 }, Stack { frames: vec![0, 2], samples: 2 }];
        let note = unknown(&frames, &stacks).unwrap();
        assert!(
            note.starts_with("50 % of the frames have no name, in libfoo.so, memory without a file:"),
            "{note}"
        );
    }

    #[test]
    fn a_few_frames_without_a_name_are_nothing_to_talk_of() {
        let frames = [frame("main"), frame("[unknown] in [kernel]")];
        let stack = |place, samples| Stack { frames: vec![place], samples };
        assert_eq!(unknown(&frames, &[stack(0, 96), stack(1, 4)]), None);
        assert!(unknown(&frames, &[stack(0, 95), stack(1, 5)]).unwrap().contains("kptr_restrict"));
        assert_eq!(unknown(&[], &[]), None);
    }
}

//! Which profiler takes the profile.

use aforo_model::profile::{ProfilerKind, ProfilerObstacle};

#[cfg(target_os = "linux")]
use super::perf_event::PerfEvent;
use super::pprof_http::PprofHttp;
use super::profiler::{ProfiledTarget, Profiler};
#[cfg(target_os = "linux")]
use super::py_spy::PySpy;
use super::ready::{Backend, ReadyProfiler};

/// Which profiler is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProfilerChoice {
    /// The first that fits.
    #[default]
    Auto,
    /// This one or none.
    Only(ProfilerKind),
    /// None at all.
    None,
}

impl ProfilerChoice {
    fn allows(self, kind: ProfilerKind) -> bool {
        match self {
            Self::Auto => true,
            Self::Only(wanted) => wanted == kind,
            Self::None => false,
        }
    }
}

/// Finds the first profiler that fits the target, in the order of [`ProfilerKind`]. No sample is taken yet.
///
/// # Errors
/// What hinders each of those that are wanted, where none fits. Nothing hinders when none is wanted.
pub async fn choose_profiler(
    target: &ProfiledTarget,
    wanted: ProfilerChoice,
) -> Result<ReadyProfiler, Vec<ProfilerObstacle>> {
    let mut obstacles = Vec::new();
    let ready = |backend, skipped| Ok(ReadyProfiler::new(backend, target, skipped));
    // One line for each, in the order in which they are tried.
    if let Some(profiler) = fitting::<PprofHttp>(target, wanted, &mut obstacles).await {
        return ready(Backend::PprofHttp(profiler), obstacles);
    }
    #[cfg(target_os = "linux")]
    if let Some(profiler) = fitting::<PySpy>(target, wanted, &mut obstacles).await {
        return ready(Backend::PySpy(profiler), obstacles);
    }
    #[cfg(target_os = "linux")]
    if let Some(profiler) = fitting::<PerfEvent>(target, wanted, &mut obstacles).await {
        return ready(Backend::PerfEvent(profiler), obstacles);
    }
    if let (ProfilerChoice::Only(kind), true) = (wanted, obstacles.is_empty()) {
        obstacles.push(not_built_in(kind));
    }
    Err(obstacles)
}

async fn fitting<P: Profiler>(
    target: &ProfiledTarget,
    wanted: ProfilerChoice,
    obstacles: &mut Vec<ProfilerObstacle>,
) -> Option<P> {
    if !wanted.allows(P::KIND) {
        return None;
    }
    P::probe(target).await.map_err(|obstacle| obstacles.push(obstacle)).ok()
}

fn not_built_in(profiler: ProfilerKind) -> ProfilerObstacle {
    ProfilerObstacle {
        profiler,
        why: "this build of Aforo does not have it".to_owned(),
        remedy: "use Aforo on Linux, where it has every profiler, or choose another one".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn where_none_is_wanted_nothing_is_asked_and_nothing_hinders() {
        let target = ProfiledTarget::default();
        let obstacles = choose_profiler(&target, ProfilerChoice::None).await.unwrap_err();
        assert!(obstacles.is_empty());
    }

    #[tokio::test]
    async fn where_none_fits_each_says_what_hinders_it() {
        let target = ProfiledTarget::default();
        for wanted in [ProfilerChoice::Auto, ProfilerChoice::Only(ProfilerKind::PprofHttp)] {
            let obstacles = choose_profiler(&target, wanted).await.unwrap_err();
            let first = obstacles.first().unwrap();
            assert_eq!(first.profiler, ProfilerKind::PprofHttp);
            assert!(!first.why.is_empty() && !first.remedy.is_empty());
        }
    }
}

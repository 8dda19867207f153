//! Where the target runs: on the machine Aforo runs on, or on another.

use aforo_model::{HostSample, ProcessSample, ResourceSample, Role};

/// Where the target runs. It is decided once for all readings of a run: one that came too late to have the target's process
/// does not move the target to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetPlace {
    /// Its process was read on this machine. What its metrics tell of a process and a machine is of these a second time, and
    /// not counted.
    Here,
    /// It is known by its metrics, if at all.
    Elsewhere,
}

impl TargetPlace {
    /// What the readings of a run tell together.
    pub(crate) fn of(samples: &[ResourceSample]) -> Self {
        let is_here = samples.iter().any(|sample| sample.process(Role::Target).is_some());
        if is_here { Self::Here } else { Self::Elsewhere }
    }

    /// The reading of a process tree: of a target elsewhere, what it tells itself.
    pub(crate) fn process(self, sample: &ResourceSample, role: Role) -> Option<&ProcessSample> {
        match self {
            Self::Here => sample.process(role),
            Self::Elsewhere => sample.process_anywhere(role),
        }
    }

    /// The reading of the target's machine, where that is another one.
    pub(crate) fn remote_host(self, sample: &ResourceSample) -> Option<&HostSample> {
        match self {
            Self::Here => None,
            Self::Elsewhere => sample.remote.as_ref()?.host.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn one_reading_of_the_process_is_enough_to_know_that_it_is_here() {
        let here = Fixture::healthy().resources;
        let mut elsewhere = Fixture::healthy().elsewhere().resources;
        let scraped = elsewhere[5].clone();
        let of = |samples: &[ResourceSample]| {
            let place = TargetPlace::of(samples);
            (place, place.process(&scraped, Role::Target).is_some(), place.remote_host(&scraped).is_some())
        };
        assert_eq!(of(&elsewhere), (TargetPlace::Elsewhere, true, true));
        assert_eq!(of(&[]), (TargetPlace::Elsewhere, true, true));
        elsewhere[7].processes = here[7].processes.clone();
        assert_eq!(of(&elsewhere), (TargetPlace::Here, false, false));
    }
}

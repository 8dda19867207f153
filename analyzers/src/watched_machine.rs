//! Which machine a reading is of: the one Aforo runs on, or the target's where that is another one.

use aforo_model::{HostSample, ResourceSample, Subject};

use crate::Evidence;
use crate::sustained::{Sustained, sustained};

/// A machine that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WatchedMachine {
    /// The one Aforo runs on, and mostly the target too.
    Own,
    /// The target's, told of by its metrics.
    Targets,
}

impl WatchedMachine {
    pub(crate) const ALL: [Self; 2] = [Self::Own, Self::Targets];

    /// What tells its reading; nothing of the target's machine where that is this one.
    pub(crate) fn host<'a>(
        self,
        evidence: &Evidence<'a>,
    ) -> impl Fn(&'a ResourceSample) -> Option<&'a HostSample> + Clone + use<'a> {
        let place = evidence.target_place();
        move |sample| match self {
            Self::Own => sample.host.as_ref(),
            Self::Targets => place.remote_host(sample),
        }
    }

    pub(crate) fn subject(self) -> Subject {
        let name = match self {
            Self::Own => "host",
            Self::Targets => "target-host",
        };
        Subject::Part(name.to_owned())
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Own => "the machine",
            Self::Targets => "the target's machine",
        }
    }

    /// What follows a thing that is on it; nothing for the machine one thinks of anyway.
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Own => "",
            Self::Targets => " on the target's machine",
        }
    }

    /// Its judged readings, with their time.
    pub(crate) fn judged<'a>(
        self,
        evidence: &Evidence<'a>,
    ) -> impl Iterator<Item = (f64, &'a HostSample)> + Clone {
        let host = self.host(evidence);
        evidence.judged_samples().filter_map(move |sample| Some((sample.at_s, host(sample)?)))
    }

    /// A share of it over the judged part, graded as a state.
    pub(crate) fn sustained(
        self,
        evidence: &Evidence<'_>,
        share: impl Fn(&HostSample) -> Option<f64>,
        warning_from: f64,
        critical_from: f64,
    ) -> Option<Sustained> {
        let shares = self.judged(evidence).filter_map(|(at_s, host)| Some((at_s, share(host)?)));
        sustained(shares, warning_from, critical_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn a_machine_that_is_told_of_counts_once() {
        let elsewhere = Fixture::healthy().elsewhere();
        let count = |fixture: &Fixture, machine: WatchedMachine| machine.judged(&fixture.evidence()).count();
        // A scrape every five seconds.
        assert_eq!(WatchedMachine::ALL.map(|machine| count(&elsewhere, machine)), [61, 13]);
        let mut both = elsewhere.clone();
        for (sample, here) in both.resources.iter_mut().zip(Fixture::healthy().resources) {
            sample.processes = here.processes;
        }
        assert_eq!(count(&both, WatchedMachine::Targets), 0, "the target runs here");
        both.resources[5].processes.clear();
        assert_eq!(
            count(&both, WatchedMachine::Targets),
            0,
            "and a reading that missed its deadline does not move it"
        );
        assert_eq!(count(&Fixture::empty(), WatchedMachine::Targets), 0);
    }
}

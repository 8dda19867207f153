//! What the servers had of what their control groups allow.

use aforo_model::{CgroupSample, ResourceSample, Role};

use crate::Evidence;
use crate::sustained::{Sustained, sustained};

/// The parts whose groups are judged. Aforo's own is not what is measured.
const ROLES: [Role; 3] = [Role::Target, Role::Postgres, Role::Redis];

/// What is used and what is allowed, out of a reading of a group; nothing where nobody set a limit.
type Share = fn(&ResourceSample, &CgroupSample) -> Option<(u64, u64)>;

/// One group with a limit, over the judged part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LimitedGroup {
    /// The parts that live in it. A group that several share is one.
    pub(crate) roles: Vec<Role>,
    /// Time, what was used and what was allowed then.
    readings: Vec<(f64, u64, u64)>,
}

impl LimitedGroup {
    /// The first of its parts, which findings are about.
    pub(crate) fn role(&self) -> &'static str {
        self.roles.first().map_or("", |role| role.as_str())
    }

    /// Who lives in it, in a sentence.
    pub(crate) fn who(&self) -> String {
        let names: Vec<_> = self.roles.iter().map(|role| role.as_str()).collect();
        names.join(" and ")
    }

    /// The limit at the last reading.
    pub(crate) fn limit(&self) -> u64 {
        self.readings.last().map_or(0, |&(_, _, limit)| limit)
    }

    /// Its use as a share of its limit, graded as a state.
    pub(crate) fn sustained(&self, warning_from: f64, critical_from: f64) -> Option<Sustained> {
        let shares = self.readings.iter().map(|&(at_s, used, limit)| (at_s, used as f64 / limit as f64));
        sustained(shares, warning_from, critical_from)
    }
}

/// The groups of the servers that are limited in this.
pub(crate) fn limited_groups(evidence: &Evidence<'_>, share: Share) -> Vec<LimitedGroup> {
    let mut groups: Vec<LimitedGroup> = Vec::new();
    for role in ROLES {
        let readings: Vec<_> = evidence
            .judged_samples()
            .filter_map(|sample| {
                let (used, limit) = share(sample, &sample.process(role)?.cgroup?)?;
                Some((sample.at_s, used, limit))
            })
            .collect();
        match groups.iter_mut().find(|group| group.readings == readings) {
            Some(group) => group.roles.push(role),
            None if readings.is_empty() => {}
            None => groups.push(LimitedGroup { roles: vec![role], readings }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    fn groups(fixture: &Fixture) -> Vec<(String, u64)> {
        let share: Share = |_, group| Some((group.pids_current?, group.pids_limit?));
        let groups = limited_groups(&fixture.evidence(), share);
        groups.iter().map(|group| (group.who(), group.limit())).collect()
    }

    #[test]
    fn a_group_that_is_shared_is_one_and_one_without_a_limit_is_none() {
        let of = |limit| CgroupSample { pids_current: Some(5), pids_limit: limit, ..CgroupSample::default() };
        let shared = Fixture::healthy().with_group(Role::Target, of(Some(10)));
        assert_eq!(groups(&shared), [("target".to_owned(), 10)]);
        let shared = shared.with_group(Role::Postgres, of(Some(10)));
        assert_eq!(groups(&shared), [("target and postgres".to_owned(), 10)]);
        let apart = shared.with_group(Role::Postgres, of(Some(11)));
        assert_eq!(groups(&apart), [("target".to_owned(), 10), ("postgres".to_owned(), 11)]);
        assert_eq!(groups(&Fixture::healthy().with_group(Role::Target, of(None))), []);
        assert_eq!(groups(&Fixture::empty()), []);
    }
}

//! What a line of the table is made of: names, a clock, a claim.

use serde::Serialize;

use crate::claim::Claim;

/// What a time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// CPU time of the measuring thread: for what only computes.
    ThreadCpu,
    /// Time that passes: for what waits for a server or for others.
    Wall,
}

/// One measured function: Criterion's group and the function's name in it, which are also its folders under `target/criterion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variant {
    /// The subject and the size of its input, such as `admin list, 100 rows`.
    pub group: &'static str,
    /// How it is done, such as `N+1`.
    pub function: &'static str,
}

/// A flaw and its tuned twin.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// The group both are measured in.
    pub group: &'static str,
    /// The function with the flaw.
    pub before: &'static str,
    /// Its tuned twin.
    pub after: &'static str,
    /// The clock of both.
    pub clock: Clock,
    /// What the repair is said to be worth; `None` where the documents say nothing.
    pub claim: Option<Claim>,
    /// What a reader must know to judge the figure, in a sentence or two: a circumstance, or why a claim cannot be shown here.
    pub remark: Option<&'static str>,
}

impl Pair {
    /// A repair of something that only computes.
    pub const fn cpu(group: &'static str, before: &'static str, after: &'static str) -> Self {
        Self { group, before, after, clock: Clock::ThreadCpu, claim: None, remark: None }
    }

    /// A repair of something that waits.
    pub const fn wall(group: &'static str, before: &'static str, after: &'static str) -> Self {
        Self { group, before, after, clock: Clock::Wall, claim: None, remark: None }
    }

    /// With the least share of the time that it is said to save, 0–1, and the figure as the documents give it.
    pub const fn claimed(mut self, saved_share: f64, stated: &'static str) -> Self {
        self.claim = Some(Claim { saved_share, stated });
        self
    }

    /// With what a reader must know.
    pub const fn remarked(mut self, remark: &'static str) -> Self {
        self.remark = Some(remark);
        self
    }

    /// The function with the flaw.
    pub const fn before_variant(&self) -> Variant {
        Variant { group: self.group, function: self.before }
    }

    /// Its tuned twin.
    pub const fn after_variant(&self) -> Variant {
        Variant { group: self.group, function: self.after }
    }
}

/// A function without a twin: its time is shown as it is.
#[derive(Debug, Clone, Copy)]
pub struct Single {
    /// Its group.
    pub group: &'static str,
    /// Its name in the group.
    pub function: &'static str,
    /// Its clock.
    pub clock: Clock,
}

impl Single {
    /// Something that only computes.
    pub const fn cpu(group: &'static str, function: &'static str) -> Self {
        Self { group, function, clock: Clock::ThreadCpu }
    }

    /// Something that waits.
    pub const fn wall(group: &'static str, function: &'static str) -> Self {
        Self { group, function, clock: Clock::Wall }
    }

    /// What is measured.
    pub const fn variant(&self) -> Variant {
        Variant { group: self.group, function: self.function }
    }
}

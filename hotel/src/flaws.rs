//! The known defects of the real system, each switchable: what Aforo must find when on, and must not report when off.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One known defect. Each has a tuned twin that gives the same answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// Every message compiles all patterns of the language understanding anew.
    RegexPerCall,
    /// Every date phrase is parsed anew with the general, slow parser.
    UncachedDates,
    /// Every pattern of every intent is tried although the first match has settled the answer.
    LateExit,
    /// The price of a stay is added up night by night.
    WeekendLoop,
    /// The admin list asks the database twice more for each row of the page.
    NPlusOneList,
    /// The view of a reservation fetches its nights and events one by one.
    NPlusOneView,
    /// The CSV export asks the database twice more for each row.
    NPlusOneExport,
    /// The expiry job reads the whole table: no partial index on `expires_at` where `pre_reserved`.
    NoExpiresIndex,
    /// The admin list reads the whole table: no index on (status, `check_in`, `check_out`).
    NoStatusDatesIndex,
    /// The export of one channel reads the whole table: no index on the channel.
    NoChannelIndex,
    /// The look-up by a guest's phone reads the whole table: no index on the phone.
    NoPhoneIndex,
    /// One Redis lock for all bookings, held from the first query to the last, and polled for every 50 ms.
    LockContention,
    /// Every message leaves a copy of its session in memory for good, about 4 kB each.
    MemoryLeak,
}

impl Flaw {
    /// All flaws, in the order in which they are listed.
    pub const EVERY: [Flaw; 13] = [
        Flaw::RegexPerCall,
        Flaw::UncachedDates,
        Flaw::LateExit,
        Flaw::WeekendLoop,
        Flaw::NPlusOneList,
        Flaw::NPlusOneView,
        Flaw::NPlusOneExport,
        Flaw::NoExpiresIndex,
        Flaw::NoStatusDatesIndex,
        Flaw::NoChannelIndex,
        Flaw::NoPhoneIndex,
        Flaw::LockContention,
        Flaw::MemoryLeak,
    ];

    /// The word by which it is switched on.
    pub fn code(self) -> &'static str {
        match self {
            Flaw::RegexPerCall => "regex-per-call",
            Flaw::UncachedDates => "uncached-dates",
            Flaw::LateExit => "late-exit",
            Flaw::WeekendLoop => "weekend-loop",
            Flaw::NPlusOneList => "n-plus-one-list",
            Flaw::NPlusOneView => "n-plus-one-view",
            Flaw::NPlusOneExport => "n-plus-one-export",
            Flaw::NoExpiresIndex => "no-expires-index",
            Flaw::NoStatusDatesIndex => "no-status-dates-index",
            Flaw::NoChannelIndex => "no-channel-index",
            Flaw::NoPhoneIndex => "no-phone-index",
            Flaw::LockContention => "lock-contention",
            Flaw::MemoryLeak => "memory-leak",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The flaws that are on. Reads and prints as `all`, `none` or a comma list of codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlawSet(BTreeSet<Flaw>);

impl FlawSet {
    /// Every flaw but the memory leak, which would end a long run by itself and must be named.
    pub fn all() -> Self {
        Flaw::EVERY.into_iter().filter(|flaw| *flaw != Flaw::MemoryLeak).collect()
    }

    /// No flaw: the tuned hotel.
    pub fn none() -> Self {
        Self::default()
    }

    /// Is this flaw on?
    pub fn contains(&self, flaw: Flaw) -> bool {
        self.0.contains(&flaw)
    }

    /// The flaws that are on, in the order of [`Flaw::EVERY`].
    pub fn iter(&self) -> impl Iterator<Item = Flaw> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Flaw> for FlawSet {
    fn from_iter<I: IntoIterator<Item = Flaw>>(flaws: I) -> Self {
        Self(flaws.into_iter().collect())
    }
}

impl fmt::Display for FlawSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        if *self == Self::all() {
            return f.write_str("all");
        }
        let codes: Vec<&str> = self.iter().map(Flaw::code).collect();
        f.write_str(&codes.join(","))
    }
}

/// A word in a list of flaws that names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown flaw `{word}`; known are all, none, {}", known_codes())]
pub struct UnknownFlaw {
    /// The word that was not understood.
    pub word: String,
}

fn known_codes() -> String {
    Flaw::EVERY.map(Flaw::code).join(", ")
}

impl FromStr for FlawSet {
    type Err = UnknownFlaw;

    /// `all`, `none`, or codes separated by commas; `all,memory-leak` adds the one that `all` leaves out.
    fn from_str(list: &str) -> Result<Self, UnknownFlaw> {
        let mut set = Self::none();
        for word in list.split(',').map(str::trim) {
            match word {
                "all" => set.0.extend(Self::all().0),
                "none" => {}
                code => {
                    let flaw = Flaw::EVERY.into_iter().find(|flaw| flaw.code() == code);
                    set.0.insert(flaw.ok_or_else(|| UnknownFlaw { word: code.to_owned() })?);
                }
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_every_flaw_but_the_leak() {
        let all: FlawSet = "all".parse().unwrap();
        assert_eq!(all.iter().count(), Flaw::EVERY.len() - 1);
        assert!(!all.contains(Flaw::MemoryLeak));
        let with_leak: FlawSet = "all,memory-leak".parse().unwrap();
        assert_eq!(with_leak.iter().collect::<Vec<_>>(), Flaw::EVERY);
    }

    #[test]
    fn a_set_reads_back_as_it_prints() {
        for list in ["all", "none", "regex-per-call,no-phone-index", "memory-leak"] {
            let set: FlawSet = list.parse().unwrap();
            assert_eq!(set.to_string(), list);
        }
        for flaw in Flaw::EVERY {
            assert_eq!(flaw.code().parse::<FlawSet>().unwrap(), FlawSet::from_iter([flaw]));
        }
        assert_eq!(
            " late-exit , n-plus-one-list ".parse::<FlawSet>().unwrap().to_string(),
            "late-exit,n-plus-one-list"
        );
    }

    #[test]
    fn an_unknown_word_is_named_with_what_is_known() {
        let error = "late-exit,slow".parse::<FlawSet>().unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("unknown flaw `slow`"), "{message}");
        assert!(Flaw::EVERY.iter().all(|flaw| message.contains(flaw.code())), "{message}");
        assert_eq!("".parse::<FlawSet>().unwrap_err().word, "");
    }
}

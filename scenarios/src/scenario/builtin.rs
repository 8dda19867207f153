//! The scenarios that come with Aforo, for the built-in hotel.

/// A scenario that is part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinScenario {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in one sentence: the description in its file.
    pub description: &'static str,
    /// Its file.
    pub(crate) source: &'static str,
}

/// The built-in scenarios, lightest first.
pub const BUILTIN: &[BuiltinScenario] = &[
    BuiltinScenario {
        name: "baseline",
        description: "Ordinary traffic: is everything fast and right when nothing is in the way?",
        source: include_str!("../../builtin/baseline.toml"),
    },
    BuiltinScenario {
        name: "peak",
        description: "The busiest hour of the season: do the objectives still hold?",
        source: include_str!("../../builtin/peak.toml"),
    },
    BuiltinScenario {
        name: "stress",
        description: "More than ever expected: where is the limit, and what gives way first?",
        source: include_str!("../../builtin/stress.toml"),
    },
    BuiltinScenario {
        name: "spike",
        description: "A sudden campaign: what happens when everybody comes at once?",
        source: include_str!("../../builtin/spike.toml"),
    },
    BuiltinScenario {
        name: "endurance",
        description: "A long steady run: does anything leak, fill up or slow down?",
        source: include_str!("../../builtin/endurance.toml"),
    },
];

/// The built-in journeys files by name.
pub(crate) const JOURNEYS: &[(&str, &str)] = &[("hotel", include_str!("../../builtin/journeys/hotel.toml"))];

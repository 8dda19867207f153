//! What load is, as data: a scenario, its journeys and their steps.
//!
//! The package `scenarios` reads these from TOML, checks them and plays them; everything here has
//! already been checked. Texts that may hold `{{…}}` placeholders are called templates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ProbeSettings, RedFlag, Slo, StepProbe};

/// A named load test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    /// Kebab-case name, also that of its file.
    pub name: String,
    /// What it is for, in one sentence.
    pub description: String,
    /// How virtual users or requests arrive, and for how long.
    pub load: Load,
    /// What virtual users do.
    pub journeys: Vec<Journey>,
    /// Rows of data that templates draw from, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feeders: BTreeMap<String, Feeder>,
    /// How requests are sent.
    #[serde(default, skip_serializing_if = "Http::is_default")]
    pub http: Http,
    /// How its steps are asked alone.
    #[serde(default, skip_serializing_if = "ProbeSettings::is_default")]
    pub probe: ProbeSettings,
    /// What the run is judged by.
    pub slos: Vec<Slo>,
    /// What must not happen while it runs.
    pub red_flags: Vec<RedFlag>,
}

impl Scenario {
    /// The names of all steps, in the order of the journeys, each once. Journeys may share a step.
    pub fn step_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for step in self.journeys.iter().flat_map(|journey| &journey.steps) {
            if !names.contains(&step.name.as_str()) {
                names.push(step.name.as_str());
            }
        }
        names
    }
}

/// How requests are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Http {
    /// Which client sends them.
    #[serde(default)]
    pub client: HttpClient,
}

impl Http {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A kind of HTTP client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HttpClient {
    /// Aforo's own: one connection for each virtual user, little memory and CPU.
    #[default]
    Lean,
    /// The client Goose gives its users: several times the CPU and memory of the lean one; asks for
    /// compressed answers.
    Full,
}

/// How much load, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// How virtual users or requests arrive.
    pub workload: Workload,
    /// From the start of the first virtual user to the order to stop, in seconds. Draining comes after.
    pub duration_s: f64,
    /// The leading part of `duration_s` that is shown on the time line but not judged, in seconds.
    pub warm_up_s: f64,
    /// How long a request may take before it counts as timed out, in seconds.
    pub timeout_s: f64,
}

/// How virtual users arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum Workload {
    /// A number of virtual users, each starting its next step when the last ended.
    Closed {
        /// Virtual users at full load.
        users: u32,
        /// Virtual users started per second while users are added.
        users_per_s: f64,
        /// Equal portions in which the users are added, each held for an equal part of the duration: 200 users
        /// in 10 steps over 10 minutes are 20, 40, … 200 users, a minute each. 1: all of them at the start.
        #[serde(default = "one_step")]
        steps: u32,
        /// Where most of the users come all at once and leave again. There are no steps then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        surge: Option<Surge>,
    },
    /// Rounds of journeys that start on a schedule, whether or not earlier ones have ended.
    Open {
        /// The schedule, one stage after the other. They fill the duration.
        stages: Vec<RateStage>,
        /// Most virtual users at once. A start that finds none free is dropped and counted.
        max_users: u32,
    },
}

/// The steps of a closed workload that names none.
fn one_step() -> u32 {
    1
}

/// Most users of a closed workload come all at once, and leave again: a spike with a before and an after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Surge {
    /// Virtual users before and after it.
    pub base_users: u32,
    /// When the others begin to come, seconds since the start of the run.
    pub from_s: f64,
    /// When they leave, each after the request it has sent, seconds since the start of the run.
    pub to_s: f64,
}

/// A part of an open workload in which the rate is constant or changes evenly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateStage {
    /// How long it lasts, seconds.
    pub duration_s: f64,
    /// Starts per second at its beginning.
    pub from_per_s: f64,
    /// Starts per second at its end; the same as `from_per_s` where the rate is constant.
    pub to_per_s: f64,
}

/// What one virtual user does, an ordered list of steps, repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Journey {
    /// Kebab-case name.
    pub name: String,
    /// Share of the virtual users that take this journey, relative to the other weights.
    pub weight: u32,
    /// Variables filled anew at the start of every round, in this order; each may use those before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Its steps in order. A step that fails or cannot be filled ends this round of the journey.
    pub steps: Vec<Step>,
}

/// A name for a value that several steps of a round share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variable {
    /// What templates call it.
    pub name: String,
    /// Template of its value.
    pub value: String,
}

/// One HTTP request with what it expects and what it keeps for later steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The endpoint's label everywhere.
    pub name: String,
    /// HTTP method.
    pub method: Method,
    /// Template of the path with its query, starting with `/`.
    pub path: String,
    /// Header fields; the values are templates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// What the answer must be.
    pub expect: Expectation,
    /// What is kept of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extract: Vec<Extraction>,
    /// How long the virtual user waits after this step.
    pub think_time: ThinkTime,
    /// Chance that the step is taken at all in a round, 0–1.
    pub probability: f64,
    /// How it is asked alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<StepProbe>,
}

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are those of RFC 9110")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

/// One header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Field name.
    pub name: String,
    /// Template of its value.
    pub value: String,
}

/// What a step sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A JSON value whose texts are templates; a text that is one placeholder becomes that variable's own value.
    Json(serde_json::Value),
    /// A template sent as it is; the content type is up to the headers.
    Text(String),
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// Statuses that are good. Empty: any from 200 to 299.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<u16>,
    /// What the body must say, when the status is one of 200 to 299.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

/// One demand on a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The body holds this text, a template.
    Text(String),
    /// The JSON pointer (RFC 6901) leads to something, and to this value where one is given.
    Json {
        /// The pointer, such as `/items/0/code`.
        pointer: String,
        /// What must stand there, its texts templates; absent: anything but null.
        equals: Option<serde_json::Value>,
    },
}

/// Something kept of an answer for later steps of the same round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extraction {
    /// The variable it becomes.
    pub variable: String,
    /// JSON pointer (RFC 6901) to it. A `*` in place of an index picks an element at random.
    pub pointer: String,
}

/// How long a virtual user waits; evenly distributed between both ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThinkTime {
    /// Shortest, in seconds.
    pub min_s: f64,
    /// Longest, in seconds.
    pub max_s: f64,
}

/// Rows of data that templates draw from as `{{feeder.column}}`; one row a round of the journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feeder {
    /// How rows are picked.
    pub order: FeederOrder,
    /// The rows: column name to value.
    pub rows: Vec<BTreeMap<String, String>>,
}

/// How rows of a feeder are picked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeederOrder {
    /// Any row, each time anew.
    #[default]
    Random,
    /// One after the other over all virtual users, from the start again at the end.
    Circular,
}

//! What is measured without a twin: a constant for each function, from which its benchmark takes the names, and the table of all.

use crate::pair::Single;

/// Finding 4 keys at 8 kHz, what telephones send.
pub const AUDIO_4_KEYS_8_KHZ: Single = audio("4 keys at 8 kHz");
/// Finding 4 keys at 16 kHz, what voice messages have.
pub const AUDIO_4_KEYS_16_KHZ: Single = audio("4 keys at 16 kHz");
/// Finding 4 keys at 48 kHz, the most that is read.
pub const AUDIO_4_KEYS_48_KHZ: Single = audio("4 keys at 48 kHz");
/// Finding 12 keys at 8 kHz.
pub const AUDIO_12_KEYS_8_KHZ: Single = audio("12 keys at 8 kHz");
/// Finding 12 keys at 16 kHz.
pub const AUDIO_12_KEYS_16_KHZ: Single = audio("12 keys at 16 kHz");
/// Finding 12 keys at 48 kHz.
pub const AUDIO_12_KEYS_48_KHZ: Single = audio("12 keys at 48 kHz");

const fn audio(function: &'static str) -> Single {
    Single::cpu("decode menu tones", function)
}

/// Recording one request of a virtual user.
pub const RECORD_SAMPLE: Single = Single::cpu("recording", "a sample");
/// Merging what two threads recorded in a second, and handing it out.
pub const MERGE_SECOND: Single = Single::cpu("recording", "merge a second of 2000 samples");
/// Taking such a second into the record of the run.
pub const TAKE_IN_SECOND: Single = Single::cpu("recording", "take in a second of 13 steps");
/// Counting times in a histogram.
pub const RECORD_TIMES: Single = Single::cpu("recording", "1000 times into a histogram");
/// Adding one histogram to another.
pub const MERGE_HISTOGRAMS: Single = Single::cpu("recording", "merge two histograms");
/// Judging one objective of a run.
pub const EVALUATE_SLO: Single = Single::cpu("judging", "an SLO");
/// Judging a whole run: all objectives and checks.
pub const JUDGE_RUN: Single = Single::cpu("judging", "a run");
/// Reading plans of Postgres.
pub const PARSE_PLANS: Single = Single::cpu("statements", "parse 3 plans");
/// The identities of statements as real libraries write them.
pub const FINGERPRINT_STATEMENTS: Single = Single::cpu("statements", "fingerprint 69 statements");
/// How the calls of each statement follow the items of a page.
pub const FIT_N_PLUS_ONE: Single = Single::cpu("statements", "N+1 regression of 1000 fingerprints");
/// Filling a body with JSON from its template.
pub const RENDER_BODY: Single = Single::cpu("rendering", "a request body");
/// Rendering `report.html`.
pub const RENDER_REPORT: Single = Single::cpu("rendering", "report.html");

/// Every function without a twin, in the order of the table.
pub const SINGLES: &[Single] = &[
    AUDIO_4_KEYS_8_KHZ,
    AUDIO_4_KEYS_16_KHZ,
    AUDIO_4_KEYS_48_KHZ,
    AUDIO_12_KEYS_8_KHZ,
    AUDIO_12_KEYS_16_KHZ,
    AUDIO_12_KEYS_48_KHZ,
    RECORD_SAMPLE,
    MERGE_SECOND,
    TAKE_IN_SECOND,
    RECORD_TIMES,
    MERGE_HISTOGRAMS,
    RENDER_BODY,
    EVALUATE_SLO,
    JUDGE_RUN,
    PARSE_PLANS,
    FINGERPRINT_STATEMENTS,
    FIT_N_PLUS_ONE,
    RENDER_REPORT,
];

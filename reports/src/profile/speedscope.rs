//! The files of a profile, opened in speedscope as people open them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aforo_model::profile::{Frame, Profile, ProfileClock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::{Value, json};

use super::{canonical, write_folded, write_pprof};
use crate::html::browser::chromium::Chromium;

/// Waits until a profile is shown, and gives what speedscope exports of it.
const EXPORTED: &str = include_str!("exported.js");

/// A stack as speedscope tells it, the outermost function first: names and files.
type Calls = Vec<(String, Option<String>)>;

fn viewer() -> PathBuf {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/speedscope/release/index.html");
    std::fs::canonicalize(page).expect("speedscope is not installed: run `make setup`")
}

/// What speedscope understands of a file, in its own format.
fn opened(name: &str, file: &[u8]) -> Value {
    // Its own command line passes files on in this way.
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("profile.js");
    let call = format!("speedscope.loadFileFromBase64({}, {})", json!(name), json!(STANDARD.encode(file)));
    std::fs::write(&script, call).unwrap();
    let mut chromium = Chromium::start();
    chromium.visit(&format!("file://{}#localProfilePath={}", viewer().display(), script.display()));
    chromium.evaluate(EXPORTED)
}

/// What each stack weighs, and the lines that were told of each function.
fn understood(opened: &Value) -> (BTreeMap<Calls, f64>, BTreeMap<String, Value>) {
    let [profile] = opened["profiles"].as_array().unwrap().as_slice() else { panic!("{opened}") };
    let frames = opened["shared"]["frames"].as_array().unwrap();
    let call = |place: &Value| {
        let frame = &frames[usize::try_from(place.as_u64().unwrap()).unwrap()];
        (frame["name"].as_str().unwrap().to_owned(), frame["file"].as_str().map(str::to_owned))
    };
    // It writes when each function begins and ends, on a scale of weights.
    let mut weights: BTreeMap<Calls, f64> = BTreeMap::new();
    let (mut calls, mut at) = (Calls::new(), 0.0);
    for event in profile["events"].as_array().unwrap() {
        let now = event["at"].as_f64().unwrap();
        if now > at {
            *weights.entry(calls.clone()).or_default() += now - at;
        }
        at = now;
        match event["type"].as_str().unwrap() {
            "O" => calls.push(call(&event["frame"])),
            _ => assert_eq!(calls.pop(), Some(call(&event["frame"]))),
        }
    }
    let lines =
        frames.iter().map(|frame| (frame["name"].as_str().unwrap().to_owned(), frame["line"].clone()));
    (weights, lines.collect())
}

/// What each stack should weigh where a sample weighs so much.
fn expected(
    profile: &Profile,
    of_sample: f64,
    call: impl Fn(&Frame) -> (String, Option<String>),
) -> BTreeMap<Calls, f64> {
    let mut weights: BTreeMap<Calls, f64> = BTreeMap::new();
    for stack in &profile.stacks {
        *weights.entry(profile.frames_of(stack).map(&call).collect()).or_default() +=
            stack.samples as f64 * of_sample;
    }
    weights
}

/// The canonical profile with names that readers of profiles are known to take for something else.
fn profile() -> Profile {
    let mut profile = canonical::profile();
    for (place, name) in
        [(1, "<Vec<T> as FromIterator<T>>::from_iter"), (3, "f(int, 12) 7"), (4, "zażółć \"&amp;\" <b>")]
    {
        profile.frames[place].function = name.to_owned();
    }
    profile.frames[0].file = None;
    profile.frames[0].line = None;
    profile
}

#[test]
fn the_file_of_pprof_opens_in_speedscope_with_every_stack_file_and_line() {
    for clock in [ProfileClock::Cpu, ProfileClock::WallNonIdle] {
        let profile = Profile { clock, ..profile() };
        let mut file = Vec::new();
        write_pprof(&profile, DateTime::UNIX_EPOCH, &["a comment".to_owned()], &mut file).unwrap();
        let opened = opened("search.pb.gz", &file);
        assert_eq!(opened["profiles"][0]["unit"], "nanoseconds");
        let (weights, lines) = understood(&opened);
        let call = |frame: &Frame| (frame.function.clone(), frame.file.clone());
        assert_eq!(weights, expected(&profile, 10_101_010.0, call));
        // It keeps one line of each function, and 0 where there is none.
        let is_told = |function: &str, line: &Value| {
            let mut frames = profile.frames.iter().filter(|frame| frame.function == function);
            frames.any(|frame| *line == frame.line.unwrap_or_default())
        };
        assert!(lines.iter().all(|(function, line)| is_told(function, line)), "{lines:?}");
    }
}

#[test]
fn folded_stacks_open_in_speedscope_with_every_stack() {
    let profile = profile();
    let mut file = Vec::new();
    write_folded(&profile, &mut file).unwrap();
    let opened = opened("search.folded", &file);
    let (weights, _) = understood(&opened);
    let name = |frame: &Frame| match frame.function.as_str() {
        // A number at the end cannot be told from that of samples, nor can a `;` from the next function.
        "f(int, 12) 7" => ("f(int, 12)_7".to_owned(), None),
        name => (name.replace(';', ":"), None),
    };
    assert_eq!(weights, expected(&profile, 1.0, name));
}

//! `[[journey.step]]`: one HTTP request with what it expects and keeps.

use aforo_model::{Body, Check, Expectation, Extraction, Header, Method, Step, ThinkTime, parse_duration};
use toml::de::DeValue;

use super::feeder::NAME_HELP;
use super::journey::{Endpoints, Names};
use super::probe;
use super::report::{At, Report};
use super::section::{self, Section};
use crate::template::Template;
use crate::template::parse::is_name;

/// The keys of a step.
pub(super) const KEYS: [&str; 11] = [
    "name",
    "method",
    "path",
    "headers",
    "json",
    "body",
    "expect",
    "extract",
    "think",
    "probability",
    "probe",
];

const METHODS: [(&str, Method); 7] = [
    ("GET", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("PATCH", Method::Patch),
    ("DELETE", Method::Delete),
    ("HEAD", Method::Head),
    ("OPTIONS", Method::Options),
];

/// The longest a virtual user may think, in seconds.
const MAX_THINK_S: f64 = 3600.0;

/// Reads a step. What it keeps is added to the names that later steps may use.
pub(super) fn read(section: &Section<'_>, names: &mut Names<'_>, endpoints: &mut Endpoints) -> Option<Step> {
    let name = section.required_text("name", "name = \"search\"");
    let path = section.required_text("path", "path = \"/search?q={{word}}\"");
    if let Some(name) = &name {
        check_name(name, section.report);
    }
    if let Some(path) = &path {
        check_path(path, names, section.report);
    }
    let (method_word, method) = method(section);
    let body = body(section, names);
    let headers = headers(section, names);
    let probe = probe::read_step(section, names, endpoints);
    // What it expects may speak of what came before, not of what it keeps itself.
    let expect = expectation(section, names);
    let extract = extractions(section, names);
    let think_time = think_time(section);
    let probability = probability(section);
    let (name, path) = (name?, path?);
    endpoints.check(&name, method_word, path.value, section.report);
    Some(Step {
        name: name.value.to_owned(),
        method,
        path: path.value.to_owned(),
        headers,
        body,
        expect,
        extract,
        think_time,
        probability,
        probe,
    })
}

fn check_name(name: &At<&str>, report: &Report) {
    if !is_name(name.value) {
        report.add(name.span.clone(), format!("`{}` is not a name", name.value), "here", NAME_HELP);
    } else if name.value == "total" {
        let label = "already means all steps together";
        report.add(name.span.clone(), "a step cannot be called `total`", label, "give it another name");
    }
}

fn check_path(path: &At<&str>, names: &Names<'_>, report: &Report) {
    names.check(path, Template::path(path.value));
    if !path.value.starts_with('/') {
        let help = "write it without the host: the target's base URL is put before it";
        report.add(path.span.clone(), "a path begins with `/`", "this path", help);
    }
}

fn method(section: &Section<'_>) -> (&'static str, Method) {
    let Some(word) = section.text("method") else { return METHODS[0] };
    match METHODS.iter().find(|(known, _)| *known == word.value) {
        Some(method) => *method,
        None => {
            section.report.unknown(&word, "a method", METHODS.map(|(known, _)| known));
            METHODS[0]
        }
    }
}

fn body(section: &Section<'_>, names: &Names<'_>) -> Option<Body> {
    let text = section.text("body");
    let json = section.value("json").map(|json| {
        section::json(json, section.report, &mut |text| {
            names.check(text, Template::plain(text.value));
        })
    });
    if let Some(text) = &text {
        names.check(text, Template::plain(text.value));
        if json.is_some() {
            let help = "keep `json` for a JSON body or `body` for anything else";
            section.report.add(text.span.clone(), "a step has one body", "a second body", help);
        }
    }
    json.map(Body::Json).or_else(|| text.map(|text| Body::Text(text.value.to_owned())))
}

fn headers(section: &Section<'_>, names: &Names<'_>) -> Vec<Header> {
    let mut headers = Vec::new();
    for (name, value) in section.entries("headers") {
        let is_token = !name.value.is_empty()
            && name
                .value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if !is_token {
            let message = format!("`{}` cannot be the name of a header field", name.value);
            section.report.add(name.span.clone(), message, "here", "write it like `x-request-id`");
        }
        if let Some(value) = section::text(value, "a header field", section.report) {
            names.check(&value, Template::plain(value.value));
            headers.push(Header { name: name.value.to_owned(), value: value.value.to_owned() });
        }
    }
    headers
}

fn expectation(section: &Section<'_>, names: &Names<'_>) -> Expectation {
    let mut expectation = Expectation { statuses: Vec::new(), checks: Vec::new() };
    let Some(expect) = section.section("expect", "`expect`", &["status", "text", "json"]) else {
        return expectation;
    };
    expectation.statuses = statuses(&expect);
    if let Some(text) = expect.text("text") {
        names.check(&text, Template::plain(text.value));
        expectation.checks.push(Check::Text(text.value.to_owned()));
    }
    for (pointer, value) in expect.entries("json") {
        check_pointer(&pointer, expect.report);
        let wanted = section::json(value, expect.report, &mut |text| {
            names.check(text, Template::plain(text.value));
        });
        // A star stands for anything, here as in a pointer.
        let equals = Some(wanted).filter(|wanted| wanted.as_str() != Some("*"));
        expectation.checks.push(Check::Json { pointer: pointer.value.to_owned(), equals });
    }
    expectation
}

fn statuses(expect: &Section<'_>) -> Vec<u16> {
    let Some(value) = expect.value("status") else { return Vec::new() };
    let values = match value.get_ref() {
        DeValue::Array(values) => values.iter().collect(),
        _ => vec![value],
    };
    let mut statuses = Vec::new();
    for value in values {
        match section::whole(value.get_ref()).and_then(|status| u16::try_from(status).ok()) {
            Some(status @ 100..=599) => statuses.push(status),
            _ => {
                let help = "write `status = 200` or `status = [200, 409]`";
                expect.report.add(value.span(), "this is not an HTTP status", "100 to 599", help);
            }
        }
    }
    statuses
}

fn extractions(section: &Section<'_>, names: &mut Names<'_>) -> Vec<Extraction> {
    let mut extractions = Vec::new();
    for (variable, pointer) in section.entries("extract") {
        if !is_name(variable.value) {
            let message = format!("`{}` is not a name", variable.value);
            section.report.add(variable.span.clone(), message, "here", NAME_HELP);
        }
        if let Some(pointer) = section::text(pointer, "a JSON pointer", section.report) {
            check_pointer(&pointer, section.report);
            extractions
                .push(Extraction { variable: variable.value.to_owned(), pointer: pointer.value.to_owned() });
        }
        names.variables.push(variable.value.to_owned());
    }
    extractions
}

pub(super) fn check_pointer(pointer: &At<&str>, report: &Report) {
    if !pointer.value.is_empty() && !pointer.value.starts_with('/') {
        let message = format!("`{}` is not a JSON pointer", pointer.value);
        let help = "write it like `/items/0/code`; `*` in place of an index picks one at random";
        report.add(pointer.span.clone(), message, "begins without `/`", help);
    }
}

fn think_time(section: &Section<'_>) -> ThinkTime {
    let Some(text) = section.text("think") else { return ThinkTime::default() };
    let (min, max) = text.value.split_once("..").unwrap_or((text.value, text.value));
    let seconds = |text: &str| parse_duration(text).map(|duration| duration.as_secs_f64());
    let (message, label) = match (seconds(min), seconds(max)) {
        (Ok(min_s), Ok(max_s)) if min_s <= max_s && max_s <= MAX_THINK_S => {
            return ThinkTime { min_s, max_s };
        }
        (Ok(_), Ok(max_s)) if max_s > MAX_THINK_S => ("a user thinks for an hour at most", "too long"),
        (Ok(_), Ok(_)) => ("the shorter think time comes first", "these are the wrong way round"),
        _ => ("this is not a think time", "not a time"),
    };
    section.report.add(text.span, message, label, "write `1s` or `500ms..2s`");
    ThinkTime::default()
}

fn probability(section: &Section<'_>) -> f64 {
    let Some(probability) = section.number("probability") else { return 1.0 };
    if probability.value > 0.0 && probability.value <= 1.0 {
        return probability.value;
    }
    let help = "write `0.2` for one round in five";
    section.report.add(probability.span, "a probability is more than 0 and at most 1", "not possible", help);
    1.0
}

//! Whether an answer is what a step expects, and what is kept of it.

use std::collections::HashMap;

use aforo_model::{Check, ErrorKind, Expectation, Extraction};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use super::exchange::Answer;
use crate::template::{Scope, Template, TemplateError, compile_json};

/// Bytes of a body that are quoted in a message.
const EXCERPT_BYTES: usize = 120;

/// Why an answer is not good.
pub(crate) type Failure = (ErrorKind, String);

/// An expectation with its templates compiled.
#[derive(Debug)]
pub(crate) struct Judge {
    statuses: Vec<u16>,
    checks: Vec<CompiledCheck>,
    /// What is kept: the variable, and where its value stands.
    extractions: Vec<(String, Pointer)>,
}

#[derive(Debug)]
enum CompiledCheck {
    Text(Template),
    Json { pointer: Pointer, equals: Option<Wanted> },
}

/// The value that must stand somewhere.
#[derive(Debug)]
enum Wanted {
    Fixed(Value),
    Filled(Template),
}

impl Wanted {
    fn compile(value: &Value) -> Result<Self, TemplateError> {
        let template = compile_json(value)?;
        let is_fixed = template.fixed().is_some();
        Ok(if is_fixed { Self::Fixed(value.clone()) } else { Self::Filled(template) })
    }
}

/// A JSON pointer (RFC 6901) in which `*` picks an element of an array at random.
#[derive(Debug)]
struct Pointer {
    text: String,
    tokens: Vec<String>,
}

impl Pointer {
    fn new(text: &str) -> Self {
        let tokens =
            text.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        Self { text: text.to_owned(), tokens }
    }
}

impl Judge {
    /// Compiles what a step expects and keeps.
    pub(crate) fn new(expect: &Expectation, extractions: &[Extraction]) -> Result<Self, TemplateError> {
        let compile = |check: &Check| match check {
            Check::Text(text) => Template::plain(text).map(CompiledCheck::Text),
            Check::Json { pointer, equals } => Ok(CompiledCheck::Json {
                pointer: Pointer::new(pointer),
                equals: equals.as_ref().map(Wanted::compile).transpose()?,
            }),
        };
        Ok(Self {
            statuses: expect.statuses.clone(),
            checks: expect.checks.iter().map(compile).collect::<Result<_, _>>()?,
            extractions: extractions
                .iter()
                .map(|extraction| (extraction.variable.clone(), Pointer::new(&extraction.pointer)))
                .collect(),
        })
    }

    /// The templates of what is expected.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.checks.iter().filter_map(|check| match check {
            CompiledCheck::Text(text) => Some(text),
            CompiledCheck::Json { equals: Some(Wanted::Filled(template)), .. } => Some(template),
            CompiledCheck::Json { .. } => None,
        })
    }

    /// Judges an answer; what is to be kept of a good one comes back by variable.
    pub(crate) fn judge(
        &self,
        answer: &Answer,
        scope: &impl Scope,
        rng: &mut impl Rng,
    ) -> Result<HashMap<String, Value>, Failure> {
        self.check_status(answer)?;
        // The body of an expected refusal, such as 409, is another document.
        if !(200..=299).contains(&answer.status) {
            return Ok(HashMap::new());
        }
        let mut document = Document { body: &answer.body, json: None };
        for check in &self.checks {
            check.check(&mut document, scope, rng)?;
        }
        let mut kept = HashMap::new();
        for (variable, pointer) in &self.extractions {
            match find(document.json()?, pointer, rng) {
                Found::Value(value) => {
                    kept.insert(variable.clone(), value.clone());
                }
                Found::NothingToPick => {}
                Found::Missing => {
                    return Err(unexpected(format!(
                        "nothing stands at `{}` to be kept as `{variable}`",
                        pointer.text
                    )));
                }
            }
        }
        Ok(kept)
    }

    fn check_status(&self, answer: &Answer) -> Result<(), Failure> {
        let status = answer.status;
        let is_good = if self.statuses.is_empty() {
            (200..=299).contains(&status)
        } else {
            self.statuses.contains(&status)
        };
        if is_good {
            return Ok(());
        }
        let expected = if self.statuses.is_empty() {
            "200 to 299".to_owned()
        } else {
            self.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
        };
        let kind = if status >= 500 { ErrorKind::ServerStatus } else { ErrorKind::Status };
        // Redirects within the target are followed unless the step expects one, so this one leads away from it.
        let expects_redirect = self.statuses.iter().any(|status| (300..=399).contains(status));
        let redirect = if matches!(status, 301 | 302 | 303 | 307 | 308) && !expects_redirect {
            " (a redirect to another scheme, host or port is not followed)"
        } else {
            ""
        };
        Err((kind, format!("answered {status} instead of {expected}{redirect}{}", excerpt(&answer.body))))
    }
}

impl CompiledCheck {
    fn check(
        &self,
        document: &mut Document<'_>,
        scope: &impl Scope,
        rng: &mut impl Rng,
    ) -> Result<(), Failure> {
        let unfilled = |_| unexpected("a variable of the expectation has no value".to_owned());
        match self {
            Self::Text(text) => {
                let text = text.render(scope, rng).map_err(unfilled)?;
                if String::from_utf8_lossy(document.body).contains(&text) {
                    return Ok(());
                }
                Err(unexpected(format!("the body does not hold `{text}`{}", excerpt(document.body))))
            }
            Self::Json { pointer, equals } => {
                let found = match find(document.json()?, pointer, rng) {
                    Found::Value(found) if !found.is_null() => found,
                    _ => return Err(unexpected(format!("nothing stands at `{}`", pointer.text))),
                };
                let Some(equals) = equals else { return Ok(()) };
                let filled;
                let wanted = match equals {
                    Wanted::Fixed(value) => value,
                    Wanted::Filled(template) => {
                        let text = template.render(scope, rng).map_err(unfilled)?;
                        // Such a template makes JSON of whatever fills it; null would equal nothing here.
                        filled = serde_json::from_str(&text).unwrap_or(Value::Null);
                        &filled
                    }
                };
                if same(found, wanted) {
                    return Ok(());
                }
                let found = found.to_string();
                Err(unexpected(format!("`{}` is {} instead of {wanted}", pointer.text, cut(&found))))
            }
        }
    }
}

/// A body that is read as JSON at most once.
struct Document<'answer> {
    body: &'answer [u8],
    json: Option<Value>,
}

impl Document<'_> {
    fn json(&mut self) -> Result<&Value, Failure> {
        let json = match self.json.take() {
            Some(json) => json,
            None => serde_json::from_slice(self.body).map_err(|error| {
                unexpected(format!("the body is not JSON: {error}{}", excerpt(self.body)))
            })?,
        };
        Ok(self.json.insert(json))
    }
}

/// Where a pointer leads.
enum Found<'document> {
    Value(&'document Value),
    /// A `*` met an empty array: a good answer with nothing in it.
    NothingToPick,
    Missing,
}

/// Follows a pointer.
fn find<'document>(document: &'document Value, pointer: &Pointer, rng: &mut impl Rng) -> Found<'document> {
    let mut value = document;
    for token in &pointer.tokens {
        let next = match value {
            Value::Array(items) if token == "*" => match items.choose(rng) {
                Some(item) => Some(item),
                None => return Found::NothingToPick,
            },
            Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            Value::Object(members) => members.get(token),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return Found::Missing,
        }
    }
    Found::Value(value)
}

/// Equality in which 1 and 1.0 are the same number.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

fn unexpected(message: String) -> Failure {
    (ErrorKind::Expectation, message)
}

/// The beginning of a body, for a message: `: "…"`. It may go to a terminal, where control characters are orders.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_BYTES)]);
    let text = text.replace(|character: char| character.is_control(), " ");
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(EXCERPT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::template::tests::{fixed, rng};

    fn bytes(status: u16, body: Vec<u8>) -> Answer {
        Answer { status, received_bytes: body.len() as u64, body: body.into() }
    }

    fn answer(status: u16, body: &Value) -> Answer {
        bytes(status, body.to_string().into_bytes())
    }

    fn judged(
        statuses: &[u16],
        checks: Vec<Check>,
        extract: &[(&str, &str)],
        answer: &Answer,
    ) -> Result<HashMap<String, Value>, Failure> {
        let extractions: Vec<_> = extract
            .iter()
            .map(|(variable, pointer)| Extraction {
                variable: (*variable).to_owned(),
                pointer: (*pointer).to_owned(),
            })
            .collect();
        let expect = Expectation { statuses: statuses.to_vec(), checks };
        let scope = fixed([("code", json!("R-1")), ("id", json!(7))]);
        Judge::new(&expect, &extractions).unwrap().judge(answer, &scope, &mut rng())
    }

    fn json_check(pointer: &str, equals: Option<Value>) -> Vec<Check> {
        vec![Check::Json { pointer: pointer.to_owned(), equals }]
    }

    #[test]
    fn the_kind_of_a_wrong_status_tells_whose_fault_it_is() {
        let kind = |status| judged(&[], vec![], &[], &answer(status, &json!({}))).unwrap_err().0;
        assert_eq!(kind(404), ErrorKind::Status);
        assert_eq!(kind(503), ErrorKind::ServerStatus);
        assert!(judged(&[409], vec![], &[("code", "/code")], &answer(409, &json!({}))).is_ok());
        let (_, message) = judged(&[200, 409], vec![], &[], &answer(500, &json!("boom"))).unwrap_err();
        assert_eq!(message, "answered 500 instead of 200 or 409: \"boom\"");
    }

    #[test]
    fn control_characters_of_a_body_do_not_reach_a_message() {
        let hostile = bytes(500, b"\x1b]0;owned\x07 \x1b[2J\xc2\x9b2Jboom".to_vec());
        let (_, message) = judged(&[], vec![], &[], &hostile).unwrap_err();
        assert!(message.contains("boom") && !message.contains(|c: char| c.is_control()), "{message:?}");
    }

    #[test]
    fn a_redirect_that_was_not_followed_is_told_as_one() {
        let (kind, message) = judged(&[], vec![], &[], &answer(302, &json!("x"))).unwrap_err();
        assert_eq!(kind, ErrorKind::Status);
        assert!(message.contains("another scheme, host or port"), "{message}");
        assert!(judged(&[302], vec![], &[], &answer(302, &json!("x"))).is_ok());
        let (_, message) = judged(&[302], vec![], &[], &answer(301, &json!("x"))).unwrap_err();
        assert!(!message.contains("not followed"), "where one is expected, none is followed: {message}");
    }

    #[test]
    fn a_body_is_checked_for_text_and_for_json() {
        let good = answer(200, &json!({"code": "R-1", "id": 7.0, "none": null, "a/b": 1}));
        let check = |checks| judged(&[], checks, &[], &good);
        assert!(check(vec![Check::Text("{{code}}".into())]).is_ok());
        assert!(check(json_check("/code", Some(json!("{{code}}")))).is_ok());
        assert!(check(json_check("/id", Some(json!("{{id}}")))).is_ok());
        assert!(check(json_check("/a~1b", None)).is_ok());
        for (checks, message) in [
            (vec![Check::Text("R-2".into())], "does not hold `R-2`"),
            (json_check("/code", Some(json!("R-2"))), "`/code` is \"R-1\" instead of \"R-2\""),
            (json_check("/none", None), "nothing stands at `/none`"),
            (json_check("/missing", None), "nothing stands at `/missing`"),
        ] {
            let (kind, found) = check(checks).unwrap_err();
            assert!(kind == ErrorKind::Expectation && found.contains(message), "{found}");
        }
        let html = bytes(200, b"<html>".to_vec());
        assert!(judged(&[], json_check("/x", None), &[], &html).unwrap_err().1.contains("not JSON"));
    }

    #[test]
    fn what_is_kept_is_found_by_pointer_and_a_star_picks_one() {
        let rooms = answer(200, &json!({"rooms": [{"id": 1}, {"id": 2}]}));
        let kept = judged(&[], vec![], &[("room", "/rooms/*/id"), ("first", "/rooms/0/id")], &rooms).unwrap();
        assert!(kept["room"] == json!(1) || kept["room"] == json!(2));
        assert_eq!(kept["first"], json!(1));
        let full = answer(200, &json!({"rooms": []}));
        assert!(judged(&[], vec![], &[("room", "/rooms/*/id")], &full).unwrap().is_empty());
        let (_, message) = judged(&[], vec![], &[("code", "/code")], &full).unwrap_err();
        assert!(message.contains("`/code`") && message.contains("`code`"), "{message}");
    }

    proptest! {
        #[test]
        fn no_body_and_no_pointer_makes_the_judge_panic(
            body in prop::collection::vec(any::<u8>(), 0..200),
            pointer in "(/[a~*0-9]{0,3}){0,4}",
        ) {
            let checks = json_check(&pointer, Some(json!(1)));
            let _ = judged(&[], checks, &[("x", &pointer)], &bytes(200, body.clone()));
            let _ = judged(&[500], vec![], &[], &bytes(200, body));
        }
    }
}

//! Collects everything that is wrong in one file.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use miette::NamedSource;

use crate::nearest::nearest;
use crate::scenario::error::Problem;
use crate::template::TemplateError;

/// A value with its place in the file, in bytes.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A file and what is wrong in it.
#[derive(Debug)]
pub(super) struct Report {
    file: NamedSource<Arc<str>>,
    text: Arc<str>,
    problems: RefCell<Vec<Problem>>,
}

impl Report {
    /// A report on the file called `name`.
    pub(super) fn new(name: &str, text: &str) -> Self {
        let text: Arc<str> = text.into();
        let file = NamedSource::new(name, Arc::clone(&text)).with_language("toml");
        Self { file, text, problems: RefCell::default() }
    }

    /// Notes a problem: what is wrong, what is said at the place, what would be right.
    pub(super) fn add(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        self.problems.borrow_mut().push(Problem {
            message: message.into(),
            file: self.file.clone(),
            span: span.into(),
            label: label.into(),
            help,
        });
    }

    /// Notes a word that is not `wanted`, such as `a step`, with what was likely meant.
    pub(super) fn unknown<'known>(
        &self,
        at: &At<&str>,
        wanted: &str,
        known: impl IntoIterator<Item = &'known str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let label = nearest(at.value, known.iter().copied())
            .map_or_else(|| "not known".to_owned(), |near| format!("did you mean `{near}`?"));
        let help = if known.is_empty() {
            "there are none".to_owned()
        } else {
            let known: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("known are {}", known.join(", "))
        };
        self.add(at.span.clone(), format!("`{}` is not {wanted}", at.value), label, help);
    }

    /// Notes a mistake in a template, at its place inside the text.
    pub(super) fn template(&self, at: &At<&str>, error: TemplateError) {
        self.add(
            self.inside(at, error.range),
            error.message,
            "in this template",
            error.help.unwrap_or_default(),
        );
    }

    /// The place of a part of a text. Where the file writes the text differently, with escapes, the place
    /// of the whole text.
    pub(super) fn inside(&self, at: &At<&str>, part: Range<usize>) -> Range<usize> {
        match self.text.get(at.span.clone()).and_then(|written| written.find(at.value)) {
            Some(offset) => at.span.start + offset + part.start..at.span.start + offset + part.end,
            None => at.span.clone(),
        }
    }

    /// How many problems there are so far.
    pub(super) fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// Everything that is wrong, in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.span.offset());
        problems
    }
}

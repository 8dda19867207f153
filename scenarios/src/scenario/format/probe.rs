//! `[probe]` and `probe` of a step: how steps are asked alone.

use std::collections::BTreeMap;

use aforo_model::{ProbeSettings, ProbeValues, StepProbe};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::journey::{Endpoints, Names};
use super::report::At;
use super::section::{self, Section};
use super::step::check_pointer;
use crate::template::Template;

/// Reads what holds for every step.
pub(super) fn read(root: &Section<'_>) -> ProbeSettings {
    let mut settings = ProbeSettings::default();
    let Some(section) = root.section("probe", "`[probe]`", &["production_page_size"]) else {
        return settings;
    };
    if let Some(size) = section.whole("production_page_size") {
        if size.value == 0 {
            let help = "write how many items a page has in production, such as 50";
            section.report.add(size.span, "a page holds at least one item", "no items", help);
        }
        settings.production_page_size = size.value;
    }
    settings
}

/// Reads what a step says. Its values stand in for those of variables that the step may use.
pub(super) fn read_step(
    step: &Section<'_>,
    names: &Names<'_>,
    endpoints: &mut Endpoints,
) -> Option<StepProbe> {
    let section = step.section("probe", "`probe`", &["skip", "page_size", "offset", "values"])?;
    Some(StepProbe {
        skip: section.boolean("skip").is_some_and(|skip| skip.value),
        page_size: parameter(&section, "page_size"),
        offset: parameter(&section, "offset"),
        values: values(&section, names, endpoints),
    })
}

/// The name of a query parameter.
fn parameter(section: &Section<'_>, key: &str) -> Option<String> {
    let name = section.text(key)?;
    let is_name = !name.value.is_empty()
        && !name.value.contains(|character: char| {
            character.is_whitespace() || character.is_control() || "&=?#{}".contains(character)
        });
    if !is_name {
        let message = format!("`{}` cannot be the name of a query parameter", name.value);
        section.report.add(name.span, message, "here", "write it like `limit`");
    }
    Some(name.value.to_owned())
}

fn values(
    section: &Section<'_>,
    names: &Names<'_>,
    endpoints: &mut Endpoints,
) -> BTreeMap<String, ProbeValues> {
    let mut values = BTreeMap::new();
    for (name, value) in section.entries("values") {
        if !names.variables.iter().any(|known| known == name.value) {
            let known = names.variables.iter().map(String::as_str);
            section.report.unknown(&name, "a variable with a value at this place", known);
        }
        let read = match value.get_ref() {
            DeValue::Array(items) => list(items, value, section),
            DeValue::Table(table) => {
                answers(At { value: table, span: name.span.clone() }, section, endpoints)
            }
            _ => section::text(value, "values of a variable", section.report).map(|text| {
                names.check(&text, Template::plain(text.value));
                ProbeValues::Template(text.value.to_owned())
            }),
        };
        values.extend(read.map(|read| (name.value.to_owned(), read)));
    }
    values
}

fn list<'file>(
    items: &'file [Spanned<DeValue<'file>>],
    value: &Spanned<DeValue<'_>>,
    section: &Section<'_>,
) -> Option<ProbeValues> {
    if items.is_empty() {
        let help = "name some that have few and some that have many items";
        section.report.add(value.span(), "there is no value in this list", "nothing to ask for", help);
    }
    let texts = items.iter().map(|item| section::text(item, "a value of a list", section.report));
    texts.map(|text| text.map(|text| text.value.to_owned())).collect::<Option<_>>().map(ProbeValues::List)
}

fn answers<'file>(
    table: At<&'file DeTable<'file>>,
    section: &Section<'file>,
    endpoints: &mut Endpoints,
) -> Option<ProbeValues> {
    let table = Section::new(table, "values from answers", &["step", "pointer"], section.report);
    let step = table.required_text("step", "step = \"search\"");
    let pointer = table.required_text("pointer", "pointer = \"/items/*/code\"");
    let (step, pointer) = (step?, pointer?);
    endpoints.mention(&step);
    check_pointer(&pointer, section.report);
    Some(ProbeValues::Answers { step: step.value.to_owned(), pointer: pointer.value.to_owned() })
}

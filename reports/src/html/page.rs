//! The page around the sections.

use std::io::{self, Write};

use aforo_model::RunRecord;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Output, State, Value, context, escape_formatter};
use serde::Serialize;

use super::sections::{SECTIONS, SHARED_STYLE, SHARED_TEMPLATE, Section};
use super::{breaks, glossary, prose};
use crate::counted::counted;
use crate::text::{truncated, turns_text};

/// Styles of the page, the charts' first so that ours win.
const STYLES: [&str; 4] = [
    include_str!("vendor/uplot/uPlot.min.css"),
    include_str!("frame/page.css"),
    include_str!("frame/chart.css"),
    SHARED_STYLE,
];

/// Scripts of the page. Each stands on those before it, and sections stand on all of them.
const SCRIPTS: [&str; 7] = [
    // Every copy carries its licence.
    concat!(
        "/*\n",
        include_str!("vendor/uplot/LICENSE"),
        "*/\n",
        include_str!("vendor/uplot/uPlot.iife.min.js")
    ),
    include_str!("frame/page.js"),
    include_str!("frame/figures.js"),
    include_str!("frame/axes.js"),
    include_str!("frame/chart.js"),
    include_str!("frame/tables.js"),
    include_str!("frame/terms.js"),
];

/// Columns of the title, in which names of the user's own stand.
const TITLE_COLUMNS: usize = 120;

/// Writes the report as one file.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_formatter(written);
    templates.add_function("term", glossary::explained);
    templates.add_filter("prose", prose::prose);
    templates.add_filter("counted", counted);
    templates.add_filter("breakable", breaks::breakable);
    let (name, text) = SHARED_TEMPLATE;
    templates.add_template(name, text).map_err(io::Error::other)?;
    let sections: Vec<ShownSection> =
        SECTIONS.iter().filter_map(|section| shown(&templates, section, record)).collect();
    let terms: Vec<&glossary::Term> =
        glossary::used_in(&sections.iter().map(|section| section.body.as_str()).collect::<String>())
            .collect();
    let page = templates
        .render_str(
            include_str!("frame/page.html"),
            context! {
                title => truncated(&format!("{} · {}", record.scenario.name, record.target.name), TITLE_COLUMNS),
                run => &record.id,
                version => &record.environment.aforo_version,
                styles => STYLES,
                scripts => SCRIPTS,
                sections => Value::from(Serde(&sections)),
                terms => Value::from(Serde(&terms)),
            },
        )
        .map_err(io::Error::other)?;
    out.write_all(page.as_bytes())?;
    out.write_all(b"\n")
}

/// Writes a value into the page: escaped, and without characters that turn the text around them.
fn written(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str().filter(|text| text.contains(turns_text)) {
        Some(text) => {
            let straight: String = text.chars().filter(|&c| !turns_text(c)).collect();
            let straight =
                if value.is_safe() { Value::from_safe_string(straight) } else { Value::from(straight) };
            escape_formatter(out, state, &straight)
        }
        None => escape_formatter(out, state, value),
    }
}

/// A section as the page takes it.
#[derive(Serialize)]
struct ShownSection {
    id: &'static str,
    title: &'static str,
    style: &'static str,
    script: &'static str,
    body: String,
}

/// A section's HTML; nothing where the record has nothing to show in it.
fn shown(templates: &Environment<'_>, section: &Section, record: &RunRecord) -> Option<ShownSection> {
    let view: Value = (section.view)(record)?;
    let body = templates.render_str(section.template, view);
    // A template is part of the program: whether it fits its view is known once it was tested.
    let body = body.unwrap_or_else(|error| panic!("the template of {}: {error:#}", section.id));
    let Section { id, title, style, script, .. } = *section;
    Some(ShownSection { id, title, style, script, body })
}

//! `report.html`: the whole run in one file that needs no network.
//!
//! One file a section, one line a section in the table. A section is a view of the record (what its template reads, in the order and
//! the words it is shown), the template, and where it needs them a style and a script of its own. Templates escape everything by
//! themselves; charts are drawn in the browser from the JSON that a section carries ([`data_block`](data::data_block)).
//!
//! What the page gives every section:
//!
//! * in templates `{{ term("p95") }}` or `{{ term("p95", "P95") }}`: a word that is explained on hover and focus ([`glossary`]);
//! * `{{ sentence | prose }}`: a sentence of the record in which code stands between backquotes ([`prose`]);
//! * `{{ name | breakable }}`: a path or the name of a function, which breaks where a part ends ([`breaks`]);
//! * `{{ count | counted("plan") }}`: a count with its word in the right number;
//! * in scripts what the heads of `frame/*.js` say, above all `chart(figure, {…})` and `data(id)`;
//! * the classes of `frame/page.css`: `scroll`, `sortable`, `number`, `card`, `tag`, `mark`, `note`, `copyable`.

mod anchors;
mod breaks;
#[cfg(test)]
pub(crate) mod browser;
mod data;
#[cfg(test)]
mod evidence;
mod glossary;
mod page;
mod prose;
mod sections;
#[cfg(test)]
mod tests;

pub(crate) use page::render;

//! The sections of the page, in its order.

mod cache;
mod call_tree;
mod checklist;
mod comparison;
mod endpoints;
mod environment;
mod findings;
mod flame_graph;
mod indexes;
mod n_plus_one;
mod percentiles;
mod plan;
mod plot;
mod recommendations;
mod resources;
mod slos;
mod statements;
mod timeline;
mod verdict;

use aforo_model::RunRecord;
use minijinja::Value;

/// One section.
#[derive(Clone, Copy)]
pub(super) struct Section {
    /// Its anchor. Ids within its template begin with it.
    pub(super) id: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// What its template reads; nothing where the run has nothing of it, and the section is left out.
    pub(super) view: fn(&RunRecord) -> Option<Value>,
    /// Its template.
    pub(super) template: &'static str,
    /// Rules of its own, for classes that begin with its anchor; empty where the page's do.
    pub(super) style: &'static str,
    /// A script of its own; empty where it needs none. It runs once, after the page's scripts, in a scope of its own.
    pub(super) script: &'static str,
}

/// Every section.
pub(super) const SECTIONS: &[Section] = &[
    verdict::SECTION,
    slos::SECTION,
    comparison::SECTION,
    recommendations::SECTION,
    timeline::SECTION,
    endpoints::SECTION,
    percentiles::SECTION,
    flame_graph::SECTION,
    statements::SECTION,
    n_plus_one::SECTION,
    indexes::SECTION,
    checklist::SECTION,
    cache::SECTION,
    resources::SECTION,
    findings::SECTION,
    environment::SECTION,
];

/// What templates of several sections import: its name and its text.
pub(super) const SHARED_TEMPLATE: (&str, &str) = ("evidence.html", include_str!("evidence.html"));

/// The rules of what it draws.
pub(super) const SHARED_STYLE: &str = include_str!("evidence.css");

//! `[http]`: how requests are sent.

use aforo_model::{Http, HttpClient, Load, Workload};

use super::section::Section;

const CLIENTS: [(&str, HttpClient); 2] = [("lean", HttpClient::Lean), ("full", HttpClient::Full)];

/// Reads how requests are sent under `load`.
pub(super) fn read(root: &Section<'_>, load: Option<&Load>) -> Http {
    let Some(section) = root.section("http", "`[http]`", &["client"]) else { return Http::default() };
    let Some(word) = section.text("client") else { return Http::default() };
    let Some((_, client)) = CLIENTS.iter().find(|(known, _)| *known == word.value) else {
        section.report.unknown(&word, "a client", CLIENTS.map(|(known, _)| known));
        return Http::default();
    };
    let is_open = load.is_some_and(|load| matches!(load.workload, Workload::Open { .. }));
    if is_open && *client == HttpClient::Full {
        let help = "remove it: the full client is Goose's, and Goose plays closed workloads only";
        section.report.add(word.span, "an open workload is sent by the lean client", "not here", help);
    }
    Http { client: *client }
}

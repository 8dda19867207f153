//! What a database report must say of the hotel's flaws that are on, and must not say of those that are off.

use serde_json::Value;

/// Codes of findings about what an application asks of its database; each has a flaw behind it, or is wrong.
pub(crate) const JUDGED: [&str; 7] = [
    "n-plus-one",
    "seq-scan",
    "missing-index",
    "slow-statement",
    "rows-per-item",
    "unpaginated",
    "join-fan-out",
];

/// A flaw of the hotel that its database shows.
pub(crate) struct DatabaseFlaw {
    /// The word by which it is switched on.
    pub(crate) code: &'static str,
    /// Steps that suffer from it.
    steps: &'static [&'static str],
    kind: Kind,
}

enum Kind {
    /// A statement for each item: the words by which each such statement is known.
    PerItem(&'static [&'static str]),
    /// No index for a filter, which is known by these words.
    NoIndex(&'static str),
}

/// Every flaw that a database shows.
pub(crate) const DATABASE_FLAWS: [DatabaseFlaw; 7] = [
    DatabaseFlaw {
        code: "n-plus-one-list",
        steps: &["admin_list"],
        kind: Kind::PerItem(&["FROM accommodations", "FROM reservation_events WHERE reservation_id = $1"]),
    },
    // Reservations have so few events that only their nights tell more from fewer.
    DatabaseFlaw {
        code: "n-plus-one-view",
        steps: &["view"],
        kind: Kind::PerItem(&["FROM reservation_nights WHERE reservation_id = $1 AND night = $2"]),
    },
    DatabaseFlaw {
        code: "n-plus-one-export",
        steps: &["admin_export"],
        kind: Kind::PerItem(&["FROM accommodations", "FROM reservation_events WHERE reservation_id = $1"]),
    },
    DatabaseFlaw { code: "no-expires-index", steps: &[], kind: Kind::NoIndex("expires_at <= ") },
    DatabaseFlaw {
        code: "no-status-dates-index",
        steps: &["admin_list", "admin_export"],
        kind: Kind::NoIndex("check_in < "),
    },
    DatabaseFlaw { code: "no-channel-index", steps: &["admin_export"], kind: Kind::NoIndex("channel = ") },
    DatabaseFlaw { code: "no-phone-index", steps: &["by_phone"], kind: Kind::NoIndex("guest_phone = ") },
];

impl DatabaseFlaw {
    /// Whether the report names the flaw, with every statement of it.
    pub(crate) fn is_found(&self, report: &Value) -> bool {
        let findings = findings(report);
        let is_named = |words: &str| findings.iter().any(|finding| self.is_shown(report, finding, words));
        match self.kind {
            Kind::PerItem(statements) => statements.iter().all(|words| is_named(words)),
            Kind::NoIndex(filter) => is_named(filter),
        }
    }

    /// Whether the finding is this flaw's doing.
    fn explains(&self, report: &Value, finding: &Value) -> bool {
        let step = finding["subject"]["name"].as_str().unwrap_or_default();
        match (&self.kind, finding["code"].as_str().unwrap_or_default()) {
            (Kind::PerItem(statements), _) => {
                statements.iter().any(|words| self.is_shown(report, finding, words))
            }
            (Kind::NoIndex(_), "rows-per-item") => self.steps.contains(&step),
            // Its text is cut before the filter; that it is slow is checked where no flaw is on.
            (Kind::NoIndex(_), "slow-statement") => true,
            (Kind::NoIndex(filter), _) => self.is_shown(report, finding, filter),
        }
    }

    /// Whether the finding shows this flaw by the statement with these words.
    fn is_shown(&self, report: &Value, finding: &Value, words: &str) -> bool {
        let message = finding["message"].as_str().unwrap_or_default();
        match (&self.kind, finding["code"].as_str().unwrap_or_default()) {
            (Kind::PerItem(_), "n-plus-one") => {
                let statement = message.split(" runs ").next().unwrap_or_default();
                let step = finding["subject"]["name"].as_str().unwrap_or_default();
                self.steps.contains(&step) && statement.contains(words)
            }
            (Kind::NoIndex(_), "seq-scan") => message.contains(words),
            (Kind::NoIndex(_), "missing-index") => {
                let own = text(report, &finding["subject"]["name"]);
                own.contains(words)
                    || served(report, finding).iter().any(|statement| statement.contains(words))
            }
            _ => false,
        }
    }
}

/// The findings of the judged kinds that none of these flaws explains, each with its statement.
pub(crate) fn unexplained(report: &Value, flaws: &[&DatabaseFlaw]) -> Vec<String> {
    let findings = findings(report).into_iter();
    let unexplained = findings.filter(|finding| !flaws.iter().any(|flaw| flaw.explains(report, finding)));
    unexplained
        .map(|finding| {
            let (code, message) = (finding["code"].as_str(), finding["message"].as_str());
            let [code, message] = [code, message].map(Option::unwrap_or_default);
            let own = text(report, &finding["subject"]["name"]);
            let served = served(report, finding).join(" | ");
            format!("{code} {}: {message} | {own}{served}", finding["subject"]["name"])
        })
        .collect()
}

fn findings(report: &Value) -> Vec<&Value> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter(|finding| JUDGED.iter().any(|code| finding["code"] == *code)).collect()
}

/// The statements that an advised index serves.
fn served<'a>(report: &'a Value, finding: &Value) -> Vec<&'a str> {
    let mut advised = report["index_advice"]["found"]["indexes"].as_array().into_iter().flatten();
    let index = advised.find(|index| index["create_sql"] == finding["remedy"]);
    let served = index.and_then(|index| index["serves"].as_array()).into_iter().flatten();
    served.map(|statement| text(report, &statement["fingerprint"])).collect()
}

/// A statement, as far as it is among the hot ones.
fn text<'a>(report: &'a Value, fingerprint: &Value) -> &'a str {
    let mut hot = report["hot"].as_array().into_iter().flatten();
    let statement = hot.find(|statement| statement["fingerprint"] == *fingerprint);
    statement.and_then(|statement| statement["text"].as_str()).unwrap_or_default()
}

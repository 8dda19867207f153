//! Terms that are explained on hover and focus, and at the end of the page: one table.

use minijinja::{Error, ErrorKind, Value};
use serde::Serialize;

/// A word of the report.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Term {
    /// What templates name it by, and its anchor after `term-`.
    pub(super) key: &'static str,
    /// As it is written.
    pub(super) word: &'static str,
    /// What it means, in one or two sentences.
    pub(super) meaning: &'static str,
}

/// A term of the table.
const fn term(key: &'static str, word: &'static str, meaning: &'static str) -> Term {
    Term { key, word, meaning }
}

/// Every term, in alphabetical order of the words.
pub(super) const TERMS: &[Term] = &[
    term(
        "block",
        "block",
        "8 KiB of a table or an index, read from memory or from disk: the unit of work in Postgres.",
    ),
    term(
        "closed-workload",
        "closed workload",
        "A fixed number of virtual users, each starting its next request when the last one ended. While all of them wait, nobody starts.",
    ),
    term("cores", "cores", "CPU used, as a number of processor cores: 1.0 is one core busy all the time."),
    term("criticality", "criticality", "How much missing the objective matters, as the scenario says."),
    term(
        "dropped-start",
        "dropped start",
        "A round of requests that was due by the schedule and never began, because no virtual user was free.",
    ),
    term("effort", "effort", "How much work it is: low is minutes, medium is hours, high is days."),
    term(
        "endpoint",
        "endpoint",
        "One step of a journey: an HTTP request with what it expects, known by its name.",
    ),
    term(
        "error-rate",
        "errors",
        "Requests that failed, per request: a wrong status or answer, a time-out, a broken connection.",
    ),
    term("estimated", "estimated", "Computed from what was measured without the action. It was not tried."),
    term(
        "finding",
        "finding",
        "What a check concludes from the evidence, with the numbers it rests on. Its code is the same in every run.",
    ),
    term(
        "generator",
        "generator",
        "The part of Aforo that sends the load. If it is short of CPU, the figures say more about it than about the target.",
    ),
    term(
        "intended-start",
        "intended start",
        "When a request should have started by the schedule of the load.",
    ),
    term("journey", "journey", "What one virtual user does: an ordered list of steps, repeated."),
    term(
        "n-plus-one",
        "N+1",
        "A statement that runs once for every item of a list, after the one statement that fetched the list.",
    ),
    term(
        "nines",
        "nines",
        "The axis of the percentile curve: each mark leaves a tenth as many slower requests as the one before (90%, 99%, 99.9%).",
    ),
    term(
        "slo",
        "objective",
        "A service level objective: what must hold for an indicator, such as P95 below 3 s.",
    ),
    term(
        "open-workload",
        "open workload",
        "Rounds of requests begin on a schedule, whether or not earlier ones have ended, as real visitors do.",
    ),
    term(
        "own-code",
        "own code",
        "Code of the target itself, as opposed to that of libraries and of the language's runtime.",
    ),
    term("p50", "P50", "The median: half of the requests took no longer."),
    term("p95", "P95", "95 of 100 requests took no longer; one in twenty took longer."),
    term("p99", "P99", "99 of 100 requests took no longer; one in a hundred took longer."),
    term(
        "planner-cost",
        "planner cost",
        "What Postgres' planner expects a statement to cost, in a unit of its own. An estimate, no time.",
    ),
    term(
        "pss",
        "PSS",
        "Proportional set size: memory held in RAM, where each process counts its part of what it shares with others.",
    ),
    term(
        "red-flag",
        "red flag",
        "Something that must not happen while the scenario runs. It violates the run by itself.",
    ),
    term(
        "response-time",
        "response time",
        "From the intended start of a request to the end of the answer. Objectives judge this time.",
    ),
    term(
        "risk",
        "risk",
        "How much can go wrong: low is undone at once, medium costs something else or needs a restart, high may lose data or break answers.",
    ),
    term(
        "rss",
        "RSS",
        "Resident set size: memory of a process that is held in RAM. Memory that processes share counts in each.",
    ),
    term(
        "service-time",
        "service time",
        "From the actual start of a request to the end of the answer. What response time has more, the request waited for its turn.",
    ),
    term("step", "step", "One HTTP request of a journey; its name is the endpoint's name."),
    term(
        "throughput",
        "throughput",
        "Requests per second. Where it is judged, only those that met their expectation count.",
    ),
    term(
        "saved-ratio",
        "time saved",
        "Time that the requests of this run would have been saved, as a share of the response time of all of them.",
    ),
    term("virtual-user", "virtual user", "A simulated client with its own cookies and variables."),
    term(
        "warm-up",
        "warm-up",
        "The first part of the run, which is shown but not judged: caches fill and connections open.",
    ),
];

/// `term(key)` and `term(key, words)` of templates: a link to what the word means, which the page shows on hover and focus.
///
/// # Errors
/// Where the table has no such term: the template is wrong.
pub(super) fn explained(key: &str, words: Option<&str>) -> Result<Value, Error> {
    let term = TERMS.iter().find(|term| term.key == key);
    let term = term.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("the glossary has no term `{key}`: add it to its table"),
        )
    })?;
    let words = minijinja::HtmlEscape(words.unwrap_or(term.word));
    Ok(Value::from_safe_string(format!(
        r##"<a class="term" href="#term-{key}" data-term="{key}">{words}</a>"##
    )))
}

/// The terms that a page uses.
pub(super) fn used_in(page: &str) -> impl Iterator<Item = &'static Term> {
    TERMS.iter().filter(move |term| page.contains(&format!(r#"data-term="{}""#, term.key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_stand_in_order_and_once() {
        let words: Vec<String> = TERMS.iter().map(|term| term.word.to_lowercase()).collect();
        assert!(words.is_sorted(), "{words:?}");
        let mut keys: Vec<&str> = TERMS.iter().map(|term| term.key).collect();
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
    }

    #[test]
    fn every_meaning_is_a_sentence_and_every_key_an_anchor() {
        for term in TERMS {
            assert!(term.meaning.ends_with('.') && !term.meaning.contains(['<', '"']), "{}", term.key);
            assert!(
                term.key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{}",
                term.key
            );
        }
    }

    #[test]
    fn a_term_links_to_its_meaning_and_an_unknown_one_is_an_error_of_the_template() {
        let link = explained("p95", Some("the <tail>")).unwrap().to_string();
        assert_eq!(link, r##"<a class="term" href="#term-p95" data-term="p95">the &lt;tail&gt;</a>"##);
        assert!(explained("no-such-term", None).unwrap_err().to_string().contains("no-such-term"));
        assert_eq!(used_in(&link).map(|term| term.key).collect::<Vec<_>>(), ["p95"]);
    }
}

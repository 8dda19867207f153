//! What GitHub Actions shows of a run: annotations beside the log, and the summary of the job.

use aforo_model::{Change, RunRecord, Severity, SloResult, Verdict};

use crate::comparison;
use crate::figures;
use crate::headline::{banner, headline};
use crate::open_objectives::open_reasons;
use crate::recommendations::help;
use crate::summary_md;
use crate::text::shortened;
use crate::what_matters::every_finding;

/// What the summaries of one step may be together; GitHub drops a longer one as a whole.
pub const STEP_SUMMARY_BYTES: usize = 1024 * 1024;

/// Annotations of one level that GitHub shows of a step.
const SHOWN: usize = 10;
/// Columns of a title, which is one line on a narrow page.
const TITLE_COLUMNS: usize = 120;
/// Columns of a message.
const MESSAGE_COLUMNS: usize = 1_000;

/// The annotations as workflow commands, one a line, the worst first: an error for whatever fails the gate, a warning for every critical
/// finding and every objective that could not be judged. At most ten of each: of more, the last says how many.
pub fn annotations(record: &RunRecord) -> String {
    let errors = commands("error", errors(record));
    errors + &commands("warning", warnings(record))
}

/// The summary of the job in Markdown, in at most `room_bytes`: sections that do not fit are left out and named.
pub fn step_summary(record: &RunRecord, room_bytes: usize) -> String {
    summary_md::within(record, room_bytes)
}

/// What GitHub shows as one box.
struct Annotation {
    title: String,
    message: String,
}

/// Whatever makes the exit code one that fails the job.
fn errors(record: &RunRecord) -> Vec<Annotation> {
    let mut violated: Vec<&SloResult> =
        record.slos.iter().filter(|result| result.verdict == Verdict::Violated).collect();
    violated.sort_by_key(|result| std::cmp::Reverse(result.slo.criticality));
    let mut errors: Vec<Annotation> = violated.into_iter().map(|result| violation(record, result)).collect();
    if errors.is_empty() && record.verdict != Verdict::Met {
        let more = banner(record).map_or_else(String::new, |banner| format!(". {banner}"));
        let title =
            if record.verdict == Verdict::Violated { "Run violated" } else { "Run without a verdict" };
        errors.push(Annotation { title: title.to_owned(), message: headline(record) + &more });
    }
    if let Some(compared) = record.comparison.as_deref().filter(|each| each.change == Change::Regression) {
        let title = "Regression against the baseline".to_owned();
        errors.push(Annotation { title, message: comparison::headline(compared) });
    }
    errors
}

fn violation(record: &RunRecord, result: &SloResult) -> Annotation {
    let objective = format!("{} {}", figures::indicator(result), figures::demand(result));
    let help = help(record, result).map_or_else(String::new, |(_, advice)| {
        format!(" What would help most: {}.", advice.title.trim_end_matches('.'))
    });
    let message = format!(
        "measured {} over {}, objective {}.{help}",
        figures::measured(result),
        figures::rests_on(result),
        figures::demand(result)
    );
    Annotation { title: format!("SLO {objective}"), message }
}

/// What a reader should know though it does not fail the job by itself.
fn warnings(record: &RunRecord) -> Vec<Annotation> {
    let critical = every_finding(record);
    let critical = critical.iter().filter(|found| found.finding.severity == Severity::Critical);
    let critical = critical.map(|found| Annotation {
        title: format!("{} {}", found.finding.code, found.subject),
        message: format!("{} → {}", found.finding.message.trim_end_matches('.'), found.finding.remedy),
    });
    let open = open_reasons(record)
        .into_iter()
        .map(|reason| Annotation { title: "SLO not judged".to_owned(), message: reason });
    critical.chain(open).collect()
}

/// Commands of one level.
fn commands(level: &str, mut annotations: Vec<Annotation>) -> String {
    if annotations.len() > SHOWN {
        let more = annotations.len() + 1 - SHOWN;
        annotations.truncate(SHOWN - 1);
        annotations.push(Annotation {
            title: format!("{more} more"),
            message: "GitHub shows ten of a step; the summary of the job has all.".to_owned(),
        });
    }
    let command = |each: &Annotation| {
        let title = in_property(&shortened(&each.title, TITLE_COLUMNS));
        format!("::{level} title={title}::{}\n", in_message(&shortened(&each.message, MESSAGE_COLUMNS)))
    };
    annotations.iter().map(command).collect()
}

/// A message as GitHub's runner reads it.
fn in_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property as GitHub's runner reads it.
fn in_property(text: &str) -> String {
    in_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use aforo_model::Criticality;

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("github-{name}"), annotations(&record));
        }
    }

    #[test]
    fn whatever_fails_the_gate_is_an_error_and_nothing_else_is() {
        for (name, record) in canonical::records() {
            let has_error = annotations(&record).contains("::error ");
            assert_eq!(has_error, record.verdict != Verdict::Met, "{name}");
        }
        let mut record = canonical::record("met");
        record.comparison = Some(Box::new(crate::comparison::canonical::regression()));
        assert!(
            annotations(&record).starts_with("::error title=Regression against the baseline::REGRESSION: ")
        );
    }

    #[test]
    fn the_most_critical_objective_comes_first() {
        let mut record = canonical::record("violated");
        record.slos.reverse();
        assert_eq!(record.slos[6].slo.criticality, Criticality::Critical);
        assert!(annotations(&record).starts_with("::error title=SLO prereserve p95 < 3 s::"));
    }

    #[test]
    fn of_more_than_github_shows_the_last_says_how_many() {
        let mut record = canonical::record("violated");
        let missed = record.slos[0].clone();
        record.slos.extend(std::iter::repeat_n(missed, 20));
        let text = annotations(&record);
        let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
        assert_eq!(errors.len(), SHOWN);
        assert!(errors[9].starts_with("::error title=13 more::"), "{}", errors[9]);
    }

    #[test]
    fn a_name_cannot_end_its_command_or_begin_another() {
        let mut record = canonical::record("violated");
        record.slos[0].slo.subject =
            aforo_model::Subject::Step("a,file=/etc/passwd::\r\n::stop-commands::x%0A".to_owned());
        record.findings[0].message = "100%\n::add-mask::secret".to_owned();
        let text = annotations(&record);
        assert!(
            text.contains("title=SLO a%2Cfile=/etc/passwd%3A%3A %3A%3Astop-commands%3A%3Ax%250A p95"),
            "{text}"
        );
        assert!(text.contains("::100%25 ::add-mask::secret → "), "{text}");
        assert!(
            text.lines()
                .all(|line| line.starts_with("::error title=") || line.starts_with("::warning title="))
        );
    }

    #[test]
    fn a_summary_keeps_to_the_room_that_is_left() {
        let mut record = canonical::record("violated");
        let finding = record.findings[0].clone();
        record.findings.extend(std::iter::repeat_n(finding, 9_000));
        let all = step_summary(&record, STEP_SUMMARY_BYTES);
        assert!(all.len() <= STEP_SUMMARY_BYTES && all.contains("Left out for want of room: findings."));
        assert!(step_summary(&record, 10_000).len() <= 10_000);
    }
}

//! `cache.md`: the cache report for a ticket or a pull request.

use std::io::{self, Write};

use aforo_model::cache::CacheReport;

use super::{advice, facts, headline, large_values, patterns, sheets};
use crate::markdown::{findings, not_read, section};
use crate::sheet::escaped;

pub(super) fn render(report: &CacheReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&headline::headline(report)))?;
    for (name, value) in facts::facts(report) {
        writeln!(out, "- **{name}** {}", escaped(&value))?;
    }
    findings(&report.findings, escaped, out)?;
    section(facts::PATTERNS, patterns::wide_sheet(report), Some(&patterns::notes(report)), out)?;
    ttl_advice(report, out)?;
    section(facts::DROP, advice::drops(report), None, out)?;
    section(facts::PRELOAD, advice::preloads(report), Some(facts::PRELOAD_NOTE), out)?;
    section(facts::LARGE_VALUES, large_values::sheet(report), Some(&large_values::notes(report)), out)?;
    section(facts::SLOW, sheets::slow_commands(report), None, out)?;
    section(facts::CHECKS, sheets::wide_checks(report), Some(&facts::checks(report)), out)?;
    not_read(&report.skipped, out)
}

fn ttl_advice(report: &CacheReport, out: &mut dyn Write) -> io::Result<()> {
    let Some(sheet) = advice::ttls(report) else { return Ok(()) };
    section(facts::TTL_ADVICE, Some(sheet), None, out)?;
    writeln!(out)?;
    for reason in advice::reasons(report) {
        writeln!(out, "- {}", escaped(&reason))?;
    }
    writeln!(out, "\n{}", facts::TTL_NOTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::canonical;

    #[test]
    fn the_canonical_report_looks_like_this() {
        insta::assert_snapshot!("cache-markdown", canonical::rendered(render, &canonical::report()));
    }

    #[test]
    fn hostile_names_of_keys_stay_where_they_belong() {
        let headings = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
        let text =
            canonical::rendered(render, &canonical::hostile("a`b``|<img src=x>\n# c ~~~ ```".to_owned()));
        assert_eq!(headings(&text), headings(&canonical::rendered(render, &canonical::report())));
        assert!(text.contains("\n| ```` a`b``\\|<img src=x> # c ~~~ ``` ```` | "), "{text}");
        assert!(text.contains("\n- a\\`b\\`\\`\\|\\<img src=x> # c"), "{text}");
        for line in text.lines().filter(|line| line.starts_with("| ")) {
            let bars = line.replace("\\|", "").matches('|').count();
            assert!(bars >= 4, "{line}");
        }
    }
}

//! The cache report for a terminal.

use std::io::{self, Write};

use aforo_model::cache::CacheReport;

use super::{advice, facts, headline, large_values, patterns, sheets};
use crate::page::{Page, Screen, write_sections};
use crate::sheet::paragraph;

pub(super) fn render(report: &CacheReport, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), report, out)
}

/// Writes the report for this screen.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, report: &CacheReport, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let sections = [
        page.opening(headline::tone(report), &headline::headline(report), &facts::facts(report)),
        page.findings(&report.findings),
        page.section(facts::PATTERNS, patterns::sheet(report), Some(patterns::notes(report))),
        page.ttl_advice(report),
        page.section(facts::DROP, advice::drops(report), None),
        page.section(facts::PRELOAD, advice::preloads(report), Some(facts::PRELOAD_NOTE.to_owned())),
        page.section(facts::LARGE_VALUES, large_values::sheet(report), Some(large_values::notes(report))),
        page.section(facts::SLOW, sheets::slow_commands(report), None),
        page.section(facts::CHECKS, sheets::checks(report), Some(facts::checks(report))),
        page.not_read(&report.skipped),
        page.saved_in(screen),
    ];
    write_sections(sections, out)
}

impl Page {
    fn ttl_advice(&self, report: &CacheReport) -> String {
        let Some(sheet) = advice::ttls(report) else { return String::new() };
        let mut text = self.heading(facts::TTL_ADVICE) + &self.table(&sheet);
        for reason in advice::reasons(report) {
            text += &paragraph(" - ", &reason, self.columns);
        }
        text + &self.faint(facts::TTL_NOTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::canonical;
    use crate::canonical::assert_fits;
    use crate::style::Style;

    fn drawn(report: &CacheReport, columns: usize) -> String {
        let screen = Screen { style: Style::plain(), columns, folder: Some("runs/a-run") };
        canonical::rendered(|report, out| render_on(&screen, report, out), report)
    }

    #[test]
    fn the_canonical_report_looks_like_this() {
        insta::assert_snapshot!("cache-80", drawn(&canonical::report(), 80));
        insta::assert_snapshot!("cache-100", drawn(&canonical::report(), 100));
    }

    #[test]
    fn a_cache_that_tells_nothing_looks_like_this() {
        insta::assert_snapshot!("cache-unread-80", drawn(&canonical::unread(), 80));
    }

    #[test]
    fn no_line_is_wider_than_the_screen_however_hostile_the_names() {
        for report in
            [canonical::hostile("予約を確認する".repeat(40)), canonical::hostile("k\u{1b}[2J\n".repeat(90))]
        {
            assert_fits(render_on, &report);
        }
    }
}

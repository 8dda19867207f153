//! Reports in a browser, as people open them.

pub(crate) mod chromium;

use aforo_model::RunRecord;
use serde_json::json;

use self::chromium::Chromium;
use super::tests::hostile::records_of_markup;
use super::tests::hour;
use super::{evidence, render};
use crate::canonical;

/// A phone, and a screen.
const WIDTHS: [u32; 2] = [390, 1440];

/// Draws everything, opens what is folded, and gives what is wider than the window.
const UNFOLDED: &str = include_str!("unfolded.js");

/// What axe-core, once it is on the page, finds to be serious or critical.
const ISSUES: &str = include_str!("issues.js");

fn axe() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/axe/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core is not installed: run `make setup`")
}

fn html(record: &RunRecord) -> String {
    canonical::rendered(render, record)
}

/// A run of the built-in hotel with all its flaws, as it was recorded by an earlier Aforo; only readings and stacks are fewer.
const RECORDED: &str = include_str!("../../../fixtures/recorded.json");

/// The record in which everything was found, one that was recorded, and every canonical one.
fn records() -> Vec<(&'static str, RunRecord)> {
    let recorded = aforo_model::read_run(RECORDED).unwrap();
    let mut records = vec![("evidence", evidence::record()), ("recorded", recorded)];
    records.extend(canonical::records());
    records
}

#[test]
fn these_tests_see_what_is_wrong() {
    let mut chromium = Chromium::start();
    let wrong = "<!doctype html><html lang='en'><title>a</title><body><main><h1>a</h1>
        <div id='wide' style='width: 500px'>wide</div><img src='missing.png'><script>nonsense()</script>";
    chromium.open(wrong, 390, "light");
    let overflowing = chromium.evaluate(UNFOLDED).to_string();
    assert!(overflowing.contains("id=\\\"wide\\\""), "{overflowing}");
    let complaints = chromium.complaints().join("\n");
    assert!(
        complaints.contains("missing.png") && complaints.contains("nonsense is not defined"),
        "{complaints}"
    );
    chromium.evaluate(&format!("{}\n;0", axe()));
    let issues = chromium.evaluate(ISSUES).to_string();
    assert!(issues.contains("image-alt"), "{issues}");
}

#[test]
fn every_report_opens_without_complaint_or_request_and_fits_its_window() {
    let mut chromium = Chromium::start();
    for (name, record) in records() {
        let html = html(&record);
        for width in WIDTHS {
            chromium.open(&html, width, "light");
            let overflowing = chromium.evaluate(UNFOLDED);
            assert_eq!(overflowing, json!([]), "{name} is wider than {width} px");
            assert_eq!(chromium.complaints(), [""; 0], "{name}, {width} px");
        }
    }
}

#[test]
fn the_report_of_an_hour_is_painted_within_a_second() {
    /// From the start of loading to the first text on the screen, ms.
    const FIRST_PAINT_MS: &str = "new Promise((done) => new PerformanceObserver((list) => {
        for (const { startTime } of list.getEntriesByName('first-contentful-paint')) done(startTime);
    }).observe({ type: 'paint', buffered: true }))";
    let html = html(&hour::record(3_600, 20, 200));
    let mut chromium = Chromium::start();
    // The soonest of five: what other programs on the machine take from it is not the page's.
    let painted_ms = (0..5).map(|_| {
        chromium.open(&html, WIDTHS[1], "light");
        chromium.evaluate(FIRST_PAINT_MS).as_f64().unwrap()
    });
    let painted_ms = painted_ms.fold(f64::INFINITY, f64::min);
    assert!(painted_ms < 1_000.0, "{painted_ms} ms");
    assert_eq!(chromium.complaints(), [""; 0]);
}

#[test]
fn no_report_has_a_serious_issue_of_accessibility_in_light_or_in_dark() {
    let axe = axe();
    let mut chromium = Chromium::start();
    let violated = canonical::record("violated");
    let evidence = evidence::record();
    for (record, scheme) in [(&evidence, "light"), (&evidence, "dark"), (&violated, "light")] {
        chromium.open(&html(record), WIDTHS[1], scheme);
        chromium.evaluate(UNFOLDED);
        chromium.evaluate(&format!("{axe}\n;0"));
        assert_eq!(chromium.evaluate(ISSUES), json!([]), "{} in {scheme}", record.id);
    }
}

#[test]
fn every_link_is_reached_with_the_tab_key() {
    let mut chromium = Chromium::start();
    chromium.open(&html(&evidence::record()), 1440, "light");
    let count = chromium.evaluate(
        "addEventListener('focusin', (event) => (event.target.dataset.reached = ''));
         document.querySelectorAll('a[href], button, summary, input, [tabindex]').length",
    );
    for _ in 0..count.as_u64().unwrap() {
        chromium.press("Tab");
    }
    let missed = chromium.evaluate(
        "[...document.querySelectorAll('a[href]:not([data-reached])')]
           .filter((link) => link.checkVisibility())
           .map((link) => link.outerHTML)",
    );
    assert_eq!(missed, json!([]));
}

#[test]
fn a_table_is_sorted_from_the_keyboard_and_its_order_is_told() {
    let mut chromium = Chromium::start();
    chromium.open(&html(&evidence::record()), 1440, "light");
    let calls = |chromium: &mut Chromium| -> Vec<f64> {
        let values = chromium.evaluate(
            "[...document.querySelectorAll('#statements tbody tr')].map((row) => Number(row.cells[3].dataset.value))",
        );
        serde_json::from_value(values).unwrap()
    };
    let before = calls(&mut chromium);
    chromium.evaluate("document.querySelector('#statements th:nth-child(4) button').focus()");
    chromium.press("Enter");
    let descending = calls(&mut chromium);
    assert!(before != descending && descending.is_sorted_by(|one, next| one >= next), "{descending:?}");
    let order = "document.querySelector('#statements th:nth-child(4)').getAttribute('aria-sort')";
    assert_eq!(chromium.evaluate(order), "descending");
    chromium.press("Enter");
    assert!(calls(&mut chromium).is_sorted());
    assert_eq!(chromium.evaluate(order), "ascending");
}

#[test]
fn a_flame_graph_is_walked_zoomed_searched_and_folded_from_the_keyboard() {
    let mut chromium = Chromium::start();
    chromium.open(&html(&evidence::record()), 1440, "light");
    chromium.evaluate("document.querySelector('#flame-graph').scrollIntoView()");
    let drawn = "new Promise((done) => {
        const look = () => (document.querySelector('.flame-graph-call') ? done(true) : requestAnimationFrame(look));
        look();
    })";
    chromium.evaluate(drawn);
    let names = "[...document.querySelectorAll('.flame-graph-call')].map((call) => call.textContent)";
    assert_eq!(chromium.evaluate(names), json!(["serve", "search", "parse_date"]), "own code only");
    chromium.evaluate("document.querySelector('.flame-graph-own').click()");
    let every = json!(["main", "serve", "write_json", "search", "parse_date"]);
    assert_eq!(chromium.evaluate(names), every);

    chromium.evaluate("document.querySelector('.flame-graph-call[tabindex=\"0\"]').focus()");
    ["ArrowDown", "ArrowDown"].iter().for_each(|key| chromium.press(key));
    assert_eq!(chromium.evaluate("document.activeElement.textContent"), "search", "the widest of the calls");
    let told = chromium.evaluate("document.querySelector('.flame-graph-told').textContent");
    assert_eq!(told, "search (src/search.rs): 400 of 500 samples, 80%; itself 30%");
    chromium.press("Enter");
    let focused = "[document.activeElement.textContent, document.activeElement.style.width]";
    assert_eq!(chromium.evaluate(focused), json!(["search", "100%"]));
    assert_eq!(chromium.evaluate(names), json!(["serve", "main", "search", "parse_date"]));
    chromium.press("Escape");
    assert_eq!(chromium.evaluate(names), every);

    let found = chromium.evaluate(
        "(() => {
           const search = document.querySelector('.flame-graph-search');
           search.value = 'SEARCH';
           search.dispatchEvent(new Event('input'));
           const hits = [...document.querySelectorAll('.flame-graph-call.hit')].map((call) => call.textContent);
           return [hits, document.querySelector('.flame-graph-found').textContent];
         })()",
    );
    assert_eq!(found, json!([["search"], "80% of the samples"]));
    assert_eq!(chromium.complaints(), [""; 0]);
}

#[test]
fn a_link_to_what_is_folded_away_opens_it() {
    let mut chromium = Chromium::start();
    chromium.open(&html(&evidence::record()), 1440, "light");
    let shown = "document.querySelector('#statements-2').checkVisibility()";
    assert_eq!(chromium.evaluate(shown), false);
    let opened = format!(
        "new Promise((done) => {{
           addEventListener('hashchange', () => setTimeout(() => done({shown})));
           document.querySelector('#statements a[href=\"#statements-2\"]').click();
         }})"
    );
    assert_eq!(chromium.evaluate(&opened), true);
}

#[test]
fn a_report_is_printed_with_what_is_folded_away() {
    let mut chromium = Chromium::start();
    chromium.open(&html(&evidence::record()), 1440, "dark");
    chromium.evaluate(
        "addEventListener('beforeprint', () => (window.printed = document.querySelectorAll('details:not([open])').length))",
    );
    let pdf = chromium.print();
    assert!(pdf.starts_with("JVBERi"), "%PDF in base64");
    assert_eq!(chromium.evaluate("window.printed"), 0, "folded while it was printed");
    assert!(chromium.evaluate("document.querySelectorAll('details:not([open])').length").as_u64() > Some(0));
    assert_eq!(chromium.complaints(), [""; 0]);
}

#[test]
fn no_text_of_a_target_becomes_a_part_of_the_page_or_widens_it() {
    let mut chromium = Chromium::start();
    for record in records_of_markup() {
        chromium.open(&html(&record), WIDTHS[0], "light");
        assert_eq!(chromium.evaluate(UNFOLDED), json!([]));
        assert_eq!(chromium.evaluate("document.querySelectorAll('aforo-hostile').length"), 0);
        assert_eq!(chromium.complaints(), [""; 0]);
    }
}

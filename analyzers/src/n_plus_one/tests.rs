use aforo_model::database::{
    CallPattern, FixWords, ProbeBackground, ProbeJudgement, ProbeReading, ProbeVerdict,
};
use aforo_model::{Answer, Severity};
use proptest::prelude::*;
use rand::Rng;

use super::endpoints::{
    AUTHOR, AUTHORS, BOOKS, cached, five_fixed, inserts, lazy, loop_in_function, selectin, two_levels,
};
use super::simulation::{Endpoint, Probe, Read, Request};
use super::*;

fn judged(verdict: &ProbeVerdict) -> &ProbeJudgement {
    verdict.answer.found().unwrap_or_else(|| panic!("{verdict:?}"))
}

fn reason(verdict: &ProbeVerdict) -> &str {
    match &verdict.answer {
        Answer::Absent { why } => why,
        Answer::Found(judged) => panic!("{judged:?}"),
    }
}

fn codes(endpoint: Endpoint) -> Vec<String> {
    let findings = probe_findings(&[Probe::default().judge(endpoint)]);
    findings.into_iter().map(|finding| finding.code).collect()
}

fn pattern(endpoint: Endpoint, text: &str) -> CallPattern {
    let verdict = Probe::default().judge(endpoint);
    let fingerprint = aforo_sql::fingerprint(text).to_string();
    let statement = judged(&verdict).statements.iter().find(|statement| statement.fingerprint == fingerprint);
    statement.unwrap_or_else(|| panic!("{verdict:?}")).pattern.clone()
}

#[test]
fn the_statement_that_fetched_the_items_is_named_in_a_loop_and_in_a_loop_within_it() {
    let verdict = Probe::default().judge(lazy);
    let parent = judged(&verdict).n_plus_ones[0].parent.as_ref().unwrap();
    assert_eq!(parent.fingerprint, aforo_sql::fingerprint(BOOKS).to_string());

    let verdict = Probe::default().judge(two_levels);
    let found = &judged(&verdict).n_plus_ones;
    let of = |path: &str| found.iter().find(|found| found.item_path == path).unwrap();
    let (outer, inner) = (of("items"), of("items[].books"));
    assert_eq!(outer.parent.as_ref().unwrap().fingerprint, aforo_sql::fingerprint(AUTHORS).to_string());
    assert_eq!(inner.parent.as_ref().unwrap().fingerprint, outer.fingerprint);
    // An author has three books on average.
    assert!((100.0..200.0).contains(&inner.projected_calls), "{inner:?}");
    assert!((outer.projected_calls - 50.0).abs() < 1.0, "{outer:?}");
}

#[test]
fn severity_follows_the_calls_and_the_time_of_a_page_in_production() {
    let severity = |page_size: u32, millis_per_call: f64| {
        let Read { readings, background, texts } = Probe { millis_per_call, ..Probe::default() }.read(lazy);
        let options = ProbeOptions { production_page_size: page_size, catalog: None };
        let verdict = judge_probe(&readings, &background, &texts, options).remove(0);
        judged(&verdict).n_plus_ones[0].severity
    };
    assert_eq!(severity(5, 0.2), Severity::Info);
    assert_eq!(severity(6, 0.2), Severity::Warning);
    assert_eq!(severity(5, 20.0), Severity::Warning);
    assert_eq!(severity(99, 0.2), Severity::Warning);
    assert_eq!(severity(100, 0.2), Severity::Critical);
    assert_eq!(severity(50, 20.0), Severity::Critical);
}

#[test]
fn the_finding_says_the_statement_its_slope_its_cost_and_the_fix() {
    let finding = probe_findings(&[Probe::default().judge(lazy)]).remove(0);
    assert_eq!((finding.code.as_str(), finding.severity), ("n-plus-one", Severity::Warning));
    for part in ["authors WHERE id = $1", "runs 1.00 times for every item of items", "FROM books", "50 calls"]
    {
        assert!(finding.message.contains(part), "{part}: {}", finding.message);
    }
    assert!(finding.remedy.contains("WHERE id = ANY($1)"), "{}", finding.remedy);
    assert_eq!(finding.numbers["slope"], 1.0);
}

#[test]
fn words_of_a_fix_fit_reads_writes_and_functions() {
    let frameworks = |endpoint: Endpoint| -> Vec<FixWords> {
        judged(&Probe::default().judge(endpoint)).n_plus_ones[0].fix_words.clone()
    };
    assert!(frameworks(lazy)[1].words.contains("prefetch_related"));
    assert!(frameworks(inserts)[1].words.contains("bulk_create"));
    assert_eq!(frameworks(loop_in_function)[0].framework, "PL/pgSQL");
}

#[test]
fn items_asked_for_again_are_left_out_since_a_cache_may_know_them() {
    // Half of the readings ask again for what the others asked for, and the cache answers.
    let (mut read, again) = (Probe::default().read(cached), Probe::default().read(five_fixed));
    read.readings
        .extend(again.readings.into_iter().map(|reading| ProbeReading { is_fresh: false, ..reading }));
    let verdict = read.judge();
    assert_eq!((verdict.reading_count, verdict.left_out[0].readings), (18, 18));
    assert!(judged(&verdict).is_first_touch && judged(&verdict).n_plus_ones.len() == 1);
}

#[test]
fn a_step_that_gives_no_other_items_is_judged_and_says_that_a_cache_may_hide_statements() {
    let repeated = Probe { is_fresh: false, ..Probe::default() };
    for (endpoint, found) in [(lazy as Endpoint, 1), (cached, 0)] {
        let verdict = repeated.judge(endpoint);
        assert_eq!((judged(&verdict).is_first_touch, judged(&verdict).n_plus_ones.len()), (false, found));
    }
}

#[test]
fn entities_with_few_and_many_children_show_a_slope_as_pages_do() {
    let mut read = Probe { repeats: 1, ..Probe::default() }.read(lazy);
    read.readings.iter_mut().for_each(|reading| (reading.page_size, reading.offset) = (None, None));
    assert_eq!(judged(&read.judge()).n_plus_ones.len(), 1);
}

#[test]
fn errors_run_other_statements_and_are_left_out() {
    let mut read = Probe::default().read(selectin);
    for (number, reading) in read.readings.iter_mut().enumerate().filter(|(number, _)| number % 3 == 0) {
        reading.status = [Some(500), Some(404), None][number / 3 % 3];
        reading.is_expected = false;
        // The page of errors logs each item.
        reading.calls[0].calls *= u64::from(reading.page_size.unwrap());
    }
    let verdict = read.judge();
    assert_eq!(probe_findings(std::slice::from_ref(&verdict)), []);
    assert_eq!((verdict.reading_count, verdict.left_out[0].readings), (12, 6));
    read.readings.iter_mut().for_each(|reading| reading.is_expected = false);
    assert_eq!(reason(&read.judge()), "no answer can be judged");
}

#[test]
fn readings_over_which_counters_were_lost_are_left_out() {
    let mut read = Probe::default().read(lazy);
    read.readings[4].is_complete = false;
    read.readings[4].calls.clear();
    let verdict = read.judge();
    assert_eq!((verdict.left_out[0].readings, judged(&verdict).n_plus_ones.len()), (1, 1));
    assert!(verdict.left_out[0].why.contains("lost"));
}

#[test]
fn too_few_sizes_or_sizes_too_close_are_no_answer() {
    let sizes = |sizes: &[u32]| Probe { sizes: sizes.to_vec(), ..Probe::default() }.judge(lazy);
    assert!(reason(&sizes(&[1, 10, 40])).contains("too few sizes"));
    assert!(reason(&sizes(&[10, 20, 30, 40])).contains("too close together"));
    assert_eq!(judged(&sizes(&[10, 20, 30, 50])).n_plus_ones.len(), 1);
}

#[test]
fn empty_answers_and_ignored_page_sizes_are_no_answer() {
    let empty = Probe::default().judge(|request| {
        request.sends(BOOKS, 1, 0);
        request.answers("items", 0);
    });
    assert!(reason(&empty).contains("empty"), "{}", reason(&empty));
    let ignored = Probe::default().judge(|request| {
        request.sends(BOOKS, 1, 25);
        request.sends(AUTHOR, 25, 25);
        request.answers("items", 25);
    });
    assert!(reason(&ignored).contains("ignores the page size"), "{}", reason(&ignored));
    let no_list = Probe::default().judge(|request| request.sends(BOOKS, 1, 1));
    assert!(reason(&no_list).contains("no list"), "{}", reason(&no_list));
}

#[test]
fn a_function_called_once_an_item_is_one_finding_and_not_one_for_each_statement_in_it() {
    let verdict = Probe::default().judge(|request| {
        request.sends(BOOKS, 1, request.page_size);
        request.sends("SELECT price($1)", request.page_size, request.page_size);
        request.runs_inside(AUTHOR, request.page_size);
        request.answers("items", request.page_size);
    });
    let found = &judged(&verdict).n_plus_ones;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].is_top_level);
}

#[test]
fn an_answer_with_several_lists_is_explained_by_the_one_that_fits() {
    let verdict = Probe::default().judge(|request| {
        let nights = request.random.random_range(1..30);
        request.sends(BOOKS, 1, request.page_size);
        request.sends("SELECT price FROM nights WHERE id = $1", nights, nights);
        request.answers("history", request.page_size);
        request.answers("nights", nights);
    });
    // Readings of a page size are put together, so what varies by itself may or may not show as a line; it must not
    // be laid on the list it has nothing to do with.
    let found = &judged(&verdict).n_plus_ones;
    assert!(found.iter().all(|found| found.item_path == "nights"), "{found:?}");
}

#[test]
fn a_slope_of_a_third_is_the_line_between_batches_and_n_plus_one() {
    let every = |items: u64| -> Endpoint {
        match items {
            3 => |request: &mut Request<'_>| by_chunks(request, 3),
            4 => |request: &mut Request<'_>| by_chunks(request, 4),
            _ => |request: &mut Request<'_>| by_chunks(request, 60),
        }
    };
    assert_eq!(pattern(every(3), AUTHOR), CallPattern::PerItem);
    assert!(
        matches!(pattern(every(4), AUTHOR), CallPattern::Batched { items_per_call } if items_per_call == 4.0)
    );
    assert_eq!(pattern(every(60), AUTHOR), CallPattern::Fixed);
}

fn by_chunks(request: &mut Request<'_>, items: u64) {
    request.sends(BOOKS, 1, request.page_size);
    request.sends(AUTHOR, request.page_size.div_ceil(items), request.page_size);
    request.answers("items", request.page_size);
}

#[test]
fn what_only_runs_in_the_background_is_not_the_steps() {
    let mut read = Probe::default().read(lazy);
    let job = "SELECT id FROM jobs FOR UPDATE SKIP LOCKED";
    let key = super::simulation::key(job, true);
    let calls = |calls: u64| aforo_model::database::StatementCalls {
        key,
        calls,
        rows: calls,
        blocks: calls,
        exec_time_ms: 1.0,
    };
    read.texts.insert(key, job.to_owned());
    for reading in &mut read.readings {
        reading.calls.push(calls((20.0 * reading.watched_s).round() as u64));
    }
    read.background = ProbeBackground { elapsed_s: 1.0, calls: vec![calls(20)] };
    let verdict = read.judge();
    assert_eq!(judged(&verdict).n_plus_ones.len(), 1);
    let jobs = judged(&verdict).statements.iter().find(|statement| statement.text.as_deref() == Some(job));
    assert!(jobs.is_none_or(|job| job.pattern == CallPattern::Fixed), "{jobs:?}");
}

#[test]
fn fetching_the_table_for_a_page_is_found_and_fetching_children_is_not() {
    assert_eq!(codes(|request| table_scan(request, 1000)), ["rows-per-item"]);
    assert_eq!(codes(|request| table_scan(request, 999)), [""; 0]);
    // Fifty children an item, all shown.
    assert_eq!(
        codes(|request| {
            request.sends(BOOKS, 1, 50 * request.page_size);
            request.answers("items", request.page_size);
            request.answers("items[].children", 50 * request.page_size);
        }),
        [""; 0]
    );
    assert_eq!(codes(five_fixed), [""; 0]);
}

/// The application fetches all rows and cuts the page out of them.
fn table_scan(request: &mut Request<'_>, rows: u64) {
    request.sends("SELECT id, title FROM books", 1, rows);
    request.answers("items", request.page_size);
}

#[test]
fn counting_the_table_beside_the_page_is_judged_by_its_plan_and_not_by_the_items() {
    assert_eq!(
        codes(|request| {
            request.touches("SELECT count(*) FROM books", 1, 1, 5000);
            request.sends(BOOKS, 1, request.page_size);
            request.answers("items", request.page_size);
        }),
        [""; 0]
    );
}

#[test]
fn touching_the_blocks_of_the_table_for_a_page_is_found() {
    let found = probe_findings(&[Probe::default().judge(|request| {
        request.touches(BOOKS, 1, request.page_size, 5000);
        request.answers("items", request.page_size);
    })]);
    assert!(found[0].message.contains("touches 5000 blocks"), "{}", found[0].message);
    assert_eq!(
        codes(|request| {
            request.touches(BOOKS, 1, request.page_size, 4 * request.page_size + 10);
            request.answers("items", request.page_size);
        }),
        [""; 0]
    );
}

const TWO_LISTS: &str = "SELECT a.id, n.id, e.id FROM authors a JOIN nights n ON n.author_id = a.id \
                         JOIN events e ON e.author_id = a.id \
                         WHERE a.id > $1 LIMIT $2";

fn two_lists_joined(request: &mut Request<'_>, each: u64) {
    request.sends(TWO_LISTS, 1, each * each * request.page_size);
    request.answers("items", request.page_size);
    request.answers("items[].nights", each * request.page_size);
    request.answers("items[].events", each * request.page_size);
}

#[test]
fn two_lists_joined_to_one_parent_multiply() {
    assert_eq!(codes(|request| two_lists_joined(request, 10)), ["join-fan-out"]);
    assert_eq!(codes(|request| two_lists_joined(request, 9)), [""; 0]);
}

#[test]
fn an_answer_without_an_end_is_found_from_a_thousand_items_on() {
    assert_eq!(codes(|request| whole_table(request, 1000)), ["unpaginated"]);
    assert_eq!(codes(|request| whole_table(request, 999)), [""; 0]);
    let worst = probe_findings(&[Probe::default().judge(|request| whole_table(request, 10_000))]);
    assert_eq!(worst[0].severity, Severity::Critical);
    // A page of a thousand that was asked for is what was asked for.
    let asked = Probe { sizes: vec![1000, 2000], ..Probe::default() };
    let verdict = asked.judge(|request| request.answers("items", request.page_size));
    assert_eq!(probe_findings(&[verdict]), []);
}

fn whole_table(request: &mut Request<'_>, rows: u64) {
    request.sends(BOOKS, 1, rows);
    request.answers("items", rows);
}

#[test]
fn nothing_gives_nothing() {
    let options = ProbeOptions { production_page_size: 50, catalog: None };
    assert_eq!(judge_probe(&[], &ProbeBackground::default(), &Default::default(), options), []);
    assert_eq!(probe_findings(&[]), []);
}

#[test]
fn the_same_readings_give_the_same_bytes() {
    let bytes = || {
        serde_json::to_string(&Probe { background_per_s: 50.0, ..Probe::default() }.judge(two_levels))
            .unwrap()
    };
    assert_eq!(bytes(), bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_readings_make_it_panic(
        counts in prop::collection::vec((0u64..u64::MAX, 0u64..u64::MAX, 0u32..100, 0u64..u64::MAX), 0..20),
        watched_s in prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), 0.0f64..10.0],
    ) {
        let mut read = Probe { repeats: 4, ..Probe::default() }.read(lazy);
        for (reading, (calls, items, size, offset)) in std::iter::zip(&mut read.readings, counts) {
            reading.calls.iter_mut().for_each(|statement| statement.calls = calls);
            (reading.page_size, reading.offset) = (Some(size), Some(offset));
            reading.items[0].1 = items;
            reading.watched_s = watched_s;
        }
        read.background.elapsed_s = watched_s;
        let verdict = read.judge();
        let _ = probe_findings(std::slice::from_ref(&verdict));
        prop_assert!(serde_json::to_string(&verdict).is_ok());
    }
}

//! Steps asked alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::{Server, page, scenario};
use crate::scenario::probe::{ProbeAnswer, ProbeOptions, ProbeRun, probe_plan};

const PAGED: &str =
    "[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"list\"\npath = \"/items?limit=9&offset=0\"\n";

fn options() -> ProbeOptions {
    ProbeOptions { settle: Duration::ZERO, ..ProbeOptions::default() }
}

async fn started(server: &Server, journeys: &str, options: ProbeOptions) -> ProbeRun {
    ProbeRun::start(probe_plan(&scenario(journeys)), &server.target, options).await.unwrap()
}

async fn finish(run: &mut ProbeRun) -> Vec<ProbeAnswer> {
    let mut answers = Vec::new();
    while let Some(probe) = run.next().await {
        answers.push(probe.send().await);
    }
    answers
}

#[tokio::test]
async fn every_size_is_asked_three_times_in_rounds_after_a_warm_up_and_no_row_twice() {
    let server = Server::start(|seen| page(seen, 100_000)).await;
    let mut run = started(&server, PAGED, options()).await;
    let warm_up = server.taken();
    assert_eq!(
        warm_up.iter().map(|seen| seen.uri.to_string()).collect::<Vec<_>>(),
        ["/api/items?limit=40&offset=0"]
    );
    assert_eq!(run.remaining(), 18);
    let answers = finish(&mut run).await;
    let log = server.taken();
    let asked: Vec<_> = log.iter().map(|seen| (seen.number("limit"), seen.number("offset"))).collect();
    for round in asked.chunks(6) {
        let sizes: BTreeSet<u64> = round.iter().map(|(size, _)| *size).collect();
        assert_eq!(sizes, BTreeSet::from([1, 3, 5, 10, 20, 40]));
    }
    assert_ne!(asked[0..6].iter().map(|(size, _)| size).collect::<Vec<_>>(), [&1, &3, &5, &10, &20, &40]);
    let mut next = 40;
    for (size, offset) in asked {
        assert_eq!(offset, next);
        next += size;
    }
    assert_eq!((answers.len(), server.most_in_flight.load(Ordering::SeqCst)), (18, 1));
    for (answer, seen) in answers.iter().zip(&log) {
        assert_eq!((answer.step.as_str(), answer.path.as_str()), ("list", seen.uri.to_string().as_str()));
        assert_eq!((answer.status, answer.is_expected, answer.is_fresh), (Some(200), true, true));
        assert_eq!(answer.offset, Some(seen.number("offset")));
        assert_eq!(answer.page_size.map(u64::from), Some(seen.number("limit")));
        let first = seen.number("offset");
        let children = (first..first + seen.number("limit")).map(|id| id % 10).sum();
        let expected =
            [("$.items".to_owned(), seen.number("limit")), ("$.items[].children".to_owned(), children)];
        assert_eq!(answer.items, expected);
        assert!(answer.elapsed_s > 0.0 && answer.received_bytes > 0);
        assert_eq!((seen.cookie.as_deref(), seen.cache_control.as_deref()), (None, Some("no-cache")));
    }
}

#[tokio::test]
async fn the_same_seed_asks_the_same_and_another_one_does_not() {
    let asked = async |seed| {
        let server = Server::start(|seen| page(seen, 100_000)).await;
        let mut run = started(&server, PAGED, ProbeOptions { seed, ..options() }).await;
        finish(&mut run).await.into_iter().map(|answer| answer.path).collect::<Vec<_>>()
    };
    let first = asked(1).await;
    assert_eq!(first, asked(1).await);
    assert_ne!(first, asked(2).await);
}

#[tokio::test]
async fn a_list_that_ends_is_begun_again_and_is_not_fresh_any_more() {
    let server = Server::start(|seen| page(seen, 100)).await;
    let answers = finish(&mut started(&server, PAGED, options()).await).await;
    assert_eq!(answers.len(), 18);
    let end = answers.iter().position(|answer| !answer.is_fresh).unwrap();
    let asked: u32 = 40 + answers[..end].iter().filter_map(|answer| answer.page_size).sum::<u32>();
    assert!(asked > 100 && answers[end].offset == Some(0));
    assert!(answers[end..].iter().all(|answer| !answer.is_fresh));
}

#[tokio::test]
async fn other_inputs_are_drawn_where_a_list_ends() {
    let journeys = PAGED.replace("/items?", "/items?year={{random(1, 1000)}}&");
    let server = Server::start(|seen| page(seen, 50)).await;
    let answers = finish(&mut started(&server, &journeys, options()).await).await;
    assert!(answers.iter().all(|answer| answer.is_fresh && answer.is_expected));
    let full = |answer: &&ProbeAnswer| answer.items[0].1 == u64::from(answer.page_size.unwrap());
    assert!(answers.iter().filter(full).count() >= 12, "{answers:?}");
}

/// A list to order from, and what was ordered, with as many nights as the number's last digit.
const ENTITIES: &str = r#"
[[journey]]
name = "j"
[[journey.step]]
name = "order"
method = "POST"
path = "/orders"
extract = { code = "/code" }
[[journey.step]]
name = "view"
path = "/orders/{{code}}"
expect = { text = "{{code}}" }
probe = { values = { code = { step = "list", pointer = "/items/*/id" } } }
[[journey]]
name = "office"
vars = { place = "{{random(0, 100000)}}" }
[[journey.step]]
name = "list"
path = "/items?limit=20&offset={{place}}"
"#;

fn hotel(seen: &super::Seen) -> (u16, String) {
    match seen.uri.path().strip_prefix("/api/orders/").map(|id| id.parse::<u64>().unwrap()) {
        Some(id) => (200, json!({"id": id, "nights": (0..id % 10).collect::<Vec<_>>()}).to_string()),
        None => page(seen, 1_000_000),
    }
}

#[tokio::test]
async fn entities_are_found_in_the_answers_of_another_step_and_nothing_is_written() {
    let server = Server::start(hotel).await;
    let mut run = started(&server, ENTITIES, options()).await;
    let answers = finish(&mut run).await;
    assert!(server.taken().iter().all(|seen| seen.method == Method::GET));
    let views: Vec<_> = answers.iter().filter(|answer| answer.step == "view").collect();
    assert_eq!((views.len(), answers.len()), (30, 48));
    let paths: BTreeSet<_> = views.iter().map(|answer| &answer.path).collect();
    assert_eq!(paths.len(), 30, "no entity is asked for twice");
    let sizes: BTreeSet<u64> = views.iter().map(|answer| answer.items[0].1).collect();
    assert!(sizes.len() > 4, "{sizes:?}");
    assert!(views.iter().all(|answer| answer.is_fresh && answer.is_expected && answer.page_size.is_none()));
    assert_eq!(run.not_probed().len(), 1);
}

#[tokio::test]
async fn values_of_a_list_are_taken_in_turn() {
    let journeys = ENTITIES.replace(r#"{ step = "list", pointer = "/items/*/id" }"#, r#"["3", "9"]"#);
    let server = Server::start(hotel).await;
    let options = ProbeOptions { inputs: 6, repeats: 1, page_sizes: vec![2], ..options() };
    let answers = finish(&mut started(&server, &journeys, options).await).await;
    let mut asked = BTreeMap::<&str, (u32, bool)>::new();
    for answer in answers.iter().filter(|answer| answer.step == "view") {
        let (count, is_fresh) = asked.entry(&answer.path).or_default();
        *count += 1;
        *is_fresh |= answer.is_fresh;
    }
    assert_eq!(asked.values().map(|(count, _)| count).sum::<u32>(), 6);
    // The first value was the warm-up's.
    assert!(!asked["/api/orders/3"].1 && asked["/api/orders/9"].1);
}

#[tokio::test]
async fn a_step_without_a_good_answer_or_without_a_list_is_left_out_with_the_reason() {
    let journeys = r#"
        [[journey]]
        name = "j"
        [[journey.step]]
        name = "forbidden"
        path = "/forbidden?limit=5"
        [[journey.step]]
        name = "plain"
        path = "/plain?day={{date(1, 900)}}"
        [[journey.step]]
        name = "empty"
        path = "/empty?limit=5&offset=0"
        extract = { id = "/items/*/id" }
        [[journey.step]]
        name = "one"
        path = "/one/{{id}}"
    "#;
    let server = Server::start(|seen| match seen.uri.path() {
        "/api/forbidden" => (401, String::new()),
        "/api/plain" => (200, json!({"rate": 5}).to_string()),
        _ => page(seen, 0),
    })
    .await;
    let mut run = started(&server, journeys, options()).await;
    let answers = finish(&mut run).await;
    assert!(answers.iter().all(|answer| answer.step == "empty"));
    assert_eq!(answers[0].items, [("$.items".to_owned(), 0)]);
    let why: Vec<_> = run.not_probed().iter().map(|step| (step.step.as_str(), step.why.as_str())).collect();
    let expected = [
        ("forbidden", "`forbidden`: answered 401 instead of 200 to 299"),
        ("plain", "its answers hold no list to count"),
        ("one", "`one` cannot be filled: a value is missing or cannot stand there"),
    ];
    assert_eq!(why, expected);
    let log = server.taken();
    assert_eq!(log.iter().filter(|seen| seen.uri.path() == "/api/forbidden").count(), 3);
}

#[tokio::test]
async fn an_answer_that_is_not_expected_is_told_and_the_probe_goes_on() {
    let asked = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |seen| {
        if asked.fetch_add(1, Ordering::SeqCst) % 2 == 1 { (500, "boom".into()) } else { page(seen, 100_000) }
    })
    .await;
    let answers = finish(&mut started(&server, PAGED, options()).await).await;
    let failed: Vec<_> = answers.iter().filter(|answer| !answer.is_expected).collect();
    assert_eq!((answers.len(), failed.len()), (18, 9));
    assert_eq!(failed[0].problem.as_deref(), Some("`list`: answered 500 instead of 200 to 299: boom"));
    assert_eq!((failed[0].status, failed[0].items.len()), (Some(500), 0));
}

#[tokio::test]
async fn a_target_that_is_not_there_gives_no_readings() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let target = crate::HttpTarget { base_url };
    let mut run = ProbeRun::start(probe_plan(&scenario(PAGED)), &target, options()).await.unwrap();
    assert!(run.next().await.is_none());
    assert!(run.not_probed()[0].why.contains("refused"), "{:?}", run.not_probed());
}

#[tokio::test]
async fn steps_can_be_taken_out_of_the_plan() {
    let server = Server::start(hotel).await;
    let mut plan = probe_plan(&scenario(ENTITIES));
    plan.steps.retain(|step| step.name == "view");
    let mut run = ProbeRun::start(plan, &server.target, options()).await.unwrap();
    assert!(finish(&mut run).await.iter().all(|answer| answer.step == "view"));
}

//! Journeys played step by step, and what a user keeps between steps.

use super::*;

#[tokio::test]
async fn steps_are_taken_in_order_with_what_earlier_ones_kept() {
    let log = Arc::new(Mutex::new(Vec::<String>::new()));
    let seen = Arc::clone(&log);
    let target = serve(Router::new().fallback(any(
        move |method: axum::http::Method, uri: Uri, headers: HeaderMap, body: String| async move {
            let key = headers.get("x-key").map_or("", |value| value.to_str().unwrap()).to_owned();
            let kind = headers.get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
            seen.lock().unwrap().push(format!("{method} {uri} {body} {key} {kind}").trim_end().to_owned());
            axum::Json(serde_json::json!({"items": [{"id": 7}], "code": "a b"}))
        },
    )))
    .await;
    let scenario = scenario(
        "users = 1\nrate = 10\nduration = \"3s\"",
        r#"
        [[journey]]
        name = "j"
        vars = { who = "{{guests.name}}" }
        [[journey.step]]
        name = "search"
        path = "/search?who={{who}}"
        extract = { id = "/items/*/id" }
        [[journey.step]]
        name = "order"
        method = "POST"
        path = "/orders"
        headers = { x-key = "k-{{id}}" }
        json = { id = "{{id}}", who = "{{who}}" }
        extract = { code = "/code" }
        [[journey.step]]
        name = "cancel"
        method = "DELETE"
        path = "/orders/{{code}}"
        think = "60s"
        [feeders]
        guests = { rows = [{ name = "Ana & Co" }] }
        "#,
    );
    let (seconds, end) = play(&scenario, &target).await;
    assert_eq!(
        *log.lock().unwrap(),
        [
            "GET /search?who=Ana%20%26%20Co",
            r#"POST /orders {"id":7,"who":"Ana & Co"} k-7 application/json"#,
            "DELETE /orders/a%20b",
        ]
    );
    assert_eq!(end.cause, StopCause::DurationPassed);
    assert_eq!(total(&seconds, "cancel").statuses, BTreeMap::from([(200, 1)]));
    assert!(total(&seconds, "cancel").received_bytes > 10);
}

#[tokio::test]
async fn failures_are_counted_by_kind_and_end_the_round() {
    let target = serve(
        Router::new()
            .route("/gone", get(|| async { StatusCode::NOT_FOUND }))
            .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .route("/other", get(|| async { "hello" }))
            .route("/never", get(|| async { "x" })),
    )
    .await;
    let journey = |name: &str, expect: &str| {
        format!(
            "[[journey]]\nname = \"{name}\"\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\nthink = \"50ms\"\n{expect}\n\
             [[journey.step]]\nname = \"never\"\npath = \"/never\"\n"
        )
    };
    let journeys =
        journey("gone", "") + &journey("broken", "") + &journey("other", "expect = { text = \"goodbye\" }");
    let (seconds, _) =
        play(&scenario("users = 3\nrate = 100\nduration = \"1500ms\"", &journeys), &target).await;
    for (step, kind) in
        [("gone", ErrorKind::Status), ("broken", ErrorKind::ServerStatus), ("other", ErrorKind::Expectation)]
    {
        let total = total(&seconds, step);
        assert!(total.requests > 0, "{step}");
        assert_eq!(total.errors, BTreeMap::from([(kind, total.requests)]), "{step}");
        assert_eq!(total.failed_response_time.count(), total.requests, "{step}");
    }
    assert_eq!(total(&seconds, "never").requests, 0);
}

#[tokio::test]
async fn a_refusal_that_is_expected_is_no_failure_and_ends_the_round_where_a_value_is_missing() {
    let target = serve(Router::new().route("/orders", get(|| async { StatusCode::CONFLICT }))).await;
    let scenario = scenario(
        "users = 1\nrate = 10\nduration = \"300ms\"",
        r#"
        [[journey]]
        name = "j"
        [[journey.step]]
        name = "order"
        path = "/orders"
        expect = { status = [201, 409] }
        extract = { code = "/code" }
        think = "20ms"
        [[journey.step]]
        name = "confirm"
        path = "/orders/{{code}}"
        "#,
    );
    let (seconds, _) = play(&scenario, &target).await;
    let order = total(&seconds, "order");
    assert!(order.requests > 1 && order.error_count() == 0, "{order:?}");
    assert_eq!(total(&seconds, "confirm").requests, 0);
}

#[tokio::test]
async fn a_feeder_that_only_an_expectation_draws_from_is_drawn() {
    let target = serve(Router::new().route("/", get(|| async { "hello Ana" }))).await;
    let step = "path = \"/\"\nexpect = { text = \"hello {{guests.name}}\" }\nthink = \"20ms\"\n\
                [feeders.guests]\nrows = [{ name = \"Ana\" }]";
    let (seconds, _) = play(&one_step("users = 1\nrate = 10\nduration = \"300ms\"", step), &target).await;
    let step = total(&seconds, "s");
    assert!(step.requests > 0);
    assert_eq!(step.error_count(), 0, "{:?}", step.error_messages);
}

#[tokio::test]
async fn load_follows_a_redirect_within_the_target_and_never_one_away_from_it() {
    let strayed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&strayed);
    let other = serve(Router::new().fallback(any(move || async move {
        counter.fetch_add(1, Ordering::SeqCst);
        "elsewhere"
    })))
    .await;
    let away = |status: StatusCode| {
        let location = other.base_url.to_string();
        any(move || async move { (status, [("location", location)], "moved").into_response() })
    };
    let target = serve(
        Router::new()
            .route("/within", get(|| async { axum::response::Redirect::temporary("/here") }))
            .route("/here", get(|| async { "here" }))
            .route("/hop", get(|| async { axum::response::Redirect::temporary("/found") }))
            .route("/expected", get(|| async { axum::response::Redirect::temporary("/here") }))
            .route("/round", get(|| async { axum::response::Redirect::temporary("/round") }))
            .route("/found", away(StatusCode::FOUND))
            .route("/permanent", away(StatusCode::PERMANENT_REDIRECT)),
    )
    .await;
    let journey = |name: &str, method: &str, expect: &str| {
        format!(
            "[[journey]]\nname = \"{name}\"\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\n\
             method = \"{method}\"\nthink = \"20ms\"\nexpect = {{ {expect} }}\n"
        )
    };
    let journeys = journey("within", "GET", "text = \"here\"")
        + &journey("hop", "GET", "")
        + &journey("expected", "GET", "status = 307")
        + &journey("found", "GET", "status = 302")
        + &journey("permanent", "POST", "")
        + &journey("round", "GET", "");
    let mut scenario = scenario("users = 6\nrate = 100\nduration = \"500ms\"", &journeys);
    for client in [HttpClient::Lean, HttpClient::Full] {
        scenario.http.client = client;
        let (seconds, _) = play(&scenario, &target).await;
        for (step, status) in [("within", 200), ("expected", 307), ("found", 302)] {
            let total = total(&seconds, step);
            assert!(total.requests > 0);
            assert_eq!(total.statuses, BTreeMap::from([(status, total.requests)]), "{step}");
            assert_eq!(total.error_count(), 0, "{step}: {:?}", total.error_messages);
        }
        for (step, status) in [("hop", 302), ("permanent", 308)] {
            let total = total(&seconds, step);
            assert_eq!(total.statuses, BTreeMap::from([(status, total.requests)]), "{step}");
            assert_eq!(total.errors, BTreeMap::from([(ErrorKind::Status, total.requests)]), "{step}");
            assert!(total.error_messages[0].1.contains("is not followed"), "{:?}", total.error_messages);
        }
        let round = total(&seconds, "round");
        assert_eq!(round.errors, BTreeMap::from([(ErrorKind::RedirectLoop, round.requests)]));
        assert_eq!(round.error_messages[0].1, "redirected 10 times, at last to `/round`");
    }
    assert_eq!(strayed.load(Ordering::SeqCst), 0, "nobody named the other server");
}

#[tokio::test]
async fn each_user_keeps_its_cookies_and_users_are_split_by_weight() {
    let next = Arc::new(AtomicUsize::new(0));
    let visitors = Arc::new(Mutex::new(BTreeMap::<String, BTreeSet<String>>::new()));
    let seen = Arc::clone(&visitors);
    let target = serve(Router::new().fallback(any(move |uri: Uri, headers: HeaderMap| async move {
        let Some(cookie) = headers.get("cookie") else {
            let id = next.fetch_add(1, Ordering::Relaxed);
            return [("set-cookie", format!("id={id}; Path=/"))].into_response();
        };
        let cookie = cookie.to_str().unwrap().to_owned();
        seen.lock().unwrap().entry(uri.path().to_owned()).or_default().insert(cookie);
        StatusCode::OK.into_response()
    })))
    .await;
    let journey = |name: &str, weight: u32| {
        format!(
            "[[journey]]\nname = \"{name}\"\nweight = {weight}\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\nthink = \"20ms\"\n"
        )
    };
    let journeys = journey("rare", 1) + &journey("some", 30) + &journey("most", 69);
    let (seconds, end) =
        play(&scenario("users = 10\nrate = 50\nduration = \"4s\"", &journeys), &target).await;
    let count: BTreeMap<String, usize> =
        visitors.lock().unwrap().iter().map(|(path, ids)| (path.clone(), ids.len())).collect();
    let expected = [("/most", 6), ("/rare", 1), ("/some", 3)].map(|(path, users)| (path.to_owned(), users));
    assert_eq!(count, BTreeMap::from(expected));
    assert_eq!(end.users_started, 10);
    assert_eq!(seconds.iter().map(|second| second.users).max(), Some(10));
}

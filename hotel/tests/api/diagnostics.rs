//! Health, errors of the framework, metrics.

use reqwest::Method;
use serde_json::json;

use crate::world::{Api, World};

#[tokio::test]
async fn health_names_the_part_that_fails() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    let healthy = api.get("/health").await;
    assert_eq!(
        (healthy.status, healthy.body),
        (200, json!({"status": "ok", "database": "ok", "redis": "ok"}))
    );
    let World { postgres, redis, .. } = world;
    redis.stop().await;
    let message = json!({"from": "+34600000001", "type": "text", "text": "hola"});
    let (sick, answer) = tokio::join!(
        api.get_until("/health", |answer| answer.status == 503),
        api.post("/webhooks/whatsapp", &message)
    );
    assert_eq!(sick.body, json!({"status": "failing", "database": "ok", "redis": "failing"}));
    assert_eq!(answer.status, 200, "the bot answers without its memory");
    postgres.stop().await;
    let (dead, list) = tokio::join!(
        api.get_until("/health", |answer| answer.body["database"] == "failing"),
        api.get("/admin/reservations")
    );
    assert_eq!(dead.status, 503);
    assert_eq!(list.status, 503, "{}", list.body);
    hotel.shutdown().await;
}

#[tokio::test]
async fn every_error_is_a_problem_and_every_request_is_counted() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    api.get("/rooms").await.is_problem(404, "not_found");
    api.patch("/health", &json!({})).await.is_problem(405, "method_not_allowed");
    let malformed =
        api.request(Method::POST, "/reservations").header("content-type", "application/json").body("{");
    assert_eq!(malformed.send().await.unwrap().status(), 400);
    let untyped = api.request(Method::POST, "/reservations").body("x").send().await.unwrap();
    assert_eq!(untyped.status(), 415);
    assert_eq!(untyped.headers()["content-type"], "application/problem+json");
    let huge = api.request(Method::POST, "/reservations").json(&"x".repeat(3 << 20)).send().await.unwrap();
    assert_eq!(huge.status(), 413);

    let named = api.request(Method::GET, "/health").header("x-request-id", "abc").send().await.unwrap();
    assert_eq!(named.headers()["x-request-id"], "abc");
    let unnamed = api.request(Method::GET, "/health").send().await.unwrap();
    assert!(unnamed.headers()["x-request-id"].len() >= 32);
    api.get("/reservations/R-00000000").await.is_problem(404, "not_found");

    let (status, metrics) = api.raw("/metrics").await;
    assert_eq!(status, 200);
    for expected in [
        "hotel_http_requests_total{method=\"GET\",route=\"/health\",status=\"200\"} 2",
        "hotel_http_requests_total{method=\"GET\",route=\"/reservations/{code}\",status=\"404\"} 1",
        "hotel_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "hotel_http_request_duration_seconds_count{method=\"GET\",route=\"/health\"} 2",
        "hotel_redis_up 1",
        "hotel_build_info{",
    ] {
        assert!(metrics.contains(expected), "{expected} is missing in\n{metrics}");
    }
    if cfg!(target_os = "linux") {
        for name in ["process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds "] {
            assert!(metrics.lines().any(|line| line.starts_with(name)), "{name} is missing in\n{metrics}");
        }
    }
    assert!(metrics.ends_with("# EOF\n"));
    hotel.shutdown().await;
    world.stop().await;
}

//! The built-in journeys against a stand-in that answers as the hotel's contract says.

use std::time::Duration;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{play, serve, total};
use crate::{Overrides, load_scenario};

type Fields = Query<std::collections::HashMap<String, String>>;

async fn webhook(Json(message): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let text = message["text"].as_str().unwrap_or_default();
    let mut dates = text.split_whitespace().filter(|word| word.starts_with("20"));
    if message["type"] == "text" {
        return Ok(Json(json!({
            "intent": "check_availability", "check_in": dates.next(), "check_out": dates.next(), "reply": "Sí."
        })));
    }
    // Each recording is told from the others by what is only in it.
    let scenario = load_scenario("baseline", None).unwrap();
    let rows = &scenario.feeders["recordings"].rows;
    let recording = rows.iter().find(|row| message["audio"]["data"] == row["wav"].as_str());
    let digits = &recording.ok_or(StatusCode::UNPROCESSABLE_ENTITY)?["digits"];
    Ok(Json(json!({"digits": digits, "intent": "prices", "reply": "Pulse 1."})))
}

async fn availability(Query(fields): Fields) -> Result<Json<Value>, StatusCode> {
    if fields["check_in"] >= fields["check_out"] || fields["guests"] != "2" {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    Ok(Json(json!({"accommodations": [{"id": 1}, {"id": 2}]})))
}

async fn prereserve(Json(request): Json<Value>) -> Result<(StatusCode, Json<Value>), StatusCode> {
    let is_right = request["accommodation_id"].is_u64()
        && request["guests"].is_u64()
        && request["guest_name"].as_str().is_some_and(|name| name.contains(' '))
        && request["guest_phone"]
            .as_str()
            .is_some_and(|phone| phone.starts_with("+346") && phone.len() == 12)
        && request["check_in"].as_str() < request["check_out"].as_str();
    if !is_right {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let code = format!("R-{}", request["guest_phone"].as_str().unwrap_or_default());
    Ok((StatusCode::CREATED, Json(json!({"code": code, "status": "pre_reserved"}))))
}

async fn by_phone(Query(fields): Fields) -> Json<Value> {
    Json(json!({"items": [{"code": format!("R-{}", fields["phone"])}]}))
}

async fn reservation(Path(code): Path<String>) -> Json<Value> {
    Json(json!({"code": code}))
}

async fn admin_list(Query(fields): Fields) -> Result<Json<Value>, StatusCode> {
    let is_right = ["limit", "offset"].iter().all(|field| fields[*field].parse::<u32>().is_ok())
        && fields["from"] < fields["to"];
    if is_right { Ok(Json(json!({"items": [], "total": 0}))) } else { Err(StatusCode::UNPROCESSABLE_ENTITY) }
}

async fn admin_export(Query(fields): Fields) -> Result<&'static str, StatusCode> {
    let is_a_week = fields.get("to").is_some_and(|to| fields["from"] < *to) && fields.contains_key("status");
    let is_a_channel = fields.get("channel").is_some_and(|channel| channel == "agency");
    if is_a_week || is_a_channel { Ok("code\n") } else { Err(StatusCode::UNPROCESSABLE_ENTITY) }
}

fn stand_in() -> Router {
    let changed = |status: &'static str| {
        post(move |Path(code): Path<String>| async move { Json(json!({"code": code, "status": status})) })
    };
    Router::new()
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/webhooks/whatsapp", post(webhook))
        .route("/availability", get(availability))
        .route("/reservations", post(prereserve).get(by_phone))
        .route("/reservations/{code}", get(reservation).patch(reservation))
        .route("/reservations/{code}/confirm", changed("confirmed"))
        .route("/reservations/{code}/cancel", changed("cancelled"))
        .route("/admin/reservations", get(admin_list))
        .route("/admin/reservations/export.csv", get(admin_export))
        .route("/pms/rates", get(|| async { Json(json!({"rate_cents": 1, "source": "pms"})) }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_the_built_in_journeys_fits_the_contract() {
    let target = serve(stand_in()).await;
    let mut scenario = load_scenario("baseline", None).unwrap();
    let quick = Overrides {
        users: Some(24),
        rate_per_s: Some(100.0),
        duration: Some(Duration::from_secs(6)),
        ..Overrides::default()
    };
    quick.apply(&mut scenario).unwrap();
    let (seconds, _) = play(&scenario, &target).await;
    for step in scenario.step_names() {
        let total = total(&seconds, step);
        assert!(total.requests > 0, "{step} was never taken");
        assert_eq!(total.error_count(), 0, "{step}: {:?}", total.error_messages);
    }
}

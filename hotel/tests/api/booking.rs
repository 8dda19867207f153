//! Search, pre-reserve, confirm, change, cancel, expire.

use std::time::Duration;

use aforo_hotel::{Flaw, FlawSet, HotelConfig, start};
use serde_json::{Value, json};

use crate::world::{Api, HeldAccommodations, World, booking, free_day};

#[tokio::test]
async fn a_booking_goes_from_search_to_cancellation() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    let (arrival, departure) = (free_day(0), free_day(3));

    let question = format!("/availability?check_in={arrival}&check_out={departure}&guests=2");
    let found = api.get(&question).await;
    assert_eq!((found.status, &found.body["nights"]), (200, &json!(3)), "{}", found.body);
    let offers = found.body["accommodations"].as_array().unwrap();
    let prices: Vec<i64> = offers.iter().map(|offer| offer["total_price_cents"].as_i64().unwrap()).collect();
    assert!(!prices.is_empty() && prices.is_sorted(), "{prices:?}");
    let id = offers[0]["id"].as_i64().unwrap() as i32;
    let offered =
        |body: &Value| body["accommodations"].as_array().unwrap().iter().any(|offer| offer["id"] == id);

    let made = api.post("/reservations", &booking(id, arrival, departure)).await;
    assert_eq!((made.status, made.text("status")), (201, "pre_reserved"), "{}", made.body);
    assert_eq!(made.body["total_price_cents"], prices[0]);
    assert!(made.text("expires_at") > made.text("created_at"));
    let path = format!("/reservations/{}", made.text("code"));
    assert!(!offered(&api.get(&question).await.body));

    api.post("/reservations", &booking(id, free_day(2), free_day(5))).await.is_problem(409, "overlap");
    let adjacent = api.post("/reservations", &booking(id, departure, free_day(4))).await;
    assert_eq!(adjacent.status, 201, "the day of departure is free for the next guest: {}", adjacent.body);

    let confirmed = api.post(&format!("{path}/confirm"), &json!({})).await;
    assert_eq!((confirmed.status, confirmed.text("status")), (200, "confirmed"));
    api.post(&format!("{path}/confirm"), &json!({})).await.is_problem(409, "wrong_state");

    let smaller = api.patch(&path, &json!({"guests": 1})).await;
    assert_eq!((smaller.status, &smaller.body["guests"]), (200, &json!(1)), "{}", smaller.body);
    let overlapping = json!({"check_in": free_day(1), "check_out": free_day(4)});
    api.patch(&path, &overlapping).await.is_problem(409, "overlap");
    let moved = api.patch(&path, &json!({"check_in": free_day(10), "check_out": free_day(12)})).await;
    assert_eq!((moved.status, &moved.body["check_in"]), (200, &json!(free_day(10))), "{}", moved.body);

    let view = api.get(&path).await.body;
    let nights = view["nights"].as_array().unwrap();
    assert_eq!(
        nights.iter().map(|night| &night["date"]).collect::<Vec<_>>(),
        [&json!(free_day(10)), &json!(free_day(11))]
    );
    let sum: i64 = nights.iter().map(|night| night["price_cents"].as_i64().unwrap()).sum();
    assert_eq!(view["total_price_cents"], sum);
    let history: Vec<&str> =
        view["history"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(history, ["pre_reserved", "confirmed", "modified", "modified"]);
    assert!(view["accommodation"]["code"].as_str().unwrap().starts_with("HAB-"));

    let cancelled = api.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!((cancelled.status, cancelled.text("status")), (200, "cancelled"));
    api.post(&format!("{path}/cancel"), &json!({})).await.is_problem(409, "wrong_state");
    api.patch(&path, &json!({"guests": 2})).await.is_problem(409, "wrong_state");
    let again = api.post("/reservations", &booking(id, free_day(10), free_day(12))).await;
    assert_eq!(again.status, 201, "cancelled dates are free again: {}", again.body);

    let own = api.get("/reservations?phone=%2B34699000001").await;
    let codes: Vec<&Value> = own.body["items"].as_array().unwrap().iter().map(|item| &item["code"]).collect();
    assert_eq!(codes, [&again.body["code"], &adjacent.body["code"], &made.body["code"]], "newest first");

    hotel.shutdown().await;
    world.stop().await;
}

#[tokio::test]
async fn bad_input_is_refused_with_a_reason() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    let good = booking(1, free_day(0), free_day(2));
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for body in [
        with("check_in", json!("2001-01-01")),
        with("check_in", json!("soon")),
        with("check_out", json!(free_day(0))),
        with("check_out", json!(free_day(31))),
        with("guests", json!(0)),
        with("guests", json!(19)),
        with("guest_name", json!("  ")),
        with("guest_name", json!("a\u{0}b")),
        with("guest_phone", json!("600000001")),
        with("channel", json!("carrier-pigeon")),
        with("accommodation_id", json!("one")),
        json!({}),
    ] {
        api.post("/reservations", &body).await.is_problem(422, "invalid_input");
    }
    api.post("/reservations", &with("accommodation_id", json!(99))).await.is_problem(404, "not_found");
    for code in ["R-00000000", "'; DROP TABLE reservations; --", "%F0%9F%8F%A8"] {
        let path = format!("/reservations/{code}");
        api.get(&path).await.is_problem(404, "not_found");
        api.post(&format!("{path}/confirm"), &json!({})).await.is_problem(404, "not_found");
        api.post(&format!("{path}/cancel"), &json!({})).await.is_problem(404, "not_found");
        api.patch(&path, &json!({"guests": 1})).await.is_problem(404, "not_found");
    }
    for body in
        [json!({}), json!({"check_in": free_day(1)}), json!({"guests": -3}), json!({"guest_name": "x"})]
    {
        api.patch("/reservations/R-00000000", &body).await.is_problem(422, "invalid_input");
    }
    let day = free_day(0);
    for path in [
        format!("/availability?check_in={day}&check_out={day}&guests=2"),
        format!("/availability?check_in={day}&check_out={}&guests=99", free_day(1)),
        format!("/availability?check_in={day}"),
        "/reservations?phone=nobody".to_owned(),
        "/reservations".to_owned(),
        "/pms/rates?accommodation_id=1&date=2027-02-31".to_owned(),
        // What the hotel can read but its database cannot hold.
        "/reservations/R-%00".to_owned(),
        "/admin/reservations?from=-262143-01-01".to_owned(),
        "/admin/reservations/export.csv?to=-262143-01-01".to_owned(),
    ] {
        api.get(&path).await.is_problem(422, "invalid_input");
    }
    hotel.shutdown().await;
    world.stop().await;
}

#[tokio::test]
async fn of_many_bookings_of_the_same_dates_exactly_one_wins() {
    let world = World::start().await;
    tokio::join!(
        compete(&world, FlawSet::none()),
        compete(&world, FlawSet::from_iter([Flaw::LockContention]))
    );
    world.stop().await;
}

async fn compete(world: &World, flaws: FlawSet) {
    let hotel = start(HotelConfig { flaws, ..world.config().await }).await.unwrap();
    let api = Api::new(&hotel);
    let bookings = (0..24).map(|shift| {
        // Overlapping, not only equal: the constraint decides, not a comparison of dates.
        let body = booking(1, free_day(shift % 3), free_day(3 + shift % 2));
        let api = api.clone();
        tokio::spawn(async move { api.post("/reservations", &body).await })
    });
    let mut won = 0;
    for task in bookings.collect::<Vec<_>>() {
        let answer = task.await.unwrap();
        if answer.status == 201 {
            won += 1;
        } else {
            answer.is_problem(409, "overlap");
        }
    }
    assert_eq!(won, 1);
    hotel.shutdown().await;
}

#[tokio::test]
async fn of_two_changes_at_once_neither_undoes_the_other() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    let made = api.post("/reservations", &booking(1, free_day(0), free_day(2))).await;
    let path = format!("/reservations/{}", made.text("code"));
    // Both have looked at the reservation before either of them writes.
    let held = HeldAccommodations::hold(&hotel).await;
    let [fewer, moved] = [json!({"guests": 1}), json!({"check_in": free_day(5), "check_out": free_day(8)})]
        .map(|body| {
            let (api, path) = (api.clone(), path.clone());
            tokio::spawn(async move { api.patch(&path, &body).await })
        });
    held.until_waited_for_by(2).await;
    held.release().await;
    assert_eq!((fewer.await.unwrap().status, moved.await.unwrap().status), (200, 200));
    let view = api.get(&path).await.body;
    assert_eq!((&view["guests"], &view["check_in"]), (&json!(1), &json!(free_day(5))), "{view}");
    assert_eq!(view["nights"].as_array().unwrap().len(), 3);
    hotel.shutdown().await;
    world.stop().await;
}

#[tokio::test]
async fn a_hold_that_runs_out_frees_its_dates() {
    let world = World::start().await;
    let config = HotelConfig {
        hold: Duration::from_millis(1),
        expiry_interval: Duration::from_millis(50),
        ..world.config().await
    };
    let hotel = start(config).await.unwrap();
    let api = Api::new(&hotel);
    let body = booking(1, free_day(0), free_day(2));
    let made = api.post("/reservations", &body).await;
    let path = format!("/reservations/{}", made.text("code"));
    let view = api.get_until(&path, |answer| answer.body["status"] == "expired").await;
    assert_eq!(view.body["history"][1]["event"], "expired");
    api.post(&format!("{path}/confirm"), &json!({})).await.is_problem(409, "expired");
    assert_eq!(api.post("/reservations", &body).await.status, 201, "the dates are free again");
    let (_, metrics) = api.raw("/metrics").await;
    assert!(
        metrics
            .lines()
            .any(|line| line.starts_with("hotel_reservations_expired_total ") && !line.ends_with(" 0"))
    );
    hotel.shutdown().await;

    // The job has not come by yet: the time is over all the same.
    let config = HotelConfig {
        hold: Duration::from_millis(1),
        expiry_interval: Duration::from_secs(3600),
        ..world.config().await
    };
    let hotel = start(config).await.unwrap();
    let api = Api::new(&hotel);
    let made = api.post("/reservations", &body).await;
    let confirm = format!("/reservations/{}/confirm", made.text("code"));
    tokio::time::sleep(Duration::from_millis(5)).await;
    api.post(&confirm, &json!({})).await.is_problem(409, "expired");
    hotel.shutdown().await;
    world.stop().await;
}

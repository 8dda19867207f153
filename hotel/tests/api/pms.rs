//! The slow upstream behind its cache and its circuit breaker.

use std::time::Duration;

use aforo_hotel::{HotelConfig, start};
use serde_json::json;

use crate::world::{Api, World};

#[tokio::test]
async fn an_outage_opens_the_circuit_and_the_upstreams_return_closes_it() {
    let world = World::start().await;
    let config = HotelConfig { pms_open_for: Duration::from_millis(100), ..world.config().await };
    let hotel = start(config).await.unwrap();
    let api = Api::new(&hotel);
    let rate = |day: u32| format!("/pms/rates?accommodation_id=1&date=2027-01-{day:02}");

    let fresh = api.get(&rate(2)).await;
    assert_eq!((fresh.status, fresh.text("source")), (200, "pms"), "{}", fresh.body);
    let cached = api.get(&rate(2)).await;
    assert_eq!((cached.text("source"), &cached.body["rate_cents"]), ("cache", &fresh.body["rate_cents"]));
    assert_eq!((&cached.body["accommodation_id"], cached.text("date")), (&json!(1), "2027-01-02"));

    hotel.set_pms_outage(true);
    for day in 3..12 {
        let answer = api.get(&rate(day)).await;
        assert_eq!((answer.status, answer.text("source")), (200, "fallback"), "{}", answer.body);
    }
    let (_, metrics) = api.raw("/metrics").await;
    assert!(metrics.contains("hotel_pms_circuit_closed 0"), "{metrics}");
    assert_eq!(api.get(&rate(2)).await.text("source"), "cache", "what is cached is still served");

    hotel.set_pms_outage(false);
    api.get_until(&rate(20), |answer| answer.body["source"] == "pms").await;
    let (_, metrics) = api.raw("/metrics").await;
    assert!(metrics.contains("hotel_pms_circuit_closed 1"));
    api.get("/pms/rates?accommodation_id=77&date=2027-01-02").await.is_problem(404, "not_found");
    hotel.shutdown().await;
    world.stop().await;
}

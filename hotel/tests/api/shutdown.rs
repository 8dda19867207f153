//! The end of a hotel that is still at work.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::net::TcpStream;

use crate::world::{Api, HeldAccommodations, World, booking, free_day};

#[tokio::test]
async fn requests_in_flight_are_answered_and_no_new_ones_taken() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    let address = hotel.url().trim_start_matches("http://").to_owned();
    let (arrival, departure) = (free_day(0), free_day(2));

    let held = HeldAccommodations::hold(&hotel).await;
    let requests = [
        api.request(Method::GET, &format!("/availability?check_in={arrival}&check_out={departure}&guests=2")),
        api.request(Method::POST, "/reservations").json(&booking(1, arrival, departure)),
        api.request(Method::GET, "/admin/reservations/export.csv"),
        api.request(Method::GET, "/pms/rates?accommodation_id=1&date=2027-01-02"),
    ]
    .map(|request| {
        tokio::spawn(async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    });
    held.until_waited_for_by(4).await;

    let shutdown = tokio::spawn(hotel.shutdown());
    let started = Instant::now();
    while TcpStream::connect(&address).await.is_ok() {
        assert!(started.elapsed() < Duration::from_secs(10), "it still takes connections");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(requests.iter().all(|request| !request.is_finished()));
    held.release().await;

    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    shutdown.await.unwrap();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.0).collect();
    assert_eq!(statuses, [200, 201, 200, 200], "{answers:?}");
    // The booking may or may not be in it.
    let exported = answers[2].1.lines().count() - 1;
    assert!((500..=501).contains(&exported), "{exported} rows");
    assert!(
        answers[3].1.contains("\"source\":\"pms\""),
        "the upstream outlives those who need it: {}",
        answers[3].1
    );
    world.stop().await;
}

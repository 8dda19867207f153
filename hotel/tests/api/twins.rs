//! A flaw costs time and never changes an answer: the hotel with every flaw and the tuned one, byte for byte.

use aforo_hotel::Hotel;
use chrono::{Days, NaiveDate, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::world::{Answer, Api, World, booking, free_day};

/// Two hotels on the same data.
struct Twins {
    flawed: Api,
    tuned: Api,
    runtime: Runtime,
}

impl Twins {
    fn same(&self, path: &str) -> String {
        let (flawed, tuned) =
            self.runtime.block_on(async { tokio::join!(self.flawed.raw(path), self.tuned.raw(path)) });
        assert_eq!(flawed, tuned, "{path}");
        assert_ne!(tuned.0, 500, "{path}: {}", tuned.1);
        tuned.1
    }

    fn same_post(&self, path: &str, body: &Value) -> (Answer, Answer) {
        self.runtime
            .block_on(async { tokio::join!(self.flawed.post(path, body), self.tuned.post(path, body)) })
    }
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

fn date() -> impl Strategy<Value = Option<NaiveDate>> {
    let today = Utc::now().date_naive();
    let start = today - Days::new(900);
    prop_oneof![Just(None), (0_u64..1400).prop_map(move |days| Some(start + Days::new(days)))]
}

fn filter() -> impl Strategy<Value = String> {
    let status = prop::sample::select(vec!["", "pre_reserved", "confirmed", "cancelled", "expired"]);
    let channel = prop::sample::select(vec!["", "", "web", "whatsapp", "booking", "phone", "agency"]);
    (status, channel, date(), date()).prop_map(|(status, channel, from, to)| {
        let mut query = String::new();
        for (name, value) in [
            ("status", status.to_owned()),
            ("channel", channel.to_owned()),
            ("from", from.map(|day| day.to_string()).unwrap_or_default()),
            ("to", to.map(|day| day.to_string()).unwrap_or_default()),
        ] {
            if !value.is_empty() {
                query.push_str(&format!("{name}={value}&"));
            }
        }
        query
    })
}

#[test]
fn flawed_and_tuned_answer_the_same() {
    let runtime = Runtime::new().unwrap();
    let (world, flawed, tuned) = runtime.block_on(async {
        let world = World::start().await;
        let (flawed, tuned): (Hotel, Hotel) = tokio::join!(world.flawed_hotel(), world.hotel());
        (world, flawed, tuned)
    });
    let twins = Twins { flawed: Api::new(&flawed), tuned: Api::new(&tuned), runtime };
    lists_and_exports(&twins);
    views_and_guests(&twins);
    searches(&twins);
    bookings(&twins);
    messages(&twins);
    let Twins { runtime, .. } = twins;
    runtime.block_on(async {
        flawed.shutdown().await;
        tuned.shutdown().await;
        world.stop().await;
    });
}

fn lists_and_exports(twins: &Twins) {
    let asked = (filter(), 1_u32..=200, 0_u32..520);
    runner(48)
        .run(&asked, |(filter, limit, offset)| {
            twins.same(&format!("/admin/reservations?{filter}limit={limit}&offset={offset}"));
            Ok(())
        })
        .unwrap();
    runner(16)
        .run(&filter(), |filter| {
            twins.same(&format!("/admin/reservations/export.csv?{filter}"));
            Ok(())
        })
        .unwrap();
}

fn views_and_guests(twins: &Twins) {
    let list: Value = serde_json::from_str(&twins.same("/admin/reservations?limit=200&offset=300")).unwrap();
    let items = list["items"].as_array().unwrap().clone();
    runner(48)
        .run(&prop::sample::select(items), |item| {
            twins.same(&format!("/reservations/{}", item["code"].as_str().unwrap()));
            let phone = item["guest_phone"].as_str().unwrap().replace('+', "%2B");
            twins.same(&format!("/reservations?phone={phone}"));
            Ok(())
        })
        .unwrap();
}

fn searches(twins: &Twins) {
    let today = Utc::now().date_naive();
    runner(48)
        .run(&(0_u64..600, 0_u64..33, 0_i32..8), |(ahead, nights, guests)| {
            let check_in = today + Days::new(ahead);
            let check_out = check_in + Days::new(nights);
            twins.same(&format!("/availability?check_in={check_in}&check_out={check_out}&guests={guests}"));
            Ok(())
        })
        .unwrap();
}

/// The same bookings, one after the other: the same wins, refusals and prices.
fn bookings(twins: &Twins) {
    runner(32)
        .run(&(1_i32..=6, 0_u64..40, 1_u64..9), |(accommodation_id, ahead, nights)| {
            let body = booking(accommodation_id, free_day(ahead), free_day(ahead + nights));
            let (flawed, tuned) = twins.same_post("/reservations", &body);
            assert_eq!(flawed.status, tuned.status, "{body}: {} {}", flawed.body, tuned.body);
            let comparable = |answer: Answer| {
                let mut body = answer.body;
                for varies in ["code", "created_at", "expires_at"] {
                    if let Some(object) =
                        body.as_object_mut().filter(|object| object.contains_key("accommodation_id"))
                    {
                        object.remove(varies);
                    }
                }
                body.to_string()
            };
            assert_eq!(comparable(flawed), comparable(tuned), "{body}");
            Ok(())
        })
        .unwrap();
}

fn messages(twins: &Twins) {
    let corpus = include_str!("../../corpus/messages.txt");
    let texts: Vec<&str> = corpus.lines().filter_map(|line| line.split('\t').next()).collect();
    // The pure twins are compared on every message beside their code; here a part will do.
    for (number, text) in texts.iter().step_by(8).enumerate() {
        // Several messages share a phone, so that sessions are compared as well.
        let body = json!({"from": format!("+3461000{:04}", number / 4), "type": "text", "text": text});
        let (flawed, tuned) = twins.same_post("/webhooks/whatsapp", &body);
        assert_eq!(flawed.body.to_string(), tuned.body.to_string(), "{text}");
        assert_eq!(tuned.status, 200, "{}", tuned.body);
    }
}

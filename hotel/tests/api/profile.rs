//! CPU profiles of the running hotel.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;

use aforo_hotel::{Flaw, FlawSet, HotelConfig, start};
use flate2::read::GzDecoder;
use pprof::protos::{Message as _, Profile};
use reqwest::{Method, Response};
use serde_json::json;

use crate::world::{Api, World};

/// Samples that must name the hot path; one second of load gives several times as many.
const ENOUGH_SAMPLES: i64 = 5;
/// How many profiles may be needed for them: a busy machine gives the hotel little time to be sampled in.
const MOST_PROFILES: usize = 20;

async fn take(api: &Api) -> Response {
    api.request(Method::GET, "/debug/pprof/profile?seconds=1&frequency=99").send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn profiles_name_what_is_hot_and_are_taken_one_at_a_time() {
    let world = World::start().await;
    let flaws = FlawSet::from_iter([Flaw::RegexPerCall]);
    let hotel = start(HotelConfig { flaws, ..world.config().await }).await.unwrap();
    let api = Api::new(&hotel);
    for wrong in ["seconds=0", "seconds=61", "frequency=0", "frequency=251", "seconds=x"] {
        api.get(&format!("/debug/pprof/profile?{wrong}")).await.is_problem(422, "invalid_input");
    }
    let load = {
        let api = api.clone();
        let message = json!({"from": "+34600000001", "type": "text", "text": "hola"});
        tokio::spawn(async move {
            loop {
                assert_eq!(api.post("/webhooks/whatsapp", &message).await.status, 200);
            }
        })
    };

    let (one, other) = tokio::join!(take(&api), take(&api));
    // Which of the two came first is open; the other found it running.
    let (taken, refused) = if one.status() == 200 { (one, other) } else { (other, one) };
    assert_eq!((taken.status().as_u16(), refused.status().as_u16()), (200, 409));
    assert!(refused.text().await.unwrap().contains("profile_running"));

    let mut hot = samples_of_the_nlu(&decode(taken).await);
    for _ in 1..MOST_PROFILES {
        if hot >= ENOUGH_SAMPLES {
            break;
        }
        hot += samples_of_the_nlu(&decode(take(&api).await).await);
    }
    assert!(hot >= ENOUGH_SAMPLES, "{hot} samples lead from the webhook to the language understanding");
    load.abort();
    hotel.shutdown().await;
    world.stop().await;
}

async fn decode(response: Response) -> Profile {
    let body = response.bytes().await.unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(&*body).read_to_end(&mut bytes).unwrap();
    Profile::decode(&*bytes).unwrap()
}

/// How often the understanding was seen at work with the webhook among its callers: the stack was followed that far.
fn samples_of_the_nlu(profile: &Profile) -> i64 {
    let names: HashMap<u64, &str> = profile
        .function
        .iter()
        .map(|function| (function.id, profile.string_table[function.name as usize].as_str()))
        .collect();
    let locations_in = |module: &str| -> HashSet<u64> {
        let within = |function_id| names[function_id].contains(module);
        let lines =
            profile.location.iter().flat_map(|location| location.line.iter().map(|line| (location.id, line)));
        lines.filter(|(_, line)| within(&line.function_id)).map(|(location, _)| location).collect()
    };
    let (nlu, webhook) =
        (locations_in("aforo_hotel::nlu"), locations_in("aforo_hotel::service::handlers::webhook"));
    let is_hot = |stack: &[u64]| {
        let callee = stack.iter().position(|location| nlu.contains(location));
        let caller = stack.iter().rposition(|location| webhook.contains(location));
        callee.zip(caller).is_some_and(|(callee, caller)| callee < caller)
    };
    // The first value of a sample is how often its stack was seen.
    profile.sample.iter().filter(|sample| is_hot(&sample.location_id)).map(|sample| sample.value[0]).sum()
}

//! The bot: texts, sessions, voice menus.

use aforo_hotel::audio::synthesize_wav;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::world::{Answer, Api, World, free_day};

async fn says(api: &Api, phone: &str, text: &str) -> Answer {
    api.post("/webhooks/whatsapp", &json!({"from": phone, "type": "text", "text": text})).await
}

#[tokio::test]
async fn the_bot_answers_texts_and_voice_menus() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    a_text_is_understood_remembered_and_answered_with_rooms(&api).await;
    a_voice_menu_is_decoded_and_noise_is_refused(&api).await;
    hotel.shutdown().await;
    world.stop().await;
}

async fn a_text_is_understood_remembered_and_answered_with_rooms(api: &Api) {
    let (arrival, departure) = (free_day(0), free_day(3));
    let spanish = |day: chrono::NaiveDate| day.format("%d/%m/%Y").to_string();

    let text = format!(
        "Hola, ¿tenéis disponibilidad del {} al {} para 2 personas?",
        spanish(arrival),
        spanish(departure)
    );
    let first = says(api, "+34600000001", &text).await;
    assert_eq!((first.status, first.text("intent")), (200, "check_availability"), "{}", first.body);
    assert_eq!((&first.body["check_in"], &first.body["check_out"]), (&json!(arrival), &json!(departure)));
    assert_eq!(first.body["guests"], 2);
    assert!(first.body["confidence"].as_f64().unwrap() > 0.5);
    let question = format!("/availability?check_in={arrival}&check_out={departure}&guests=2");
    let cheapest = api.get(&question).await.body["accommodations"][0].clone();
    assert!(first.text("reply").contains(cheapest["code"].as_str().unwrap()), "{}", first.body);

    let later = says(api, "+34600000001", "¿Cuánto cuesta?").await;
    assert_eq!((later.text("intent"), &later.body["check_in"]), ("prices", &Value::Null), "{}", later.body);
    assert!(later.text("reply").contains(&spanish(arrival)), "the dates are remembered: {}", later.body);
    let stranger = says(api, "+34600000002", "¿Cuánto cuesta?").await;
    assert!(!stranger.text("reply").contains(&spanish(arrival)), "and only for this guest");

    let greeting = says(api, "+34600000003", "Hola").await;
    assert_eq!(greeting.text("intent"), "greeting");
    for text in ["", "🏨", "qwertz"] {
        assert_eq!(says(api, "+34600000004", text).await.status, 200, "{text:?}");
    }
    says(api, "+34600000004", &"x".repeat(4097)).await.is_problem(422, "invalid_input");
    says(api, "nobody", "Hola").await.is_problem(422, "invalid_input");
    for body in [
        json!({}),
        json!({"from": "+34600000001", "type": "sticker"}),
        json!({"from": "+34600000001", "type": "text"}),
    ] {
        api.post("/webhooks/whatsapp", &body).await.is_problem(422, "invalid_input");
    }
}

async fn a_voice_menu_is_decoded_and_noise_is_refused(api: &Api) {
    let audio = |mime_type: &str, data: String| json!({"from": "+34600000001", "type": "audio", "audio": {"mime_type": mime_type, "data": data}});
    let wav = STANDARD.encode(synthesize_wav("1", 8000));
    let answer = api.post("/webhooks/whatsapp", &audio("audio/wav", wav.clone())).await;
    assert_eq!(
        (answer.status, answer.text("digits"), answer.text("intent")),
        (200, "1", "check_availability"),
        "{}",
        answer.body
    );
    let several = STANDARD.encode(synthesize_wav("27", 8000));
    assert_eq!(api.post("/webhooks/whatsapp", &audio("audio/x-wav", several)).await.text("digits"), "27");
    let silence = STANDARD.encode(synthesize_wav("", 8000));
    for body in [
        audio("audio/ogg", wav.clone()),
        audio("audio/wav", "no base64!".to_owned()),
        audio("audio/wav", STANDARD.encode(b"RIFF")),
        audio("audio/wav", wav[..wav.len() / 4 * 4 / 8].to_owned()),
        audio("audio/wav", silence),
        audio("audio/wav", String::new()),
    ] {
        api.post("/webhooks/whatsapp", &body).await.is_problem(422, "invalid_input");
    }
}

//! `POST /webhooks/whatsapp`: a guest writes, or presses keys in a voice message; the bot answers.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::audio::{decode_wav_menu, menu_intent};
use crate::nlu::Intent;
use crate::service::extract::Json as JsonBody;
use crate::service::handlers::availability::offers;
use crate::service::input;
use crate::service::problem::Problem;
use crate::service::replies;
use crate::service::reservation::Stay;
use crate::service::sessions::Session;
use crate::service::state::{App, Shared, today};

/// The longest text message of `WhatsApp`, in characters.
const LONGEST_TEXT: usize = 4096;
/// For whom a guest asks who does not say.
const DEFAULT_GUESTS: u8 = 2;

/// The largest body: an audio of 10 MB in base64, and what is around it.
pub(crate) const MOST_BODY_BYTES: usize = 14 * 1024 * 1024;

#[derive(Deserialize)]
pub(crate) struct Message {
    from: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content {
    Text { text: String },
    Audio { audio: Audio },
}

#[derive(Deserialize)]
struct Audio {
    mime_type: String,
    data: String,
}

#[derive(Serialize)]
struct TextAnswer {
    intent: Intent,
    confidence: f32,
    check_in: Option<NaiveDate>,
    check_out: Option<NaiveDate>,
    guests: Option<u8>,
    reply: String,
}

#[derive(Serialize)]
struct AudioAnswer {
    digits: String,
    intent: Intent,
    reply: String,
}

pub(crate) async fn whatsapp(app: Shared, JsonBody(message): JsonBody<Message>) -> Result<Response, Problem> {
    input::phone(&message.from)?;
    match message.content {
        Content::Text { text } => Ok(Json(answer_text(&app, &message.from, &text).await?).into_response()),
        Content::Audio { audio } => Ok(Json(answer_audio(audio).await?).into_response()),
    }
}

async fn answer_text(app: &App, phone: &str, text: &str) -> Result<TextAnswer, Problem> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(Problem::invalid(format!("a text message has at most {LONGEST_TEXT} characters")));
    }
    let understood = app.nlu.understand(text, today());
    let mut session = app.sessions.load(phone).await;
    session.hear(&understood);
    let reply = reply(app, understood.intent, &session).await?;
    app.sessions.store(phone, &session).await;
    Ok(TextAnswer {
        intent: understood.intent,
        confidence: understood.confidence,
        check_in: understood.check_in,
        check_out: understood.check_out,
        guests: understood.guests,
        reply,
    })
}

/// With dates, in this message or an earlier one, real rooms and prices; without them a question or a fact.
async fn reply(app: &App, intent: Intent, session: &Session) -> Result<String, Problem> {
    if !matches!(intent, Intent::CheckAvailability | Intent::MakeReservation | Intent::Prices) {
        return Ok(replies::fact(intent).to_owned());
    }
    let (Some(check_in), Some(check_out)) = (session.check_in, session.check_out) else {
        return Ok(replies::ask_for_dates(session.check_in));
    };
    let guests = i32::from(session.guests.unwrap_or(DEFAULT_GUESTS));
    // A guest may ask for what cannot be booked; the bot says so and does not fail.
    let asked = input::stay(check_in, check_out, today()).and_then(|stay| Ok((stay, input::guests(guests)?)));
    match asked {
        Ok((stay, guests)) => Ok(replies::offers(stay, guests, &offers(app, stay, guests).await?)),
        Err(_) => Ok(replies::cannot_book(Stay { check_in, check_out })),
    }
}

async fn answer_audio(audio: Audio) -> Result<AudioAnswer, Problem> {
    let mime_type = audio.mime_type.split(';').next().unwrap_or_default().trim();
    if !matches!(mime_type, "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave") {
        return Err(Problem::invalid(format!("the audio is {mime_type}; send audio/wav")));
    }
    let wav = STANDARD
        .decode(audio.data)
        .map_err(|error| Problem::invalid(format!("audio.data is no base64: {error}")))?;
    // Up to two minutes of sound: too long for a thread that serves others meanwhile.
    let decoded = tokio::task::spawn_blocking(move || decode_wav_menu(&wav)).await;
    let digits =
        decoded.map_err(|_| Problem::internal())?.map_err(|error| Problem::invalid(error.to_string()))?;
    let intent = menu_intent(&digits).unwrap_or(Intent::Unknown);
    Ok(AudioAnswer { digits, intent, reply: replies::fact(intent).to_owned() })
}

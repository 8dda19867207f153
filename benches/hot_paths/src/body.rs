//! Filling the template of a request's body.

use std::collections::BTreeMap;

use aforo_scenarios::{Scope, Template, compile_json};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

/// What a journey knows by then.
struct Known {
    variables: BTreeMap<&'static str, Value>,
    guest: Value,
}

impl Scope for Known {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    fn column(&self, feeder: &str, column: &str) -> Option<&Value> {
        (feeder == "guests" && column == "name").then_some(&self.guest)
    }
}

/// The body with which the built-in journeys book a room, and what it is filled from.
pub struct BodyTemplate {
    template: Template,
    known: Known,
    random: StdRng,
}

impl Default for BodyTemplate {
    /// Parses the template.
    fn default() -> Self {
        let template = compile_json(&json!({
            "accommodation_id": "{{accommodation}}",
            "check_in": "{{check_in}}",
            "check_out": "{{date_after(check_in, 1, 3)}}",
            "guests": 2,
            "guest_name": "{{guests.name}}",
            "guest_phone": "+346{{random(10000000, 99999999)}}",
            "channel": "{{pick(web|web|phone|booking)}}",
        }))
        .expect("a template of the built-in journeys");
        let variables = BTreeMap::from([("accommodation", json!(17)), ("check_in", json!("2027-03-12"))]);
        let known = Known { variables, guest: json!("Iñaki Núñez \"Txetxu\"") };
        Self { template, known, random: StdRng::seed_from_u64(7) }
    }
}

impl BodyTemplate {
    /// A body, with other random values each time.
    pub fn render(&mut self) -> String {
        self.template.render(&self.known, &mut self.random).expect("every placeholder has a value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_json_with_everything_filled_in() {
        let mut body = BodyTemplate::default();
        let (one, other) = (body.render(), body.render());
        assert_ne!(one, other, "the phone is another one");
        let value: Value = serde_json::from_str(&one).unwrap();
        assert_eq!(value["accommodation_id"], json!(17));
        assert_eq!(value["guest_name"], json!("Iñaki Núñez \"Txetxu\""));
        assert!(!one.contains("{{"), "{one}");
    }
}

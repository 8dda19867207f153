use aforo_model::Method;
use proptest::prelude::*;

use super::*;
use crate::load_scenario;
use crate::scenario::fixtures;

const LONGEST: Duration = Duration::from_secs(60);

/// A closed load with these journeys.
fn scenario(journeys: &str) -> Scenario {
    fixtures::scenario("users = 3\nrate = 1\nduration = \"1m\"\ntimeout = \"7s\"", journeys)
}

fn needed(scenario: &Scenario, step: &str) -> Vec<String> {
    alone(scenario, step, 5, LONGEST).unwrap().needed_steps
}

/// A chain of three steps of which the middle one is not needed, and a feeder.
const CHAIN: &str = r#"
[[journey]]
name = "order"
weight = 2
vars = { day = "{{date(1, 9)}}" }
[[journey.step]]
name = "search"
path = "/rooms?day={{day}}"
extract = { room = "/0/id" }
think = "3s"
[[journey.step]]
name = "weather"
path = "/weather"
extract = { sky = "/sky" }
[[journey.step]]
name = "order"
method = "POST"
path = "/orders"
json = { room = "{{room}}", guest = "{{guests.name}}" }
extract = { code = "/code" }
probability = 0.1
[[journey.step]]
name = "view"
path = "/orders/{{code}}"
expect = { status = 200, text = "{{code}}" }
think = "1s"
probability = 0.5
[feeders.guests]
rows = [{ name = "Ana" }]
"#;

#[test]
fn every_step_of_the_hotel_can_be_loaded_alone() {
    let baseline = load_scenario("baseline", None).unwrap();
    let booked = ["availability", "prereserve"];
    for step in baseline.step_names() {
        let expected: &[&str] = match step {
            "prereserve" => &["availability"],
            "confirm" | "cancel" | "modify" | "view" => &booked,
            _ => &[],
        };
        assert_eq!(needed(&baseline, step), expected, "{step}");
    }
}

#[test]
fn a_step_is_loaded_with_what_it_needs_and_without_pauses() {
    let whole = scenario(CHAIN);
    let view = alone(&whole, "view", 20, LONGEST).unwrap();
    assert_eq!(
        (view.needed_steps.as_slice(), view.journey.as_str()),
        (["search".to_owned(), "order".to_owned()].as_slice(), "order")
    );
    let [journey] = view.scenario.journeys.as_slice() else { panic!("{:?}", view.scenario.journeys) };
    for step in &journey.steps {
        assert_eq!((step.think_time, step.probability), (ThinkTime::default(), 1.0), "{}", step.name);
    }
    assert_eq!(journey.variables, whole.journeys[0].variables);
    assert_eq!(journey.steps[2].expect, whole.journeys[0].steps[3].expect);
    assert_eq!(view.scenario.feeders, whole.feeders);
    assert_eq!(
        view.scenario.load.workload,
        Workload::Closed { users: 20, users_per_s: 20.0, steps: 1, surge: None }
    );
    assert_eq!(
        (view.scenario.load.duration_s, view.scenario.load.warm_up_s, view.scenario.load.timeout_s),
        (60.0, 2.0, 7.0)
    );
}

#[test]
fn a_step_that_needs_nothing_is_sent_by_itself() {
    let search = alone(&scenario(CHAIN), "search", 1, LONGEST).unwrap();
    assert!(search.needed_steps.is_empty());
    assert_eq!(search.scenario.step_names(), ["search"]);
}

#[test]
fn whatever_part_of_a_request_uses_a_value_needs_who_gives_it() {
    for used in [
        "path = \"/x?t={{token}}\"",
        "path = \"/x\"\nheaders = { authorization = \"Bearer {{token}}\" }",
        "path = \"/x\"\nmethod = \"POST\"\njson = { list = [{ deep = \"{{token}}\" }] }",
        "path = \"/x\"\nmethod = \"POST\"\nbody = \"token={{token}}\"",
        "path = \"/x\"\nexpect = { text = \"{{token}}\" }",
        "path = \"/x\"\nexpect = { json = { \"/token\" = \"{{token}}\" } }",
        "path = \"/x?after={{date_after(token, 1, 2)}}\"",
    ] {
        let journey = "[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"give\"\npath = \"/give\"\nextract = { token = \"/t\" }\n";
        let scenario = scenario(&format!("{journey}[[journey.step]]\nname = \"use\"\n{used}\n"));
        assert_eq!(needed(&scenario, "use"), ["give"], "{used}");
    }
}

#[test]
fn of_several_journeys_the_one_that_needs_fewest_others_is_taken() {
    let short = "[[journey]]\nname = \"short\"\nweight = 0\n[[journey.step]]\nname = \"view\"\npath = \"/orders/{{random(1, 9)}}\"\n";
    let chain = CHAIN.split("[feeders").next().unwrap();
    let feeders = &CHAIN[chain.len()..];
    for journeys in [format!("{chain}{short}{feeders}"), format!("{short}{chain}{feeders}")] {
        let view = alone(&scenario(&journeys), "view", 1, LONGEST).unwrap();
        assert_eq!((view.journey.as_str(), view.needed_steps.len(), view.other_requests), ("short", 0, 1));
        assert_eq!(view.scenario.journeys[0].weight, 1, "a journey without weight would not be played");
    }
}

#[test]
fn of_several_givers_the_last_before_the_step_is_kept() {
    let steps = ["a", "b"].map(|name| {
        format!("[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\nextract = {{ id = \"/id\" }}\n")
    });
    let journey = format!(
        "[[journey]]\nname = \"j\"\n{}[[journey.step]]\nname = \"c\"\npath = \"/{{{{id}}}}\"\n",
        steps.concat()
    );
    assert_eq!(needed(&scenario(&journey), "c"), ["b"]);
}

#[test]
fn a_login_by_cookie_is_kept_and_one_whose_token_nobody_uses_is_not() {
    let journey = |extract: &str, path: &str| {
        let login =
            format!("[[journey.step]]\nname = \"login\"\nmethod = \"POST\"\npath = \"{path}\"\n{extract}\n");
        scenario(&format!(
            "[[journey]]\nname = \"j\"\n{login}[[journey.step]]\nname = \"use\"\npath = \"/x\"\n"
        ))
    };
    for path in ["/login", "/api/Sign-In/?next=home", "/auth/token"] {
        assert_eq!(needed(&journey("", path), "use"), ["login"], "{path}");
    }
    assert_eq!(needed(&journey("extract = { token = \"/t\" }", "/login"), "use"), [""; 0]);
    assert_eq!(needed(&journey("", "/orders"), "use"), [""; 0]);
    assert_eq!(needed(&journey("", "/login"), "login"), [""; 0]);
}

#[test]
fn an_unknown_step_is_answered_with_a_near_one_and_all_there_are() {
    let error = alone(&scenario(CHAIN), "veiw", 1, LONGEST).unwrap_err();
    assert!(error.to_string().contains("did you mean `view`?"), "{error}");
    let help = error.help().unwrap().to_string();
    assert!(["search", "weather", "order", "view"].iter().all(|name| help.contains(name)), "{help}");
    let far = alone(&scenario(CHAIN), "checkout", 1, LONGEST).unwrap_err();
    assert!(!far.to_string().contains("did you mean"), "{far}");
}

#[test]
fn a_value_that_nothing_gives_is_named() {
    let mut broken = scenario(CHAIN);
    broken.journeys[0].steps.remove(0);
    let error = alone(&broken, "order", 1, LONGEST).unwrap_err();
    assert!(error.to_string().contains("`room`") && error.help().is_some(), "{error}");
    broken.journeys[0].steps[0].path = "/{{".to_owned();
    assert!(matches!(alone(&broken, "weather", 1, LONGEST), Err(AloneError::Needs { .. })));
}

#[test]
fn an_impossible_load_is_refused() {
    for (users, longest) in [(0, LONGEST), (1_000_000, LONGEST), (5, Duration::from_secs(1))] {
        let error = alone(&scenario(CHAIN), "search", users, longest).unwrap_err();
        assert!(matches!(error, AloneError::Load(_)), "{error}");
    }
    assert!(alone(&scenario(CHAIN), "search", 20_000, LONGEST).is_ok());
}

proptest! {
    /// The oracle goes forward: with the needed steps alone every value is there when it is used.
    #[test]
    fn what_is_kept_gives_every_value_in_time(
        steps in prop::collection::vec((prop::collection::vec(0_usize..5, 0..3), prop::option::of(0_usize..5)), 1..8),
    ) {
        let plain = scenario("[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"s\"\npath = \"/\"\n");
        let mut journey = plain.journeys[0].clone();
        let like = journey.steps.remove(0);
        for (index, (uses, gives)) in steps.iter().enumerate() {
            let path = uses.iter().fold("/".to_owned(), |path, name| format!("{path}{{{{v{name}}}}}"));
            let extract = gives.map(|name| aforo_model::Extraction { variable: format!("v{name}"), pointer: "/x".into() });
            let step = Step { name: format!("s{index}"), method: Method::Get, path, extract: extract.into_iter().collect(), ..like.clone() };
            journey.steps.push(step);
        }
        let last = format!("s{}", steps.len() - 1);
        let whole = Scenario { journeys: vec![journey], ..plain };
        if let Ok(alone) = alone(&whole, &last, 1, LONGEST) {
            let mut values = Vec::new();
            for step in &alone.scenario.journeys[0].steps {
                let index: usize = step.name[1..].parse().unwrap();
                prop_assert!(steps[index].0.iter().all(|name| values.contains(name)), "{step:?}");
                values.extend(steps[index].1);
            }
            prop_assert_eq!(&alone.scenario.journeys[0].steps.last().unwrap().name, &last);
        }
    }
}

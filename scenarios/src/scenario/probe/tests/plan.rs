//! Which steps are asked, and how.

use aforo_model::Scenario;

use super::scenario;
use crate::scenario::probe::{
    NotProbed, OffsetParameter, OffsetUnit, ProbePlan, ProbeStep, Varies, probe_plan,
};
use crate::{BUILTIN, load_scenario};

/// The plan as lines of text.
fn told(plan: &ProbePlan) -> String {
    let mut text = String::new();
    for ProbeStep { name, journey, varies, needs, visit } in &plan.steps {
        let path = &plan.scenario.journeys[*visit].steps.last().unwrap().path;
        text.push_str(&format!("{name} of {journey}: {path}\n    varies: {varies:?}\n"));
        if !needs.is_empty() {
            text.push_str(&format!("    needs: {needs:?}\n"));
        }
    }
    for NotProbed { step, why } in &plan.not_probed {
        text.push_str(&format!("not {step}: {why}\n"));
    }
    text
}

fn plan_of(journeys: &str) -> ProbePlan {
    probe_plan(&of(journeys))
}

fn of(journeys: &str) -> Scenario {
    scenario(&format!("[[journey]]\nname = \"j\"\n{journeys}"))
}

#[test]
fn of_the_hotel_every_step_that_only_reads_and_varies_is_asked() {
    let plan = probe_plan(&load_scenario("baseline", None).unwrap());
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(told(&plan)) });
}

#[test]
fn all_built_in_scenarios_have_the_same_plan_and_none_of_it_writes() {
    let first = probe_plan(&load_scenario(BUILTIN[0].name, None).unwrap());
    for builtin in BUILTIN {
        let plan = probe_plan(&load_scenario(builtin.name, None).unwrap());
        assert_eq!((&plan.steps, &plan.not_probed), (&first.steps, &first.not_probed), "{}", builtin.name);
        for step in plan.scenario.journeys.iter().flat_map(|journey| &journey.steps) {
            assert_eq!(step.method, aforo_model::Method::Get, "{}", step.name);
        }
    }
}

#[test]
fn a_page_size_is_found_by_its_name_or_by_what_the_step_says() {
    let plan = plan_of(
        r#"
        [[journey.step]]
        name = "named"
        path = "/a?per_page=5&page=1"
        [[journey.step]]
        name = "declared"
        path = "/b?wanted=5"
        probe = { page_size = "wanted", offset = "from_row" }
        "#,
    );
    let page = |parameter: &str, name: &str, unit| Varies::PageSize {
        parameter: parameter.into(),
        offset: Some(OffsetParameter { name: name.into(), unit }),
    };
    assert_eq!(plan.steps[0].varies, page("per_page", "page", OffsetUnit::Pages));
    assert_eq!(plan.steps[1].varies, page("wanted", "from_row", OffsetUnit::Items));
    let path = &plan.scenario.journeys[1].steps[0].path;
    assert_eq!(path, "/b?wanted={{_probe_page_size}}&from_row={{_probe_offset}}");
}

#[test]
fn earlier_steps_are_asked_for_values_only_if_they_read_and_are_needed() {
    let plan = plan_of(
        r#"
        [[journey.step]]
        name = "login"
        method = "POST"
        path = "/login"
        extract = { token = "/token" }
        [[journey.step]]
        name = "unneeded"
        path = "/news?limit=5"
        extract = { news = "/*/id" }
        [[journey.step]]
        name = "hotels"
        path = "/hotels?limit=5"
        extract = { hotel = "/*/id" }
        [[journey.step]]
        name = "rooms"
        path = "/hotels/{{hotel}}/rooms"
        extract = { room = "/*/id" }
        [[journey.step]]
        name = "room"
        path = "/rooms/{{room}}"
        [[journey.step]]
        name = "mine"
        path = "/mine?token={{token}}"
        "#,
    );
    let needs: Vec<_> = plan.steps.iter().map(|step| (step.name.as_str(), step.needs.join(" "))).collect();
    let expected = [("unneeded", ""), ("hotels", ""), ("rooms", "hotels"), ("room", "hotels rooms")];
    assert_eq!(needs, expected.map(|(name, needs)| (name, needs.to_owned())));
    assert_eq!(plan.not_probed[0].why, "it is POST, and nothing is sent that may write");
    assert!(plan.not_probed[1].why.starts_with("it needs `token`, which only `login` (POST) gives"));
}

#[test]
fn a_step_says_where_its_values_come_from_or_that_it_is_left_alone() {
    let plan = plan_of(
        r#"
        vars = { day = "{{date(1, 9)}}", after = "{{date_after(day, 1, 1)}}" }
        [[journey.step]]
        name = "order"
        method = "POST"
        path = "/orders"
        extract = { code = "/code" }
        [[journey.step]]
        name = "listed"
        path = "/listed/{{code}}"
        probe = { values = { code = ["A", "B"] } }
        [[journey.step]]
        name = "templated"
        path = "/orders?day={{day}}&after={{after}}"
        probe = { values = { day = "2000-01-01" } }
        [[journey.step]]
        name = "found"
        path = "/found/{{code}}"
        probe = { values = { code = { step = "templated", pointer = "/*/code" } } }
        [[journey.step]]
        name = "a"
        path = "/a/{{code}}"
        probe = { values = { code = { step = "b", pointer = "/code" } } }
        [[journey.step]]
        name = "b"
        path = "/b/{{code}}"
        probe = { values = { code = { step = "a", pointer = "/code" } } }
        [[journey.step]]
        name = "counter"
        path = "/count?limit=5"
        probe = { skip = true }
        "#,
    );
    let names: Vec<_> = plan.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["listed", "templated", "found"]);
    assert_eq!(plan.steps[2].needs, ["templated"]);
    let why: Vec<_> = plan.not_probed.iter().map(|step| step.why.as_str()).collect();
    assert!(why[1].ends_with("its values come from `a` in a circle"), "{}", why[1]);
    assert!(why[2].ends_with("its values come from `b` in a circle"), "{}", why[2]);
    assert_eq!(why[3], "its `probe` says `skip`");
    let day = &plan.scenario.journeys[plan.steps[1].visit].variables[0];
    assert_eq!((day.name.as_str(), day.value.as_str()), ("day", "2000-01-01"));
}

#[test]
fn journeys_that_nobody_takes_are_left_alone() {
    let mut scenario = of("[[journey.step]]\nname = \"s\"\npath = \"/a?limit=5\"\n");
    assert_eq!(probe_plan(&scenario).steps.len(), 1);
    scenario.journeys[0].weight = 0;
    let plan = probe_plan(&scenario);
    assert!(plan.steps.is_empty());
    assert_eq!(plan.not_probed[0].why, "its journeys have weight 0");
}

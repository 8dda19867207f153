//! Whole files: what is read, and what a person is told.

use aforo_model::{
    Check, Criticality, FeederOrder, HttpClient, ProbeValues, RateStage, Scenario, StepProbe, Subject, Surge,
    ThinkTime, Workload,
};
use miette::{GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;
use serde_json::json;

use super::locate::SourceFile;
use super::{load_scenario, scenario};
use crate::{BUILTIN, ScenarioError};

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    let directory = Some(std::path::PathBuf::from("no-such-directory"));
    scenario::read(&SourceFile {
        name: "shop".into(),
        title: "shop.toml".into(),
        text: text.into(),
        directory,
    })
}

/// What a terminal without colours shows.
fn rendered(error: &ScenarioError) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut text, error)
        .unwrap();
    // The ends of lines are padded; a snapshot should not depend on that.
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Snapshots without the long expressions they come from.
fn bare_snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}

fn refused(text: &str) -> String {
    rendered(&read(text).unwrap_err())
}

/// A right scenario around the part that a test is about.
fn with(part: &str) -> String {
    format!(
        "description = \"d\"\n\n[load]\nusers = 2\nrate = 1\nduration = \"10s\"\n\n[[journey]]\nname = \"j\"\n\n{part}"
    )
}

#[test]
fn the_example_of_the_format_s_description_is_right() {
    let document = include_str!("../../../FORMAT.md");
    let example = document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let scenario = read(example).unwrap_or_else(|error| panic!("{}", rendered(&error)));
    assert_eq!(
        scenario.load.workload,
        Workload::Closed { users: 20, users_per_s: 2.0, steps: 1, surge: None }
    );
    assert_eq!(scenario.load.timeout_s, 5.0);
    let journey = &scenario.journeys[0];
    assert_eq!(journey.variables[1].name, "check_out", "variables keep their order");
    let search = &journey.steps[0];
    assert_eq!(search.think_time, ThinkTime { min_s: 0.5, max_s: 2.0 });
    let order = &journey.steps[1];
    assert_eq!(order.expect.statuses, [201, 409]);
    let checks = &order.expect.checks;
    assert!(checks.contains(&Check::Json { pointer: "/code".into(), equals: None }));
    assert!(checks.contains(&Check::Json { pointer: "/status".into(), equals: Some(json!("open")) }));
    assert_eq!(scenario.feeders["guests"].order, FeederOrder::Circular);
    assert_eq!(scenario.slos[0].subject, Subject::Step("order".into()));
    assert_eq!(scenario.slos[1].criticality, Criticality::High, "the default");
    assert_eq!([scenario.slos[0].abort, scenario.slos[1].abort], [true, false]);
}

const JOURNEY: &str = "[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"s\"\npath = \"/\"\n";

/// The scenario with a load and as little as possible beside it.
fn loaded(load: &str) -> Result<Scenario, ScenarioError> {
    read(&format!("description = \"d\"\n\n[load]\n{load}\n\n{JOURNEY}"))
}

fn stage(duration_s: f64, from_per_s: f64, to_per_s: f64) -> RateStage {
    RateStage { duration_s, from_per_s, to_per_s }
}

#[test]
fn the_loads_of_the_format_s_description_are_right() {
    let document = include_str!("../../../FORMAT.md");
    let loads: Vec<_> = document
        .split("```toml\n[load]\n")
        .skip(1)
        .map(|rest| {
            let load = loaded(rest.split("```").next().unwrap());
            load.unwrap_or_else(|error| panic!("{}", rendered(&error))).load
        })
        .map(|load| (load.workload, load.duration_s))
        .collect();
    let constant = Workload::Open { stages: vec![stage(300.0, 200.0, 200.0)], max_users: 500 };
    let staged =
        Workload::Open { stages: vec![stage(30.0, 0.0, 100.0), stage(120.0, 100.0, 100.0)], max_users: 500 };
    let closed = Workload::Closed { users: 200, users_per_s: 20.0, steps: 10, surge: None };
    let surge = Some(Surge { base_users: 10, from_s: 30.0, to_s: 160.0 });
    let spike = Workload::Closed { users: 100, users_per_s: 10.0, steps: 1, surge };
    assert_eq!(loads, [(closed, 600.0), (spike, 200.0), (constant, 300.0), (staged, 150.0)]);
}

#[test]
fn a_rate_is_a_number_or_a_number_per_second_in_either_model() {
    for rate in ["5", "5.0", "\"5/s\"", "\"5\""] {
        let open =
            loaded(&format!("model = \"open\"\nrate = {rate}\nmax_users = 1\nduration = \"10s\"")).unwrap();
        let stages = vec![stage(10.0, 5.0, 5.0)];
        assert_eq!(open.load.workload, Workload::Open { stages, max_users: 1 });
        let closed =
            loaded(&format!("model = \"closed\"\nrate = {rate}\nusers = 1\nduration = \"10s\"")).unwrap();
        assert_eq!(
            closed.load.workload,
            Workload::Closed { users: 1, users_per_s: 5.0, steps: 1, surge: None }
        );
    }
}

#[test]
fn stages_go_on_from_the_rate_before() {
    let load = "model = \"open\"\nmax_users = 9\nwarm_up = \"10s\"\n\
                [[load.stage]]\nrate = 20\nduration = \"30s\"\n\
                [[load.stage]]\nto = 100\nduration = \"10s\"\n\
                [[load.stage]]\nto = 0\nduration = \"5s\"";
    let load = loaded(load).unwrap().load;
    let stages = vec![stage(30.0, 20.0, 20.0), stage(10.0, 20.0, 100.0), stage(5.0, 100.0, 0.0)];
    assert_eq!(load.workload, Workload::Open { stages, max_users: 9 });
    assert_eq!((load.duration_s, load.warm_up_s), (45.0, 10.0));
}

#[test]
fn mistakes_of_an_open_load_are_shown_at_the_value_that_is_wrong() {
    let _bare = bare_snapshots();
    let open = |rest: &str| rendered(&loaded(&format!("model = \"open\"\n{rest}")).unwrap_err());
    insta::assert_snapshot!(
        [
            open(""),
            open("users = 10\nrate = \"fast\"\nmax_users = 0\nduration = \"1m\""),
            open("steps = 3\nrate = \"200000/s\"\nmax_users = 1\nduration = \"0s\""),
            open("rate = 0\nmax_users = 1\nduration = \"1m\"\nwarm_up = \"1m\""),
            open("rate = 1\nmax_users = 1\n[[load.stage]]\nduration = \"1m\"\n[[load.stage]]\nrate = 1\nto = 2\n[[load.stage]]\nto = -1\nduration = \"1s\"\nusers = 3"),
            rendered(&loaded("model = \"opne\"").unwrap_err()),
            rendered(&loaded("users = 1\nrate = 1\nmax_users = 5\nduration = \"1m\"\nsteps = 2").unwrap_err()),
            rendered(&loaded("users = 100\nrate = 1\nduration = \"1m\"\nsteps = 10").unwrap_err()),
        ]
        .join("\n")
    );
}

#[test]
fn a_surge_that_cannot_be_is_refused_with_what_is_wrong() {
    let _bare = bare_snapshots();
    let surge = |rest: &str, surge: &str| {
        let load = format!("users = 100\nrate = 10\nduration = \"2m\"\n{rest}surge = {{ {surge} }}");
        rendered(&loaded(&load).unwrap_err())
    };
    insta::assert_snapshot!(
        [
            surge("", "base = 100, from = \"10s\", to = \"1m\""),
            surge("", "base = 10, from = \"30s\", to = \"3m\""),
            surge("", "base = 10, from = \"30s\", to = \"35s\""),
            surge("steps = 4\n", "base = 10, from = \"30s\", to = \"1m\""),
            surge("", "base = 10, form = \"30s\""),
        ]
        .join("\n")
    );
}

#[test]
fn every_built_in_scenario_is_right_and_described_as_in_its_file() {
    for builtin in BUILTIN {
        let scenario =
            load_scenario(builtin.name, None).unwrap_or_else(|error| panic!("{}", rendered(&error)));
        assert_eq!(scenario.name, builtin.name);
        assert_eq!(scenario.description, builtin.description);
    }
}

#[test]
fn the_built_in_scenarios_have_the_profiles_and_the_steps_they_promise() {
    let profile = |name: &str| {
        let load = load_scenario(name, None).unwrap().load;
        let Workload::Closed { users, users_per_s, steps, .. } = load.workload else {
            panic!("{name} is open")
        };
        (users, users_per_s, steps, load.duration_s, load.warm_up_s)
    };
    assert_eq!(profile("baseline"), (10, 2.0, 1, 60.0, 0.0));
    assert_eq!(profile("peak"), (100, 10.0, 1, 300.0, 0.0));
    assert_eq!(profile("stress"), (200, 20.0, 10, 600.0, 0.0));
    assert_eq!(profile("spike"), (100, 10.0, 1, 200.0, 0.0));
    assert_eq!(profile("endurance"), (50, 5.0, 1, 3600.0, 300.0));
    let mut steps: Vec<String> =
        load_scenario("peak", None).unwrap().step_names().into_iter().map(str::to_owned).collect();
    steps.sort_unstable();
    let mut promised =
        "health webhook_text webhook_audio availability prereserve confirm cancel modify view \
                        by_phone admin_list admin_export pms_rates"
            .split_whitespace()
            .collect::<Vec<_>>();
    promised.sort_unstable();
    assert_eq!(steps, promised);
}

#[test]
fn an_unknown_scenario_is_answered_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("checkout.toml"), "").unwrap();
    let text = rendered(&load_scenario("basline", None).unwrap_err());
    assert!(text.contains("did you mean `baseline`?") && text.contains("endurance"), "{text}");
    let error = load_scenario("chekout", Some(folder.path())).unwrap_err();
    let ScenarioError::Unknown { help, .. } = &error else { panic!("{error:?}") };
    assert!(help.contains("did you mean `checkout`?") && help.contains("<name>.toml"), "{help}");
}

#[test]
fn a_scenario_of_the_user_s_own_wins_and_finds_the_files_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("guests.csv", "name, phone\nAna, +34600000001\n\"Luz, la otra\", +34600000002\n");
    write("words.json", r#"[{"word": "sea", "count": 3}]"#);
    write(
        "shop.toml",
        r#"
        [feeders]
        guests = { file = "guests.csv" }
        words = { file = "words.json" }
        [[journey]]
        name = "buys"
        [[journey.step]]
        name = "search"
        path = "/search?q={{words.word}}&n={{words.count}}&name={{guests.name}}"
        "#,
    );
    write(
        "peak.toml",
        "description = \"my own\"\njourneys = \"shop.toml\"\n[load]\nusers = 1\nrate = 1\nduration = \"1s\"\n[weights]\nbuys = 7\n",
    );
    let scenario = load_scenario("peak", Some(folder.path())).unwrap();
    assert_eq!(scenario.description, "my own");
    assert_eq!(scenario.journeys[0].weight, 7);
    assert_eq!(scenario.feeders["guests"].rows[1]["name"], "Luz, la otra");
    assert_eq!(scenario.feeders["words"].rows[0]["count"], "3");
    let by_path = load_scenario(&folder.path().join("peak.toml").display().to_string(), None).unwrap();
    assert_eq!(by_path, scenario);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load_scenario("./nowhere/shop.toml", None).unwrap_err();
    assert!(error.to_string().starts_with("./nowhere/shop.toml cannot be read: "), "{error}");
}

#[test]
fn broken_toml_is_shown_with_its_place() {
    let _bare = bare_snapshots();
    insta::assert_snapshot!(refused("description = \"d\"\n[load]\nusers = = 3\nrate = \"1\n"));
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let _bare = bare_snapshots();
    insta::assert_snapshot!(refused(
        r#"
descripton = "a shop"

[load]
users = 0
rate = "fast"
duration = "10 minuts"

[weights]
guset-books = 1

[[slo]]
step = "serch"
expect = "p95 < 3s"
criticality = "urgent"

[[slo]]
expect = "latency < 3s"

[[slo]]
step = "search"
expect = "memory_growth < 20%"

[[red_flag]]
when = "p95 > 1%"

[[journey]]
name = "guest-books"

[[journey.step]]
name = "search"
path = "/search"
"#
    ));
}

#[test]
fn mistakes_of_a_step_are_shown_at_the_word_that_is_wrong() {
    let _bare = bare_snapshots();
    insta::assert_snapshot!(refused(&with(
        r#"
vars = { day = "{{dat(1, 2)}}", word = "{{pick(a|b)}}" }

[[journey.step]]
name = "search"
methode = "GET"
path = "search?q={{wrod}}&d={{guests.name}}"
think = "2s..1s"
probability = 2

[[journey.step]]
name = "order"
method = "post"
path = "/orders/{{code"
json = { day = "{{tomorrow}}", count = inf }
body = "x"
headers = { "x id" = "1" }
expect = { status = [200, 42], json = { code = "*" }, header = 1 }
extract = { code = "code" }

[[journey.step]]
name = "search"
method = "DELETE"
path = "/other/{{code}}"
"#
    )));
}

#[test]
fn mistakes_of_the_load_are_shown_at_the_value_that_is_wrong() {
    let load = |load: &str| rendered(&loaded(load).unwrap_err());
    let _bare = bare_snapshots();
    insta::assert_snapshot!(
        [
            load("users = 100\nrate = 2\nduration = \"10s\""),
            load("users = 0\nrate = 2\nduration = \"10s\""),
            load("users = 1\nrate = 0\nduration = \"10s\""),
            load("users = 1\nrate = 1\nduration = \"10s\"\nwarm_up = \"10s\""),
            load("users = 1"),
        ]
        .join("\n")
    );
}

#[test]
fn mistakes_of_feeders_and_of_the_journeys_as_a_whole_are_told() {
    let files = [
        "description = \"d\"\njourneys = \"hotl\"\n[load]\nusers = 1\nrate = 1\nduration = \"1s\"\n".to_owned(),
        "description = \"d\"\njourneys = \"hotel\"\n[load]\nusers = 1\nrate = 1\nduration = \"1s\"\n[weights]\nadmn = 1\n"
            .to_owned(),
        "description = \"d\"\n[load]\nusers = 1\nrate = 1\nduration = \"1s\"\n".to_owned(),
        with("weight = 0\n[[journey.step]]\nname = \"s\"\npath = \"/\"\n"),
        with(""),
        with("[[journey.step]]\nname = \"total\"\npath = \"/{{words.wrod}}{{names.x}}{{rows.b}}\"\n[feeders]\nwords = { rows = [{ word = \"a\" }] }\nnames = { file = \"names.csv\" }\nrows = { rows = [{ a = 1 }, { b = 2 }], order = \"shuffled\" }\n"),
        with("[[journey.step]]\nname = \"s\"\npath = \"/{{words.b}}\"\n[feeders]\nwords = { rows = [{ a = 1 }, { b = 2 }] }\nnone = { rows = [] }\n"),
    ];
    let texts: Vec<String> = files.iter().map(|file| refused(file)).collect();
    let _bare = bare_snapshots();
    insta::assert_snapshot!(texts.join("\n"));
}

proptest! {
    #[test]
    fn no_file_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = read(&text).map_err(|error| rendered(&error));
    }

    #[test]
    fn no_value_in_a_right_place_makes_the_reader_panic(
        value in r#"(-?[0-9]{1,20}(\.[0-9])?|"\PC{0,12}"|\[\]|\{\}|true|inf|nan|1979-05-27|"[0-9]{1,25}(s|m|h|us|)")"#,
        key in prop::sample::select(vec![
            "load.users", "load.rate", "load.duration", "load.model", "load.steps", "load.max_users", "load.stage",
             "load.warm_up", "load.timeout", "weights.j", "journeys",
            "feeders.f", "feeders.f.rows", "slo", "red_flag", "journey",
        ]),
    ) {
        let _ = read(&format!("{key} = {value}\n"));
        let step = ["path", "json", "headers", "expect", "expect.json", "expect.status", "extract", "think", "probability"];
        for key in step {
            let file = with(&format!("[[journey.step]]\nname = \"s\"\n{key} = {value}\n"));
            let _ = read(&file).map_err(|error| rendered(&error));
        }
    }

    #[test]
    fn every_problem_lies_inside_its_file_and_can_be_shown(cut in 0usize..5_000) {
        let source = include_str!("../../../builtin/journeys/hotel.toml");
        let mut cut = cut;
        while !source.is_char_boundary(cut) {
            cut += 1;
        }
        if let Err(error) = read(&source[..cut]) {
            rendered(&error);
        }
    }
}

#[test]
fn requests_are_sent_by_the_lean_client_unless_the_file_says_otherwise() {
    let step = "[[journey.step]]\nname = \"s\"\npath = \"/\"\n";
    let client =
        |section: &str| read(&with(&format!("{step}\n{section}"))).map(|scenario| scenario.http.client);
    assert_eq!(client("").unwrap(), HttpClient::Lean);
    assert_eq!(client("[http]").unwrap(), HttpClient::Lean);
    assert_eq!(client("[http]\nclient = \"lean\"").unwrap(), HttpClient::Lean);
    assert_eq!(client("[http]\nclient = \"full\"").unwrap(), HttpClient::Full);
    let error = rendered(&client("[http]\nclient = \"ful\"").unwrap_err());
    assert!(error.contains("`ful` is not a client") && error.contains("did you mean `full`?"), "{error}");
    let open = "description = \"d\"\n[load]\nmodel = \"open\"\nrate = \"5/s\"\nmax_users = 2\nduration = \"10s\"\n\
                [http]\nclient = \"full\"\n[[journey]]\nname = \"j\"\n";
    assert!(refused(&format!("{open}{step}")).contains("an open workload is sent by the lean client"));
}

#[test]
fn what_a_step_says_of_its_probe_is_read() {
    let journey = r#"
        [[journey.step]]
        name = "orders"
        path = "/orders?wanted=9"
        extract = { code = "/0/code" }
        probe = { page_size = "wanted", offset = "page" }

        [[journey.step]]
        name = "order"
        path = "/orders/{{code}}"
        probe = { skip = true, values = { code = { step = "orders", pointer = "/*/code" } } }
    "#;
    let scenario = read(&format!("{}\n[probe]\nproduction_page_size = 20\n", with(journey))).unwrap();
    assert_eq!(scenario.probe.production_page_size, 20);
    let probes: Vec<_> = scenario.journeys[0].steps.iter().filter_map(|step| step.probe.clone()).collect();
    let answers = ProbeValues::Answers { step: "orders".into(), pointer: "/*/code".into() };
    let expected = [
        StepProbe { page_size: Some("wanted".into()), offset: Some("page".into()), ..StepProbe::default() },
        StepProbe { skip: true, values: [("code".to_owned(), answers)].into(), ..StepProbe::default() },
    ];
    assert_eq!(probes, expected);
    assert_eq!(
        read(&with("[[journey.step]]\nname = \"s\"\npath = \"/\"\n")).unwrap().probe.production_page_size,
        50
    );
}

#[test]
fn mistakes_of_a_probe_are_shown_at_the_value_that_is_wrong() {
    let _settings = bare_snapshots();
    let journey = r#"
[[journey.step]]
name = "order"
path = "/orders/{{code}}"
probe = { skip = "yes", page_size = "a=b", offsets = "x" }

[[journey.step]]
name = "orders"
path = "/orders"
extract = { code = "/0/code", id = "/0/id", day = "/0/day" }

[[journey.step]]
name = "view"
path = "/orders/{{code}}"
probe = { values = { coed = "x", code = { step = "oders", pointer = "items" }, id = [], day = "{{nobody}}" } }
"#;
    insta::assert_snapshot!(refused(&format!("{}\n[probe]\nproduction_page_size = 0\n", with(journey))));
}

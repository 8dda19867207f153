//! A target whose own metrics and those of its machine are served in different places.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use crate::aforo::Workplace;
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

const NODE: &str = include_str!("../../profiles/src/scrape/fixtures/node.metrics");
const HOTEL: &str = include_str!("../../profiles/src/scrape/fixtures/hotel.metrics");

/// A server of one page, for as long as the test runs.
fn served(page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let request = BufReader::new(connection.try_clone().unwrap()).lines();
            request.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            write!(connection, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{page}").ok();
        }
    });
    url
}

#[test]
fn metrics_of_several_urls_are_one_reading_and_a_url_that_gives_nothing_is_named() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("p95 < 1s", ""));
    let (hotel, node, json) = (served(HOTEL), served(NODE), served("{}"));
    let both = format!("{json},{hotel}");
    let finished = workplace
        .aforo(&[
            "run",
            "./look.toml",
            "--target",
            &target.url(),
            "--metrics-url",
            &both,
            "--metrics-url",
            &node,
        ])
        .expect_code(0);
    assert!(
        finished.stderr.contains(&format!("{json}: it answered with something that is not metrics")),
        "{}",
        finished.stderr
    );
    let record = workplace.record();
    let of = |pointer: &str| {
        let samples = record["resources"].as_array().unwrap();
        samples.iter().find_map(|sample| sample.pointer(pointer)).cloned()
    };
    assert_eq!(of("/remote/process/rss_bytes"), Some(43_761_664.into()));
    assert_eq!(of("/remote/host/core_count"), Some(2.into()));
}

#[test]
fn a_url_of_metrics_that_is_none_is_told_before_anything_is_loaded() {
    let refused = Workplace::new().aforo(&["run", "baseline", "--metrics-url", "ftp://10.0.0.7/metrics"]);
    let message = refused.expect_code(2).message();
    assert!(message.contains("--metrics-url") && message.contains("http"), "{message}");
}

#[test]
fn a_url_that_cannot_be_read_is_told_without_the_secret_in_it() {
    let workplace = Workplace::new();
    let wrong = ["user:s3cret@10.0.0.7:9100/", "s3cret", "http://user:s3cret@:9100/", "ftp://user:s3cret@a/"];
    for (flag, variable) in [("--metrics-url", "AFORO_METRICS_URL"), ("--pprof-url", "AFORO_PPROF_URL")] {
        for url in wrong {
            let by_flag = workplace.aforo(&["run", "baseline", flag, url]);
            let by_variable = workplace.command(&["run", "baseline"]).env(variable, url).output().unwrap();
            for refused in [by_flag, by_variable.into()] {
                let refused = refused.expect_code(2);
                let message = refused.message();
                assert!(message.contains(flag) && message.contains("scheme and host"), "{message}");
                assert!(!(refused.stdout + &refused.stderr).contains("s3cret"), "{message}");
            }
        }
    }
}

//! The page of a long and wide run stays small.

use super::{hour, page};

/// What a report of an hour may take, bytes.
const MOST_BYTES: usize = 2 << 20;

#[test]
fn an_hour_of_20_endpoints_and_200_statements_fits_two_mebibytes() {
    let record = hour::record(3_600, 20, 200);
    let page = page(&record);
    assert!(page.len() <= MOST_BYTES, "{} bytes", page.len());
    let endpoints = page.matches("room_availability_19").count();
    assert!(endpoints >= 2, "the last endpoint is in the table and has a curve: {endpoints}");
}

#[test]
fn a_day_takes_no_more_room_for_its_charts_than_an_hour() {
    let [hour, day] = [3_600, 86_400].map(|seconds| page(&hour::record(seconds, 1, 1)).len());
    assert!(day < hour + hour / 10, "{hour} bytes of an hour, {day} of a day");
}

use super::*;
use aforo_model::StepSecond;
use proptest::prelude::*;

fn histogram(times_us: &[u64]) -> TimeHistogram {
    let mut histogram = TimeHistogram::new();
    times_us.iter().for_each(|&time_us| histogram.record_us(time_us));
    histogram
}

/// A step's name, its response times, its service times and those of its failures, µs.
type Times<'a> = (&'a str, &'a [u64], Option<&'a [u64]>, &'a [u64]);

fn second(second: u32, steps: &[Times<'_>]) -> LoadSecond {
    let steps = steps.iter().map(|(name, response, service, failed)| {
        let step = StepSecond {
            requests: (response.len() + failed.len()) as u64,
            response_time: histogram(response),
            service_time: service.map(histogram),
            failed_response_time: histogram(failed),
            ..StepSecond::default()
        };
        ((*name).to_owned(), step)
    });
    LoadSecond { second, steps: steps.collect(), ..LoadSecond::default() }
}

fn log_of(seconds: &[LoadSecond]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = IntervalLogWriter::new(&mut bytes, "2026-11-20T14:03:12Z".parse().unwrap()).unwrap();
    for second in seconds {
        writer.write_second(second).unwrap();
    }
    bytes
}

/// Every recorded value with its count: what two histograms must share to be the same.
fn counts(histogram: &TimeHistogram) -> Vec<(u64, u64)> {
    histogram
        .counts()
        .iter_recorded()
        .map(|value| (value.value_iterated_to(), value.count_at_value()))
        .collect()
}

fn example() -> Vec<LoadSecond> {
    vec![
        second(0, &[("health", &[800, 900, 1200], None, &[]), ("view", &[5_000], None, &[120, 130])]),
        LoadSecond {
            start_delay: histogram(&[40, 60, 1_500]),
            ..second(3, &[("pre, reserve: 100%", &[3_000_000], Some(&[2_000_000]), &[])])
        },
    ]
}

#[test]
fn the_header_says_what_the_log_is() {
    let text = String::from_utf8(log_of(&[])).unwrap();
    assert_eq!(
        text,
        "#[Histogram log format version 1.3]\n\
         #[Aforo interval log format 1]\n\
         #[Values and Interval_Max are microseconds (maxValueUnitRatio 1)]\n\
         #[Tags: step = response time, step:service = service time, step:failed = failed requests, :start-delay = lateness of starts]\n\
         #[StartTime: 1795183392.000 (seconds since epoch)]\n\
         #[BaseTime: 1795183392.000 (seconds since epoch)]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
    );
}

#[test]
fn the_reader_of_hdrhistogram_reads_it_as_a_whole() {
    let bytes = log_of(&example());
    let mut seen = Vec::new();
    for entry in IntervalLogIterator::new(&bytes) {
        if let LogEntry::Interval(interval) = entry.unwrap() {
            let encoded = STANDARD.decode(interval.encoded_histogram()).unwrap();
            let histogram: hdrhistogram::Histogram<u64> =
                Deserializer::new().deserialize(&mut encoded.as_slice()).unwrap();
            let tag = interval.tag().unwrap().as_str().to_owned();
            assert_eq!(interval.duration(), Duration::from_secs(1));
            seen.push((interval.start_timestamp().as_secs(), tag, histogram.len(), interval.max()));
        }
    }
    let max = |time_us: u64| histogram(&[time_us]).max_us().unwrap() as f64;
    assert_eq!(
        seen,
        [
            (0, "health".to_owned(), 3, max(1200)),
            (0, "view".to_owned(), 1, max(5_000)),
            (0, "view:failed".to_owned(), 2, max(130)),
            (3, "pre%2C%20reserve%3A%20100%25".to_owned(), 1, max(3_000_000)),
            (3, "pre%2C%20reserve%3A%20100%25:service".to_owned(), 1, max(2_000_000)),
            (3, ":start-delay".to_owned(), 3, max(1_500)),
        ]
    );
}

/// What of `second` is saved apart: everything but the histograms.
fn without_histograms(second: &LoadSecond) -> LoadSecond {
    let mut bare = second.clone();
    bare.start_delay = TimeHistogram::new();
    for step in bare.steps.values_mut() {
        step.response_time = TimeHistogram::new();
        step.service_time = None;
        step.failed_response_time = TimeHistogram::new();
    }
    bare
}

/// Reads `second` back from a log.
fn restored(bytes: &[u8], second: &LoadSecond) -> Result<LoadSecond, IntervalLogError> {
    let mut bare = without_histograms(second);
    read_interval_log(bytes)?.restore(&mut bare)?;
    Ok(bare)
}

fn assert_same(left: &LoadSecond, right: &LoadSecond) {
    assert!(left.steps.keys().eq(right.steps.keys()));
    assert_eq!(counts(&left.start_delay), counts(&right.start_delay));
    for (name, left) in &left.steps {
        let right = &right.steps[name];
        assert_eq!(counts(&left.response_time), counts(&right.response_time), "{name}");
        assert_eq!(left.service_time.as_ref().map(counts), right.service_time.as_ref().map(counts), "{name}");
        assert_eq!(counts(&left.failed_response_time), counts(&right.failed_response_time), "{name}");
    }
}

#[test]
fn a_killed_run_gets_its_histograms_back() {
    let bytes = log_of(&example());
    for original in &example() {
        assert_same(&restored(&bytes, original).unwrap(), original);
    }
    let quiet = second(1, &[("view", &[], None, &[])]);
    assert_same(&restored(&bytes, &quiet).unwrap(), &quiet);
}

#[test]
fn a_log_cut_off_anywhere_gives_every_whole_line_before() {
    let bytes = log_of(&example());
    let text = String::from_utf8(bytes.clone()).unwrap();
    let header_end = text.find("Histogram\"\n").unwrap() + "Histogram\"\n".len();
    for end in header_end..bytes.len() {
        let read: usize = example()
            .iter()
            .map(|second| restored(&bytes[..end], second).unwrap())
            .map(|second| {
                let of_step = |step: &StepSecond| {
                    usize::from(!step.response_time.is_empty())
                        + usize::from(step.service_time.is_some())
                        + usize::from(!step.failed_response_time.is_empty())
                };
                second.steps.values().map(of_step).sum::<usize>()
                    + usize::from(!second.start_delay.is_empty())
            })
            .sum();
        assert_eq!(read, text[header_end..end].matches('\n').count(), "cut at {end}");
    }
}

#[test]
fn a_broken_line_in_the_middle_is_named() {
    let text = String::from_utf8(log_of(&example())).unwrap();
    let broken = text.replacen("Tag=view,", "Tag=view", 1);
    let error = read_interval_log(broken.as_bytes()).unwrap_err();
    assert!(matches!(error, IntervalLogError::Broken { line: 9, .. }), "{error}");
    let unknown = text.replacen("view:failed", "view:dreamt", 1);
    let error = restored(unknown.as_bytes(), &example()[0]).unwrap_err();
    assert!(error.to_string().contains("`dreamt`"), "{error}");
}

#[test]
fn a_newer_or_foreign_log_is_refused_as_such() {
    let text = String::from_utf8(log_of(&[])).unwrap();
    let newer = text.replace("Aforo interval log format 1", "Aforo interval log format 2");
    assert_eq!(read_interval_log(newer.as_bytes()).unwrap_err(), IntervalLogError::Newer { found: 2 });
    for foreign in ["", "#[Histogram log format version 1.3]\n", "latency\n"] {
        assert_eq!(read_interval_log(foreign.as_bytes()).unwrap_err(), IntervalLogError::Foreign);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(
        name in "\\PC{1,12}",
        at in 0u32..7200,
        response in prop::collection::vec(0u64..3_600_000_000, 1..40),
        service in prop::option::of(prop::collection::vec(0u64..3_600_000_000, 1..40)),
        failed in prop::collection::vec(0u64..3_600_000_000, 0..10),
    ) {
        let written = second(at, &[(&name, &response, service.as_deref(), &failed)]);
        assert_same(&restored(&log_of(std::slice::from_ref(&written)), &written).unwrap(), &written);
    }

    #[test]
    fn no_damage_makes_the_reader_panic(at in 0usize..4000, byte in any::<u8>(), cut in 0usize..4000) {
        let mut bytes = log_of(&example());
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        for second in &example() {
            let _ = restored(&bytes, second);
        }
    }
}

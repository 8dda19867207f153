//! The text formats of metrics: Prometheus' 0.0.4 and `OpenMetrics` 1.0.
//!
//! A parser of our own: of a page of perhaps a hundred thousand lines a few families are wanted, and a line
//! that is wrong must not cost the others, as it does with parsers that build the whole document. What the
//! formats share is read: `name{label="value"} number [time] [# exemplar]`.

use std::collections::BTreeMap;

use thiserror::Error;

/// The most series that are kept. What is wanted of a machine with hundreds of cores and disks is less.
const MOST_SERIES: usize = 50_000;

/// The `name` that `jmx_exporter_build_info` has where the exporter is an agent in the target's own JVM, whose `process_*` it
/// serves. As a process of its own it is `jmx_prometheus_httpserver`.
const AGENT_IN_TARGET: &str = "jmx_prometheus_javaagent";

/// cAdvisor tells its build by a name of its own.
const BUILD_OF_CADVISOR: &str = "cadvisor_version_info";

/// One series with its value now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// The wanted families of a page, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Metrics {
    families: BTreeMap<String, Vec<Series>>,
}

/// Why a text is not a page of metrics.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum ExpositionError {
    /// It is a page for people.
    #[error("it answered with HTML and not with metrics")]
    Html,
    /// Not a single line is a metric's.
    #[error("it answered with something that is not metrics")]
    NotMetrics,
}

impl Metrics {
    /// The series of a family; none when it is not on the page.
    pub(super) fn series(&self, name: &str) -> &[Series] {
        self.families.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a family of one series; nothing when there are none, or several to choose from.
    pub(super) fn only(&self, name: &str) -> Option<f64> {
        match self.series(name) {
            [one] => Some(one.value),
            _ => None,
        }
    }

    /// The exporter that serves the page, such as `node_exporter`; nothing of a page that no exporter serves, or one that
    /// runs within the target.
    pub(super) fn exporter(&self) -> Option<&str> {
        let is_within = |series: &Series| series.label("name") == Some(AGENT_IN_TARGET);
        let mut apart = self.families.iter().filter(|(_, series)| !series.iter().all(is_within));
        apart.find_map(|(name, _)| exporter_of(name))
    }

    /// The sum over a family; nothing when it is not on the page.
    pub(super) fn sum(&self, name: &str) -> Option<f64> {
        self.series(name).iter().map(|series| series.value).reduce(|total, value| total + value)
    }
}

impl Series {
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }
}

/// The exporter that a family names: each says which build of it serves a page, and no other program does.
pub(super) fn exporter_of(family: &str) -> Option<&str> {
    if family == BUILD_OF_CADVISOR {
        return Some("cAdvisor");
    }
    family.strip_suffix("_build_info").filter(|name| name.ends_with("_exporter"))
}

/// Reads a page, keeping the families that are wanted. Lines that are wrong are passed over;
/// values that are no finite number too.
///
/// # Errors
/// [`ExpositionError`] when no line is a metric's.
pub(super) fn parse_metrics(
    page: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Metrics, ExpositionError> {
    if page.trim_start().starts_with('<') {
        return Err(ExpositionError::Html);
    }
    let mut metrics = Metrics::default();
    let (mut right_count, mut kept_count) = (0_usize, 0_usize);
    for line in page.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((name, series)) = parse_line(line) else { continue };
        right_count += 1;
        if is_wanted(name) && series.value.is_finite() && kept_count < MOST_SERIES {
            metrics.families.entry(name.to_owned()).or_default().push(series);
            kept_count += 1;
        }
    }
    if right_count == 0 { Err(ExpositionError::NotMetrics) } else { Ok(metrics) }
}

fn parse_line(line: &str) -> Option<(&str, Series)> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let name_end = line.find(|letter| !is_of_name(letter))?;
    let (name, rest) = line.split_at(name_end);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(labels) => parse_labels(labels)?,
        None => (BTreeMap::new(), rest),
    };
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some((name, Series { labels, value }))
}

/// The labels up to the closing brace, and what follows it.
fn parse_labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, value) = rest.split_once('=')?;
        let (value, after) = parse_quoted(value.trim_start().strip_prefix('"')?)?;
        labels.insert(name.trim().to_owned(), value);
        rest = after;
    }
}

/// The text up to the closing quote, and what follows it.
fn parse_quoted(rest: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &rest[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOTEL: &str = include_str!("fixtures/hotel.metrics");
    const OPEN_METRICS: &str = "# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n\
        process_cpu_seconds_total 12.5 1700000000.5 # {trace_id=\"a b\"} 0.1\n# EOF\n";

    #[test]
    fn both_formats_are_read() {
        let metrics = parse_metrics(OPEN_METRICS, is_wanted).unwrap();
        assert_eq!(metrics.only("process_cpu_seconds_total"), Some(12.5));
        let metrics = parse_metrics(HOTEL, is_wanted).unwrap();
        assert_eq!(metrics.only("process_resident_memory_bytes"), Some(43_761_664.0));
        assert!(metrics.series("hotel_redis_up").is_empty(), "not wanted");
    }

    #[test]
    fn labels_may_hold_anything_in_their_quotes() {
        let page = r#"node_filesystem_size_bytes{ mountpoint="/a, \"b\" = {c}\\\nd" , fstype="ext4",} 1e3"#;
        let metrics = parse_metrics(page, is_wanted).unwrap();
        let [series] = metrics.series("node_filesystem_size_bytes") else { panic!("{metrics:?}") };
        assert_eq!(series.label("mountpoint"), Some("/a, \"b\" = {c}\\\nd"));
        assert_eq!((series.label("fstype"), series.value), (Some("ext4"), 1_000.0));
    }

    #[test]
    fn a_wrong_line_does_not_cost_the_others() {
        let page = "process_open_fds\nprocess_max_fds{ 7\nprocess_threads{a=b} 7\n9process 1\n\
            process_cpu_seconds_total NaN\nprocess_start_time_seconds 5 \n";
        let metrics = parse_metrics(page, is_wanted).unwrap();
        assert_eq!(metrics.families.keys().collect::<Vec<_>>(), ["process_start_time_seconds"]);
    }

    #[test]
    fn one_value_is_not_chosen_among_several() {
        let page = "process_open_fds{job=\"a\"} 1\nprocess_open_fds{job=\"b\"} 2\n";
        let metrics = parse_metrics(page, is_wanted).unwrap();
        assert_eq!((metrics.only("process_open_fds"), metrics.sum("process_open_fds")), (None, Some(3.0)));
        assert_eq!((metrics.only("node_load1"), metrics.sum("node_load1")), (None, None));
    }

    #[test]
    fn what_is_no_metrics_is_told_apart() {
        assert_eq!(parse_metrics("\n<!DOCTYPE html><p>hi 5", is_wanted), Err(ExpositionError::Html));
        for page in ["", "# only a comment\n", "{\"status\": \"ok\"}", "not found"] {
            assert_eq!(parse_metrics(page, is_wanted), Err(ExpositionError::NotMetrics), "{page}");
        }
    }

    fn is_wanted(name: &str) -> bool {
        name.starts_with("process_") || name.starts_with("node_")
    }

    #[test]
    fn an_exporter_is_known_by_its_build() {
        let of = |page: &str| parse_metrics(page, |_| true).unwrap().exporter().map(ToOwned::to_owned);
        assert_eq!(
            of("up 1\nnode_exporter_build_info{version=\"1.8\"} 1\n").as_deref(),
            Some("node_exporter")
        );
        assert_eq!(of("hotel_build_info 1\nexporter 1\nx_exporter_up 1\n"), None);
        assert_eq!(of("cadvisor_version_info{cadvisorVersion=\"v0.49\"} 1\n").as_deref(), Some("cAdvisor"));
    }

    #[test]
    fn the_exporter_of_jmx_is_one_only_outside_the_jvm() {
        let of = |name: &str| {
            let page = format!("jmx_exporter_build_info{{version=\"1.0.1\",name=\"{name}\",}} 1.0\n");
            parse_metrics(&page, |_| true).unwrap().exporter().map(ToOwned::to_owned)
        };
        assert_eq!(of("jmx_prometheus_javaagent"), None);
        assert_eq!(of("jmx_prometheus_httpserver").as_deref(), Some("jmx_exporter"));
    }

    proptest! {
        #[test]
        fn any_page_is_read_without_panic(page in "(?s)(process_[a-z]{0,4}\\{?.{0,60}\n?){0,5}") {
            let _ = parse_metrics(&page, is_wanted);
        }

        #[test]
        fn a_page_cut_anywhere_is_read_without_panic(length in 0..HOTEL.len()) {
            let _ = HOTEL.get(..length).map(|page| parse_metrics(page, is_wanted));
        }
    }
}

//! Where a target's metrics are served, in one place or in several.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::http_url::{HttpUrlError, parse_http_url};

/// One URL of metrics or several, in TOML a text or a list of them, in one text with commas between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsUrls(pub Vec<Url>);

impl FromStr for MetricsUrls {
    type Err = HttpUrlError;

    /// A comma within a URL's query is a part of it: only before a scheme it separates. Nothing is no URL.
    fn from_str(text: &str) -> Result<Self, HttpUrlError> {
        let mut urls = Vec::new();
        let mut rest = text.trim_matches([',', ' ']);
        while !rest.is_empty() {
            let end = [", http", ",http"].into_iter().filter_map(|start| rest.find(start)).min();
            let (one, others) = rest.split_at(end.unwrap_or(rest.len()));
            urls.push(parse_http_url(one.trim().trim_end_matches(','))?);
            rest = others.trim_start_matches([',', ' ']);
        }
        Ok(Self(urls))
    }
}

impl<'de> Deserialize<'de> for MetricsUrls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetricsUrlsVisitor)
    }
}

struct MetricsUrlsVisitor;

impl<'de> Visitor<'de> for MetricsUrlsVisitor {
    type Value = MetricsUrls;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a URL or a list of URLs")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<MetricsUrls, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<MetricsUrls, A::Error> {
        let mut urls = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            urls.push(parse_http_url(&text).map_err(de::Error::custom)?);
        }
        Ok(MetricsUrls(urls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_comma_separates_only_before_a_scheme() {
        let urls = |text: &str| -> Vec<String> {
            text.parse::<MetricsUrls>().unwrap().0.iter().map(ToString::to_string).collect()
        };
        let (one, other) = ("http://a:8080/metrics", "https://a:9100/metrics?collect[]=cpu,meminfo");
        assert_eq!(urls(one), [one]);
        for text in [format!("{other},{one}"), format!(" {other}, {one}"), format!(",{other},,{one},")] {
            assert_eq!(urls(&text), [other, one], "{text}");
        }
        assert_eq!(urls(""), [""; 0], "an empty variable names nothing");
    }

    #[test]
    fn one_that_is_no_url_among_others_is_an_error() {
        let wrong = "http://a:8080/metrics,http://user:s3cret@:9100/".parse::<MetricsUrls>();
        assert!(matches!(wrong, Err(HttpUrlError::NoUrl(_))), "{wrong:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_of_urls_or_an_error(text in "(https?://[a-z,]{0,5}|,| |.){0,6}") {
            let _ = text.parse::<MetricsUrls>();
        }
    }
}

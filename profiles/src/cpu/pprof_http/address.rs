//! Where a profile is asked for.

use std::time::Duration;

use url::Url;

use crate::cpu::profiler::ProfiledTarget;

/// Where Go's `net/http/pprof` serves the CPU profile, and others after it.
const USUAL_PATH: &str = "/debug/pprof/profile";
/// The last part of that path: a URL that ends one before it names the index.
const INDEX_END: &str = "/pprof/";

/// The URL of the target's profile: the one that was named, else the usual one.
pub(super) fn profile_url(target: &ProfiledTarget) -> Option<Url> {
    let Some(named) = &target.pprof_url else {
        let mut url = target.base_url.clone()?;
        url.set_query(None);
        url.set_fragment(None);
        let path = format!("{}{USUAL_PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        return Some(url);
    };
    let mut url = named.clone();
    url.set_fragment(None);
    let path = format!("{}/", url.path().trim_end_matches('/'));
    if path.ends_with(INDEX_END) {
        url.set_path(&format!("{path}profile"));
    } else if path == "/" {
        url.set_path(USUAL_PATH);
    }
    Some(url)
}

/// The page that lists profiles, which Go serves in the folder of the profile.
pub(super) fn index_url(profile: &Url) -> Option<Url> {
    profile.join("./").ok()
}

/// The URL of a profile of this window; other parameters stay.
pub(super) fn url_of_window(url: &Url, window: Duration, rate_hz: u32) -> Url {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "seconds" && name != "frequency")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("seconds", &window.as_secs().to_string())
        .append_pair("frequency", &rate_hz.to_string());
    url
}

/// A URL for messages: user, password and parameters may be secrets.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(base_url: Option<&str>, pprof_url: Option<&str>) -> Option<String> {
        let url = |text: &str| Url::parse(text).unwrap();
        let target = ProfiledTarget {
            base_url: base_url.map(url),
            pprof_url: pprof_url.map(url),
            ..ProfiledTarget::default()
        };
        profile_url(&target).map(|url| url.to_string())
    }

    #[test]
    fn the_named_url_goes_before_the_usual_one() {
        let usual = "http://h:1/debug/pprof/profile";
        assert_eq!(url_of(None, None), None);
        assert_eq!(url_of(Some("http://h:1"), None).as_deref(), Some(usual));
        assert_eq!(
            url_of(Some("http://h/api/?x=1"), None).as_deref(),
            Some("http://h/api/debug/pprof/profile")
        );
        for named in ["http://h:1", "http://h:1/debug/pprof", "http://h:1/debug/pprof/", usual] {
            assert_eq!(url_of(Some("http://other"), Some(named)).as_deref(), Some(usual), "{named}");
        }
        assert_eq!(url_of(None, Some("http://h/cpu?a=1")).as_deref(), Some("http://h/cpu?a=1"));
    }

    #[test]
    fn parameters_of_the_url_stay_but_for_the_window() {
        let url = Url::parse("http://h/cpu?seconds=30&token=a%26b").unwrap();
        let asked = url_of_window(&url, Duration::from_secs(5), 99);
        assert_eq!(asked.as_str(), "http://h/cpu?token=a%26b&seconds=5&frequency=99");
    }

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let url = Url::parse("https://user:pass@h:8443/debug/pprof/profile?token=t").unwrap();
        assert_eq!(shown(&url), "https://h:8443/debug/pprof/profile");
    }
}

//! `aforo.toml`: the target, where runs are kept and where the user's own scenarios are.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;
use url::Url;

use crate::http_url::parse_http_url;
use crate::metrics_urls::MetricsUrls;

/// The file looked for in the working directory.
pub const CONFIG_FILE: &str = "aforo.toml";

/// What `aforo.toml` says. Every value is optional: flags and environment variables go before it,
/// defaults come after.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The system under test.
    #[serde(default)]
    pub target: TargetConfig,
    /// The user's own scenarios.
    #[serde(default)]
    pub scenarios: ScenariosConfig,
    /// Where runs are kept.
    #[serde(default)]
    pub runs: RunsConfig,
}

/// `[target]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// What reports call it; the host by default.
    pub name: Option<String>,
    /// Base URL.
    pub url: Option<String>,
    /// Its Postgres.
    pub database_url: Option<String>,
    /// Its Redis.
    pub redis_url: Option<String>,
    /// Where it serves its own CPU profile, when that is not `/debug/pprof/profile` of the base URL.
    #[serde(default, deserialize_with = "http_url_of_config")]
    pub pprof_url: Option<Url>,
    /// Where its metrics and those of its machine are served, when that is not `/metrics` of the base URL: a URL or a list.
    #[serde(default)]
    pub metrics_url: MetricsUrls,
    /// Its process; found by the port it listens on where this is absent and the target is local.
    pub pid: Option<u32>,
    /// Hosts outside loopback and private networks that may be loaded.
    #[serde(default)]
    pub allow_hosts: Vec<String>,
}

/// `[scenarios]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenariosConfig {
    /// Folder of scenario files, relative to `aforo.toml`.
    pub directory: Option<PathBuf>,
}

/// `[runs]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunsConfig {
    /// Folder of saved runs, relative to `aforo.toml`.
    pub directory: Option<PathBuf>,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("cannot read {path}: {why}", path = path.display())]
    #[diagnostic(help("name an existing file with --config, or leave the flag out to do without one"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file is no TOML, or holds a word that means nothing here. None of its lines is shown: beside the wrong one there may be a
    /// URL with a password.
    #[error("{name}:{line}: {message}")]
    #[diagnostic(help(
        "known are [target] name, url, database_url, redis_url, pprof_url, metrics_url, pid, allow_hosts; [scenarios] directory; [runs] directory"
    ))]
    Malformed {
        /// What the file is called.
        name: String,
        /// Where, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// An error of `url` itself would show the text.
fn http_url_of_config<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(value)?;
    parse_http_url(&text).map(Some).map_err(de::Error::custom)
}

impl Config {
    /// Reads `path`, or `aforo.toml` in `working_directory` where no path is given and there is one.
    /// Folders named in the file are resolved against the file's own.
    ///
    /// # Errors
    /// [`ConfigError`] when a named file is missing, or the file is malformed.
    pub fn find(path: Option<&Path>, working_directory: &Path) -> Result<Self, ConfigError> {
        let default = working_directory.join(CONFIG_FILE);
        match path {
            Some(path) => Self::read(path),
            None if default.exists() => Self::read(&default),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })?;
        let mut config = Self::parse(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for directory in [&mut config.scenarios.directory, &mut config.runs.directory].into_iter().flatten() {
            *directory = folder.join(&*directory);
        }
        Ok(config)
    }

    /// Reads the text of a configuration; `name` is what messages call it.
    fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Malformed {
            name: name.to_owned(),
            line: text[..error.span().map_or(0, |span| span.start)].matches('\n').count() + 1,
            message: error.message().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_file_is_read_and_its_folders_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aforo.toml");
        std::fs::write(
            &path,
            "[target]\nurl = \"http://127.0.0.1:8080\"\nallow_hosts = [\"api.example.com\"]\n\
             [scenarios]\ndirectory = \"load\"\n[runs]\ndirectory = \"out\"\n",
        )
        .unwrap();
        let config = Config::find(None, folder.path()).unwrap();
        assert_eq!(config.target.url.as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(config.scenarios.directory, Some(folder.path().join("load")));
        assert_eq!(config.runs.directory, Some(folder.path().join("out")));
    }

    #[test]
    fn no_file_is_an_empty_configuration_unless_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Config::find(None, folder.path()).unwrap(), Config::default());
        let named = Config::find(Some(&folder.path().join("other.toml")), folder.path());
        assert!(matches!(named, Err(ConfigError::Unreadable { .. })));
    }

    #[test]
    fn an_unknown_word_is_named_with_its_place_and_what_is_known() {
        let error = Config::parse("[target]\nurll = \"http://127.0.0.1\"\n", "aforo.toml").unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("aforo.toml:2: unknown field `urll`"), "{message}");
        assert!(message.contains("database_url"), "{message}");
    }

    #[test]
    fn metrics_are_one_url_or_several() {
        let config = |value: &str| Config::parse(&format!("[target]\nmetrics_url = {value}\n"), "aforo.toml");
        let count = |value: &str| config(value).unwrap().target.metrics_url.0.len();
        assert_eq!(count("\"http://a:8080/metrics\""), 1);
        assert_eq!(count("[\"http://a:8080/metrics\", \"http://a:9100/metrics\"]"), 2);
        assert_eq!(count("[]"), 0);
        for (wrong, expected) in
            [("3", "a URL or a list of URLs"), ("\"a:9100\"", "scheme"), ("[\"s3cret\"]", "no URL")]
        {
            let error = config(wrong).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("s3cret"), "{wrong}: {error}");
        }
    }

    #[test]
    fn neither_what_is_wrong_nor_what_stands_beside_it_is_shown() {
        let database_url = "database_url = \"postgres://ada:s3cret@db/shop\"";
        for wrong in [
            "pprof_url = \"http://ada:s3cret@:6060/\"",
            "pprof_url = \"s3cret:ada@10.0.0.7:6060\"",
            "metrics_url = \"s3cret:ada@10.0.0.7:9100/\"",
            "urll = 3",
        ] {
            let error =
                Config::parse(&format!("[target]\n{database_url}\n{wrong}\n"), "aforo.toml").unwrap_err();
            let report = format!("{:?}", miette::Report::new(error));
            assert!(report.contains("aforo.toml:3: ") && !report.contains("s3cret"), "{wrong}: {report}");
        }
        let read = Config::parse("[target]\npprof_url = \"http://a:6060/\"\n", "aforo.toml").unwrap();
        assert_eq!(read.target.pprof_url.unwrap().as_str(), "http://a:6060/");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
            let _ = Config::parse(&text, "aforo.toml");
        }
    }
}

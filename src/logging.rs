//! Log lines on standard error, by `AFORO_LOG`.

use tracing_subscriber::EnvFilter;

/// What is logged unless `AFORO_LOG` says otherwise: warnings, and of Goose, which warns of what we do on
/// purpose, only errors.
const DEFAULT_FILTER: &str = "warn,goose=error";

pub(crate) fn init() {
    let filter = EnvFilter::try_from_env("AFORO_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(crate::terminal::stderr_has_colour())
        .init();
}

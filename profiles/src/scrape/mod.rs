//! A target on another machine, by the metrics it serves: Prometheus text or `OpenMetrics`.

mod counter;
mod exposition;
mod fetch;
mod node;
mod process;
mod scraper;

pub use fetch::metrics_url;
pub(crate) use scraper::Scraper;

//! A target on another machine, by the metrics it serves: Prometheus text or `OpenMetrics`.

mod counter;
mod exposition;
mod fetch;
mod node;
mod process;
mod scraper;
mod scrapers;
#[cfg(test)]
mod served;

pub use fetch::metrics_url;
pub(crate) use scrapers::{Scraped, Scrapers};

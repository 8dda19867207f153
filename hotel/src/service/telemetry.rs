//! What the hotel counts about itself, for `/metrics`, and its CPU profiles.

pub(crate) mod cpu_profile;
mod process;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::flaws::FlawSet;

/// Upper bounds of the duration buckets, in seconds; the SLOs of the hotel (0.5, 3 and 15 s) lie on bounds.
const BUCKETS_SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 5.0, 15.0, 30.0];

/// The label of requests that no route took. The path itself would be unbounded.
const UNMATCHED: &str = "unmatched";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

type Durations = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// The hotel's metrics; clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Durations,
    /// Pre-reservations that the expiry job ended.
    pub(crate) expired: Counter,
    /// Connections of the pool, idle ones included.
    pub(crate) pool_size: Gauge,
    /// Connections of the pool that do nothing.
    pub(crate) pool_idle: Gauge,
    /// 1 if Redis answers.
    pub(crate) redis_up: Gauge,
    /// 1 if the circuit to the PMS is closed.
    pub(crate) pms_circuit_closed: Gauge,
}

impl Metrics {
    pub(crate) fn new(flaws: &FlawSet) -> Self {
        let mut registry = Registry::default();
        let requests = Family::<RequestLabels, Counter>::default();
        let durations: Durations = Family::new_with_constructor(|| Histogram::new(BUCKETS_SECONDS));
        let [pool_size, pool_idle, redis_up, pms_circuit_closed] = std::array::from_fn(|_| Gauge::default());
        let expired = Counter::default();
        registry.register("hotel_http_requests", "Requests answered", requests.clone());
        registry.register(
            "hotel_http_request_duration_seconds",
            "Time to the response headers",
            durations.clone(),
        );
        registry.register(
            "hotel_reservations_expired",
            "Pre-reservations expired by the job",
            expired.clone(),
        );
        registry.register("hotel_database_pool_connections", "Connections of the pool", pool_size.clone());
        registry.register(
            "hotel_database_pool_idle_connections",
            "Idle connections of the pool",
            pool_idle.clone(),
        );
        registry.register("hotel_redis_up", "1 if Redis answers", redis_up.clone());
        registry.register(
            "hotel_pms_circuit_closed",
            "1 if calls to the PMS are let through",
            pms_circuit_closed.clone(),
        );
        let build =
            Info::new([("version", env!("CARGO_PKG_VERSION").to_owned()), ("flaws", flaws.to_string())]);
        registry.register("hotel_build", "Version, and the flaws that are on", build);
        registry.register_collector(Box::new(process::ProcessCollector));
        Self {
            registry: Arc::new(registry),
            requests,
            durations,
            expired,
            pool_size,
            pool_idle,
            redis_up,
            pms_circuit_closed,
        }
    }

    /// Counts one answered request. `route` is the template, such as `/reservations/{code}`.
    pub(crate) fn answered(&self, method: &Method, route: Option<&str>, status: StatusCode, took: Duration) {
        let method = method_label(method);
        let route = route.unwrap_or(UNMATCHED).to_owned();
        self.durations
            .get_or_create(&RouteLabels { method, route: route.clone() })
            .observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status: status.as_u16() }).inc();
    }

    /// The metrics as `OpenMetrics` text.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Clients can invent methods; labels must stay few.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_few_and_the_text_is_complete() {
        let metrics = Metrics::new(&FlawSet::all());
        let route = Some("/reservations/{code}");
        metrics.answered(&Method::GET, route, StatusCode::OK, Duration::from_millis(3));
        metrics.answered(&Method::from_bytes(b"BREW").unwrap(), None, StatusCode::NOT_FOUND, Duration::ZERO);
        metrics.expired.inc_by(2);
        let text = metrics.render();
        for line in [
            "hotel_http_requests_total{method=\"GET\",route=\"/reservations/{code}\",status=\"200\"} 1",
            "hotel_http_requests_total{method=\"other\",route=\"unmatched\",status=\"404\"} 1",
            "hotel_reservations_expired_total 2",
            "flaws=\"all\"",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}

//! Routes and what surrounds each of them.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Router, http};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::service::handlers::{
    admin, availability, diagnostics, export, health, pms, reservations, webhook,
};
use crate::service::problem::Problem;
use crate::service::state::App;
use crate::service::telemetry::Metrics;

/// The whole API.
pub(crate) fn router(app: Arc<App>, request_timeout: Duration) -> Router {
    let metrics = app.metrics.clone();
    let whatsapp = post(webhook::whatsapp).layer(DefaultBodyLimit::max(webhook::MOST_BODY_BYTES));
    Router::new()
        .route("/health", get(health::health))
        .route("/webhooks/whatsapp", whatsapp)
        .route("/availability", get(availability::availability))
        .route("/reservations", get(reservations::by_phone).post(reservations::create))
        .route("/reservations/{code}", get(reservations::view).patch(reservations::modify))
        .route("/reservations/{code}/confirm", post(reservations::confirm))
        .route("/reservations/{code}/cancel", post(reservations::cancel))
        .route("/admin/reservations", get(admin::list))
        .route("/admin/reservations/export.csv", get(export::export))
        .route("/pms/rates", get(pms::rates))
        .route("/metrics", get(diagnostics::metrics))
        .layer(from_fn_with_state(request_timeout, limit_time))
        // Below the time limit: a profile takes as long as it was asked to.
        .route("/debug/pprof/profile", get(diagnostics::profile))
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(from_fn_with_state(metrics, count))
        .with_state(app)
}

async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::unavailable("timeout", format!("not done within {} s; try again", limit.as_secs_f64()))
                .into_response()
        }
    }
}

async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    metrics.answered(&method, route.as_ref().map(MatchedPath::as_str), response.status(), started.elapsed());
    response
}

async fn unknown_path(uri: http::Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

async fn unknown_method(method: http::Method, uri: http::Uri) -> Problem {
    let detail = format!("{} does not take {method}; the header `allow` says what it takes", uri.path());
    Problem::new(http::StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message =
        panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = message.unwrap_or("unknown"), "a handler panicked");
    Problem::internal().into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::{get as get_route, *};

    async fn answer(router: Router, path: &str) -> Response {
        router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    fn is_problem(response: &Response, status: u16) {
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }

    #[tokio::test]
    async fn a_handler_that_panics_answers_500_and_one_that_hangs_503() {
        async fn panics() {
            panic!("on purpose");
        }
        let router = Router::new()
            .route("/hangs", get_route(std::future::pending::<()>))
            .layer(from_fn_with_state(Duration::from_millis(10), limit_time))
            .route("/panics", get_route(panics))
            .layer(CatchPanicLayer::custom(panicked));
        is_problem(&answer(router.clone(), "/panics").await, 500);
        is_problem(&answer(router, "/hangs").await, 503);
    }
}

//! A small application with a CORS policy. `tests/cors.rs` holds it against the suite.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use tower_http::cors::CorsLayer;

/// Two origins may call this: one in production, one of a page under development.
const ORIGINS: [&str; 2] = ["https://app.example", "http://app.localhost:18080"];

/// The application, with its CORS layer around all of it.
pub fn app() -> Router {
    Router::new()
        .route("/v1/things", any(things))
        .route("/v1/broken", any(broken))
        .layer(cors())
}

fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(ORIGINS.map(HeaderValue::from_static))
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            HeaderName::from_static("x-probe"),
        ])
        .expose_headers(["x-total", "x-trace"].map(HeaderName::from_static))
        .max_age(Duration::from_secs(600))
}

async fn things() -> impl IntoResponse {
    let headers = [
        ("content-type", "text/plain"),
        ("x-handler", "resource"),
        ("x-total", "42"),
        ("x-trace", "t1"),
        ("vary", "Accept-Encoding"),
        ("cache-control", "public, max-age=60"),
    ];
    (headers, "resource")
}

async fn broken() -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

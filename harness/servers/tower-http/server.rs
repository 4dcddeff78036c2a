//! axum with the CORS layer of tower-http.

use std::convert::Infallible;
use std::env;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

#[derive(Deserialize)]
struct Policy {
    any_origin: bool,
    origins: Vec<String>,
    origin_patterns: Vec<String>,
    null_origin: bool,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed_headers: Vec<String>,
    credentials: bool,
    max_age: u64,
    private_network: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port = env::var("PORT").unwrap().parse().unwrap();
    let policy: Policy = serde_json::from_str(&env::var("CORSPEC_POLICY").unwrap()).unwrap();
    let app = Router::new()
        .route("/resource", any(resource))
        .route("/failing", any(failing))
        .route("/protected", any(resource).layer(from_fn(authenticate)))
        .route("/events", get(events))
        .layer(cors(&policy));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    axum::serve(listener, app).await.unwrap();
}

fn cors(policy: &Policy) -> CorsLayer {
    let methods = policy
        .methods
        .iter()
        .map(|name| name.parse::<Method>().unwrap());
    let request_headers = policy
        .request_headers
        .iter()
        .map(|name| name.parse::<HeaderName>().unwrap());
    let exposed_headers = policy
        .exposed_headers
        .iter()
        .map(|name| name.parse::<HeaderName>().unwrap());
    CorsLayer::new()
        .allow_origin(origin(policy))
        .allow_methods(methods.collect::<Vec<_>>())
        .allow_headers(request_headers.collect::<Vec<_>>())
        .expose_headers(exposed_headers.collect::<Vec<_>>())
        .allow_credentials(policy.credentials)
        .max_age(Duration::from_secs(policy.max_age))
        .allow_private_network(policy.private_network)
}

fn origin(policy: &Policy) -> AllowOrigin {
    let mut origins: Vec<HeaderValue> = policy
        .origins
        .iter()
        .map(|origin| origin.parse().unwrap())
        .collect();
    if policy.null_origin {
        origins.push(HeaderValue::from_static("null"));
    }
    if policy.any_origin {
        Any.into()
    } else if !policy.origin_patterns.is_empty() {
        let patterns = policy.origin_patterns.clone();
        AllowOrigin::predicate(move |origin, _| {
            patterns.iter().any(|pattern| matches(pattern, origin))
        })
    } else if let [origin] = &origins[..] {
        AllowOrigin::exact(origin.clone())
    } else {
        AllowOrigin::list(origins)
    }
}

fn matches(pattern: &str, origin: &HeaderValue) -> bool {
    let (scheme, domain) = pattern.split_once('*').unwrap();
    origin.as_bytes().starts_with(scheme.as_bytes())
        && origin.as_bytes().ends_with(domain.as_bytes())
}

async fn resource() -> impl IntoResponse {
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

async fn failing() -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn authenticate(headers: HeaderMap, request: Request, next: Next) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        next.run(request).await
    } else {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"corspec\"")];
        (StatusCode::UNAUTHORIZED, challenge).into_response()
    }
}

async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = [
        Event::default().id("1").data("one"),
        Event::default().id("2").data("two"),
    ];
    Sse::new(stream::iter(events.map(Ok)))
}

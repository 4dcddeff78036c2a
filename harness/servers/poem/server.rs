//! Poem with its own CORS middleware.

use std::env;

use futures_util::stream;
use poem::http::{StatusCode, header};
use poem::listener::TcpListener;
use poem::middleware::Cors;
use poem::web::sse::{Event, SSE};
use poem::{
    Endpoint, EndpointExt, Error, IntoResponse, Request, Response, Route, Server, get, handler,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Policy {
    origins: Vec<String>,
    origin_patterns: Vec<String>,
    null_origin: bool,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed_headers: Vec<String>,
    credentials: bool,
    max_age: i32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port: u16 = env::var("PORT").unwrap().parse().unwrap();
    let policy: Policy = serde_json::from_str(&env::var("CORSPEC_POLICY").unwrap()).unwrap();
    let app = Route::new()
        .at("/resource", resource)
        .at("/failing", failing)
        .at("/protected", resource.around(authenticate))
        .at("/events", get(events))
        .with(cors(&policy));
    Server::new(TcpListener::bind(("127.0.0.1", port)))
        .run(app)
        .await
        .unwrap();
}

// Every origin is allowed as long as none is named.
fn cors(policy: &Policy) -> Cors {
    let mut cors = Cors::new()
        .allow_origins(&policy.origins)
        .allow_methods(policy.methods.iter().map(String::as_str))
        .allow_headers(&policy.request_headers)
        .expose_headers(&policy.exposed_headers)
        .allow_credentials(policy.credentials)
        .max_age(policy.max_age);
    if policy.null_origin {
        cors = cors.allow_origin("null");
    }
    for pattern in &policy.origin_patterns {
        cors = cors.allow_origin_regex(pattern);
    }
    cors
}

#[handler]
fn resource() -> Response {
    Response::builder()
        .content_type("text/plain")
        .header("X-Handler", "resource")
        .header("X-Total", "42")
        .header("X-Trace", "t1")
        .header("Vary", "Accept-Encoding")
        .header("Cache-Control", "public, max-age=60")
        .body("resource")
}

#[handler]
fn failing() -> Result<(), Error> {
    Err(Error::from_string(
        "failing",
        StatusCode::INTERNAL_SERVER_ERROR,
    ))
}

async fn authenticate<E: Endpoint>(
    next: std::sync::Arc<E>,
    request: Request,
) -> poem::Result<Response> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        next.call(request).await.map(IntoResponse::into_response)
    } else {
        let response = Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header(header::WWW_AUTHENTICATE, "Basic realm=\"corspec\"")
            .finish();
        Ok(response)
    }
}

#[handler]
fn events() -> SSE {
    SSE::new(stream::iter([
        Event::message("one").id("1"),
        Event::message("two").id("2"),
    ]))
}

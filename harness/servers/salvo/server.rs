//! Salvo with its own CORS handler.

use std::convert::Infallible;
use std::env;
use std::time::Duration;

use futures_util::stream;
use salvo::cors::{AllowOrigin, Any, Cors};
use salvo::http::{HeaderValue, Method, header};
use salvo::prelude::*;
use salvo::sse::{self, SseEvent};
use serde::Deserialize;

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
    let port: u16 = env::var("PORT").unwrap().parse().unwrap();
    let policy: Policy = serde_json::from_str(&env::var("CORSPEC_POLICY").unwrap()).unwrap();
    let methods = policy
        .methods
        .iter()
        .map(|name| name.parse::<Method>().unwrap());
    let cors = Cors::new()
        .allow_origin(origin(&policy))
        .allow_methods(methods.collect::<Vec<_>>())
        .allow_headers(&policy.request_headers)
        .expose_headers(&policy.exposed_headers)
        .allow_credentials(policy.credentials)
        .max_age(Duration::from_secs(policy.max_age))
        .allow_private_network(policy.private_network)
        .into_handler();
    let router = Router::new()
        .push(Router::with_path("resource").goal(resource))
        .push(Router::with_path("failing").goal(failing))
        .push(
            Router::with_path("protected")
                .hoop(authenticate)
                .goal(resource),
        )
        .push(Router::with_path("events").get(events));
    let acceptor = TcpListener::new(("127.0.0.1", port)).bind().await;
    Server::new(acceptor)
        .serve(Service::new(router).hoop(cors))
        .await;
}

fn origin(policy: &Policy) -> AllowOrigin {
    let mut origins = policy.origins.clone();
    if policy.null_origin {
        origins.push("null".to_owned());
    }
    if policy.any_origin {
        Any.into()
    } else if !policy.origin_patterns.is_empty() {
        let patterns = policy.origin_patterns.clone();
        AllowOrigin::dynamic(move |origin, _, _| {
            origin
                .filter(|origin| patterns.iter().any(|pattern| matches(pattern, origin)))
                .cloned()
        })
    } else if let [origin] = &origins[..] {
        origin.into()
    } else {
        (&origins).into()
    }
}

fn matches(pattern: &str, origin: &HeaderValue) -> bool {
    let (scheme, domain) = pattern.split_once('*').unwrap();
    origin.as_bytes().starts_with(scheme.as_bytes())
        && origin.as_bytes().ends_with(domain.as_bytes())
}

#[handler]
async fn resource(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert("x-handler", HeaderValue::from_static("resource"));
    headers.insert("x-total", HeaderValue::from_static("42"));
    headers.insert("x-trace", HeaderValue::from_static("t1"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=60"),
    );
    response.render("resource");
}

#[handler]
async fn failing() -> Result<(), StatusError> {
    Err(StatusError::internal_server_error())
}

#[handler]
async fn authenticate(request: &mut Request, response: &mut Response, control: &mut FlowCtrl) {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        let challenge = HeaderValue::from_static("Basic realm=\"corspec\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        response.status_code(StatusCode::UNAUTHORIZED);
        control.skip_rest();
    }
}

#[handler]
async fn events(response: &mut Response) {
    let messages = [
        SseEvent::default().id("1").text("one"),
        SseEvent::default().id("2").text("two"),
    ];
    sse::stream(response, stream::iter(messages.map(Ok::<_, Infallible>)));
}

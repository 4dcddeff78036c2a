//! warp with its own CORS filter.

use std::convert::Infallible;
use std::env;
use std::time::Duration;

use futures_util::stream;
use serde::Deserialize;
use warp::filters::cors::Builder;
use warp::http::{Response, StatusCode};
use warp::reject::Reject;
use warp::sse::Event;
use warp::{Filter, Rejection, Reply};

#[derive(Deserialize)]
struct Policy {
    any_origin: bool,
    origins: Vec<String>,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed_headers: Vec<String>,
    credentials: bool,
    max_age: u64,
}

#[derive(Debug)]
struct Failure;
impl Reject for Failure {}

#[derive(Debug)]
struct Unauthorized;
impl Reject for Unauthorized {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port: u16 = env::var("PORT").unwrap().parse().unwrap();
    let policy: Policy = serde_json::from_str(&env::var("CORSPEC_POLICY").unwrap()).unwrap();
    let resource = warp::path!("resource").map(resource);
    let failing =
        warp::path!("failing").and_then(|| async { Err::<&str, _>(warp::reject::custom(Failure)) });
    let protected = warp::path!("protected")
        .and(authenticated())
        .map(self::resource);
    let events = warp::path!("events").and(warp::get()).map(|| {
        let events = [
            Event::default().id("1").data("one"),
            Event::default().id("2").data("two"),
        ];
        warp::sse::reply(stream::iter(events.map(Ok::<_, Infallible>)))
    });
    let routes = resource
        .or(failing)
        .or(protected)
        .or(events)
        .recover(challenge)
        .with(cors(&policy));
    warp::serve(routes).run(([127, 0, 0, 1], port)).await;
}

fn cors(policy: &Policy) -> Builder {
    let cors = warp::cors()
        .allow_methods(policy.methods.iter().map(String::as_str))
        .allow_headers(&policy.request_headers)
        .expose_headers(&policy.exposed_headers)
        .allow_credentials(policy.credentials)
        .max_age(Duration::from_secs(policy.max_age));
    if policy.any_origin {
        cors.allow_any_origin()
    } else {
        cors.allow_origins(policy.origins.iter().map(String::as_str))
    }
}

fn resource() -> impl Reply {
    Response::builder()
        .header("Content-Type", "text/plain")
        .header("X-Handler", "resource")
        .header("X-Total", "42")
        .header("X-Trace", "t1")
        .header("Vary", "Accept-Encoding")
        .header("Cache-Control", "public, max-age=60")
        .body("resource")
}

fn authenticated() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    warp::header::optional("authorization")
        .and_then(|authorization: Option<String>| async move {
            authorization
                .map(drop)
                .ok_or_else(|| warp::reject::custom(Unauthorized))
        })
        .untuple_one()
}

async fn challenge(rejection: Rejection) -> Result<impl Reply, Rejection> {
    if rejection.find::<Unauthorized>().is_some() {
        let reply = warp::reply::with_status("unauthorized", StatusCode::UNAUTHORIZED);
        Ok(warp::reply::with_header(
            reply,
            "WWW-Authenticate",
            "Basic realm=\"corspec\"",
        ))
    } else {
        Err(rejection)
    }
}

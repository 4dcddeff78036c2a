//! Rocket with rocket_cors as a fairing.

use std::collections::HashSet;
use std::env;

use rocket::config::{Config, LogLevel};
use rocket::http::{Header, Method, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::stream::{Event, EventStream};
use rocket::route::{self, BoxFuture, Route};
use rocket::{Data, Request, Responder, async_trait, catch, catchers, get, routes};
use rocket_cors::{AllowedHeaders, AllowedOrigins, CorsOptions, Origins};
use serde::Deserialize;

#[derive(Deserialize)]
struct Policy {
    any_origin: bool,
    origins: HashSet<String>,
    origin_patterns: Vec<String>,
    null_origin: bool,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed_headers: HashSet<String>,
    credentials: bool,
    max_age: usize,
}

#[rocket::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = env::var("PORT")?.parse()?;
    let policy: Policy = serde_json::from_str(&env::var("CORSPEC_POLICY")?)?;
    let config = Config {
        port,
        workers: 1,
        log_level: LogLevel::Off,
        ..Config::default()
    };
    let request_headers: Vec<&str> = policy.request_headers.iter().map(String::as_str).collect();
    let cors = CorsOptions {
        allowed_origins: origins(&policy),
        allowed_methods: policy
            .methods
            .iter()
            .map(|name| name.parse().unwrap())
            .collect(),
        allowed_headers: AllowedHeaders::some(&request_headers),
        expose_headers: policy.exposed_headers,
        allow_credentials: policy.credentials,
        max_age: Some(policy.max_age),
        ..CorsOptions::default()
    };
    // A route has one method; HEAD comes with GET.
    let methods = [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];
    rocket::custom(config)
        .mount(
            "/",
            methods.map(|method| Route::new(method, "/resource", resource)),
        )
        .mount(
            "/",
            methods.map(|method| Route::new(method, "/protected", protected)),
        )
        .mount("/", routes![failing, events])
        .register("/", catchers![unauthorized])
        .attach(cors.to_cors()?)
        .launch()
        .await?;
    Ok(())
}

fn origins(policy: &Policy) -> AllowedOrigins {
    if policy.any_origin {
        return AllowedOrigins::all();
    }
    let patterns = policy.origin_patterns.iter();
    AllowedOrigins::Some(Origins {
        allow_null: policy.null_origin,
        exact: Some(policy.origins.clone()),
        regex: Some(
            patterns
                .map(|pattern| format!("^{}$", pattern.replace('.', r"\.").replace('*', "[^/]+")))
                .collect(),
        ),
    })
}

#[derive(Responder)]
#[response(content_type = "text/plain")]
struct Resource {
    body: &'static str,
    handler: Header<'static>,
    total: Header<'static>,
    trace: Header<'static>,
    vary: Header<'static>,
    cache_control: Header<'static>,
}

impl Resource {
    fn new() -> Self {
        Self {
            body: "resource",
            handler: Header::new("X-Handler", "resource"),
            total: Header::new("X-Total", "42"),
            trace: Header::new("X-Trace", "t1"),
            vary: Header::new("Vary", "Accept-Encoding"),
            cache_control: Header::new("Cache-Control", "public, max-age=60"),
        }
    }
}

fn resource<'r>(request: &'r Request<'_>, _: Data<'r>) -> BoxFuture<'r> {
    Box::pin(async move { route::Outcome::from(request, Resource::new()) })
}

fn protected<'r>(request: &'r Request<'_>, _: Data<'r>) -> BoxFuture<'r> {
    Box::pin(async move {
        match request.guard::<Authorized>().await {
            Outcome::Success(Authorized) => route::Outcome::from(request, Resource::new()),
            _ => route::Outcome::error(Status::Unauthorized),
        }
    })
}

struct Authorized;

#[async_trait]
impl<'r> FromRequest<'r> for Authorized {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.headers().get_one("Authorization") {
            Some(_) => Outcome::Success(Self),
            None => Outcome::Error((Status::Unauthorized, ())),
        }
    }
}

#[derive(Responder)]
struct Challenge(&'static str, Header<'static>);

#[catch(401)]
fn unauthorized() -> Challenge {
    Challenge(
        "unauthorized",
        Header::new("WWW-Authenticate", "Basic realm=\"corspec\""),
    )
}

#[get("/failing")]
fn failing() -> Status {
    Status::InternalServerError
}

#[get("/events")]
fn events() -> EventStream![] {
    EventStream! {
        yield Event::data("one").id("1");
        yield Event::data("two").id("2");
    }
}

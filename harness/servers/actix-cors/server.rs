//! Actix Web with actix-cors.

use std::convert::Infallible;
use std::env;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Bytes;
use actix_web::{App, Error, HttpResponse, HttpServer, error, web};
use futures_util::stream;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
struct Policy {
    any_origin: bool,
    origins: Vec<String>,
    origin_patterns: Vec<String>,
    null_origin: bool,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed_headers: Vec<String>,
    credentials: bool,
    max_age: usize,
    private_network: bool,
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = env::var("PORT").unwrap().parse().unwrap();
    let policy: Policy = serde_json::from_str(&env::var("CORSPEC_POLICY").unwrap()).unwrap();
    HttpServer::new(move || {
        App::new()
            .wrap(cors(&policy))
            .route("/resource", web::route().to(resource))
            .route("/failing", web::route().to(failing))
            .service(
                web::resource("/protected")
                    .wrap(from_fn(authenticate))
                    .route(web::route().to(resource)),
            )
            .route("/events", web::get().to(events))
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

fn cors(policy: &Policy) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(policy.methods.iter().map(String::as_str))
        .allowed_headers(policy.request_headers.iter().map(String::as_str))
        .expose_headers(policy.exposed_headers.iter().map(String::as_str))
        .max_age(policy.max_age);
    if policy.any_origin {
        cors = cors.allow_any_origin();
    }
    for origin in &policy.origins {
        cors = cors.allowed_origin(origin);
    }
    if policy.null_origin {
        cors = cors.allowed_origin("null");
    }
    for pattern in &policy.origin_patterns {
        let (scheme, domain) = pattern.split_once('*').unwrap();
        let (scheme, domain) = (scheme.to_owned(), domain.to_owned());
        cors = cors.allowed_origin_fn(move |origin, _| {
            origin.as_bytes().starts_with(scheme.as_bytes())
                && origin.as_bytes().ends_with(domain.as_bytes())
        });
    }
    if policy.credentials {
        cors = cors.supports_credentials();
    }
    if policy.private_network {
        cors = cors.allow_private_network_access();
    }
    cors
}

async fn resource() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain")
        .insert_header(("X-Handler", "resource"))
        .insert_header(("X-Total", "42"))
        .insert_header(("X-Trace", "t1"))
        .insert_header(("Vary", "Accept-Encoding"))
        .insert_header(("Cache-Control", "public, max-age=60"))
        .body("resource")
}

async fn failing() -> Result<HttpResponse, Error> {
    Err(error::ErrorInternalServerError("failing"))
}

async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        Ok(next.call(request).await?.map_into_left_body())
    } else {
        let challenge = (header::WWW_AUTHENTICATE, "Basic realm=\"corspec\"");
        let response = HttpResponse::Unauthorized()
            .insert_header(challenge)
            .finish();
        Ok(request.into_response(response).map_into_right_body())
    }
}

async fn events() -> HttpResponse {
    let events = ["id: 1\ndata: one\n\n", "id: 2\ndata: two\n\n"];
    let events = events.map(|event| Ok::<_, Infallible>(Bytes::from(event)));
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(stream::iter(events))
}

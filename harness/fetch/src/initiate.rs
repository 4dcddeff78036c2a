//! The requests that elements and interfaces other than `fetch()` and XMLHttpRequest begin with.
//!
//! Each function lays what its mechanism says over a plain request of the page.

use crate::outcome::Block;
use crate::reason::Reason;
use crate::request::{
    Api, BodySource, CacheMode, Credentials, Destination, Mode, RedirectMode, Request,
};
use crate::safelist::is_cors_safelisted;
use crate::websocket;

/// The state of a `crossorigin` attribute.
///
/// <https://html.spec.whatwg.org/#cors-settings-attribute>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CorsSetting {
    /// Credentials go to the page's own origin only.
    Anonymous,
    /// The attribute is missing.
    NoCors,
    /// Credentials go everywhere.
    UseCredentials,
}

/// <https://html.spec.whatwg.org/#create-a-potential-cors-request>
fn potential_cors(request: &mut Request, setting: CorsSetting, same_origin_fallback: bool) {
    request.mode = match (setting, same_origin_fallback) {
        (CorsSetting::NoCors, true) => Mode::SameOrigin,
        (CorsSetting::NoCors, false) => Mode::NoCors,
        (CorsSetting::Anonymous | CorsSetting::UseCredentials, _) => Mode::Cors,
    };
    request.credentials = match setting {
        CorsSetting::Anonymous => Credentials::SameOrigin,
        CorsSetting::NoCors | CorsSetting::UseCredentials => Credentials::Include,
    };
}

/// An element whose request depends on its `crossorigin` attribute: an image, a media element, a
/// classic script, a stylesheet or a track.
///
/// <https://html.spec.whatwg.org/#create-a-potential-cors-request>
pub fn element(request: &mut Request, api: Api, destination: Destination, setting: CorsSetting) {
    request.api = api;
    request.destination = destination;
    potential_cors(request, setting, api == Api::Track);
    if api == Api::Media {
        // Where to begin is left to the user agent; every engine asks like this.
        request
            .headers
            .push(("Range".to_owned(), b"bytes=0-".to_vec()));
    }
}

/// <https://html.spec.whatwg.org/#fetch-a-module-script-tree>
pub fn module_script(request: &mut Request, setting: CorsSetting) {
    request.api = Api::ModuleScript;
    request.destination = Destination::Script;
    request.mode = Mode::Cors;
    request.credentials = match setting {
        CorsSetting::Anonymous | CorsSetting::NoCors => Credentials::SameOrigin,
        CorsSetting::UseCredentials => Credentials::Include,
    };
}

/// <https://drafts.csswg.org/css-fonts-4/#font-fetching-requirements>
pub fn font(request: &mut Request) {
    request.api = Api::Font;
    request.destination = Destination::Font;
    request.mode = Mode::Cors;
    request.credentials = Credentials::SameOrigin;
}

/// The script of a worker of the kind that the destination says.
///
/// <https://html.spec.whatwg.org/#fetch-a-classic-worker-script>,
/// <https://w3c.github.io/ServiceWorker/#update>
///
/// # Errors
///
/// [`Reason::WorkerOrigin`] for a service worker of another origin, which is not even requested.
pub fn worker(request: &mut Request, destination: Destination) -> Result<(), Block> {
    request.api = Api::Worker;
    request.destination = destination;
    request.mode = Mode::SameOrigin;
    request.credentials = Credentials::SameOrigin;
    if destination == Destination::ServiceWorker {
        let target = crate::origin::Origin::of_url(&request.url);
        if !request.origin.is_same_origin(&target) {
            return Err(Block::new(Reason::WorkerOrigin, target.serialize()));
        }
        request.redirect = RedirectMode::Error;
        request.cache = CacheMode::NoCache;
        request
            .headers
            .push(("Service-Worker".to_owned(), b"script".to_vec()));
    }
    Ok(())
}

/// <https://html.spec.whatwg.org/#dom-eventsource>,
/// <https://html.spec.whatwg.org/#reestablish-the-connection>
pub fn event_source(request: &mut Request, with_credentials: bool, last_event_id: &str) {
    request.api = Api::EventSource;
    request.mode = Mode::Cors;
    request.credentials = if with_credentials {
        Credentials::Include
    } else {
        Credentials::SameOrigin
    };
    request.cache = CacheMode::NoStore;
    request
        .headers
        .push(("Accept".to_owned(), b"text/event-stream".to_vec()));
    if !last_event_id.is_empty() {
        request
            .headers
            .push(("Last-Event-ID".to_owned(), last_event_id.into()));
    }
}

/// <https://w3c.github.io/beacon/#sec-processing-model>
///
/// # Errors
///
/// [`Reason::NotSupported`] for a stream, and [`Reason::NonHttpScheme`].
pub fn beacon(request: &mut Request) -> Result<(), Block> {
    request.api = Api::Beacon;
    "POST".clone_into(&mut request.method);
    request.credentials = Credentials::Include;
    if !matches!(request.url.scheme(), "http" | "https") {
        return Err(Block::new(Reason::NonHttpScheme, request.url.scheme()));
    }
    let body = request.body.as_ref();
    if body.is_some_and(|body| body.source == BodySource::Stream) {
        return Err(Block::new(Reason::NotSupported, "stream"));
    }
    request.keepalive = true;
    let content_type = body.and_then(|body| body.content_type.as_deref());
    let is_safe = content_type
        .is_none_or(|content_type| is_cors_safelisted("content-type", content_type.as_bytes()));
    request.mode = if is_safe { Mode::NoCors } else { Mode::Cors };
    Ok(())
}

/// A navigation of a frame in the page, by its `src`, a link or a form.
///
/// <https://html.spec.whatwg.org/#create-navigation-params-by-fetching>
pub fn navigation(request: &mut Request) {
    request.api = Api::Navigation;
    request.destination = Destination::Iframe;
    request.mode = Mode::Navigate;
    request.credentials = Credentials::Include;
}

/// <https://websockets.spec.whatwg.org/#concept-websocket-establish>
///
/// # Errors
///
/// What the constructor refuses.
pub fn web_socket(request: &mut Request, key: &str, protocols: &[String]) -> Result<(), Block> {
    request.api = Api::WebSocket;
    websocket::construct(&request.url, protocols)?;
    request.url = websocket::request_url(&request.url);
    "GET".clone_into(&mut request.method);
    request.mode = Mode::WebSocket;
    request.credentials = Credentials::Include;
    request.cache = CacheMode::NoStore;
    request.redirect = RedirectMode::Error;
    request.headers = websocket::headers(key, protocols);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;
    use url::Url;

    use super::*;
    use crate::fetch::{Fetch, Step, UserAgent};
    use crate::outcome::Outcome;
    use crate::request::{Body, HttpRequest, KEEPALIVE_QUOTA};

    fn request(method: &str, to: &str) -> Request {
        let page = Url::parse("https://a.localhost/").unwrap();
        let mut request = Request::get(&page, Url::parse(to).unwrap());
        method.clone_into(&mut request.method);
        request
    }

    fn sent(request: Request) -> HttpRequest {
        let mut agent = UserAgent::default();
        let page = request.origin.clone();
        for url in ["https://a.localhost/", "https://b.localhost/"] {
            let url = Url::parse(url).unwrap();
            let cookie = b"c=1; SameSite=None; Secure";
            agent.cookies.store(cookie, &page, &url, Duration::ZERO);
        }
        match Fetch::start(request, &mut agent, Duration::ZERO).1 {
            Step::Send(sent) => sent,
            Step::Done(outcome) => panic!("{outcome:?}"),
        }
    }

    /// The values of these headers, `-` for none.
    fn values(sent: &HttpRequest, names: &[&str]) -> Vec<String> {
        let value = |name: &&str| {
            let value = sent.headers.get(name);
            value.map_or_else(|| "-".to_owned(), |it| String::from_utf8(it).unwrap())
        };
        names.iter().map(value).collect()
    }

    const ABROAD: &str = "https://b.localhost/";

    #[rstest]
    #[case(CorsSetting::NoCors, "no-cors", "-", "c=1")]
    #[case(CorsSetting::Anonymous, "cors", "https://a.localhost", "-")]
    #[case(CorsSetting::UseCredentials, "cors", "https://a.localhost", "c=1")]
    fn the_attribute_decides_about_mode_and_credentials(
        #[case] setting: CorsSetting,
        #[case] mode: &str,
        #[case] origin: &str,
        #[case] cookie: &str,
    ) {
        let mut image = request("GET", ABROAD);
        element(&mut image, Api::Image, Destination::Image, setting);
        let names = ["sec-fetch-mode", "origin", "cookie", "sec-fetch-dest"];
        assert_eq!(
            values(&sent(image), &names),
            [mode, origin, cookie, "image"]
        );
    }

    #[test]
    fn a_track_without_the_attribute_stays_at_home() {
        let mut track = request("GET", ABROAD);
        let setting = CorsSetting::NoCors;
        element(&mut track, Api::Track, Destination::Track, setting);
        assert_eq!(track.mode, Mode::SameOrigin);
    }

    #[test]
    fn modules_and_fonts_are_always_cors() {
        let mut module = request("GET", ABROAD);
        module_script(&mut module, CorsSetting::NoCors);
        let names = ["origin", "cookie", "sec-fetch-dest"];
        let expected = |kind| ["https://a.localhost", "-", kind];
        assert_eq!(values(&sent(module), &names), expected("script"));
        let mut face = request("GET", ABROAD);
        font(&mut face);
        assert_eq!(values(&sent(face), &names), expected("font"));
    }

    #[test]
    fn event_sources_never_ask_first() {
        let mut stream = request("GET", ABROAD);
        event_source(&mut stream, false, "7");
        let sent = sent(stream);
        assert_eq!(sent.method.as_str(), "GET");
        let names = ["accept", "last-event-id", "cache-control", "cookie"];
        let expected = ["text/event-stream", "7", "no-cache", "-"];
        assert_eq!(values(&sent, &names), expected);
    }

    #[rstest]
    #[case(None, "POST", "no-cors")]
    #[case(Some("text/plain;charset=UTF-8"), "POST", "no-cors")]
    #[case(Some("application/json"), "OPTIONS", "cors")]
    fn beacons_ask_first_for_types_that_are_not_safelisted(
        #[case] content_type: Option<&str>,
        #[case] method: &str,
        #[case] mode: &str,
    ) {
        let mut call = request("GET", ABROAD);
        call.body = Some(Body {
            bytes: b"{}".to_vec(),
            content_type: content_type.map(str::to_owned),
            source: BodySource::Bytes,
        });
        beacon(&mut call).unwrap();
        let sent = sent(call);
        assert_eq!(sent.method.as_str(), method);
        assert_eq!(
            values(&sent, &["sec-fetch-mode", "origin"]),
            [mode, "https://a.localhost"]
        );
    }

    #[rstest]
    #[case::at_the_quota(KEEPALIVE_QUOTA, None)]
    #[case::beyond(KEEPALIVE_QUOTA + 1, Some(Reason::KeepaliveTooLarge))]
    fn a_beacon_beyond_the_quota_is_not_queued_and_does_not_even_ask(
        #[case] length: usize,
        #[case] reason: Option<Reason>,
    ) {
        let mut call = request("GET", ABROAD);
        call.body = Some(Body {
            bytes: vec![b' '; length],
            content_type: Some("application/json".to_owned()),
            source: BodySource::Bytes,
        });
        beacon(&mut call).unwrap();
        let mut agent = UserAgent::default();
        let refused = match Fetch::start(call, &mut agent, Duration::ZERO).1 {
            Step::Done(Outcome::Block(block)) => Some(block.reason),
            _ => None,
        };
        assert_eq!(refused, reason);
    }

    #[test]
    fn a_form_tells_its_origin_and_a_link_does_not() {
        let names = ["origin", "sec-fetch-mode", "sec-fetch-dest", "cookie"];
        let mut form = request("POST", ABROAD);
        navigation(&mut form);
        let expected = ["https://a.localhost", "navigate", "iframe", "c=1"];
        assert_eq!(values(&sent(form), &names), expected);
        let mut link = request("GET", ABROAD);
        navigation(&mut link);
        assert_eq!(values(&sent(link), &names)[0], "-");
    }

    #[test]
    fn a_handshake_is_a_request_with_an_origin_and_no_referrer() {
        let mut socket = request("GET", "wss://b.localhost/");
        let protocols = ["a".to_owned(), "b".to_owned()];
        web_socket(&mut socket, "key", &protocols).unwrap();
        let sent = sent(socket);
        assert_eq!(sent.url.as_str(), ABROAD);
        let names = [
            "upgrade",
            "connection",
            "sec-websocket-key",
            "sec-websocket-version",
            "sec-websocket-protocol",
            "origin",
            "referer",
            "cache-control",
            "cookie",
            "sec-fetch-mode",
        ];
        let expected = [
            "websocket",
            "Upgrade",
            "key",
            "13",
            "a, b",
            "https://a.localhost",
            "-",
            "no-cache",
            "c=1",
            "websocket",
        ];
        assert_eq!(values(&sent, &names), expected);
    }

    #[test]
    fn a_service_worker_is_registered_at_home_only() {
        let kind = Destination::ServiceWorker;
        let refused = worker(&mut request("GET", ABROAD), kind).unwrap_err();
        assert_eq!(refused.reason, Reason::WorkerOrigin);
        let mut own = request("GET", "https://a.localhost/worker.js");
        worker(&mut own, kind).unwrap();
        let sent = sent(own);
        let names = ["service-worker", "sec-fetch-dest", "cache-control"];
        assert_eq!(
            values(&sent, &names),
            ["script", "serviceworker", "max-age=0"]
        );
    }
}

//! Requests: what a page asks for, and what a user agent makes of it.
//!
//! <https://fetch.spec.whatwg.org/#requests>

use serde::Serialize;
use url::Url;

use crate::header_list::HeaderList;
use crate::method::Method;
use crate::origin::Origin;
use crate::referrer::ReferrerPolicy;
use crate::words::words;

/// A call as a page makes it, before anything is validated.
#[derive(Clone, Debug)]
pub struct Request {
    /// The interface it is made through.
    pub api: Api,
    /// The method as the page writes it.
    pub method: String,
    /// The URL, parsed against the page's.
    pub url: Url,
    /// The headers as the page sets them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Option<Body>,
    /// The origin of the page.
    pub origin: Origin,
    /// The URL of the page, which is where the referrer comes from.
    pub page_url: Url,
    /// Whether the page has a URL to tell: `blob:` and `data:` URLs tell nothing.
    ///
    /// <https://w3c.github.io/webappsec-referrer-policy/#strip-url>
    pub has_referrer: bool,
    /// <https://fetch.spec.whatwg.org/#concept-request-mode>
    pub mode: Mode,
    /// <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>
    pub credentials: Credentials,
    /// <https://fetch.spec.whatwg.org/#concept-request-redirect-mode>
    pub redirect: RedirectMode,
    /// <https://fetch.spec.whatwg.org/#concept-request-cache-mode>
    pub cache: CacheMode,
    /// <https://fetch.spec.whatwg.org/#concept-request-destination>
    pub destination: Destination,
    /// <https://fetch.spec.whatwg.org/#concept-request-referrer-policy>
    pub referrer_policy: ReferrerPolicy,
    /// <https://fetch.spec.whatwg.org/#concept-request-integrity-metadata>
    pub integrity: Option<String>,
    /// <https://fetch.spec.whatwg.org/#use-cors-preflight-flag>: upload listeners are registered.
    pub use_cors_preflight: bool,
    /// <https://fetch.spec.whatwg.org/#request-keepalive-flag>: it may outlive the page.
    pub keepalive: bool,
    /// Whether the page counts as public and its user has not permitted requests to this machine. Servers
    /// at the page's own port count as public, too: user agents can be told so, for tests.
    ///
    /// <https://wicg.github.io/local-network-access/#local-network-access-check>
    pub is_kept_from_local_network: bool,
}

/// How many bytes the bodies of requests that may outlive their page have together.
///
/// <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>
pub(crate) const KEEPALIVE_QUOTA: usize = 64 << 10;

/// What makes a call: an interface, or an element. It decides about validation before the request, and
/// about the use that the response is put to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Api {
    /// <https://w3c.github.io/beacon/#sendbeacon-method>
    Beacon,
    /// <https://html.spec.whatwg.org/#dom-eventsource>
    EventSource,
    /// <https://fetch.spec.whatwg.org/#fetch-method>
    Fetch,
    /// <https://drafts.csswg.org/css-fonts-4/#font-fetching-requirements>
    Font,
    /// <https://html.spec.whatwg.org/#update-the-image-data>
    Image,
    /// <https://html.spec.whatwg.org/#concept-media-load-resource>
    Media,
    /// <https://html.spec.whatwg.org/#fetch-a-single-module-script>
    ModuleScript,
    /// <https://html.spec.whatwg.org/#create-navigation-params-by-fetching>
    Navigation,
    /// <https://html.spec.whatwg.org/#preload>
    Preload,
    /// <https://html.spec.whatwg.org/#fetch-a-classic-script>
    Script,
    /// <https://html.spec.whatwg.org/#link-type-stylesheet>
    Style,
    /// <https://html.spec.whatwg.org/#start-the-track-processing-model>
    Track,
    /// <https://websockets.spec.whatwg.org/#websocket-opening-handshake>
    WebSocket,
    /// <https://html.spec.whatwg.org/#fetch-a-classic-worker-script>
    Worker,
    /// <https://xhr.spec.whatwg.org/#the-send()-method>
    XmlHttpRequest,
}

/// <https://fetch.spec.whatwg.org/#concept-body>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The type that the kind of body implies.
    pub content_type: Option<String>,
    /// Where the bytes come from.
    pub source: BodySource,
}

/// What a body was made from.
///
/// <https://fetch.spec.whatwg.org/#concept-body-source>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BodySource {
    /// Bytes, a blob or form data.
    Bytes,
    /// A stream, which cannot be sent twice.
    Stream,
    /// A string, whose charset XMLHttpRequest insists on.
    Text,
}

/// A request on its way to the network: everything that the standard says is sent and that can be
/// predicted. `User-Agent`, `Accept-Language`, `Accept-Encoding`, `Host` and `Connection` are the
/// client's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers, each name once.
    pub headers: HeaderList,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// What the request is for.
    pub purpose: Purpose,
    /// Whether it is to have a connection that nothing was sent over before.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-http-network-fetch>
    pub on_new_connection: bool,
}

/// What a request on the network is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// It is the request of the page, or a redirected one.
    Actual,
    /// It is a CORS-preflight request.
    Preflight,
}

words! {
    /// <https://fetch.spec.whatwg.org/#concept-request-mode>
    Mode {
        /// Across origins as far as the CORS protocol allows.
        Cors = "cors",
        /// To another document, which is not the page's to read.
        Navigate = "navigate",
        /// Across origins without CORS, with an opaque answer.
        NoCors = "no-cors",
        /// Never across origins.
        SameOrigin = "same-origin",
        /// The handshake of a WebSocket, whose server looks at the origin itself.
        WebSocket = "websocket",
    }
}

words! {
    /// <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>
    Credentials {
        /// Always.
        Include = "include",
        /// Never.
        Omit = "omit",
        /// To the page's own origin only.
        SameOrigin = "same-origin",
    }
}

words! {
    /// <https://fetch.spec.whatwg.org/#concept-request-redirect-mode>
    RedirectMode {
        /// A redirect is a network error.
        Error = "error",
        /// A redirect is followed.
        Follow = "follow",
        /// A redirect is given to the page, opaque.
        Manual = "manual",
    }
}

words! {
    /// <https://fetch.spec.whatwg.org/#concept-request-cache-mode>
    CacheMode {
        /// As HTTP says.
        Default = "default",
        /// From the cache, stale or not, else from the network.
        ForceCache = "force-cache",
        /// Asks the server whether what is stored is still good.
        NoCache = "no-cache",
        /// Neither reads nor writes the cache.
        NoStore = "no-store",
        /// From the cache or not at all.
        OnlyIfCached = "only-if-cached",
        /// From the network, and stored.
        Reload = "reload",
    }
}

words! {
    /// <https://fetch.spec.whatwg.org/#concept-request-destination>
    Destination {
        /// An `<audio>` element.
        Audio = "audio",
        /// A document in a window of its own.
        Document = "document",
        /// `fetch()`, XMLHttpRequest, EventSource, WebSocket, `sendBeacon()`.
        Empty = "empty",
        /// A font.
        Font = "font",
        /// A document in an `<iframe>`.
        Iframe = "iframe",
        /// An image.
        Image = "image",
        /// A script of a document, classic or module.
        Script = "script",
        /// The script of a service worker.
        ServiceWorker = "serviceworker",
        /// The script of a shared worker.
        SharedWorker = "sharedworker",
        /// A stylesheet.
        Style = "style",
        /// The text track of a media element.
        Track = "track",
        /// A `<video>` element.
        Video = "video",
        /// The script of a dedicated worker.
        Worker = "worker",
    }
}

impl Destination {
    /// <https://fetch.spec.whatwg.org/#request-destination-script-like>
    #[must_use]
    pub const fn is_script_like(self) -> bool {
        matches!(
            self,
            Self::Script | Self::ServiceWorker | Self::SharedWorker | Self::Worker
        )
    }

    /// The value of `Accept` for a request that does not say.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-fetch>
    #[must_use]
    pub const fn accept(self) -> &'static str {
        match self {
            Self::Document | Self::Iframe => {
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
            }
            Self::Image => "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            Self::Style => "text/css,*/*;q=0.1",
            _ => "*/*",
        }
    }
}

impl Api {
    /// Whether requests are validated and guarded because script chooses method and headers.
    pub(crate) const fn is_scripted(self) -> bool {
        matches!(self, Self::Fetch | Self::XmlHttpRequest)
    }

    /// Whether requests ask first where they are not simple. `sendBeacon()` does in every engine,
    /// and by the intent of its specification, which forgets the flag.
    ///
    /// <https://fetch.spec.whatwg.org/#unsafe-request-flag>
    pub(crate) const fn is_unsafe_request(self) -> bool {
        self.is_scripted() || matches!(self, Self::Beacon)
    }
}

impl Request {
    /// `fetch(url)` with nothing else said, by the page at `page`.
    #[must_use]
    pub fn get(page: &Url, url: Url) -> Self {
        Self {
            api: Api::Fetch,
            method: "GET".to_owned(),
            url,
            headers: Vec::new(),
            body: None,
            origin: Origin::of_url(page),
            page_url: page.clone(),
            has_referrer: true,
            mode: Mode::Cors,
            credentials: Credentials::SameOrigin,
            redirect: RedirectMode::Follow,
            cache: CacheMode::Default,
            destination: Destination::Empty,
            referrer_policy: ReferrerPolicy::Empty,
            integrity: None,
            use_cors_preflight: false,
            keepalive: false,
            is_kept_from_local_network: false,
        }
    }
}

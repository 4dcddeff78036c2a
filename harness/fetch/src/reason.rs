//! Why a request is blocked: the steps of the standards that can decide it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const CORS_CHECK: &str = "https://fetch.spec.whatwg.org/#cors-check";
const CORS_PREFLIGHT_FETCH: &str = "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0";
const EVENT_STREAM: &str = "https://html.spec.whatwg.org/#sse-processing-model";
const FETCHING_RESOURCES: &str = "https://html.spec.whatwg.org/#fetching-resources";
const HTTP_NETWORK_FETCH: &str = "https://fetch.spec.whatwg.org/#http-network-fetch";
const HTTP_FETCH: &str = "https://fetch.spec.whatwg.org/#http-fetch";
const HTTP_REDIRECT_FETCH: &str = "https://fetch.spec.whatwg.org/#http-redirect-fetch";
const INTEGRITY: &str =
    "https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist";
const MAIN_FETCH: &str = "https://fetch.spec.whatwg.org/#main-fetch";
const REQUEST_CONSTRUCTOR: &str = "https://fetch.spec.whatwg.org/#dom-request";

const WEBSOCKET_HANDSHAKE: &str = "https://websockets.spec.whatwg.org/#concept-websocket-establish";
const XDR: &str = "https://learn.microsoft.com/en-us/archive/blogs/ieinternals/xdomainrequest-restrictions-limitations-and-workarounds";

/// Declares each reason once: variant, code, section, explanation, remedy.
macro_rules! reasons {
    ($($variant:ident, $code:literal, $section:expr, $explanation:literal, $remedy:literal;)*) => {
        /// The step that decided that a request is blocked.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Reason {
            $(#[doc = concat!($explanation, ".")] $variant,)*
        }

        impl Reason {
            /// Every reason, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for this reason in cases and reports.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The section of the standard that decides, as a URL.
            #[must_use]
            pub const fn section(self) -> &'static str {
                match self { $(Self::$variant => $section,)* }
            }

            /// What is the matter: a sentence without its full stop.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }

            /// What would have to change: a sentence without its full stop.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

reasons! {
    Aborted, "aborted", "https://fetch.spec.whatwg.org/#abort-fetch",
        "The page aborted the call",
        "Let the call come to its end";
    AllowCredentialsInvalid, "allow-credentials-invalid", CORS_CHECK,
        "Access-Control-Allow-Credentials of the response is not exactly `true`",
        "Answer with the header `Access-Control-Allow-Credentials: true`, once and in lower case";
    AllowCredentialsMissing, "allow-credentials-missing", CORS_CHECK,
        "The request carries credentials and the response has no Access-Control-Allow-Credentials",
        "Answer with `Access-Control-Allow-Credentials: true`, or make the request without credentials";
    AllowHeadersMalformed, "allow-headers-malformed", CORS_PREFLIGHT_FETCH,
        "Access-Control-Allow-Headers of the preflight response is no list of header names",
        "List header names in Access-Control-Allow-Headers separated by commas, with nothing else between them";
    AllowMethodsMalformed, "allow-methods-malformed", CORS_PREFLIGHT_FETCH,
        "Access-Control-Allow-Methods of the preflight response is no list of methods",
        "List methods in Access-Control-Allow-Methods separated by commas, with nothing else between them";
    AllowOriginMismatch, "allow-origin-mismatch", CORS_CHECK,
        "Access-Control-Allow-Origin of the response is not the origin of the page, byte for byte",
        "Answer with Access-Control-Allow-Origin equal to the request's Origin: scheme, host and port, no slash behind it";
    AllowOriginMissing, "allow-origin-missing", CORS_CHECK,
        "The response has no Access-Control-Allow-Origin",
        "Answer with Access-Control-Allow-Origin: the request's Origin if the page may read this, or `*` for public data";
    AllowOriginMultiple, "allow-origin-multiple", CORS_CHECK,
        "Access-Control-Allow-Origin of the response has several values",
        "Send Access-Control-Allow-Origin once and with one origin; look for a proxy and an application that both add it";
    AllowOriginWildcardWithCredentials, "allow-origin-wildcard-with-credentials", CORS_CHECK,
        "Access-Control-Allow-Origin is `*`, which does not count for a request with credentials",
        "Answer with the request's Origin in Access-Control-Allow-Origin (and `Vary: Origin`), or make the request without credentials";
    BadPort, "bad-port", "https://fetch.spec.whatwg.org/#port-blocking",
        "The port of the URL belongs to another protocol and is blocked",
        "Serve the resource on a port that is not on the list of bad ports";
    BodyNotAllowed, "body-not-allowed", REQUEST_CONSTRUCTOR,
        "A GET or HEAD request is given a body",
        "Leave out the body, or use another method";
    CacheMiss, "cache-miss", "https://fetch.spec.whatwg.org/#http-network-or-cache-fetch",
        "Cache mode `only-if-cached` finds nothing stored",
        "Use another cache mode";
    ContentInvalid, "content-invalid", FETCHING_RESOURCES,
        "The body is not what the element can decode: an image, a font, audio, video or captions",
        "Serve a body that is whole and of a format that browsers know";
    CrossOriginResourcePolicy, "cross-origin-resource-policy", "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check",
        "Cross-Origin-Resource-Policy of the response does not allow this page to embed it",
        "Answer with `Cross-Origin-Resource-Policy: cross-origin`, or load the resource in CORS mode";
    EventStreamStatus, "event-stream-status", EVENT_STREAM,
        "The status of the answer to an EventSource is not 200",
        "Answer with status 200; 204 is how a server ends the stream for good";
    EventStreamType, "event-stream-type", EVENT_STREAM,
        "Content-Type of the answer to an EventSource is not `text/event-stream`",
        "Answer with `Content-Type: text/event-stream`";
    ForbiddenMethod, "forbidden-method", "https://fetch.spec.whatwg.org/#forbidden-method",
        "The method is one that script may not use",
        "Use another method than CONNECT, TRACE and TRACK";
    HeaderNotAllowed, "header-not-allowed", CORS_PREFLIGHT_FETCH,
        "Access-Control-Allow-Headers of the preflight response does not list a header of the request",
        "List the header in Access-Control-Allow-Headers of the preflight response; `*` covers neither Authorization nor requests with credentials";
    IntegrityMismatch, "integrity-mismatch", INTEGRITY,
        "The body does not match the integrity metadata of the request",
        "Make the digest in `integrity` that of the bytes served";
    IntegrityOpaque, "integrity-opaque", INTEGRITY,
        "Integrity metadata cannot be checked against an opaque response",
        "Load the resource in CORS mode";
    InvalidHeader, "invalid-header", "https://fetch.spec.whatwg.org/#headers-validate",
        "A header name or value set by script cannot be sent",
        "Make the name a token, and the value free of NUL, CR and LF";
    InvalidInit, "invalid-init", REQUEST_CONSTRUCTOR,
        "The members of RequestInit contradict each other",
        "Use `only-if-cached` with mode `same-origin` only, and stream bodies with `duplex: \"half\"` only";
    InvalidMethod, "invalid-method", "https://fetch.spec.whatwg.org/#concept-method",
        "The method is no token",
        "Use a method without spaces, commas and letters beyond ASCII";
    KeepaliveTooLarge, "keepalive-too-large", "https://fetch.spec.whatwg.org/#http-network-or-cache-fetch",
        "The body of a request that may outlive its page is larger than 64 KiB, with those under way",
        "Send less at a time, or without `keepalive`";
    LocalNetworkAccess, "local-network-access", "https://wicg.github.io/local-network-access/#local-network-access-check",
        "A public page requests something of this machine or the local network, and the user has not permitted that",
        "Let the user permit it, which takes a secure page, or serve the resource from a public address";
    MethodNotAllowed, "method-not-allowed", CORS_PREFLIGHT_FETCH,
        "Access-Control-Allow-Methods of the preflight response does not list the method",
        "List the method in Access-Control-Allow-Methods of the preflight response, in the same case; `*` does not count with credentials";
    MimeTypeRefused, "mime-type-refused", FETCHING_RESOURCES,
        "Content-Type of the response is not that of a script or a stylesheet",
        "Answer with `text/javascript` for a module or a worker, with `text/css` for a stylesheet";
    MixedContent, "mixed-content", "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
        "A secure page requests an insecure URL",
        "Serve the resource over https";
    NetworkError, "network-error", HTTP_NETWORK_FETCH,
        "The connection failed, or the answer was not a whole and well-formed HTTP response",
        "Look at the connection, and at the bytes the server sent";
    NoCorsMethod, "no-cors-method", REQUEST_CONSTRUCTOR,
        "A request in no-cors mode has a method other than GET, HEAD and POST",
        "Use GET, HEAD or POST, or mode `cors`";
    NonHttpScheme, "non-http-scheme", MAIN_FETCH,
        "The scheme of the URL is not http or https, which CORS is confined to",
        "Request an http or https URL";
    Nosniff, "nosniff", "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?",
        "X-Content-Type-Options is `nosniff` and Content-Type does not fit the use",
        "Answer with the Content-Type of what the body is";
    NotSupported, "not-supported", "https://xhr.spec.whatwg.org/#the-timeout-attribute",
        "The interface does not take such a call",
        "Make the call asynchronous and without a stream, or use another interface";
    OpaqueResponseBlocked, "opaque-response-blocked", "https://github.com/annevk/orb",
        "The opaque response is of a kind that no embedding can use",
        "Load the resource in CORS mode";
    PreflightAllowCredentialsInvalid, "preflight-allow-credentials-invalid", CORS_CHECK,
        "Access-Control-Allow-Credentials of the preflight response is not exactly `true`",
        "Answer the preflight with the header `Access-Control-Allow-Credentials: true`, once and in lower case";
    PreflightAllowCredentialsMissing, "preflight-allow-credentials-missing", CORS_CHECK,
        "The request will carry credentials and the preflight response has no Access-Control-Allow-Credentials",
        "Answer the preflight with `Access-Control-Allow-Credentials: true`, or make the request without credentials";
    PreflightAllowOriginMismatch, "preflight-allow-origin-mismatch", CORS_CHECK,
        "Access-Control-Allow-Origin of the preflight response is not the origin of the page, byte for byte",
        "Answer the preflight with Access-Control-Allow-Origin equal to the request's Origin";
    PreflightAllowOriginMissing, "preflight-allow-origin-missing", CORS_CHECK,
        "The preflight response has no Access-Control-Allow-Origin",
        "Answer OPTIONS requests with Origin and Access-Control-Request-Method as preflights, with Access-Control-Allow-Origin; look for middleware that answers them first";
    PreflightAllowOriginMultiple, "preflight-allow-origin-multiple", CORS_CHECK,
        "Access-Control-Allow-Origin of the preflight response has several values",
        "Send Access-Control-Allow-Origin once and with one origin in the answer to the preflight";
    PreflightAllowOriginWildcardWithCredentials, "preflight-allow-origin-wildcard-with-credentials", CORS_CHECK,
        "Access-Control-Allow-Origin of the preflight response is `*`, which does not count for a request with credentials",
        "Answer the preflight with the request's Origin in Access-Control-Allow-Origin, or make the request without credentials";
    PreflightRedirect, "preflight-redirect", CORS_PREFLIGHT_FETCH,
        "The preflight is answered with a redirect",
        "Answer the preflight where it is asked, with a 2xx status: request the final URL, or exempt OPTIONS from the redirect";
    PreflightStatusNotOk, "preflight-status-not-ok", CORS_PREFLIGHT_FETCH,
        "The status of the preflight response is not in the range 200 to 299",
        "Answer the preflight with 204 before authentication, routing and method checks see it";
    RedirectBodyStream, "redirect-body-stream", HTTP_REDIRECT_FETCH,
        "A redirect would need the body again, which was a stream",
        "Request the final URL, or redirect with 303";
    RedirectLimit, "redirect-limit", HTTP_REDIRECT_FETCH,
        "There were more than 20 redirects",
        "Shorten the chain of redirects";
    RedirectLocationInvalid, "redirect-location-invalid", HTTP_REDIRECT_FETCH,
        "Location of the redirect is no URL",
        "Send one valid URL in Location";
    RedirectModeError, "redirect-mode-error", HTTP_FETCH,
        "Redirect mode is `error` and the server redirects",
        "Request the final URL, or use redirect mode `follow`";
    RedirectModeNoCors, "redirect-mode-no-cors", MAIN_FETCH,
        "A request in no-cors mode has another redirect mode than `follow`",
        "Use redirect mode `follow`, or mode `cors`";
    RedirectSchemeNotHttp, "redirect-scheme-not-http", HTTP_REDIRECT_FETCH,
        "Location of the redirect is neither http nor https",
        "Redirect to an http or https URL";
    RedirectUserinfo, "redirect-userinfo", HTTP_REDIRECT_FETCH,
        "Location of the redirect holds a user name or password and leads across origins",
        "Leave user name and password out of Location";
    SameOriginMode, "same-origin-mode", MAIN_FETCH,
        "A request in same-origin mode leads to another origin",
        "Use mode `cors`, or stay on the page's origin";
    StatusNotOk, "status-not-ok", FETCHING_RESOURCES,
        "The status of the response is not in the range 200 to 299",
        "Answer with a 2xx status; only images and fonts are used whatever the status";
    Timeout, "timeout", "https://xhr.spec.whatwg.org/#the-timeout-attribute",
        "The time that the page allowed has passed",
        "Answer sooner, or allow more time";
    UrlInvalid, "url-invalid", REQUEST_CONSTRUCTOR,
        "The URL does not parse",
        "Request a valid URL";
    UrlUserinfo, "url-userinfo", REQUEST_CONSTRUCTOR,
        "The URL given to fetch() holds a user name or password",
        "Leave them out of the URL, and send Authorization instead";
    WebSocketExtension, "websocket-extension", WEBSOCKET_HANDSHAKE,
        "The server chose a WebSocket extension that was not offered",
        "Choose among the extensions of Sec-WebSocket-Extensions, or none";
    WebSocketHandshake, "websocket-handshake", WEBSOCKET_HANDSHAKE,
        "Upgrade, Connection or Sec-WebSocket-Accept of the answer is not what the handshake demands",
        "Answer with `Upgrade: websocket`, `Connection: Upgrade` and the Sec-WebSocket-Accept that belongs to the key";
    WebSocketProtocol, "websocket-protocol", WEBSOCKET_HANDSHAKE,
        "The server chose none of the subprotocols offered, or the page offered an impossible one",
        "Choose exactly one of the subprotocols of Sec-WebSocket-Protocol, and none where none is offered";
    WebSocketStatus, "websocket-status", WEBSOCKET_HANDSHAKE,
        "The status of the answer to a WebSocket handshake is not 101",
        "Answer the handshake with 101, and look whether the server refuses the origin";
    WorkerOrigin, "worker-origin", "https://w3c.github.io/ServiceWorker/#register-algorithm",
        "A service worker is registered from another origin",
        "Serve the script of the service worker from the page's own origin";
    XdrAllowOrigin, "xdr-allow-origin", XDR,
        "Access-Control-Allow-Origin of the answer to an XDomainRequest is neither `*` nor the page's origin",
        "Answer with `Access-Control-Allow-Origin: *`, or with the request's Origin";
    XdrHeader, "xdr-header", XDR,
        "XDomainRequest has no way to set a header",
        "Say it in the URL or in the body";
    XdrMethod, "xdr-method", XDR,
        "XDomainRequest knows GET and POST only",
        "Offer the action as GET or POST";
    XdrScheme, "xdr-scheme", XDR,
        "The URL of an XDomainRequest is neither http nor https",
        "Request an http or https URL";
    XdrSchemeMismatch, "xdr-scheme-mismatch", XDR,
        "The URL of an XDomainRequest has another scheme than the page",
        "Serve page and resource over the same scheme";
}

impl Reason {
    /// The same reason for a preflight response, for those that the CORS check gives.
    #[must_use]
    pub const fn on_preflight(self) -> Self {
        match self {
            Self::AllowCredentialsInvalid => Self::PreflightAllowCredentialsInvalid,
            Self::AllowCredentialsMissing => Self::PreflightAllowCredentialsMissing,
            Self::AllowOriginMismatch => Self::PreflightAllowOriginMismatch,
            Self::AllowOriginMissing => Self::PreflightAllowOriginMissing,
            Self::AllowOriginMultiple => Self::PreflightAllowOriginMultiple,
            Self::AllowOriginWildcardWithCredentials => {
                Self::PreflightAllowOriginWildcardWithCredentials
            }
            other => other,
        }
    }

    /// Whether both reasons are the same step of the standard, told apart only for the sake of a
    /// better remedy. Engines draw that finer line elsewhere.
    #[must_use]
    pub fn is_same_step(self, other: Self) -> bool {
        let step = |reason| match reason {
            Self::AllowCredentialsMissing => Self::AllowCredentialsInvalid,
            Self::AllowOriginMultiple | Self::AllowOriginWildcardWithCredentials => {
                Self::AllowOriginMismatch
            }
            Self::PreflightAllowCredentialsMissing => Self::PreflightAllowCredentialsInvalid,
            Self::PreflightAllowOriginMultiple
            | Self::PreflightAllowOriginWildcardWithCredentials => {
                Self::PreflightAllowOriginMismatch
            }
            Self::PreflightRedirect => Self::PreflightStatusNotOk,
            other => other,
        };
        step(self) == step(other)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A word that is the code of no reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownReason(pub String);

impl fmt::Display for UnknownReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown reason `{}`", self.0)
    }
}

impl std::error::Error for UnknownReason {}

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let reason = Self::ALL.iter().find(|reason| reason.code() == code);
        reason
            .copied()
            .ok_or_else(|| UnknownReason(code.to_owned()))
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_reason_and_they_stand_in_order() {
        for reason in Reason::ALL {
            assert_eq!(reason.code().parse(), Ok(*reason));
            assert!(reason.section().starts_with("https://"), "{reason}");
            assert!(!reason.explanation().ends_with('.') && !reason.remedy().ends_with('.'));
        }
        assert!(Reason::ALL.is_sorted_by_key(|reason| reason.code()));
    }

    #[test]
    fn every_reason_of_the_cors_check_has_its_twin_for_the_preflight() {
        for reason in Reason::ALL
            .iter()
            .filter(|reason| reason.section() == CORS_CHECK)
        {
            let twin = reason.on_preflight();
            assert!(twin.code().starts_with("preflight-"), "{reason}");
            assert!(twin.code().ends_with(reason.code()), "{reason}");
        }
    }

    #[test]
    fn a_step_is_never_the_same_on_preflight_and_response() {
        let missing = Reason::AllowOriginMissing;
        assert!(!missing.is_same_step(missing.on_preflight()));
        assert!(Reason::AllowOriginMultiple.is_same_step(Reason::AllowOriginMismatch));
        assert!(!missing.is_same_step(Reason::AllowOriginMismatch));
    }
}

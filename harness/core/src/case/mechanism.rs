//! The ways of crossing an origin.

use std::str::FromStr;

use corspec_fetch::UnknownWord;
use serde::Serialize;

/// A way of crossing an origin: what a page calls or makes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// An `<audio>` element.
    Audio,
    /// `navigator.sendBeacon()`.
    Beacon,
    /// A message to a frame of the other origin through `BroadcastChannel`; nothing is on the wire.
    BroadcastChannel,
    /// `EventSource`: server-sent events.
    #[serde(rename = "eventsource")]
    EventSource,
    /// No call: the page looks which interfaces there are.
    Features,
    /// `fetch()`.
    Fetch,
    /// A `FontFace`, loaded.
    Font,
    /// A `<form>`, submitted into a frame.
    Form,
    /// An `<iframe>`.
    Frame,
    /// One exact HTTP request that no page makes.
    Http,
    /// `new Image()`.
    Image,
    /// A script element whose answer calls a function of the page.
    Jsonp,
    /// An `<a>`, clicked, with a frame as its target.
    Link,
    /// Comet by long polling, with `fetch()`: as soon as one request is answered the next is made.
    LongPoll,
    /// Comet by long polling, with `XMLHttpRequest`.
    LongPollXhr,
    /// `<script type="module">`.
    Module,
    /// `postMessage()` to a frame of the other origin; nothing but the frame is on the wire.
    PostMessage,
    /// `<link rel="preload" as="fetch">`.
    Preload,
    /// A classic `<script>` element.
    Script,
    /// `navigator.serviceWorker.register()`.
    ServiceWorker,
    /// `new SharedWorker()`.
    SharedWorker,
    /// `<link rel="stylesheet">`.
    Style,
    /// A `<track>` of a media element.
    Track,
    /// A `<video>` element.
    Video,
    /// `WebSocket`.
    #[serde(rename = "websocket")]
    WebSocket,
    /// `new Worker()`.
    Worker,
    /// `XDomainRequest` of Internet Explorer 8 and 9.
    Xdr,
    /// `XMLHttpRequest`.
    Xhr,
}

impl Mechanism {
    /// Every mechanism, in alphabetical order.
    pub const ALL: [Self; 28] = [
        Self::Audio,
        Self::Beacon,
        Self::BroadcastChannel,
        Self::EventSource,
        Self::Features,
        Self::Fetch,
        Self::Font,
        Self::Form,
        Self::Frame,
        Self::Http,
        Self::Image,
        Self::Jsonp,
        Self::Link,
        Self::LongPoll,
        Self::LongPollXhr,
        Self::Module,
        Self::PostMessage,
        Self::Preload,
        Self::Script,
        Self::ServiceWorker,
        Self::SharedWorker,
        Self::Style,
        Self::Track,
        Self::Video,
        Self::WebSocket,
        Self::Worker,
        Self::Xdr,
        Self::Xhr,
    ];

    /// The word for it in cases and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Beacon => "beacon",
            Self::BroadcastChannel => "broadcast-channel",
            Self::EventSource => "eventsource",
            Self::Features => "features",
            Self::Fetch => "fetch",
            Self::Font => "font",
            Self::Form => "form",
            Self::Frame => "frame",
            Self::Http => "http",
            Self::Image => "image",
            Self::Jsonp => "jsonp",
            Self::Link => "link",
            Self::LongPoll => "long-poll",
            Self::LongPollXhr => "long-poll-xhr",
            Self::Module => "module",
            Self::PostMessage => "post-message",
            Self::Preload => "preload",
            Self::Script => "script",
            Self::ServiceWorker => "service-worker",
            Self::SharedWorker => "shared-worker",
            Self::Style => "style",
            Self::Track => "track",
            Self::Video => "video",
            Self::WebSocket => "websocket",
            Self::Worker => "worker",
            Self::Xdr => "xdr",
            Self::Xhr => "xhr",
        }
    }

    /// Whether it is an element with a `crossorigin` attribute, which decides about mode and
    /// credentials.
    ///
    /// <https://html.spec.whatwg.org/#cors-settings-attributes>
    #[must_use]
    pub const fn has_crossorigin(self) -> bool {
        matches!(
            self,
            Self::Audio
                | Self::Image
                | Self::Jsonp
                | Self::Module
                | Self::Preload
                | Self::Script
                | Self::Style
                | Self::Track
                | Self::Video
        )
    }

    /// Whether script is told nothing of what becomes of the call: only the wire tells.
    #[must_use]
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::Beacon | Self::Form | Self::Link)
    }

    /// Whether it makes requests of which the protocol settles what becomes of them. The rest is
    /// between documents, or a matter of what interfaces there are.
    #[must_use]
    pub const fn is_on_the_wire(self) -> bool {
        !matches!(
            self,
            Self::BroadcastChannel | Self::Features | Self::PostMessage
        )
    }

    /// Whether browsers of today have it.
    #[must_use]
    pub const fn is_in_browsers(self) -> bool {
        !matches!(self, Self::Http | Self::Xdr)
    }

    /// Whether workers have it, too.
    #[must_use]
    pub const fn is_in_workers(self) -> bool {
        matches!(
            self,
            Self::BroadcastChannel
                | Self::EventSource
                | Self::Features
                | Self::Fetch
                | Self::LongPoll
                | Self::LongPollXhr
                | Self::WebSocket
                | Self::Xhr
        )
    }
}

impl FromStr for Mechanism {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|it| it.word() == word);
        found.ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

impl std::fmt::Display for Mechanism {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_that_of_its_mechanism() {
        for mechanism in Mechanism::ALL {
            assert_eq!(mechanism.word().parse(), Ok(mechanism));
            assert_eq!(serde_json::json!(mechanism), mechanism.word());
        }
    }
}

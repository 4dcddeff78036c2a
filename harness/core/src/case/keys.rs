//! Which keys of a request mean something to which mechanism.

use super::body::BodyDraft;
use super::document::RequestDraft;
use super::fault::Place;
use super::read::{Many, Setting};
use super::resolve::Resolver;
use super::scalar::Templated;
use super::scenario::Mechanism;

/// The keys beside those of the URL that a mechanism takes.
pub(super) const fn keys_of(via: Mechanism) -> &'static [&'static str] {
    match via {
        Mechanism::Fetch => &[
            "method",
            "headers",
            "body",
            "mode",
            "credentials",
            "redirect",
            "cache",
            "referrer_policy",
            "integrity",
            "keepalive",
            "stream",
            "abort",
        ],
        Mechanism::Xhr => &[
            "method",
            "headers",
            "body",
            "credentials",
            "upload_listener",
            "synchronous",
            "stream",
            "timeout",
            "abort",
        ],
        Mechanism::Xdr => &["method", "body", "timeout", "abort", "stream"],
        Mechanism::LongPoll | Mechanism::LongPollXhr => {
            &["method", "headers", "credentials", "messages", "abort"]
        }
        Mechanism::EventSource => &["credentials", "messages"],
        Mechanism::WebSocket => &["protocols", "send", "close", "messages", "abort"],
        Mechanism::Http => &["method", "headers", "body", "credentials"],
        Mechanism::Beacon => &["body"],
        Mechanism::Form => &["method", "body"],
        Mechanism::PostMessage | Mechanism::BroadcastChannel => &["send"],
        Mechanism::Jsonp => &["callback", "crossorigin", "referrer_policy", "timeout"],
        Mechanism::Image => &["crossorigin", "referrer_policy"],
        Mechanism::Module | Mechanism::Preload | Mechanism::Script | Mechanism::Style => {
            &["crossorigin", "referrer_policy", "integrity"]
        }
        Mechanism::Audio | Mechanism::Track | Mechanism::Video => &["crossorigin"],
        Mechanism::Frame | Mechanism::Link => &["referrer_policy"],
        Mechanism::SharedWorker | Mechanism::Worker => &["credentials"],
        Mechanism::Features | Mechanism::Font | Mechanism::ServiceWorker => &[],
    }
}

impl RequestDraft {
    /// Refuses keys that mean nothing to a mechanism, so that no case means less than it reads.
    pub(super) fn check_keys(&self, via: Mechanism, resolver: &mut Resolver<'_>) {
        let known = keys_of(via);
        for (key, place) in self.keys_given() {
            // Values that XMLHttpRequest has no way to say are refused with more to the point.
            let is_said_elsewhere =
                matches!(via, Mechanism::Fetch | Mechanism::Xhr) && OLD_KEYS.contains(&key);
            if known.contains(&key) || is_said_elsewhere {
                continue;
            }
            let message = format!("`{key}` means nothing to `via: {via}`");
            let hint = match known {
                [] => "remove it; only the URL is said here".to_owned(),
                known => format!("remove it; there is {}", known.join(", ")),
            };
            resolver.refuse(place, &message, &hint);
        }
    }

    /// The keys that are set, beside those of the URL, and where.
    fn keys_given(&self) -> Vec<(&'static str, Place)> {
        let keys = [
            ("method", scalar(&self.method)),
            (
                "headers",
                self.headers
                    .given()
                    .and_then(|table| table.0.first())
                    .map(|(name, _)| name.text.place),
            ),
            ("body", self.body.given().map(BodyDraft::place)),
            ("mode", scalar(&self.mode)),
            ("credentials", scalar(&self.credentials)),
            ("redirect", scalar(&self.redirect)),
            ("cache", scalar(&self.cache)),
            ("referrer_policy", scalar(&self.referrer_policy)),
            ("integrity", scalar(&self.integrity)),
            ("keepalive", scalar(&self.keepalive)),
            ("upload_listener", scalar(&self.upload_listener)),
            ("crossorigin", scalar(&self.crossorigin)),
            ("synchronous", scalar(&self.synchronous)),
            ("stream", scalar(&self.stream)),
            ("timeout", scalar(&self.timeout)),
            ("abort", scalar(&self.abort)),
            ("messages", scalar(&self.messages)),
            ("protocols", first(&self.protocols, |text| text.text.place)),
            ("send", first(&self.send, |message| message.place())),
            (
                "close",
                self.close.given().map(|close| {
                    let place = scalar(&close.code).or_else(|| scalar(&close.reason));
                    place.unwrap_or_default()
                }),
            ),
            ("callback", scalar(&self.callback)),
        ];
        keys.into_iter()
            .filter_map(|(key, place)| Some((key, place?)))
            .collect()
    }
}

fn scalar<T>(setting: &Setting<Templated<T>>) -> Option<Place> {
    setting.given().map(|template| template.text.place)
}

fn first<T>(setting: &Setting<Many<T>>, place: impl Fn(&T) -> Place) -> Option<Place> {
    setting.given()?.0.first().map(place)
}

/// The keys that `fetch` and `xhr` refuse by value.
const OLD_KEYS: [&str; 8] = [
    "upload_listener",
    "mode",
    "credentials",
    "redirect",
    "cache",
    "referrer_policy",
    "integrity",
    "keepalive",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_mechanism_exists() {
        for via in Mechanism::ALL {
            for key in keys_of(via) {
                assert!(RequestDraft::KEYS.contains(key), "{key} of {via}");
            }
        }
    }
}

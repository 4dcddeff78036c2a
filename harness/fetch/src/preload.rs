//! What a page has asked for ahead of its use.

use crate::construct::Constructed;
use crate::request::{Api, Credentials, Destination, Mode, Request};
use crate::response::{HttpResponse, VisibleResponse};
use url::Url;

/// The responses to a page's preloads that nothing has used yet.
///
/// <https://html.spec.whatwg.org/#map-of-preloaded-resources>
#[derive(Clone, Debug, Default)]
pub struct PreloadedResources(Vec<Entry>);

/// <https://html.spec.whatwg.org/#preload-entry>
#[derive(Clone, Debug)]
struct Entry {
    key: Key,
    integrity: Option<String>,
    preloaded: Preloaded,
}

/// A response to a preload.
#[derive(Clone, Debug)]
pub(crate) struct Preloaded {
    /// As it came, for the user agent to judge by its use.
    pub(crate) response: HttpResponse,
    /// What script sees of it.
    pub(crate) visible: VisibleResponse,
}

/// <https://html.spec.whatwg.org/#preload-key>
#[derive(Clone, Debug, Eq, PartialEq)]
struct Key {
    url: Url,
    destination: Destination,
    mode: Mode,
    credentials: Credentials,
}

impl Key {
    /// <https://html.spec.whatwg.org/#create-a-preload-key>
    fn of(request: &Request) -> Self {
        Self {
            url: request.url.clone(),
            destination: request.destination,
            mode: request.mode,
            credentials: request.credentials,
        }
    }
}

impl PreloadedResources {
    /// Keeps the response to a preload.
    pub(crate) fn store(&mut self, request: &Request, preloaded: Preloaded) {
        let key = Key::of(request);
        self.0.retain(|entry| entry.key != key);
        self.0.push(Entry {
            key,
            integrity: request.integrity.clone(),
            preloaded,
        });
    }

    /// The response to a preload that answers this request, too; it does so once.
    ///
    /// <https://html.spec.whatwg.org/#consume-a-preloaded-resource>
    pub(crate) fn consume(
        &mut self,
        request: &Request,
        constructed: &Constructed,
    ) -> Option<Preloaded> {
        let is_eligible = request.api != Api::Preload
            && matches!(request.url.scheme(), "http" | "https")
            && matches!(request.mode, Mode::SameOrigin | Mode::Cors | Mode::NoCors)
            && constructed.method.as_str() == "GET"
            && (!request.api.is_unsafe_request() || constructed.headers.is_empty());
        if !is_eligible {
            return None;
        }
        let key = Key::of(request);
        // What was preloaded was held against its own metadata, and against no other.
        let has_no_more =
            |entry: &Entry| request.integrity.is_none() || request.integrity == entry.integrity;
        let found = (self.0.iter()).position(|entry| entry.key == key && has_no_more(entry))?;
        Some(self.0.remove(found).preloaded)
    }
}

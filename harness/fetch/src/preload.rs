//! What a page has asked for ahead of its use.

use crate::construct::Constructed;
use crate::request::{Api, Credentials, Destination, Mode, Request};
use crate::response::VisibleResponse;
use url::Url;

/// The responses to a page's preloads that nothing has used yet.
///
/// <https://html.spec.whatwg.org/#map-of-preloaded-resources>
#[derive(Clone, Debug, Default)]
pub struct PreloadedResources(Vec<(Key, VisibleResponse)>);

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
    pub(crate) fn store(&mut self, request: &Request, response: VisibleResponse) {
        let key = Key::of(request);
        self.0.retain(|(other, _)| *other != key);
        self.0.push((key, response));
    }

    /// The response to a preload that answers this request, too; it does so once.
    ///
    /// <https://html.spec.whatwg.org/#consume-a-preloaded-resource>
    pub(crate) fn consume(
        &mut self,
        request: &Request,
        constructed: &Constructed,
    ) -> Option<VisibleResponse> {
        let is_eligible = request.api != Api::Preload
            && matches!(request.url.scheme(), "http" | "https")
            && matches!(request.mode, Mode::SameOrigin | Mode::Cors | Mode::NoCors)
            && constructed.method.as_str() == "GET"
            && (!request.api.is_unsafe_request() || constructed.headers.is_empty());
        if !is_eligible {
            return None;
        }
        let key = Key::of(request);
        let found = self.0.iter().position(|(other, _)| *other == key)?;
        Some(self.0.remove(found).1)
    }
}

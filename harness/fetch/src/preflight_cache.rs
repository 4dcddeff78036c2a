//! The CORS-preflight cache.
//!
//! <https://fetch.spec.whatwg.org/#cors-preflight-cache>
//!
//! Partition keys are left out: one user agent here has one top-level site.

use std::time::Duration;

use url::Url;

use crate::safelist::is_cors_non_wildcard;

/// What a user agent remembers of preflights that succeeded.
#[derive(Clone, Debug, Default)]
pub struct PreflightCache(Vec<Entry>);

/// What entries are found by.
///
/// <https://fetch.spec.whatwg.org/#concept-cache>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// The serialised request origin.
    pub origin: String,
    /// The URL requested.
    pub url: Url,
    /// Whether the request is made with credentials mode `include`.
    pub credentials: bool,
}

impl Key {
    /// Whether what is kept under this key serves a request with another: what was permitted with
    /// credentials is permitted without.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match>
    fn serves(&self, request: &Self) -> bool {
        self.origin == request.origin
            && self.url == request.url
            && (self.credentials || !request.credentials)
    }
}

#[derive(Clone, Debug)]
struct Entry {
    key: Key,
    permission: Permission,
    expires: Duration,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Permission {
    Header(String),
    Method(String),
}

impl PreflightCache {
    /// Whether a method may be used without asking again.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match-method>
    #[must_use]
    pub fn matches_method(&self, key: &Key, method: &str, now: Duration) -> bool {
        self.live(key, now).any(|permission| {
            matches!(permission, Permission::Method(listed) if listed == method || listed == "*")
        })
    }

    /// Whether a header may be used without asking again.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match-header>
    #[must_use]
    pub fn matches_header(&self, key: &Key, name: &str, now: Duration) -> bool {
        self.live(key, now).any(|permission| {
            matches!(permission, Permission::Header(listed)
                if listed.eq_ignore_ascii_case(name)
                    || (listed == "*" && !is_cors_non_wildcard(name)))
        })
    }

    /// Remembers methods and header names for a time, prolonging or shortening what is there.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-create-entry>
    pub fn store(
        &mut self,
        key: &Key,
        methods: &[String],
        headers: &[String],
        max_age: Duration,
        now: Duration,
    ) {
        self.0.retain(|entry| entry.expires > now);
        let expires = now.saturating_add(max_age);
        let methods = methods
            .iter()
            .map(|method| Permission::Method(method.clone()));
        let headers = headers
            .iter()
            .map(|name| Permission::Header(name.to_ascii_lowercase()));
        for permission in methods.chain(headers) {
            let known = self
                .0
                .iter_mut()
                .find(|e| e.key == *key && e.permission == permission);
            match known {
                Some(entry) => entry.expires = expires,
                None => self.0.push(Entry {
                    key: key.clone(),
                    permission,
                    expires,
                }),
            }
        }
    }

    /// Forgets what is remembered for this origin and URL, with credentials or without.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-clear>
    pub fn clear(&mut self, origin: &str, url: &Url) {
        self.0
            .retain(|entry| entry.key.origin != origin || entry.key.url != *url);
    }

    fn live(&self, key: &Key, now: Duration) -> impl Iterator<Item = &Permission> {
        self.0
            .iter()
            .filter(move |entry| entry.key.serves(key) && entry.expires > now)
            .map(|entry| &entry.permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(credentials: bool) -> Key {
        let url = Url::parse("http://b.example/x").unwrap();
        Key {
            origin: "http://a.example".to_owned(),
            url,
            credentials,
        }
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_is_stored_is_found_until_it_expires() {
        let mut cache = PreflightCache::default();
        cache.store(
            &key(false),
            &strings(&["PUT"]),
            &strings(&["X-A"]),
            SECOND,
            Duration::ZERO,
        );
        assert!(cache.matches_method(&key(false), "PUT", SECOND / 2));
        assert!(cache.matches_header(&key(false), "x-a", SECOND / 2));
        assert!(!cache.matches_method(&key(false), "put", SECOND / 2));
        assert!(!cache.matches_header(&key(false), "x-b", SECOND / 2));
        assert!(!cache.matches_method(&key(false), "PUT", SECOND));
    }

    #[test]
    fn a_permission_without_credentials_does_not_serve_a_request_with_them() {
        for (stored, asked, found) in [(false, true, false), (true, false, true)] {
            let mut cache = PreflightCache::default();
            cache.store(
                &key(stored),
                &strings(&["PUT"]),
                &[],
                SECOND,
                Duration::ZERO,
            );
            assert_eq!(
                cache.matches_method(&key(asked), "PUT", Duration::ZERO),
                found
            );
        }
    }

    #[test]
    fn a_wildcard_covers_everything_but_authorization() {
        let mut cache = PreflightCache::default();
        let star = strings(&["*"]);
        cache.store(&key(false), &star, &star, SECOND, Duration::ZERO);
        assert!(cache.matches_method(&key(false), "PUT", Duration::ZERO));
        assert!(cache.matches_header(&key(false), "x", Duration::ZERO));
        assert!(!cache.matches_header(&key(false), "Authorization", Duration::ZERO));
    }

    #[test]
    fn storing_again_replaces_the_time() {
        let mut cache = PreflightCache::default();
        let put = strings(&["PUT"]);
        cache.store(&key(false), &put, &[], SECOND * 10, Duration::ZERO);
        cache.store(&key(false), &put, &[], SECOND, Duration::ZERO);
        assert!(!cache.matches_method(&key(false), "PUT", SECOND * 2));
    }

    #[test]
    fn clearing_forgets_both_with_and_without_credentials() {
        let mut cache = PreflightCache::default();
        for credentials in [false, true] {
            cache.store(
                &key(credentials),
                &strings(&["PUT"]),
                &[],
                SECOND,
                Duration::ZERO,
            );
        }
        cache.clear("http://a.example", &key(false).url);
        assert!(!cache.matches_method(&key(false), "PUT", Duration::ZERO));
        assert!(!cache.matches_method(&key(true), "PUT", Duration::ZERO));
    }
}

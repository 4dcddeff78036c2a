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
    /// In lower case.
    Header(String),
    Method(String),
}

impl Permission {
    /// Whether whoever has this permission has the other one, too.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match-method>,
    /// <https://fetch.spec.whatwg.org/#concept-cache-match-header>
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Header(listed), Self::Header(name)) => {
                listed == name || (listed == "*" && !is_cors_non_wildcard(name))
            }
            (Self::Method(listed), Self::Method(method)) => listed == method || listed == "*",
            (Self::Header(_), Self::Method(_)) | (Self::Method(_), Self::Header(_)) => false,
        }
    }
}

impl PreflightCache {
    /// Whether a method may be used without asking again.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match-method>
    #[must_use]
    pub fn matches_method(&self, key: &Key, method: &str, now: Duration) -> bool {
        let asked = Permission::Method(method.to_owned());
        self.live(key, now)
            .any(|permission| permission.covers(&asked))
    }

    /// Whether a header may be used without asking again.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match-header>
    #[must_use]
    pub fn matches_header(&self, key: &Key, name: &str, now: Duration) -> bool {
        let asked = Permission::Header(name.to_ascii_lowercase());
        self.live(key, now)
            .any(|permission| permission.covers(&asked))
    }

    /// Remembers methods and header names for a time, prolonging or shortening whatever permits them
    /// already.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>
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
            let mut is_known = false;
            for entry in &mut self.0 {
                if entry.key.serves(key) && entry.permission.covers(&permission) {
                    entry.expires = expires;
                    is_known = true;
                }
            }
            if !is_known {
                self.0.push(Entry {
                    key: key.clone(),
                    permission,
                    expires,
                });
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
    fn what_permits_it_already_gets_the_new_time() {
        let mut cache = PreflightCache::default();
        let (star, put) = (strings(&["*"]), strings(&["PUT"]));
        cache.store(&key(true), &star, &[], SECOND * 10, Duration::ZERO);
        cache.store(&key(false), &put, &[], SECOND, Duration::ZERO);
        assert!(!cache.matches_method(&key(true), "DELETE", SECOND * 2));
        assert!(cache.matches_method(&key(true), "PUT", SECOND / 2));
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

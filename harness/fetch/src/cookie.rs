//! Cookies, as browsers of today keep them.
//!
//! <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html>
//!
//! Secure is what is requested over https, as Fetch says; a trustworthy `http://*.localhost` is not.
//! Public suffixes and cookie name prefixes' partitioned forms are not modelled.

use std::time::Duration;

use url::Url;

use crate::origin::Origin;

/// The cookies of one user agent.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    host: String,
    /// Whether subdomains do not get it.
    host_only: bool,
    path: String,
    secure: bool,
    same_site: SameSite,
    expires: Option<Duration>,
}

/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-samesite-attribute-2>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SameSite {
    /// Also what a cookie without the attribute is.
    Lax,
    None,
    Strict,
}

impl CookieJar {
    /// The value of the `Cookie` header of a subresource request; `None` where no cookie is sent.
    ///
    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm>
    #[must_use]
    pub fn header(&self, page: &Origin, url: &Url, now: Duration) -> Option<String> {
        let same_site = page.is_same_site(&Origin::of_url(url));
        let mut sent: Vec<&Cookie> = self
            .0
            .iter()
            .filter(|cookie| {
                cookie.expires.is_none_or(|expires| expires > now)
                    && cookie.matches_host(host(url))
                    && matches_path(&cookie.path, url.path())
                    && (!cookie.secure || is_secure(url))
                    && (same_site || cookie.same_site == SameSite::None)
            })
            .collect();
        // Longer paths first; the sort is stable, so that older ones stay before newer ones.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| cookie.pair()).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Stores a cookie that the response from `url` to a request of `page` sets, if it may.
    ///
    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model>
    pub fn store(&mut self, set_cookie: &[u8], page: &Origin, url: &Url, now: Duration) {
        let Some(cookie) = Cookie::parse(set_cookie, url, now) else {
            return;
        };
        let same_site = page.is_same_site(&Origin::of_url(url));
        if !same_site && cookie.same_site != SameSite::None {
            return;
        }
        if !is_secure(url) && self.0.iter().any(|other| other.is_left_alone_by(&cookie)) {
            return;
        }
        let known = self.0.iter().position(|other| {
            (&other.name, &other.host, other.host_only, &other.path)
                == (&cookie.name, &cookie.host, cookie.host_only, &cookie.path)
        });
        let expired = cookie.expires.is_some_and(|expires| expires <= now);
        match (known, expired) {
            (Some(index), true) => {
                self.0.remove(index);
            }
            (Some(index), false) => self.0[index] = cookie,
            (None, true) => {}
            (None, false) => self.0.push(cookie),
        }
    }
}

impl Cookie {
    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-set-cookie-header-field>
    fn parse(set_cookie: &[u8], url: &Url, now: Duration) -> Option<Self> {
        let text: String = set_cookie.iter().copied().map(char::from).collect();
        if text
            .chars()
            .any(|character| character.is_control() && character != '\t')
        {
            return None;
        }
        let mut parts = text.split(';');
        let pair = parts.next()?;
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if name.is_empty() && value.is_empty() {
            return None;
        }
        let mut cookie = Self {
            name,
            value,
            host: host(url).to_owned(),
            host_only: true,
            path: default_path(url.path()),
            secure: false,
            same_site: SameSite::Lax,
            expires: None,
        };
        let mut has_max_age = false;
        for attribute in parts {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "domain" => cookie.set_domain(value, host(url))?,
                "expires" if !has_max_age && is_in_the_past(value) => {
                    cookie.expires = Some(Duration::ZERO);
                }
                "max-age" => {
                    if let Ok(seconds) = value.parse::<i64>() {
                        has_max_age = true;
                        let age = Duration::from_secs(seconds.max(0).unsigned_abs());
                        cookie.expires = Some(if seconds > 0 {
                            now + age
                        } else {
                            Duration::ZERO
                        });
                    }
                }
                "path" => {
                    cookie.path = match value.starts_with('/') {
                        true => value.to_owned(),
                        false => default_path(url.path()),
                    };
                }
                "samesite" => {
                    cookie.same_site = match value.to_ascii_lowercase().as_str() {
                        "none" => SameSite::None,
                        "strict" => SameSite::Strict,
                        _ => SameSite::Lax,
                    };
                }
                "secure" => cookie.secure = true,
                _ => {}
            }
        }
        cookie.may_be_kept(url).then_some(cookie)
    }

    /// `None` when the domain is not one the host belongs to.
    fn set_domain(&mut self, domain: &str, host: &str) -> Option<()> {
        let domain = domain
            .strip_prefix('.')
            .unwrap_or(domain)
            .to_ascii_lowercase();
        if domain.is_empty() {
            return Some(());
        }
        // A single label is a public suffix.
        let belongs = host == domain || host.ends_with(&format!(".{domain}"));
        if !belongs || (!domain.contains('.') && host != domain) {
            return None;
        }
        (self.host, self.host_only) = (domain, false);
        Some(())
    }

    fn may_be_kept(&self, url: &Url) -> bool {
        let name = self.name.to_ascii_lowercase();
        let prefixes_hold = (!name.starts_with("__secure-") || self.secure)
            && (!name.starts_with("__host-")
                || (self.secure && self.host_only && self.path == "/"));
        (!self.secure || is_secure(url))
            && (self.same_site != SameSite::None || self.secure)
            && prefixes_hold
    }

    /// Whether this is a secure cookie that `newer`, out of an insecure response, would replace or
    /// outdo.
    ///
    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model>
    fn is_left_alone_by(&self, newer: &Self) -> bool {
        let overlap =
            domain_matches(&self.host, &newer.host) || domain_matches(&newer.host, &self.host);
        self.secure && self.name == newer.name && overlap && matches_path(&self.path, &newer.path)
    }

    fn matches_host(&self, host: &str) -> bool {
        host == self.host || (!self.host_only && domain_matches(host, &self.host))
    }

    fn pair(&self) -> String {
        if self.name.is_empty() {
            self.value.clone()
        } else {
            format!("{}={}", self.name, self.value)
        }
    }
}

/// <https://fetch.spec.whatwg.org/#append-a-request-cookie-header>
fn is_secure(url: &Url) -> bool {
    url.scheme() == "https"
}

/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-domain-matching>
fn domain_matches(host: &str, domain: &str) -> bool {
    let rest = host.strip_suffix(domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-paths-and-path-match>
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(last) => path[..last].to_owned(),
    }
}

/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-paths-and-path-match>
fn matches_path(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

/// Whether a date is over. Time here begins with the user agent, so that all that can be told is
/// whether a year before this software was written is named.
fn is_in_the_past(date: &str) -> bool {
    let words = date.split(|character: char| !character.is_ascii_digit());
    let mut years = words
        .filter(|word| word.len() == 4)
        .filter_map(|word| word.parse::<u32>().ok());
    years.next().is_some_and(|year| year < 2020)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn url(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    /// What is sent to `to` by a page of `page` after `from` has set a cookie for a page of its own.
    fn sent(set_cookie: &str, from: &str, page: &str, to: &str) -> Option<String> {
        let mut jar = CookieJar::default();
        let from = url(from);
        jar.store(set_cookie.as_bytes(), &Origin::of_url(&from), &from, NOW);
        jar.header(&Origin::of_url(&url(page)), &url(to), NOW)
    }

    #[rstest]
    #[case("a=1", true, false)]
    #[case("a=1; SameSite=Lax", true, false)]
    #[case("a=1; SameSite=Strict", true, false)]
    #[case("a=1; SameSite=None; Secure", true, true)]
    #[case("a=1; SameSite=None", false, false)]
    #[case("a=1; samesite=nonsense", true, false)]
    fn same_site(#[case] cookie: &str, #[case] to_same_site: bool, #[case] to_cross_site: bool) {
        let target = "https://b.localhost/x";
        let sent = |page| sent(cookie, target, page, target).is_some();
        assert_eq!(sent("https://x.b.localhost/"), to_same_site);
        assert_eq!(sent("https://a.localhost/"), to_cross_site);
    }

    #[rstest]
    #[case("a=1", "https://b.localhost/x/y", Some("a=1"))]
    #[case("a=1", "https://b.localhost/z", None)]
    #[case("a=1; Path=/", "https://b.localhost/z", Some("a=1"))]
    #[case("a=1; Path=/xx", "https://b.localhost/x", None)]
    #[case("a=1; Path=/", "https://x.b.localhost/", None)]
    #[case(
        "a=1; Path=/; Domain=b.localhost",
        "https://x.b.localhost/",
        Some("a=1")
    )]
    #[case("a=1; Path=/; Domain=localhost", "https://b.localhost/", None)]
    #[case("a=1; Path=/; Domain=c.localhost", "https://b.localhost/", None)]
    #[case("a=1; Max-Age=0", "https://b.localhost/x", None)]
    #[case("a=1; Max-Age=5", "https://b.localhost/x", Some("a=1"))]
    #[case(
        "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "https://b.localhost/x",
        None
    )]
    #[case("a", "https://b.localhost/x", Some("a"))]
    #[case("=", "https://b.localhost/x", None)]
    #[case("a=b=c; HttpOnly", "https://b.localhost/x", Some("a=b=c"))]
    #[case(
        "__Host-a=1; Secure; Path=/",
        "https://b.localhost/x",
        Some("__Host-a=1")
    )]
    #[case("__Host-a=1; Secure", "https://b.localhost/x", None)]
    #[case("__Secure-a=1", "https://b.localhost/x", None)]
    #[case("a=1\u{1}", "https://b.localhost/x", None)]
    fn attributes(#[case] cookie: &str, #[case] to: &str, #[case] expected: Option<&str>) {
        let header = sent(cookie, "https://b.localhost/x/w", to, to);
        assert_eq!(header.as_deref(), expected);
    }

    #[rstest]
    #[case(
        "a=1; Secure; Path=/",
        "http://b.localhost/",
        "https://b.localhost/",
        None
    )]
    #[case(
        "a=1; Secure; Path=/",
        "https://b.localhost/",
        "http://b.localhost/",
        None
    )]
    #[case(
        "a=1; SameSite=None; Secure",
        "https://b.localhost/",
        "https://b.localhost/",
        Some("a=1")
    )]
    fn a_secure_cookie_needs_https_both_ways(
        #[case] cookie: &str,
        #[case] from: &str,
        #[case] to: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(sent(cookie, from, to, to).as_deref(), expected);
    }

    #[rstest]
    #[case("a=2; Path=/x", "http://b.localhost/", "a=1")]
    #[case("a=2; Path=/x/y", "http://b.localhost/", "a=1")]
    #[case("a=2; Path=/x; Domain=b.localhost", "http://b.localhost/", "a=1")]
    #[case("a=2; Path=/x; Max-Age=0", "http://b.localhost/", "a=1")]
    #[case("a=2; Path=/", "http://b.localhost/", "a=1; a=2")]
    #[case("b=2; Path=/x", "http://b.localhost/", "a=1; b=2")]
    #[case("a=2; Path=/x", "http://x.b.localhost/", "a=1")]
    #[case("a=2; Path=/x", "https://b.localhost/", "a=2")]
    fn an_insecure_response_leaves_secure_cookies_alone(
        #[case] newer: &str,
        #[case] from: &str,
        #[case] expected: &str,
    ) {
        let (mut jar, target) = (CookieJar::default(), url("https://b.localhost/x/y"));
        let page = Origin::of_url(&target);
        jar.store(b"a=1; Path=/x; Secure", &page, &target, NOW);
        let from = url(from);
        jar.store(newer.as_bytes(), &Origin::of_url(&from), &from, NOW);
        assert_eq!(jar.header(&page, &target, NOW).as_deref(), Some(expected));
    }

    #[test]
    fn a_cross_site_response_sets_nothing_but_none() {
        let mut jar = CookieJar::default();
        let (page, target) = (
            Origin::parse("https://a.localhost").unwrap(),
            url("https://b.localhost/"),
        );
        jar.store(b"a=1", &page, &target, NOW);
        jar.store(b"b=2; SameSite=None; Secure", &page, &target, NOW);
        assert_eq!(jar.header(&page, &target, NOW).as_deref(), Some("b=2"));
    }

    #[test]
    fn longer_paths_come_first_and_a_newer_value_takes_the_place_of_the_older() {
        let (mut jar, target) = (CookieJar::default(), url("http://b.localhost/x/y"));
        let page = Origin::of_url(&target);
        for cookie in ["a=1; Path=/", "b=2; Path=/x", "a=3; Path=/"] {
            jar.store(cookie.as_bytes(), &page, &target, NOW);
        }
        assert_eq!(jar.header(&page, &target, NOW).as_deref(), Some("b=2; a=3"));
    }

    #[test]
    fn a_cookie_ends_with_its_age() {
        let (mut jar, target) = (CookieJar::default(), url("http://b.localhost/"));
        let page = Origin::of_url(&target);
        jar.store(b"a=1; Max-Age=5", &page, &target, NOW);
        assert!(
            jar.header(&page, &target, NOW + Duration::from_secs(4))
                .is_some()
        );
        assert!(
            jar.header(&page, &target, NOW + Duration::from_secs(5))
                .is_none()
        );
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_set_makes_the_jar_panic(set_cookie: Vec<u8>) {
            let (mut jar, target) = (CookieJar::default(), url("http://b.localhost/"));
            jar.store(&set_cookie, &Origin::of_url(&target), &target, NOW);
        }
    }
}

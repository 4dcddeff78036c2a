//! Cookies, as browsers of today keep them.
//!
//! <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html>
//!
//! Secure is what is requested over https, as Fetch says; a trustworthy `http://*.localhost` is not.
//! Same-site is what has the same site as the page, wherever redirects have led on the way, as
//! RFC 6265bis says and engines do, and unlike Fetch. Public suffixes and partitioned cookies are not
//! modelled.

use std::time::Duration;

use url::Url;

use crate::bytes::split_once;
use crate::origin::Origin;

/// The cookies of one user agent.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
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
    pub fn header(&self, page: &Origin, url: &Url, now: Duration) -> Option<Vec<u8>> {
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
        let pairs: Vec<Vec<u8>> = sent.iter().map(|cookie| cookie.pair()).collect();
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
    }

    /// Stores a cookie that the response from `url` to a request of `page` sets, if it may.
    ///
    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model>
    pub fn store(&mut self, set_cookie: &[u8], page: &Origin, url: &Url, now: Duration) {
        self.0
            .retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
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
        if set_cookie.iter().copied().any(is_control) {
            return None;
        }
        let mut parts = set_cookie.split(|byte| *byte == b';');
        let pair = parts.next()?;
        let (name, value) = split_once(pair, b'=').unwrap_or((b"", pair));
        let (name, value) = (trim(name).to_vec(), trim(value).to_vec());
        if (name.is_empty() && value.is_empty()) || name.len() + value.len() > LONGEST_PAIR {
            return None;
        }
        let attributes = Attributes::of(parts);
        let mut cookie = Self {
            name,
            value,
            host: host(url).to_owned(),
            host_only: true,
            path: default_path(url.path()),
            secure: attributes.secure,
            same_site: match attributes.same_site.as_deref() {
                Some("none") => SameSite::None,
                Some("strict") => SameSite::Strict,
                _ => SameSite::Lax,
            },
            expires: None,
        };
        let has_path = attributes.path.is_some();
        if let Some(path) = attributes.path.filter(|path| path.starts_with('/')) {
            cookie.path = path;
        }
        if let Some(domain) = attributes.domain {
            cookie.set_domain(&domain, url)?;
        }
        cookie.expires = match (attributes.max_age, attributes.expires) {
            (Some(Duration::ZERO), _) => Some(Duration::ZERO),
            (Some(age), _) => Some(now.saturating_add(age)),
            (None, Some(date)) => is_in_the_past(&date).then_some(Duration::ZERO),
            (None, None) => None,
        };
        cookie.may_be_kept(url, has_path).then_some(cookie)
    }

    /// `None` when the domain is not one the host belongs to.
    fn set_domain(&mut self, domain: &str, url: &Url) -> Option<()> {
        let host = host(url);
        let domain = domain
            .strip_prefix('.')
            .unwrap_or(domain)
            .to_ascii_lowercase();
        if domain.is_empty() {
            return Some(());
        }
        // A single label is a public suffix, and an address has no subdomains.
        let is_name = url.domain().is_some();
        let belongs = host == domain || (is_name && domain_matches(host, &domain));
        if !belongs || (!domain.contains('.') && host != domain) {
            return None;
        }
        (self.host, self.host_only) = (domain, false);
        Some(())
    }

    fn may_be_kept(&self, url: &Url, has_path: bool) -> bool {
        // Without a name, what is sent begins with the value.
        let begin = self.pair().to_ascii_lowercase();
        let of_host = begin.starts_with(b"__host-");
        let prefixes_hold = if of_host || begin.starts_with(b"__secure-") {
            let is_of_host = self.host_only && has_path && self.path == "/";
            !self.name.is_empty() && self.secure && (!of_host || is_of_host)
        } else {
            true
        };
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

    fn pair(&self) -> Vec<u8> {
        if self.name.is_empty() {
            self.value.clone()
        } else {
            [&self.name[..], b"=", &self.value].concat()
        }
    }
}

/// The attributes of a cookie; of several with one name the last one counts.
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-set-cookie-header-field>
#[derive(Default)]
struct Attributes {
    domain: Option<String>,
    expires: Option<String>,
    max_age: Option<Duration>,
    path: Option<String>,
    /// In lower case.
    same_site: Option<String>,
    secure: bool,
}

impl Attributes {
    fn of<'text>(parts: impl Iterator<Item = &'text [u8]>) -> Self {
        let mut attributes = Self::default();
        for part in parts {
            let (name, value) = split_once(part, b'=').unwrap_or((part, b""));
            let (name, value) = (trim(name).to_ascii_lowercase(), trim(value));
            if value.len() > LONGEST_ATTRIBUTE {
                continue;
            }
            let value = String::from_utf8_lossy(value).into_owned();
            match name.as_slice() {
                b"domain" => attributes.domain = Some(value),
                b"expires" => attributes.expires = Some(value),
                b"max-age" => attributes.max_age = max_age(&value).or(attributes.max_age),
                b"path" => attributes.path = Some(value),
                b"samesite" => attributes.same_site = Some(value.to_ascii_lowercase()),
                b"secure" => attributes.secure = true,
                _ => {}
            }
        }
        attributes
    }
}

/// What no cookie may have in it; a tab is allowed.
const fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0a..=0x1f | 0x7f)
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// A number of seconds, zero for what is over; `None` for what is no number.
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-max-age-attribute>
fn max_age(value: &str) -> Option<Duration> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More seconds than fit are more than anybody waits for.
    let seconds = digits.parse().unwrap_or(u64::MAX);
    Some(Duration::from_secs(if digits == value {
        seconds
    } else {
        0
    }))
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

/// Of name and value, in bytes.
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-set-cookie-header-field>
const LONGEST_PAIR: usize = 4096;
/// Of the value of an attribute, in bytes; longer ones are ignored.
const LONGEST_ATTRIBUTE: usize = 1024;

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
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-dates>
fn is_in_the_past(date: &str) -> bool {
    let words = date.split(|it: char| !it.is_ascii_alphanumeric() && it != ':');
    let numbers =
        words.filter(|word| !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit()));
    // The first number is the day of the month; what has colons in it is a time.
    let year = numbers.skip(1).find(|word| (2..=4).contains(&word.len()));
    let year = year
        .and_then(|word| word.parse::<u32>().ok())
        .map(|year| match year {
            70..=99 => year + 1900,
            0..=69 => year + 2000,
            year => year,
        });
    year.is_some_and(|year| year < 2020)
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
        let header = jar.header(&Origin::of_url(&url(page)), &url(to), NOW);
        header.map(|header| String::from_utf8(header).unwrap())
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
    #[case("=__Secure-a=1; Secure", "https://b.localhost/x", None)]
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
        assert_eq!(
            jar.header(&page, &target, NOW).as_deref(),
            Some(expected.as_bytes())
        );
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
        assert_eq!(
            jar.header(&page, &target, NOW).as_deref(),
            Some(&b"b=2"[..])
        );
    }

    #[test]
    fn longer_paths_come_first_and_a_newer_value_takes_the_place_of_the_older() {
        let (mut jar, target) = (CookieJar::default(), url("http://b.localhost/x/y"));
        let page = Origin::of_url(&target);
        for cookie in ["a=1; Path=/", "b=2; Path=/x", "a=3; Path=/"] {
            jar.store(cookie.as_bytes(), &page, &target, NOW);
        }
        assert_eq!(
            jar.header(&page, &target, NOW).as_deref(),
            Some(&b"b=2; a=3"[..])
        );
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

    #[rstest]
    #[case::the_last_domain("a=1; Domain=evil.example; Domain=b.localhost", true)]
    #[case::no_domain_at_last("a=1; Domain=b.localhost; Domain=", false)]
    fn of_several_attributes_the_last_counts(#[case] cookie: &str, #[case] to_subdomains: bool) {
        let cookie = format!("{cookie}; Path=/");
        let target = "https://x.b.localhost/";
        let sent = sent(&cookie, "https://b.localhost/", target, target);
        assert_eq!(sent.is_some(), to_subdomains);
    }

    #[rstest]
    #[case::rfc("Thu, 01 Jan 1970 00:00:00 GMT", true)]
    #[case::two_digits("Thu, 01-Jan-70 00:00:00 GMT", true)]
    #[case::asctime("Sun Nov  6 08:49:37 1994", true)]
    #[case::to_come("Fri, 01 Jan 2100 00:00:00 GMT", false)]
    #[case::two_digits_to_come("Fri, 01-Jan-68 00:00:00 GMT", false)]
    #[case::no_date("tomorrow", false)]
    fn dates(#[case] date: &str, #[case] is_past: bool) {
        assert_eq!(is_in_the_past(date), is_past);
    }

    #[test]
    fn an_address_has_no_subdomains() {
        let target = "https://127.0.0.1/";
        assert_eq!(sent("a=1; Domain=0.0.1", target, target, target), None);
        let same = sent("a=1; Domain=127.0.0.1", target, target, target);
        assert_eq!(same.as_deref(), Some("a=1"));
    }

    #[rstest]
    #[case("__Host-a=1; Secure; Path=/", true)]
    #[case("__Host-a=1; Secure", false)]
    fn a_cookie_of_a_host_names_its_path(#[case] cookie: &str, #[case] is_sent: bool) {
        let target = "https://b.localhost/";
        assert_eq!(sent(cookie, target, target, target).is_some(), is_sent);
    }

    #[test]
    fn a_secure_cookie_that_is_over_keeps_nobody_out() {
        let (mut jar, secure) = (CookieJar::default(), url("https://b.localhost/"));
        jar.store(
            b"a=1; Secure; Max-Age=1",
            &Origin::of_url(&secure),
            &secure,
            NOW,
        );
        let plain = url("http://b.localhost/");
        let page = Origin::of_url(&plain);
        let later = NOW + Duration::from_secs(10);
        jar.store(b"a=2", &page, &plain, later);
        assert_eq!(
            jar.header(&page, &plain, later).as_deref(),
            Some(&b"a=2"[..])
        );
    }

    #[rstest]
    #[case(1024, None)]
    #[case(1025, Some("a=1"))]
    fn an_attribute_that_is_too_long_is_ignored(
        #[case] length: usize,
        #[case] expected: Option<&str>,
    ) {
        let target = "https://b.localhost/x";
        let cookie = format!("a=1; Path=/{}", "y".repeat(length - 1));
        assert_eq!(sent(&cookie, target, target, target).as_deref(), expected);
    }

    #[rstest]
    #[case::after_the_last_digit("a=1; Max-Age=5s", true)]
    #[case::a_sign("a=1; Max-Age=+0", true)]
    #[case::negative("a=1; Max-Age=-1", false)]
    #[case::more_than_fits("a=1; Max-Age=99999999999999999999999", true)]
    fn an_age_is_digits(#[case] cookie: &str, #[case] is_sent: bool) {
        let target = "https://b.localhost/x";
        assert_eq!(sent(cookie, target, target, target).is_some(), is_sent);
    }

    #[rstest]
    #[case(4096, true)]
    #[case(4097, false)]
    fn a_pair_has_a_longest_length(#[case] length: usize, #[case] is_sent: bool) {
        let target = "https://b.localhost/x";
        let cookie = format!("a={}", "x".repeat(length - 1));
        assert_eq!(sent(&cookie, target, target, target).is_some(), is_sent);
    }

    proptest::proptest! {
        #[test]
        fn what_is_sent_is_what_was_set(name in "[!#$a-z]{1,9}", value: Vec<u8>) {
            let (mut jar, target) = (CookieJar::default(), url("https://b.localhost/"));
            let page = Origin::of_url(&target);
            let set = [name.as_bytes(), b"=", &value].concat();
            jar.store(&set, &page, &target, NOW);
            let value = value.split(|byte| *byte == b';').next().unwrap_or_default();
            let pair = [name.as_bytes(), b"=", trim(value)].concat();
            match jar.header(&page, &target, NOW) {
                Some(sent) => proptest::prop_assert_eq!(sent, pair),
                // There is a control character, or an attribute that refuses.
                None => proptest::prop_assert!(
                    set.iter().copied().any(is_control) || set.contains(&b';')
                ),
            }
        }

        #[test]
        fn no_control_character_is_ever_sent(set_cookie: Vec<u8>) {
            let (mut jar, target) = (CookieJar::default(), url("https://b.localhost/"));
            let page = Origin::of_url(&target);
            jar.store(&set_cookie, &page, &target, NOW);
            let sent = jar.header(&page, &target, NOW).unwrap_or_default();
            proptest::prop_assert!(!sent.iter().copied().any(is_control));
        }
    }
}

//! Redirects.
//!
//! <https://fetch.spec.whatwg.org/#http-redirect-fetch>

use url::Url;

use crate::bytes::split_once;
use crate::header_list::HeaderList;
use crate::method::Method;
use crate::origin::Origin;
use crate::reason::Reason;
use crate::request::Mode;
use crate::response::{HttpResponse, Tainting, is_redirect_status};

/// How many redirects are followed.
pub const LIMIT: usize = 20;

/// Where a response redirects to; `None` where it does not.
///
/// # Errors
///
/// When the status redirects and `Location` is no URL, or none that its grammar allows.
///
/// <https://fetch.spec.whatwg.org/#concept-response-location-url>
pub fn location(response: &HttpResponse, url: &Url) -> Result<Option<Url>, Reason> {
    if !is_redirect_status(response.status) {
        return Ok(None);
    }
    let location = response.headers.extract_single("location");
    let Some(location) = location.map_err(|_| Reason::RedirectLocationInvalid)? else {
        return Ok(None);
    };
    if !is_uri_reference(location) {
        return Err(Reason::RedirectLocationInvalid);
    }
    let location = String::from_utf8_lossy(location);
    let mut target = url
        .join(&location)
        .map_err(|_| Reason::RedirectLocationInvalid)?;
    if target.fragment().is_none() {
        target.set_fragment(url.fragment());
    }
    Ok(Some(target))
}

/// Whether a value of `Location` is a URI reference, which its grammar asks for. The parser of URLs
/// takes more: it knows what is meant by a backslash and by letters beyond ASCII, but is never asked.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#name-location>,
/// <https://www.rfc-editor.org/rfc/rfc3986#appendix-A>,
/// <https://fetch.spec.whatwg.org/#extract-header-values>
fn is_uri_reference(value: &[u8]) -> bool {
    let (rest, fragment) = split_once(value, b'#').unwrap_or((value, b""));
    let (rest, query) = split_once(rest, b'?').unwrap_or((rest, b""));
    let first_segment = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
    let rest = match split_once(first_segment, b':') {
        // A first segment with a colon in it is a scheme, or nothing.
        Some((scheme, _)) if !is_scheme(scheme) => return false,
        Some((scheme, _)) => &rest[scheme.len() + 1..],
        None => rest,
    };
    let (authority, path) = match rest.strip_prefix(b"//") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == b'/');
            rest.split_at(end.unwrap_or(rest.len()))
        }
        None => (&b""[..], rest),
    };
    is_authority(authority)
        && is_made_of(path, b":@/")
        && is_made_of(query, b":@/?")
        && is_made_of(fragment, b":@/?")
}

fn is_scheme(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
}

fn is_authority(bytes: &[u8]) -> bool {
    let (userinfo, host) = split_once(bytes, b'@').unwrap_or((b"", bytes));
    let (is_host, port) = match host.strip_prefix(b"[") {
        Some(literal) => match split_once(literal, b']') {
            Some((address, port)) => (is_made_of(address, b":"), port),
            None => return false,
        },
        None => {
            let end = host.iter().position(|byte| *byte == b':');
            let (name, port) = host.split_at(end.unwrap_or(host.len()));
            (is_made_of(name, b""), port)
        }
    };
    let is_port = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_made_of(userinfo, b":") && is_host && is_port
}

/// Whether there is nothing but characters that stand for themselves everywhere, those that are also
/// allowed here, and bytes that are percent-encoded.
fn is_made_of(bytes: &[u8], allowed: &[u8]) -> bool {
    let is_encoded = |rest: &[u8]| matches!(rest, [first, second, ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit());
    bytes.iter().enumerate().all(|(index, byte)| match byte {
        b'%' => is_encoded(&bytes[index + 1..]),
        byte => {
            byte.is_ascii_alphanumeric()
                || b"-._~!$&'()*+,;=".contains(byte)
                || allowed.contains(byte)
        }
    })
}

/// Whether a request may follow a redirect to `target`.
///
/// # Errors
///
/// The rule that forbids it.
///
/// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
pub fn check(
    target: &Url,
    redirects: usize,
    origin: &Origin,
    mode: Mode,
    tainting: Tainting,
) -> Result<(), Reason> {
    if !matches!(target.scheme(), "http" | "https") {
        return Err(Reason::RedirectSchemeNotHttp);
    }
    if redirects >= LIMIT {
        return Err(Reason::RedirectLimit);
    }
    let has_userinfo = !target.username().is_empty() || target.password().is_some();
    let crosses = mode == Mode::Cors && !origin.is_same_origin(&Origin::of_url(target));
    if has_userinfo && (crosses || tainting == Tainting::Cors) {
        return Err(Reason::RedirectUserinfo);
    }
    Ok(())
}

/// Whether the request goes on as a GET without its body.
///
/// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
#[must_use]
pub fn becomes_get(status: u16, method: &Method) -> bool {
    match status {
        301 | 302 => method.as_str() == "POST",
        303 => !matches!(method.as_str(), "GET" | "HEAD"),
        _ => false,
    }
}

/// Deletes the headers that describe the body that is left behind.
///
/// <https://fetch.spec.whatwg.org/#request-body-header-name>
pub fn delete_body_headers(headers: &mut HeaderList) {
    for name in [
        "content-encoding",
        "content-language",
        "content-location",
        "content-type",
    ] {
        headers.delete(name);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn location_of(status: u16, values: &[&str]) -> Result<Option<String>, Reason> {
        let mut response = HttpResponse {
            status,
            ..HttpResponse::default()
        };
        values
            .iter()
            .for_each(|value| response.headers.append("Location", *value));
        let url = Url::parse("http://a.example/dir/x#f").unwrap();
        location(&response, &url).map(|url| url.map(Into::into))
    }

    #[rstest]
    #[case(302, &["y"], Ok(Some("http://a.example/dir/y#f")))]
    #[case(308, &["//b.example/#g"], Ok(Some("http://b.example/#g")))]
    #[case(302, &[""], Ok(Some("http://a.example/dir/x#f")))]
    #[case(302, &[], Ok(None))]
    #[case(304, &["y"], Ok(None))]
    #[case(200, &["y"], Ok(None))]
    #[case(302, &["z%20?q=%C3%A4#h"], Ok(Some("http://a.example/dir/z%20?q=%C3%A4#h")))]
    #[case(301, &["http://:1"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &[".\\y"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["y z"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["\u{e4}"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["50%"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["y#a#b"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["/a[1]"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["/x?q[]=1"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["/x#a[b"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["1:2"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["http://a@b@c.example/"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["//[::1/"], Err(Reason::RedirectLocationInvalid))]
    #[case(301, &["//c.example:8x/"], Err(Reason::RedirectLocationInvalid))]
    #[case(302, &["//[::1]:8080/z:1?a/b:c@d?"], Ok(Some("http://[::1]:8080/z:1?a/b:c@d?#f")))]
    #[case(302, &["./1:2"], Ok(Some("http://a.example/dir/1:2#f")))]
    #[case(302, &["HTTP://u:p@c.example:81"], Ok(Some("http://u:p@c.example:81/#f")))]
    #[case(301, &["y", "y"], Err(Reason::RedirectLocationInvalid))]
    fn locations(
        #[case] status: u16,
        #[case] values: &[&str],
        #[case] expected: Result<Option<&str>, Reason>,
    ) {
        assert_eq!(
            location_of(status, values),
            expected.map(|url| url.map(str::to_owned))
        );
    }

    #[rstest]
    #[case("http://b.example/", 19, Tainting::Cors, Ok(()))]
    #[case("http://b.example/", 20, Tainting::Cors, Err(Reason::RedirectLimit))]
    #[case("data:,x", 0, Tainting::Basic, Err(Reason::RedirectSchemeNotHttp))]
    #[case(
        "http://u@b.example/",
        0,
        Tainting::Basic,
        Err(Reason::RedirectUserinfo)
    )]
    #[case(
        "http://:p@b.example/",
        0,
        Tainting::Basic,
        Err(Reason::RedirectUserinfo)
    )]
    #[case("http://u@a.example/", 0, Tainting::Basic, Ok(()))]
    #[case(
        "http://u@a.example/",
        0,
        Tainting::Cors,
        Err(Reason::RedirectUserinfo)
    )]
    fn rules(
        #[case] target: &str,
        #[case] redirects: usize,
        #[case] tainting: Tainting,
        #[case] expected: Result<(), Reason>,
    ) {
        let (target, origin) = (
            Url::parse(target).unwrap(),
            Origin::parse("http://a.example").unwrap(),
        );
        assert_eq!(
            check(&target, redirects, &origin, Mode::Cors, tainting),
            expected
        );
    }

    #[test]
    fn userinfo_is_followed_without_cors() {
        let target = Url::parse("http://u@b.example/").unwrap();
        let origin = Origin::parse("http://a.example").unwrap();
        assert_eq!(
            check(&target, 0, &origin, Mode::NoCors, Tainting::Opaque),
            Ok(())
        );
    }

    #[rstest]
    #[case(301, "POST", true)]
    #[case(302, "POST", true)]
    #[case(303, "POST", true)]
    #[case(303, "PUT", true)]
    #[case(303, "HEAD", false)]
    #[case(301, "PUT", false)]
    #[case(307, "POST", false)]
    #[case(308, "POST", false)]
    fn methods(#[case] status: u16, #[case] method: &str, #[case] get: bool) {
        assert_eq!(becomes_get(status, &Method::parse(method).unwrap()), get);
    }
}

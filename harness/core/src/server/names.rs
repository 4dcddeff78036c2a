//! Names at the edges: canonical ports and paths outside, real ones on the wire.
//!
//! Cases, transcripts and snapshots say `http://api.localhost:18080/scenario/resource`; on the wire it
//! is `http://api.localhost:41731/0000002a/resource`. [`Names`] turns one into the other in whatever
//! text carries them: URLs, header values, bodies, and parts of them. Lengths never change, so that a
//! `Content-Length` or a limit means the same on both sides.

use super::Listener;

/// The ports that were bound, for the canonical ones that stand for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ports([u16; Listener::COUNT]);

impl Ports {
    /// Ports in the order of [`Listener::ALL`]; five digits each, none canonical.
    pub(crate) const fn new(real: [u16; Listener::COUNT]) -> Self {
        Self(real)
    }

    /// Whether a port may stand for a canonical one: it has as many digits, is not canonical itself,
    /// and is not blocked by browsers.
    ///
    /// <https://fetch.spec.whatwg.org/#port-blocking>
    pub(crate) fn is_suitable(port: u16) -> bool {
        port >= 10_000
            && port != 10_080
            && Listener::ALL
                .iter()
                .all(|listener| listener.canonical_port() != port)
    }

    /// The port that was bound for this listener.
    #[must_use]
    pub fn real(&self, listener: Listener) -> u16 {
        self.0[listener as usize]
    }

    /// Replaces canonical ports of known hosts by real ones.
    #[must_use]
    pub fn to_real(&self, text: &[u8]) -> Vec<u8> {
        Translation {
            ports: self.pairs(),
            segments: None,
        }
        .apply(text)
    }

    /// Replaces real ports of known hosts by canonical ones.
    #[must_use]
    pub fn to_canonical(&self, text: &[u8]) -> Vec<u8> {
        Translation {
            ports: swap(self.pairs()),
            segments: None,
        }
        .apply(text)
    }

    fn pairs(&self) -> [(u16, u16); Listener::COUNT] {
        Listener::ALL.map(|listener| (listener.canonical_port(), self.real(listener)))
    }
}

/// The path segment that stands for a session's token.
pub(crate) const CANONICAL_SEGMENT: [u8; 8] = *b"scenario";

/// The names of one session: the server's ports and the session's token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Names {
    ports: Ports,
    token: [u8; 8],
}

impl Names {
    pub(crate) const fn new(ports: Ports, token: [u8; 8]) -> Self {
        Self { ports, token }
    }

    /// Text as it goes over the wire.
    #[must_use]
    pub fn to_real(&self, text: &[u8]) -> Vec<u8> {
        let segments = Some((CANONICAL_SEGMENT, self.token));
        Translation {
            ports: self.ports.pairs(),
            segments,
        }
        .apply(text)
    }

    /// Text as cases and transcripts write it.
    #[must_use]
    pub fn to_canonical(&self, text: &[u8]) -> Vec<u8> {
        let segments = Some((self.token, CANONICAL_SEGMENT));
        Translation {
            ports: swap(self.ports.pairs()),
            segments,
        }
        .apply(text)
    }

    /// [`Self::to_real`] for text that is known to be UTF-8.
    #[must_use]
    pub fn to_real_text(&self, text: &str) -> String {
        // ASCII is replaced by ASCII, so nothing is lossy here.
        String::from_utf8_lossy(&self.to_real(text.as_bytes())).into_owned()
    }

    /// [`Self::to_canonical`] for text that is known to be UTF-8.
    #[must_use]
    pub fn to_canonical_text(&self, text: &str) -> String {
        // ASCII is replaced by ASCII, so nothing is lossy here.
        String::from_utf8_lossy(&self.to_canonical(text.as_bytes())).into_owned()
    }
}

struct Translation {
    ports: [(u16, u16); Listener::COUNT],
    segments: Option<([u8; 8], [u8; 8])>,
}

impl Translation {
    fn apply(&self, text: &[u8]) -> Vec<u8> {
        let mut translated = text.to_vec();
        for position in 0..text.len() {
            if !matches!(text[position], b':' | b'/' | b'%') {
                continue;
            }
            if let Some(start) = after(text, position, b":", b"%3A") {
                if is_known_host(&text[..position]) {
                    self.replace_port(text, start, &mut translated);
                }
            } else if let Some(start) = after(text, position, b"/", b"%2F") {
                self.replace_segment(text, start, &mut translated);
            }
        }
        translated
    }

    fn replace_port(&self, text: &[u8], start: usize, translated: &mut [u8]) {
        let digits = text[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits != PORT_DIGITS {
            return;
        }
        let port = &text[start..start + PORT_DIGITS];
        for (from, to) in self.ports {
            if port == from.to_string().as_bytes() {
                translated[start..start + PORT_DIGITS].copy_from_slice(to.to_string().as_bytes());
            }
        }
    }

    fn replace_segment(&self, text: &[u8], start: usize, translated: &mut [u8]) {
        let Some((from, to)) = self.segments else {
            return;
        };
        let end = start + from.len();
        if text.get(start..end) == Some(&from) && ends_segment(&text[end..]) {
            translated[start..end].copy_from_slice(&to);
        }
    }
}

fn swap(pairs: [(u16, u16); Listener::COUNT]) -> [(u16, u16); Listener::COUNT] {
    pairs.map(|(from, to)| (to, from))
}

/// Where the text goes on behind a delimiter at this position, plain or percent-encoded.
fn after(text: &[u8], position: usize, plain: &[u8], encoded: &[u8]) -> Option<usize> {
    [plain, encoded].into_iter().find_map(|delimiter| {
        let end = position + delimiter.len();
        text.get(position..end)?
            .eq_ignore_ascii_case(delimiter)
            .then_some(end)
    })
}

/// Whether the text ends in a host of the reference server: an address, `localhost`, or a name under it.
fn is_known_host(text: &[u8]) -> bool {
    let ends_in = |host: &[u8]| {
        let start = text.len().checked_sub(host.len())?;
        text[start..]
            .eq_ignore_ascii_case(host)
            .then(|| text[..start].last().copied())
    };
    if ends_in(b"[::1]").is_some() {
        return true;
    }
    if let Some(before) = ends_in(b"127.0.0.1") {
        return before.is_none_or(|byte| !is_host_byte(byte));
    }
    ends_in(b"localhost")
        .is_some_and(|before| before.is_none_or(|byte| byte == b'.' || !is_host_byte(byte)))
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || byte >= 0x80
}

/// Whether a path segment ends before `rest`: a longer name that only starts the same does not.
fn ends_segment(rest: &[u8]) -> bool {
    rest.first().is_none_or(|byte| {
        !(byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~')
            || *byte >= 0x80)
    })
}

const PORT_DIGITS: usize = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn names() -> Names {
        Names::new(
            Ports::new([41000, 41001, 41002, 41003, 41004]),
            *b"0000002a",
        )
    }

    #[rstest]
    #[case::origin("http://app.localhost:18080", "http://app.localhost:41000")]
    #[case::every_listener(
        "a.localhost:18080 a.localhost:18081 a.localhost:18443 a.localhost:18444",
        "a.localhost:41000 a.localhost:41001 a.localhost:41002 a.localhost:41003"
    )]
    #[case::addresses(
        "http://127.0.0.1:18080,http://[::1]:18080",
        "http://127.0.0.1:41000,http://[::1]:41000"
    )]
    #[case::bare_host("localhost:18080", "localhost:41000")]
    #[case::upper_case("HTTP://APP.LOCALHOST:18080", "HTTP://APP.LOCALHOST:41000")]
    #[case::userinfo(
        "http://u:18080@api.localhost:18080/",
        "http://u:18080@api.localhost:41000/"
    )]
    #[case::url(
        "http://api.localhost:18080/scenario/hop1?q",
        "http://api.localhost:41000/0000002a/hop1?q"
    )]
    #[case::query_percent_encoded(
        "?to=http%3A%2F%2Fapi.localhost%3A18080%2Fscenario%2Fresource",
        "?to=http%3A%2F%2Fapi.localhost%3A41000%2F0000002a%2Fresource"
    )]
    #[case::cookie_path("a=1; Path=/scenario; Secure", "a=1; Path=/0000002a; Secure")]
    #[case::segment_at_the_end("/scenario", "/0000002a")]
    #[case::segment_before_a_query("/scenario?a", "/0000002a?a")]
    #[case::quoted("Path=\"/scenario\"", "Path=\"/0000002a\"")]
    #[case::foreign_host("http://example.com:18080", "http://example.com:18080")]
    #[case::suffix_of_another_host("http://evillocalhost:18080", "http://evillocalhost:18080")]
    #[case::prefix_of_another_host(
        "http://api.localhost.example:18080",
        "http://api.localhost.example:18080"
    )]
    #[case::longer_address("http://1127.0.0.1:18080", "http://1127.0.0.1:18080")]
    #[case::other_port("http://app.localhost:18082", "http://app.localhost:18082")]
    #[case::longer_port("http://app.localhost:180800", "http://app.localhost:180800")]
    #[case::longer_segment("/scenarios/x", "/scenarios/x")]
    #[case::not_a_segment("a scenario/x", "a scenario/x")]
    fn only_known_names_are_replaced(#[case] canonical: &str, #[case] real: &str) {
        assert_eq!(names().to_real_text(canonical), real);
        assert_eq!(names().to_canonical_text(real), canonical);
    }

    #[test]
    fn ports_alone_leave_paths_as_they_are() {
        let ports = Ports::new([41000, 41001, 41002, 41003, 41004]);
        let real = ports.to_real(b"http://app.localhost:18443/scenario/");
        assert_eq!(real, b"http://app.localhost:41002/scenario/");
        assert_eq!(
            ports.to_canonical(&real),
            b"http://app.localhost:18443/scenario/"
        );
    }

    #[test]
    fn a_port_must_have_five_digits_and_be_nobody_elses() {
        for unsuitable in [80, 9999, 10_080, 18_080, 18_444] {
            assert!(!Ports::is_suitable(unsuitable), "{unsuitable}");
        }
        assert!(Ports::is_suitable(41_000));
    }

    /// Text made of the pieces that matter, joined in every way.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            proptest::sample::select(vec![
                "http://",
                "app.",
                "localhost",
                "LOCALHOST",
                "127.0.0.1",
                "[::1]",
                ":18080",
                ":18081",
                ":18443",
                ":18444",
                "%3A18080",
                "%3a",
                "/",
                "%2F",
                "scenario",
                "?",
                "#",
                ";",
                "\"",
                "x",
                ":",
                "1",
                "18080",
                "-",
            ])
            .prop_map(|piece| piece.as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..3),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn translation_can_be_undone_and_keeps_lengths(text in text()) {
            let real = names().to_real(&text);
            prop_assert_eq!(real.len(), text.len());
            prop_assert_eq!(names().to_canonical(&real), text);
        }

        #[test]
        fn no_real_name_is_left_in_canonical_text(text in text()) {
            let canonical = names().to_canonical(&names().to_real(&text));
            prop_assert_eq!(names().to_canonical(&canonical), canonical);
        }
    }
}

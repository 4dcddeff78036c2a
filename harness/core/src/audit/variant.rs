//! Origins that are nearly one that is allowed.

use corspec_fetch::Origin;

use super::stranger::STRANGER_HOST;

/// How an origin differs from one that is allowed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Variant {
    /// `https://app.example.stranger`: what stands in front is compared.
    Continued,
    /// `https://strangerapp.example`: what stands behind is compared.
    Preceded,
    /// `https://appxexample.com`: a dot of a pattern stands for any character.
    UnescapedDot,
    /// `https://app.example_.stranger`: a character that ends a pattern, not a host.
    SpecialCharacter,
    /// `https://app.example@stranger`.
    Userinfo,
    /// `https://stranger/?https://app.example`.
    Embedded,
    /// `http` for `https`, or the other way about.
    OtherScheme,
    /// Another port, or none.
    OtherPort,
    /// `https://stranger.app.example`.
    Subdomain,
    /// `https://stranger.example.com` for `https://app.example.com`.
    Sibling,
    /// `https://example.com` for `https://app.example.com`.
    Superdomain,
    /// `https://app.example.`
    TrailingDot,
    /// `HTTPS://APP.EXAMPLE`.
    OtherCase,
    /// `https://app.example:443`.
    DefaultPort,
    /// `https://app.example/`.
    TrailingSlash,
    /// Two origins in one value.
    List,
    /// Two lines, the second of a stranger.
    TwoLines,
}

/// Whose pages have such an origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Obtainable {
    /// Whoever registers a name.
    ByRegistering,
    /// Whoever sits on the network between.
    OnTheNetwork,
    /// Whoever has another port of the same host.
    OnTheSameHost,
    /// Whoever has another name of the same site.
    OnTheSameSite,
    /// Nobody: no browser sends it.
    Never,
}

impl Variant {
    /// Every variant of an origin: the lines of `Origin` for each.
    #[must_use]
    pub fn all_of(origin: &str) -> Vec<(Self, Vec<String>)> {
        let Some(Origin::Tuple { scheme, host, port }) = Origin::parse(origin) else {
            return Vec::new();
        };
        let end = port.map(|port| format!(":{port}")).unwrap_or_default();
        let at = |host: &str| format!("{scheme}://{host}{end}");
        let mut variants: Vec<(Self, Vec<String>)> = Vec::new();
        let mut add = |variant, origin: String| variants.push((variant, vec![origin]));
        let is_name = host.parse::<std::net::Ipv4Addr>().is_err() && !host.starts_with('[');
        if is_name {
            add(Self::Continued, at(&format!("{host}.{STRANGER_HOST}")));
            add(Self::Preceded, at(&format!("corspec-audit{host}")));
            add(Self::Preceded, at(&format!("corspec-audit_{host}")));
            if let Some(dot) = host.find('.') {
                let other = format!("{}x{}", &host[..dot], &host[dot + 1..]);
                add(Self::UnescapedDot, at(&other));
            }
            add(Self::Subdomain, at(&format!("corspec-audit.{host}")));
            if let Some((_, rest)) = host.split_once('.').filter(|(_, rest)| rest.contains('.')) {
                add(Self::Preceded, at(&format!("corspec-audit{rest}")));
                add(Self::Sibling, at(&format!("corspec-audit.{rest}")));
                add(Self::Superdomain, at(rest));
            }
            add(Self::TrailingDot, at(&format!("{host}.")));
        }
        for character in SPECIAL {
            add(
                Self::SpecialCharacter,
                at(&format!("{host}{character}.{STRANGER_HOST}")),
            );
        }
        add(Self::Userinfo, at(&format!("{host}@{STRANGER_HOST}")));
        add(Self::Embedded, format!("https://{STRANGER_HOST}/?{origin}"));
        let other_scheme = if scheme == "https" { "http" } else { "https" };
        add(Self::OtherScheme, format!("{other_scheme}://{host}{end}"));
        let other_port = port.map_or(8443, |port| if port == 65_535 { 1 } else { port + 1 });
        add(Self::OtherPort, format!("{scheme}://{host}:{other_port}"));
        if port.is_some() {
            add(Self::OtherPort, format!("{scheme}://{host}"));
        } else {
            let default = if scheme == "https" { 443 } else { 80 };
            add(Self::DefaultPort, format!("{scheme}://{host}:{default}"));
        }
        add(Self::OtherCase, origin.to_ascii_uppercase());
        add(Self::TrailingSlash, format!("{origin}/"));
        add(Self::List, format!("{origin}, https://{STRANGER_HOST}"));
        add(Self::List, format!("{origin} https://{STRANGER_HOST}"));
        let stranger = format!("https://{STRANGER_HOST}");
        variants.push((Self::TwoLines, vec![origin.to_owned(), stranger]));
        variants
    }

    /// The most there are of one origin.
    pub(super) const MOST: usize = 27;

    /// Whose pages have such an origin, given the one it is a variant of.
    #[must_use]
    pub fn obtainable(self, origin: &str) -> Obtainable {
        let host = origin.split("://").nth(1).unwrap_or_default();
        let dots = host.matches('.').count();
        match self {
            Self::Continued | Self::Preceded | Self::SpecialCharacter => Obtainable::ByRegistering,
            Self::UnescapedDot if dots > 1 => Obtainable::ByRegistering,
            Self::OtherScheme if origin.starts_with("https") => Obtainable::OnTheNetwork,
            Self::OtherScheme | Self::OtherPort | Self::TrailingDot => Obtainable::OnTheSameHost,
            Self::Subdomain | Self::Sibling | Self::Superdomain => Obtainable::OnTheSameSite,
            Self::DefaultPort
            | Self::Embedded
            | Self::List
            | Self::OtherCase
            | Self::TrailingSlash
            | Self::TwoLines
            | Self::UnescapedDot
            | Self::Userinfo => Obtainable::Never,
        }
    }
}

/// Characters that one browser or another takes in a host.
const SPECIAL: [char; 6] = ['_', '-', '!', '`', '{', '~'];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of(origin: &str, wanted: Variant) -> Vec<String> {
        let variants = Variant::all_of(origin).into_iter();
        variants
            .filter(|(variant, _)| *variant == wanted)
            .map(|(_, lines)| lines.join(" + "))
            .collect()
    }

    #[rstest]
    #[case(Variant::Continued, &["https://app.example.com.corspec-audit.example"])]
    #[case(Variant::UnescapedDot, &["https://appxexample.com"])]
    #[case(Variant::Superdomain, &["https://example.com"])]
    #[case(Variant::Sibling, &["https://corspec-audit.example.com"])]
    #[case(Variant::OtherScheme, &["http://app.example.com"])]
    #[case(Variant::OtherPort, &["https://app.example.com:8443"])]
    #[case(Variant::DefaultPort, &["https://app.example.com:443"])]
    #[case(Variant::OtherCase, &["HTTPS://APP.EXAMPLE.COM"])]
    #[case(Variant::Userinfo, &["https://app.example.com@corspec-audit.example"])]
    #[case(Variant::TwoLines, &["https://app.example.com + https://corspec-audit.example"])]
    fn variants_of_a_name(#[case] variant: Variant, #[case] expected: &[&str]) {
        assert_eq!(of("https://app.example.com", variant), expected);
    }

    #[test]
    fn an_address_and_a_port_have_their_own() {
        assert_eq!(of("http://127.0.0.1:3000", Variant::Subdomain), [""; 0]);
        let ports = of("http://127.0.0.1:3000", Variant::OtherPort);
        assert_eq!(ports, ["http://127.0.0.1:3001", "http://127.0.0.1"]);
        assert_eq!(of("http://a.example:3000", Variant::DefaultPort), [""; 0]);
    }

    #[rstest]
    #[case("https://app.example.com")]
    #[case("http://app.example.com:3000")]
    #[case("http://[::1]:3000")]
    #[case("null")]
    fn no_origin_has_more_than_was_said_and_none_is_itself(#[case] origin: &str) {
        let variants = Variant::all_of(origin);
        assert!(variants.len() <= Variant::MOST, "{}", variants.len());
        assert!(variants.iter().all(|(_, lines)| *lines != [origin]));
    }

    #[test]
    fn a_name_of_two_labels_cannot_be_joined_into_one_that_can_be_registered() {
        let variant = Variant::UnescapedDot;
        assert_eq!(variant.obtainable("https://app.example"), Obtainable::Never);
        let longer = variant.obtainable("https://www.app.example");
        assert_eq!(longer, Obtainable::ByRegistering);
    }
}

//! What a server can get wrong. Every server scenario has to find at least one of these.

use std::fmt;
use std::str::FromStr;

/// Declares the mutants, each with its word and what it does.
macro_rules! mutants {
    ($($mutant:ident, $word:literal, $about:literal;)*) => {
        /// A server that obeys its policy, but for one mistake.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Mutant {
            $(#[doc = $about] $mutant,)*
        }

        impl Mutant {
            /// Every mutant, in the order declared.
            pub const ALL: &'static [Self] = &[$(Self::$mutant),*];

            /// The word for it: `embedded:<word>` is a target.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$mutant => $word,)*
                }
            }

            /// What it does wrong, as one sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$mutant => $about,)*
                }
            }
        }
    };
}

mutants! {
    // Which origins are allowed.
    ReflectAnyOrigin, "reflect-any-origin", "It allows whatever origin it is asked by.";
    ReflectWithCredentials, "reflect-with-credentials", "It allows whatever origin it is asked by, with credentials.";
    WildcardAlways, "wildcard-always", "It allows every origin with an asterisk, whatever the policy is.";
    PrefixMatch, "prefix-match", "It allows origins that begin with one of the list.";
    SuffixMatch, "suffix-match", "It allows origins that end in the host of one of the list.";
    SubstringMatch, "substring-match", "It allows origins that contain the host of one of the list.";
    UnescapedDot, "unescaped-dot", "It takes the dots of the list for any character.";
    IgnoreScheme, "ignore-scheme", "It compares origins without their scheme.";
    IgnorePort, "ignore-port", "It compares origins without their port.";
    IgnoreCase, "ignore-case", "It compares origins without regard to case.";
    TrailingSlash, "trailing-slash", "It takes an origin with a slash behind it for the origin.";
    SubdomainsAllowed, "subdomains-allowed", "It allows sub-domains of what is on the list.";
    SubdomainsOneLevel, "subdomains-one-level", "It takes a pattern for sub-domains of one level.";
    ParentAllowed, "parent-allowed", "It allows the domain itself where its sub-domains are allowed.";
    ListRefused, "list-refused", "It allows no more than the first of the list.";
    NullAllowed, "null-allowed", "It allows the origin null.";
    NullRefused, "null-refused", "It refuses the origin null where the policy allows it.";
    FirstOriginCounts, "first-origin-counts", "It reads the first of several Origin lines.";
    LocalhostAllowed, "localhost-allowed", "It allows every origin of this machine.";
    HostAllowed, "host-allowed", "It allows the origin that a proxy names as its own host.";
    RefererCounts, "referer-counts", "It takes Referer for the origin.";
    OriginRequired, "origin-required", "It refuses requests without an origin.";
    HeaderNamesCaseSensitive, "header-names-case-sensitive", "It knows the names of headers in one letter case.";
    // What an answer says.
    HeadersToRefused, "headers-to-refused", "It names the first origin of the list to whoever is refused.";
    HeadersWithoutOrigin, "headers-without-origin", "It names the first origin of the list where none asks.";
    OwnPagesRefused, "own-pages-refused", "It refuses every origin that is not on the list, its own included.";
    RefusedServed, "refused-served", "It does for refused origins whatever they want, and hides the answer.";
    OriginIsLogin, "origin-is-login", "It asks allowed origins for no password.";
    NoChallenge, "no-challenge", "It does not say how it wants to be authorised.";
    DecodesOrigin, "decodes-origin", "It decodes the origin that it writes into the answer.";
    NoSharing, "no-sharing", "It forgets the headers of the protocol.";
    NoCorsOnErrors, "no-cors-on-errors", "It forgets the headers of the protocol on errors.";
    NoCorsOnMissing, "no-cors-on-missing", "It forgets the headers of the protocol on unknown paths.";
    NoCorsOnUnauthorized, "no-cors-on-unauthorized", "It forgets the headers of the protocol where it asks for authorisation.";
    TwoAllowOrigins, "two-allow-origins", "It sends Access-Control-Allow-Origin twice.";
    OriginList, "origin-list", "It sends the whole list in Access-Control-Allow-Origin.";
    StarWithCredentials, "star-with-credentials", "It sends an asterisk together with Access-Control-Allow-Credentials.";
    CredentialsCapitalised, "credentials-capitalised", "It spells `true` with a capital letter.";
    CredentialsFalse, "credentials-false", "It sends Access-Control-Allow-Credentials: false where there are none.";
    CredentialsMissing, "credentials-missing", "It forgets Access-Control-Allow-Credentials.";
    CredentialsAlways, "credentials-always", "It allows credentials whatever the policy is.";
    MisspeltHeaders, "misspelt-headers", "It sends Access-Control-Allow-Method.";
    NoExposed, "no-exposed", "It exposes no header.";
    ExposesEverything, "exposes-everything", "It exposes every header with an asterisk.";
    SecFetchDecides, "sec-fetch-decides", "It shares with requests that say they cross a site, and with no others that say anything.";
    OpensEverything, "opens-everything", "It lets every page see timings and include what is private.";
    ExposedOnPreflight, "exposed-on-preflight", "It sends Access-Control-Expose-Headers with preflights.";
    PreflightHeadersOnActual, "preflight-headers-on-actual", "It sends the headers of preflights with every answer.";
    // What caches are told.
    NoVary, "no-vary", "It never says Vary: Origin.";
    VaryOnlyAllowed, "vary-only-allowed", "It says Vary: Origin only to origins that are allowed.";
    VaryOverwritten, "vary-overwritten", "It replaces the Vary of the application.";
    VaryOnConstant, "vary-on-constant", "It says Vary: Origin with a constant answer.";
    NoPreflightVary, "no-preflight-vary", "It says no Vary with preflights that differ.";
    ConstantWhenAsked, "constant-when-asked", "It sends an asterisk to those who ask with an origin only.";
    ReflectsForEverybody, "reflects-for-everybody", "It names every origin where it could send an asterisk, without Vary.";
    // What a preflight is, and what is done with it.
    OptionsIsPreflight, "options-is-preflight", "It takes every OPTIONS for a preflight.";
    PreflightWithoutOrigin, "preflight-without-origin", "It takes OPTIONS without an origin for a preflight.";
    PreflightUnknown, "preflight-unknown", "It passes preflights on to the application.";
    PreflightRunsHandler, "preflight-runs-handler", "It runs the handler for preflights as well.";
    PreflightNeedsAuthorization, "preflight-needs-authorization", "It wants preflights to be authorised.";
    PreflightRedirects, "preflight-redirects", "It redirects preflights.";
    PreflightStatus404, "preflight-status-404", "It answers preflights with 404.";
    PreflightStatus500, "preflight-status-500", "It fails on preflights.";
    PreflightForbidden, "preflight-forbidden", "It answers refused preflights with an error, and allowed ones too.";
    PreflightStartsSession, "preflight-starts-session", "It sets a cookie with preflights.";
    PreflightByQuestion, "preflight-by-question", "It takes every request with Access-Control-Request-Method for a preflight.";
    PreflightEmptyMethod, "preflight-empty-method", "It fails on an empty Access-Control-Request-Method.";
    QuestionsComeBack, "questions-come-back", "It answers preflights with their own headers.";
    // Methods.
    MethodsAny, "methods-any", "It allows whatever method is asked for.";
    MethodsStar, "methods-star", "It allows methods with an asterisk, with credentials too.";
    MethodsLowerCase, "methods-lower-case", "It names methods in lower case.";
    MethodsCaseInsensitive, "methods-case-insensitive", "It compares methods without regard to case, and names what was asked for.";
    MethodsSimpleOnly, "methods-simple-only", "It names GET, HEAD and POST only.";
    MethodsMissing, "methods-missing", "It forgets Access-Control-Allow-Methods.";
    // Request headers.
    HeadersAny, "headers-any", "It allows whatever headers are asked for.";
    HeadersStar, "headers-star", "It allows headers with an asterisk, with credentials too.";
    HeadersCaseSensitive, "headers-case-sensitive", "It compares names of headers with regard to case.";
    HeadersSpacesMatter, "headers-spaces-matter", "It does not understand spaces in lists of headers.";
    HeadersEmptyElements, "headers-empty-elements", "It does not understand empty elements in lists of headers.";
    HeadersFirstOnly, "headers-first-only", "It looks at the first name of a list, and then allows all.";
    HeadersFirstLineOnly, "headers-first-line-only", "It reads the first of several lines of a list.";
    HeadersRequired, "headers-required", "It refuses preflights without a list of headers.";
    HeadersTooMany, "headers-too-many", "It fails on long lists of headers.";
    HeadersMissing, "headers-missing", "It forgets Access-Control-Allow-Headers.";
    // How long preflights are remembered.
    MaxAgeMissing, "max-age-missing", "It forgets Access-Control-Max-Age.";
    MaxAgeNegative, "max-age-negative", "It sends -1.";
    MaxAgeZero, "max-age-zero", "It sends 0.";
    MaxAgeMilliseconds, "max-age-milliseconds", "It counts in thousandths of a second.";
    MaxAgeTwice, "max-age-twice", "It sends Access-Control-Max-Age twice.";
    MaxAgeZeroOmitted, "max-age-zero-omitted", "It takes zero for nothing said.";
    MaxAgeNonsense, "max-age-nonsense", "It sends a duration with its unit.";
    MaxAgeOnActual, "max-age-on-actual", "It sends Access-Control-Max-Age with every answer.";
    // What else guards a resource.
    PrivateNetworkAlways, "private-network-always", "It lets private networks be called whatever the policy is.";
    PrivateNetworkNever, "private-network-never", "It never lets private networks be called.";
    PrivateNetworkUnasked, "private-network-unasked", "It sends Access-Control-Allow-Private-Network to whoever does not ask.";
    SocketUnchecked, "socket-unchecked", "It lets every origin open a WebSocket.";
    SocketRefused, "socket-refused", "It lets no origin open a WebSocket.";
    SocketLenient, "socket-lenient", "It answers handshakes that are none with success.";
    JsonpUnchecked, "jsonp-unchecked", "It calls whatever function the query names.";
    EventsCached, "events-cached", "It lets caches keep event streams.";
    CrashOnLong, "crash-on-long", "It closes the connection on a long origin.";
    FailsOnMalformed, "fails-on-malformed", "It fails on an origin that is none.";
}

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|it| it.word() == word);
        found.ok_or_else(|| UnknownMutant(word.to_owned()))
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// A word that no mutant has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown mutant `{0}`; there are: {words}", words = words())]
pub struct UnknownMutant(pub String);

fn words() -> String {
    let words: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.word()).collect();
    words.join(", ")
}

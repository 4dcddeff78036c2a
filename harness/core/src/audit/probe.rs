//! What is asked.

use url::Url;

use super::learn::Learned;
use super::target::Target;
use super::variant::Variant;
use crate::agent::call::SOCKET_KEY;
use crate::agent::wire::Outgoing;

/// A host that nobody has; names under `.example` never exist.
///
/// <https://www.rfc-editor.org/rfc/rfc6761.html#section-6.5>
pub(super) const STRANGER_HOST: &str = "corspec-audit.example";
pub(super) const STRANGER: &str = "https://corspec-audit.example";
pub(super) const OTHER_STRANGER: &str = "https://corspec-audit-two.example";

/// A method and a header that no server knows.
pub(super) const METHOD: &str = "CORSPEC";
pub(super) const HEADER: &str = "x-corspec-audit";

/// One request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Probe {
    /// What kind of request it is.
    pub ask: Ask,
    /// Whose origin it claims.
    pub whose: Whose,
    /// The lines of `Origin`; none for a request without.
    pub origins: Vec<String>,
}

/// What kind of request it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// A GET.
    Actual,
    /// A GET whose X-Forwarded-Host is a stranger's.
    Forwarded,
    /// A preflight for a PUT with a header of its own.
    Preflight,
    /// A preflight for a method that no server knows.
    PreflightMethod,
    /// A preflight for headers that no server knows.
    PreflightHeaders,
    /// A preflight for a GET into a private network.
    PreflightPrivate,
    /// The handshake of a WebSocket.
    Socket,
}

/// Whose origin a request claims.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Whose {
    /// There is none.
    Nobodys,
    /// That of the resource.
    Own,
    /// One that is said to be allowed.
    Told,
    /// One that nobody has heard of.
    Strangers,
    /// Another of those.
    OtherStrangers,
    /// `null`.
    Null,
    /// Empty.
    Empty,
    /// A development server's.
    Local,
    /// Nearly one that is allowed.
    Variant(Variant, String),
}

impl Probe {
    fn new(ask: Ask, whose: Whose, origin: &str) -> Self {
        Self {
            ask,
            whose,
            origins: vec![origin.to_owned()],
        }
    }

    /// The one origin it claims, empty for none.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// The request.
    #[must_use]
    pub fn outgoing(&self, target: &Target) -> Outgoing {
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.into()));
        add("User-Agent", USER_AGENT);
        add("Accept", "*/*");
        let preflight = |method, names| Some((method, names));
        let asked = match self.ask {
            Ask::Preflight => preflight("PUT", HEADER),
            Ask::PreflightMethod => preflight(METHOD, ""),
            Ask::PreflightHeaders => preflight("GET", "authorization,x-corspec-audit"),
            Ask::PreflightPrivate => preflight("GET", ""),
            Ask::Actual | Ask::Forwarded | Ask::Socket => None,
        };
        if let Some((method, names)) = asked {
            add("Access-Control-Request-Method", method);
            if !names.is_empty() {
                add("Access-Control-Request-Headers", names);
            }
        }
        match self.ask {
            Ask::PreflightPrivate => add("Access-Control-Request-Private-Network", "true"),
            Ask::Forwarded => add("X-Forwarded-Host", STRANGER_HOST),
            Ask::Socket => {
                add("Upgrade", "websocket");
                add("Connection", "Upgrade");
                add("Sec-WebSocket-Key", SOCKET_KEY);
                add("Sec-WebSocket-Version", "13");
            }
            _ => {}
        }
        for origin in &self.origins {
            add("Origin", origin);
        }
        if self.ask != Ask::Socket {
            add("Connection", "close");
        }
        // What is given takes the place of what is usual.
        let is_given = |name: &str| {
            let mut given = target.headers.iter();
            given.any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        headers.retain(|(name, _)| !is_given(name));
        headers.extend(target.headers.iter().cloned());
        Outgoing {
            method: if asked.is_some() { "OPTIONS" } else { "GET" }.to_owned(),
            url: Url::clone(&target.url),
            headers,
            body: None,
        }
    }
}

/// What is asked to find out the policy.
#[must_use]
pub fn first_round(target: &Target) -> Vec<Probe> {
    let ask = ask(target);
    let mut probes = vec![
        nobody(ask),
        Probe::new(ask, Whose::Strangers, STRANGER),
        Probe::new(ask, Whose::OtherStrangers, OTHER_STRANGER),
        Probe::new(ask, Whose::Null, "null"),
        Probe::new(ask, Whose::Own, &target.own_origin()),
    ];
    for origin in told(target) {
        probes.push(Probe::new(ask, Whose::Told, origin));
    }
    probes
}

/// What is asked with that knowledge.
#[must_use]
pub fn second_round(target: &Target, learned: &Learned) -> Vec<Probe> {
    let ask = ask(target);
    let mut probes = Vec::new();
    if !learned.is_open {
        for origin in learned.allowed.iter().take(MOST_VARIED) {
            for (variant, origins) in Variant::all_of(origin) {
                let is_known = |known: &String| origins == [known.as_str()];
                if target.told.iter().chain(&learned.allowed).any(is_known) {
                    continue;
                }
                probes.push(Probe {
                    ask,
                    whose: Whose::Variant(variant, origin.clone()),
                    origins,
                });
            }
        }
        for origin in LOCAL {
            let is_known = target
                .told
                .iter()
                .chain(&learned.allowed)
                .any(|it| it == origin);
            if !is_known {
                probes.push(Probe::new(ask, Whose::Local, origin));
            }
        }
    }
    probes.push(Probe::new(ask, Whose::Empty, ""));
    if !target.is_socket {
        probes.push(nobody(Ask::Forwarded));
        probes.extend(preflights(target, learned));
    }
    // Once more: an answer that changes without a question is no answer to one, and a server that does not
    // answer any more has refused nobody.
    probes.push(nobody(ask));
    probes
}

fn preflights(target: &Target, learned: &Learned) -> Vec<Probe> {
    let granted = match learned.allowed.first() {
        Some(origin) => (Whose::Told, origin.clone()),
        None => (Whose::Own, target.own_origin()),
    };
    let strangers = (Whose::Strangers, STRANGER.to_owned());
    let null = (Whose::Null, "null".to_owned());
    let asked = [
        (Ask::Preflight, granted.clone()),
        (Ask::PreflightMethod, granted.clone()),
        (Ask::PreflightHeaders, granted.clone()),
        (Ask::PreflightPrivate, granted),
        (Ask::Preflight, strangers.clone()),
        (Ask::PreflightPrivate, strangers),
        (Ask::Preflight, null),
    ];
    let asked = asked.into_iter();
    asked
        .map(|(ask, (whose, origin))| Probe::new(ask, whose, &origin))
        .collect()
}

/// What kind of request asks for an answer itself.
const fn ask(target: &Target) -> Ask {
    if target.is_socket {
        Ask::Socket
    } else {
        Ask::Actual
    }
}

const fn nobody(ask: Ask) -> Probe {
    Probe {
        ask,
        whose: Whose::Nobodys,
        origins: Vec::new(),
    }
}

/// How many requests there are at most.
#[must_use]
pub fn most_requests(target: &Target) -> usize {
    let varied = told(target).count() + 1;
    let others = if target.is_socket { 2 } else { 10 };
    first_round(target).len() + varied.min(MOST_VARIED) * Variant::MOST + LOCAL.len() + others
}

fn told(target: &Target) -> impl Iterator<Item = &String> {
    let own = target.own_origin();
    let told = target.told.iter().enumerate();
    told.filter(move |(number, origin)| {
        **origin != own && *origin != "null" && !target.told[..*number].contains(origin)
    })
    .map(|(_, origin)| origin)
    .take(MOST_TOLD)
}

/// As many of the origins that are allowed are varied.
const MOST_VARIED: usize = 2;

/// As many of the origins that are said to be allowed are asked for.
const MOST_TOLD: usize = 8;

/// Where development servers are.
const LOCAL: [&str; 3] = [
    "http://localhost",
    "http://localhost:3000",
    "http://127.0.0.1:8080",
];

/// Says who asks, so that whoever reads a log can find out.
const USER_AGENT: &str = concat!("corspec/", env!("CARGO_PKG_VERSION"), " (+audit)");

//! Origins that are allowed and should not be.

use super::{Ask, Finding, Seen, Severity, Whose};
use crate::audit::stranger::STRANGER;
use crate::audit::variant::{Obtainable, Variant};

pub(super) fn find(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    reflected(seen, findings);
    null(seen, findings);
    variants(seen, findings);
    local(seen, findings);
    insecure(seen, findings);
    forwarded(seen, findings);
}

fn reflected(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.first(Ask::Actual, &Whose::Strangers) else {
        return;
    };
    if !answer.names(STRANGER) {
        return;
    }
    findings.push(if answer.takes_credentials() {
        Finding {
            id: "any-origin-with-credentials",
            severity: Severity::Critical,
            title: "Any origin is allowed, with credentials".to_owned(),
            exploit:
                "Any page that a user visits reads this resource as that user, wherever a browser \
                      sends cookies or a client certificate along (cookies need SameSite=None)"
                    .to_owned(),
            remedy: "Compare Origin with a list, whole and byte for byte, and name it in \
                     Access-Control-Allow-Origin only if it is there"
                .to_owned(),
            requirements: &[
                "srv-reflect-arbitrary-origin-credentials",
                "w3c-6-1-origin-not-listed",
            ],
            evidence: vec![number],
        }
    } else {
        Finding {
            id: "any-origin",
            severity: Severity::Low,
            title: "Any origin is allowed by name, without credentials".to_owned(),
            exploit: "It is no more than `*` would allow, unless the answer depends on where the \
                      client is; but one switch of Access-Control-Allow-Credentials makes it fatal"
                .to_owned(),
            remedy:
                "If the data are public, answer with `Access-Control-Allow-Origin: *`; if not, \
                     compare Origin with a list"
                    .to_owned(),
            requirements: &["srv-reflect-arbitrary-origin-uncredentialed"],
            evidence: vec![number],
        }
    });
}

fn null(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.first(Ask::Actual, &Whose::Null) else {
        return;
    };
    if !answer.names("null") {
        return;
    }
    let with_credentials = answer.takes_credentials();
    findings.push(Finding {
        id: if with_credentials {
            "null-origin-with-credentials"
        } else {
            "null-origin"
        },
        severity: if with_credentials {
            Severity::Critical
        } else {
            Severity::Low
        },
        title: format!(
            "The origin `null` is allowed, {}",
            with_or_without(with_credentials)
        ),
        exploit: if with_credentials {
            "Any page has that origin in a sandboxed frame, and reads this resource as the user"
        } else {
            "Any page has that origin in a sandboxed frame: it is no more than `*` would allow"
        }
        .to_owned(),
        remedy: "Take `null` off the list; public data have `Access-Control-Allow-Origin: *`"
            .to_owned(),
        requirements: if with_credentials {
            &["srv-null-origin-credentials"]
        } else {
            &["srv-null-origin-any"]
        },
        evidence: vec![number],
    });
}

/// Origins that are nearly one that is allowed, and are allowed as well.
fn variants(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    // One that is allowed by a pattern for sub-domains needs no finding of its own for each name.
    for (variant, words) in VARIANTS {
        let mut evidence = Vec::new();
        let mut with_credentials = false;
        let mut example = None;
        for (number, probe, answer) in seen.answers() {
            let Whose::Variant(kind, of) = &probe.whose else {
                continue;
            };
            let is_named = probe.origins.iter().any(|origin| {
                answer.names(origin) && (kind != &Variant::TwoLines || origin == STRANGER)
            });
            let is_doubled = *kind == Variant::TwoLines
                && answer
                    .allowed()
                    .is_some_and(|allowed| allowed.contains(STRANGER));
            if kind == variant && (is_named || is_doubled) {
                evidence.push(number);
                with_credentials |= answer.takes_credentials();
                example.get_or_insert_with(|| (probe.origins.join("` and `"), of.clone()));
            }
        }
        let Some((example, of)) = example else {
            continue;
        };
        let obtainable = variant.obtainable(&of);
        findings.push(Finding {
            id: words.id,
            severity: severity(obtainable, with_credentials),
            title: format!(
                "`{example}` is allowed because `{of}` is, {}: {}",
                with_or_without(with_credentials),
                words.what
            ),
            exploit: exploit(obtainable, with_credentials),
            remedy: words.remedy.to_owned(),
            requirements: words.requirements,
            evidence,
        });
    }
}

pub(super) fn severity(obtainable: Obtainable, with_credentials: bool) -> Severity {
    match (obtainable, with_credentials) {
        (Obtainable::ByRegistering, true) => Severity::Critical,
        (Obtainable::OnTheNetwork, true) => Severity::High,
        (Obtainable::ByRegistering, false) => Severity::Medium,
        (Obtainable::OnTheSameHost | Obtainable::OnTheSameSite, true) => Severity::Medium,
        (Obtainable::OnTheNetwork, false) => Severity::Low,
        (Obtainable::OnTheSameHost | Obtainable::OnTheSameSite, false) => Severity::Info,
        (Obtainable::Never, true) => Severity::Low,
        (Obtainable::Never, false) => Severity::Info,
    }
}

pub(super) fn exploit(obtainable: Obtainable, with_credentials: bool) -> String {
    let who = match obtainable {
        Obtainable::ByRegistering => "Whoever registers such a name and gets a user to visit it",
        Obtainable::OnTheNetwork => {
            "Whoever sits on the network of a user, and answers an http page of that host in its place,"
        }
        Obtainable::OnTheSameHost => {
            "Whatever else is served on that host, on another port or scheme,"
        }
        Obtainable::OnTheSameSite => {
            "Whoever has a page on another name of that site, by a hole in it or a name that was given \
             up,"
        }
        Obtainable::Never => {
            return "No browser sends such an origin; it shows that Origin is not compared as a whole"
                .to_owned();
        }
    };
    let what = if with_credentials {
        "reads this resource as the user"
    } else {
        "reads what this resource tells without credentials"
    };
    format!("{who} {what}")
}

/// Origins of development servers.
fn local(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let mut evidence = Vec::new();
    let mut with_credentials = false;
    let mut example = "";
    for (number, probe, answer) in seen.answers() {
        if probe.whose == Whose::Local && answer.names(probe.origin()) {
            evidence.push(number);
            with_credentials |= answer.takes_credentials();
            example = probe.origin();
        }
    }
    if evidence.is_empty() || seen.target.is_private() {
        return;
    }
    findings.push(Finding {
        id: "development-origin",
        severity: if with_credentials {
            Severity::Medium
        } else {
            Severity::Low
        },
        title: format!(
            "`{example}` is allowed, {}",
            with_or_without(with_credentials)
        ),
        exploit:
            "Whatever listens on that port of a user's machine, a program without rights among \
                  it, reads this resource from a page of its own"
                .to_owned(),
        remedy: "Allow origins of development in development only".to_owned(),
        requirements: &["srv-localhost-in-production"],
        evidence,
    });
}

/// An origin of http that was told to be allowed, on a resource of https.
fn insecure(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    if seen.target.url.scheme() != "https" {
        return;
    }
    let allowed = seen.learned.allowed.iter();
    for origin in allowed.filter(|origin| origin.starts_with("http://")) {
        let Some((number, answer)) = seen.actual(origin) else {
            continue;
        };
        let is_local = ["http://localhost", "http://127.", "http://[::1]"]
            .iter()
            .any(|start| origin.starts_with(start));
        if is_local || !answer.takes_credentials() {
            continue;
        }
        findings.push(Finding {
            id: "insecure-origin-with-credentials",
            severity: Severity::High,
            title: format!(
                "`{origin}` of http is allowed by a resource of https, with credentials"
            ),
            exploit: exploit(Obtainable::OnTheNetwork, true),
            remedy: "Serve that page over https, and allow no other origin of it".to_owned(),
            requirements: &["srv-http-origin-trusted-by-https"],
            evidence: vec![number],
        });
    }
}

fn forwarded(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.first(Ask::Forwarded, &Whose::Nobodys) else {
        return;
    };
    let host = crate::audit::stranger::STRANGER_HOST;
    if answer
        .allowed()
        .is_some_and(|allowed| allowed.contains(host))
    {
        findings.push(Finding {
            id: "allow-origin-from-host",
            severity: Severity::Medium,
            title: "Access-Control-Allow-Origin is made of X-Forwarded-Host".to_owned(),
            exploit: "Whoever gets a cache to keep such an answer decides which origin it allows"
                .to_owned(),
            remedy: "Make Access-Control-Allow-Origin of a list and of Origin, and of nothing else"
                .to_owned(),
            requirements: &["srv-host-header-acao"],
            evidence: vec![number],
        });
    }
}

const fn with_or_without(credentials: bool) -> &'static str {
    if credentials {
        "with credentials"
    } else {
        "without credentials"
    }
}

struct Words {
    id: &'static str,
    what: &'static str,
    remedy: &'static str,
    requirements: &'static [&'static str],
}

const WHOLE: &str = "Compare Origin as a whole, byte for byte, with a list; a pattern has to be anchored \
                     at both ends, with its dots escaped";

const VARIANTS: &[(Variant, Words)] = &[
    (
        Variant::Continued,
        Words {
            id: "origin-prefix",
            what: "only the beginning of Origin is compared",
            remedy: WHOLE,
            requirements: &["srv-prefix-match", "srv-unanchored-regex"],
        },
    ),
    (
        Variant::Preceded,
        Words {
            id: "origin-suffix",
            what: "only the end of Origin is compared",
            remedy: WHOLE,
            requirements: &["srv-suffix-match", "srv-subdomain-wildcard-boundary"],
        },
    ),
    (
        Variant::UnescapedDot,
        Words {
            id: "origin-unescaped-dot",
            what: "a dot of the pattern stands for any character",
            remedy: WHOLE,
            requirements: &["srv-unescaped-dot"],
        },
    ),
    (
        Variant::SpecialCharacter,
        Words {
            id: "origin-special-character",
            what: "the pattern takes a character for the end of the host",
            remedy: WHOLE,
            requirements: &["srv-origin-userinfo-and-special"],
        },
    ),
    (
        Variant::Userinfo,
        Words {
            id: "origin-userinfo",
            what: "Origin is read as a URL with a user name",
            remedy: WHOLE,
            requirements: &["srv-origin-userinfo-and-special"],
        },
    ),
    (
        Variant::Embedded,
        Words {
            id: "origin-substring",
            what: "the allowed origin may stand anywhere in Origin",
            remedy: WHOLE,
            requirements: &["srv-substring-match"],
        },
    ),
    (
        Variant::OtherScheme,
        Words {
            id: "origin-other-scheme",
            what: "the scheme is not compared",
            remedy: "Compare scheme, host and port; allow http for no origin of https",
            requirements: &["srv-scheme-mismatch"],
        },
    ),
    (
        Variant::OtherPort,
        Words {
            id: "origin-other-port",
            what: "the port is not compared",
            remedy: "Compare scheme, host and port",
            requirements: &["srv-prefix-match-port"],
        },
    ),
    (
        Variant::Subdomain,
        Words {
            id: "origin-sub-domain",
            what: "every name under it is allowed",
            remedy: "List the names that are meant; if all are, trust all who can get one",
            requirements: &["srv-subdomain-wildcard-boundary", "srv-subdomain-depth"],
        },
    ),
    (
        Variant::Sibling,
        Words {
            id: "origin-sibling",
            what: "every name beside it is allowed",
            remedy: "List the names that are meant; if all are, trust all who can get one",
            requirements: &[
                "srv-subdomain-wildcard-boundary",
                "srv-origin-third-party-trust",
            ],
        },
    ),
    (
        Variant::Superdomain,
        Words {
            id: "origin-super-domain",
            what: "the name above it is allowed",
            remedy: "Take it off the list unless it is meant",
            requirements: &["srv-subdomain-wildcard-boundary"],
        },
    ),
    (
        Variant::TrailingDot,
        Words {
            id: "origin-trailing-dot",
            what: "a dot behind the host is ignored",
            remedy: WHOLE,
            requirements: &["srv-origin-userinfo-and-special"],
        },
    ),
    (
        Variant::OtherCase,
        Words {
            id: "origin-other-case",
            what: "case is ignored",
            remedy: WHOLE,
            requirements: &["srv-origin-case", "w3c-6-1-case-sensitive-origin"],
        },
    ),
    (
        Variant::DefaultPort,
        Words {
            id: "origin-default-port",
            what: "a port that browsers leave out is taken for none",
            remedy: WHOLE,
            requirements: &["w3c-6-1-origin-not-listed"],
        },
    ),
    (
        Variant::TrailingSlash,
        Words {
            id: "origin-trailing-slash",
            what: "a slash behind the origin is ignored",
            remedy: WHOLE,
            requirements: &["w3c-6-1-origin-not-listed"],
        },
    ),
    (
        Variant::List,
        Words {
            id: "origin-list",
            what: "a list of origins is taken for one",
            remedy: "Refuse an Origin that is more than one origin",
            requirements: &["srv-origin-multiple-values"],
        },
    ),
    (
        Variant::TwoLines,
        Words {
            id: "origin-two-lines",
            what: "two lines are taken for one",
            remedy: "Refuse a request with several lines of Origin",
            requirements: &["srv-origin-multiple-values"],
        },
    ),
];

//! What is asked, and when: first to find out the policy, then with that knowledge.

use super::learn::Learned;
use super::probe::{Ask, Probe, Whose};
use super::stranger::{OTHER_STRANGER, STRANGER};
use super::target::Target;
use super::variant::Variant;

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

//! What the answers tell of the policy.

use super::asked::Asked;
use super::probe::{Ask, Whose};
use super::target::Target;

/// The policy, as far as it shows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Learned {
    /// Whether anything tells the policy: an answer that is no error, or allows somebody.
    pub is_known: bool,
    /// Whether any origin at all is allowed, by name or by `*`.
    pub is_open: bool,
    /// Whether that is by `*`.
    pub is_public: bool,
    /// Origins that are allowed by name, beside `null`.
    pub allowed: Vec<String>,
    /// Whether an origin is allowed with credentials.
    pub with_credentials: bool,
}

impl Learned {
    /// What the first round tells.
    #[must_use]
    pub fn from(target: &Target, asked: &[Asked]) -> Self {
        let mut learned = Self::default();
        for asked in asked {
            let Some(answer) = asked.answer() else {
                continue;
            };
            let origin = asked.probe.origin();
            let is_allowed = match asked.probe.ask {
                Ask::Socket => answer.status == 101,
                _ => answer.names(origin),
            };
            let is_public = asked.probe.ask == Ask::Actual && answer.names("*");
            let is_error = match asked.probe.ask {
                Ask::Socket => true, // whoever refuses everybody may do so for any reason
                _ => answer.status >= 400,
            };
            learned.is_known |= !origin.is_empty() && !is_error || is_allowed || is_public;
            match asked.probe.whose {
                Whose::Strangers => {
                    learned.with_credentials |= is_allowed && answer.takes_credentials();
                    learned.is_open |= is_allowed || is_public;
                    learned.is_public |= is_public;
                }
                Whose::Own | Whose::Told if is_allowed => {
                    learned.allowed.push(origin.to_owned());
                    learned.with_credentials |= answer.takes_credentials() || target.is_socket;
                }
                _ => {}
            }
        }
        // One that was told of says more than the resource's own.
        let own = target.own_origin();
        learned.allowed.sort_by_key(|origin| *origin == own);
        learned
    }

    /// Whether nobody is allowed, as far as is known.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.is_open && self.allowed.is_empty()
    }

    /// In one sentence, without its full stop.
    #[must_use]
    pub fn describe(&self) -> String {
        if !self.is_known {
            return "unknown".to_owned();
        }
        let credentials = if self.with_credentials {
            ", with credentials"
        } else {
            ""
        };
        match (self.is_public, self.is_open, self.allowed.as_slice()) {
            (true, ..) => "allows everybody by `*`".to_owned(),
            (_, true, _) => format!("allows any origin by name{credentials}"),
            (.., []) => "allows none of the origins that were asked for".to_owned(),
            (.., allowed) => format!("allows {}{credentials}", allowed.join(", ")),
        }
    }
}

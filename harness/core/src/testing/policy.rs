//! What the server in the test is configured for.

use std::sync::Arc;

use crate::case::Suite as Cases;
use crate::case::scenario::Policy;

/// A policy of the suite: by its name, or as it is built in code.
#[derive(Clone, Debug)]
pub enum Configured {
    /// A file of `policies/`, without the ending.
    Named(String),
    /// The policy of the suite that allows the same.
    Built(Box<Policy>),
}

impl From<&str> for Configured {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for Configured {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<Policy> for Configured {
    fn from(policy: Policy) -> Self {
        Self::Built(Box::new(policy))
    }
}

impl Configured {
    /// The policy of the suite that is meant.
    ///
    /// # Errors
    ///
    /// What there is instead.
    pub(super) fn find(&self, cases: &Cases) -> Result<Arc<Policy>, String> {
        let found = match self {
            Self::Named(name) => cases.policies.find(name),
            Self::Built(policy) => cases
                .policies
                .iter()
                .find(|known| allow_the_same(known, policy)),
        };
        found.map(Arc::clone).ok_or_else(|| {
            let what = match self {
                Self::Named(name) => format!("there is no policy `{name}`"),
                Self::Built(_) => "no scenario is written for this policy".to_owned(),
            };
            let known: Vec<String> = cases
                .policies
                .iter()
                .map(|policy| format!("  {}: {}", policy.name, policy.title))
                .collect();
            format!("{what}; there are\n{}", known.join("\n"))
        })
    }
}

/// Whether two policies differ in nothing but what they are called.
fn allow_the_same(known: &Policy, policy: &Policy) -> bool {
    let nameless = |policy: &Policy| Policy {
        name: String::new(),
        title: String::new(),
        dangerous: false,
        request_headers: lower_case(&policy.request_headers),
        exposed_headers: lower_case(&policy.exposed_headers),
        ..policy.clone()
    };
    nameless(known) == nameless(policy)
}

fn lower_case(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_by_its_name_or_by_what_it_allows() {
        let cases = Cases::embedded().unwrap();
        let named = Configured::from("allowlist").find(&cases).unwrap();
        let built = Policy {
            name: "mine".to_owned(),
            request_headers: vec!["Content-Type", "X-Probe", "Authorization"]
                .into_iter()
                .map(str::to_owned)
                .collect(),
            ..Policy::clone(&named)
        };
        let built = Configured::from(built).find(&cases).unwrap();
        assert_eq!(built.name, "allowlist");
    }

    #[test]
    fn a_policy_that_nothing_is_written_for_is_refused() {
        let cases = Cases::embedded().unwrap();
        let error = Configured::from("allow-list").find(&cases).unwrap_err();
        assert!(error.starts_with("there is no policy `allow-list`; there are\n  allowlist: "));
        let error = Configured::from(Policy::default())
            .find(&cases)
            .unwrap_err();
        assert!(error.starts_with("no scenario is written for this policy; "));
    }
}

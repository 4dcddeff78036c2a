//! The adapters of servers that the project brings.

use std::path::Path;

use corspec::case::{Policies, TargetFile};
use corspec::server::Servers;

fn adapters(policies: &Policies) -> Vec<TargetFile> {
    let servers = Servers::around(Path::new(env!("CARGO_MANIFEST_DIR")), None).unwrap();
    let names = servers.names();
    assert!(!names.is_empty());
    let read = |name: &String| servers.read(name, policies).unwrap();
    names.iter().map(read).collect()
}

/// Held against such a policy, it would be blamed for what it never claimed to do.
#[test]
fn whoever_has_no_list_of_origins_is_held_against_no_policy_with_one() {
    let policies = Policies::embedded().unwrap();
    for adapter in adapters(&policies) {
        let is_expressible = |name: &str| !adapter.inexpressible.contains_key(name);
        if is_expressible("allowlist") {
            continue;
        }
        let with_a_list: Vec<&str> = policies
            .iter()
            .filter(|policy| !policy.origins.is_empty() || !policy.origin_patterns.is_empty())
            .map(|policy| policy.name.as_str())
            .filter(|name| is_expressible(name))
            .collect();
        assert!(with_a_list.is_empty(), "{}: {with_a_list:?}", adapter.name);
    }
}

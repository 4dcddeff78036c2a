//! The server's own exchanges, kept and reviewed with insta.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;

use crate::case::Suite as Cases;
use crate::run::CaseResult;
use crate::tape::{kept_name, snapshot, strays};

/// Holds the exchange of a result against the one that is kept in a folder.
pub(super) fn hold(folder: &Path, result: &CaseResult) -> Result<(), Failed> {
    let exchange = snapshot(&result.transcript);
    let permutation = &result.permutation;
    let name = kept_name(&permutation.id);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(permutation.scenario.title.as_str());
    let assertion = || settings.bind(|| insta::assert_snapshot!(name.as_str(), exchange));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(assertion)).map_err(|_| {
        let file = folder.join(format!("{name}.snap"));
        Failed::from(format!(
            "the exchange is not the one kept as {}; see what changed with `cargo insta review`\n{exchange}",
            file.display()
        ))
    })
}

/// Every file belongs to a permutation.
pub(super) fn all_belong(folder: &Path, cases: &Cases) -> Result<(), Failed> {
    let names: BTreeSet<String> = cases
        .permutations
        .iter()
        .map(|permutation| kept_name(&permutation.id))
        .collect();
    let strays = strays(folder, &names);
    if strays.is_empty() {
        Ok(())
    } else {
        Err(strays.join("\n").into())
    }
}

/// A folder as insta wants it: it would take a relative one for one beside this file.
pub(super) fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

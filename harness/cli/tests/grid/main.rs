//! Runs in the sessions of a real Selenium Grid: a hub and two nodes on this machine's loopback interface.
//!
//! It takes a browser, a Java and the server, which `scripts/install-grid` gets. Where one is missing the
//! test is ignored and says so; where `CORSPEC_REQUIRE_BROWSERS` is set it fails.

mod servers;
mod suite;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let missing = servers::missing();
    let is_required = std::env::var_os("CORSPEC_REQUIRE_BROWSERS").is_some();
    let name = match &missing {
        Some(missing) => format!("a selenium grid ({missing})"),
        None => {
            "a selenium grid gives the verdicts of local sessions and may lose a node".to_owned()
        }
    };
    let trial = Trial::test(name, move || match missing {
        Some(missing) => Err(missing.into()),
        None => {
            suite::a_grid_gives_the_verdicts_of_local_sessions_and_may_lose_a_node();
            Ok(())
        }
    })
    .with_ignored_flag(!is_required && servers::missing().is_some());
    libtest_mimic::run(&arguments, vec![trial]).exit();
}

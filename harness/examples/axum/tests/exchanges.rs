//! Scenarios of one's own, in `tests/cases`, and what was said in them, kept in `tests/snapshots`: an
//! upgrade that changes a header shows, right or wrong. `cargo insta review` accepts a change.

use corspec::testing::Surface;

fn main() -> std::process::ExitCode {
    corspec::Suite::new("allowlist")
        .service(corspec_example_axum::app())
        .path(Surface::Resource, "/v1/things")
        .path(Surface::Failing, "/v1/broken")
        .cases("tests/cases")
        .snapshots("tests/snapshots")
        .run()
}

//! The whole of what it takes: `cargo test --test cors`, or a part of it by name.

use corspec::testing::Surface;

fn main() -> std::process::ExitCode {
    corspec::Suite::new("allowlist")
        .service(corspec_example_axum::app())
        .path(Surface::Resource, "/v1/things")
        .path(Surface::Failing, "/v1/broken")
        .known("tests/cors-known.yaml")
        .run()
}

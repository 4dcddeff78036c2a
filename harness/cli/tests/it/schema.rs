use std::path::Path;

use crate::assert_shown;
use crate::support::Project;

#[test]
fn the_schemas_are_those_that_are_published() {
    for (arguments, file) in [
        (["schema"].as_slice(), "cases/schema.json"),
        (&["schema", "cases"], "cases/schema.json"),
        (&["schema", "policy"], "cases/policies/schema.json"),
        (&["schema", "report"], "reports/schema.json"),
        (&["schema", "target"], "harness/servers/schema.json"),
    ] {
        let output = Project::new().corspec(arguments);
        let published = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(file);
        let published = std::fs::read_to_string(published).expect(file);
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            published,
            "{file}"
        );
    }
}

#[test]
fn an_unknown_format_is_refused() {
    assert_shown!(Project::new().shown(&["schema", "reprot"]));
}

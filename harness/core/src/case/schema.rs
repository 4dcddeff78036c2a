//! The JSON schema of case files, for editors.

use schemars::generate::SchemaSettings;

use super::document::SuiteDraft;

/// The schema of a case file, in the draft that editors' YAML extensions read.
///
/// It is made of the very declarations by which files are read. Every scalar may be a template, that is
/// a string with a `$` in it.
#[must_use]
pub fn schema() -> serde_json::Value {
    let schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<SuiteDraft>();
    let mut schema = schema.to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), "corspec suite".into());
    }
    schema
}

//! The JSON schema of case files, for editors.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::document::SuiteDraft;
use super::policy::PolicyDraft;
use super::target::TargetDraft;

/// The schema of a case file, in the draft that editors' YAML extensions read.
///
/// It is made of the very declarations by which files are read. Every scalar may be a template, that is
/// a string with a `$` in it.
#[must_use]
pub fn schema() -> serde_json::Value {
    titled::<SuiteDraft>("corspec suite")
}

/// The JSON Schema of policies.
#[must_use]
pub fn policy_schema() -> serde_json::Value {
    titled::<PolicyDraft>("corspec policy")
}

/// The JSON Schema of servers under test.
#[must_use]
pub fn target_schema() -> serde_json::Value {
    titled::<TargetDraft>("corspec target")
}

fn titled<T: JsonSchema>(title: &str) -> serde_json::Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), title.into());
    }
    schema
}

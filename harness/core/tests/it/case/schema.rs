//! The schema for editors.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use corspec::case::{Suite, policy_schema, schema, target_schema};
use rstest::rstest;
use serde_json::Value;

#[rstest]
#[case::cases("cases/schema.json", schema())]
#[case::policies("cases/policies/schema.json", policy_schema())]
#[case::targets("harness/servers/schema.json", target_schema())]
fn the_schema_beside_what_it_describes_is_the_one_that_is_generated(
    #[case] path: &str,
    #[case] schema: Value,
) -> io::Result<()> {
    let path = root().join(path);
    let generated = format!("{schema:#}\n");
    if env::var_os("CORSPEC_WRITE").is_some() {
        fs::write(&path, &generated)?;
    }
    let committed = fs::read_to_string(&path)?.replace("\r\n", "\n");
    assert!(
        committed == generated,
        "{} is out of date; write it anew with `CORSPEC_WRITE=1 cargo test schema`",
        path.display()
    );
    Ok(())
}

#[test]
fn every_key_of_the_schema_has_a_description() {
    let schema = schema();
    let mut keys = Vec::new();
    visit(&schema, &mut |value| {
        let properties = value.get("properties").and_then(Value::as_object);
        for (key, schema) in properties.into_iter().flatten() {
            keys.push(key.clone());
            let description = schema.get("description").and_then(Value::as_str);
            assert!(
                description.is_some_and(|text| !text.is_empty()),
                "{key}: {schema}"
            );
        }
    });
    for key in [
        "scenarios",
        "redirects",
        "type",
        "same_as_request",
        "blob",
        "block",
        "level",
    ] {
        assert!(keys.iter().any(|known| known == key), "{key}");
    }
}

#[test]
fn every_reference_of_the_schema_leads_somewhere() {
    let schema = schema();
    let mut references = 0;
    visit(&schema, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(schema.pointer(pointer).is_some(), "{reference}");
            references += 1;
        }
    });
    assert!(references > 10);
}

#[test]
fn unknown_keys_are_refused_by_the_schema_too() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    visit(&schema, &mut |value| {
        if value.get("properties").is_some_and(Value::is_object) && value.get("type").is_some() {
            assert_eq!(value["additionalProperties"], false, "{value}");
        }
    });
}

#[test]
fn every_case_file_names_its_schema_in_the_first_line() {
    let suite = Suite::embedded().unwrap();
    for file in &suite.files {
        let first = file.source.lines().next().unwrap_or_default();
        let modeline = "# yaml-language-server: $schema=../schema.json";
        assert_eq!(first, modeline, "{}", file.path.display());
    }
}

fn visit(value: &Value, seen: &mut dyn FnMut(&Value)) {
    seen(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        Value::Object(entries) => entries.values().for_each(|entry| visit(entry, seen)),
        _ => {}
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

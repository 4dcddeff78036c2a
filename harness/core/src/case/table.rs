//! Maps whose keys are chosen by the author: headers by name, cookies by origin.

use std::borrow::Cow;
use std::collections::HashMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fault::Fault;
use super::read::{Merge, Placed, Read, mapping};
use super::scalar::Templated;
use super::yaml::Node;

/// Entries in the order written. Keys are compared as header names are, without case.
#[derive(Clone, Debug)]
pub(super) struct Table<V>(pub(super) Vec<(Templated<String>, V)>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Read> Read for Table<V> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        let entries = mapping(node, faults)?;
        let mut table = Self::default();
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (key, node) in entries {
            if let Some(first) = seen.insert(key.text.to_ascii_lowercase(), &key.text) {
                let message = format!("`{}` stands here already, as `{first}`", key.text);
                faults.push(
                    Fault::new(key.place, message)
                        .hint("names differ by more than case; several values are a list"),
                );
            }
            if let Some(value) = V::read(node, faults) {
                let name = Placed {
                    place: key.place,
                    value: key.text.clone(),
                };
                table.0.push((Templated::new(name), value));
            }
        }
        Some(table)
    }
}

/// An entry replaces the one of the same name where that stands; new ones follow.
impl<V: Clone> Merge for Table<V> {
    fn over(&self, base: &Self) -> Self {
        let mut merged = base.clone();
        for (name, value) in &self.0 {
            let written = &name.text.value;
            let same = |other: &Templated<String>| other.text.value.eq_ignore_ascii_case(written);
            match merged.0.iter_mut().find(|(other, _)| same(other)) {
                Some(entry) => *entry = (name.clone(), value.clone()),
                None => merged.0.push((name.clone(), value.clone())),
            }
        }
        merged
    }
}

impl<V: JsonSchema> JsonSchema for Table<V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("table of {}", V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<V>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}

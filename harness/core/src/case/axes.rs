//! Axes: the values that expand a scenario into permutations.

use std::borrow::Cow;
use std::collections::HashSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fault::{Fault, Place, shorten};
use super::read::{Merge, Placed, Read, expected, mapping};
use super::scalar::ANY_SCALAR;
use super::template::FIXED;
use super::token::is_kebab;
use super::yaml::{Node, Value};
use crate::server::NamedOrigin;

/// The axes of a scenario, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct AxesDraft(pub(super) Vec<AxisDraft>);

/// One axis.
#[derive(Clone, Debug)]
pub(super) struct AxisDraft {
    pub(super) name: Placed<String>,
    pub(super) choices: Vec<ChoiceDraft>,
}

/// One value on an axis.
#[derive(Clone, Debug)]
pub(super) struct ChoiceDraft {
    /// What stands in the id.
    pub(super) label: String,
    pub(super) value: ChoiceValue,
}

/// One value, or a row of named ones.
#[derive(Clone, Debug)]
pub(super) enum ChoiceValue {
    One(Placed<String>),
    Row(Vec<(String, Placed<String>)>),
}

impl AxesDraft {
    /// How many permutations there are.
    pub(super) fn count(&self) -> usize {
        self.0.iter().fold(1, |count: usize, axis| {
            count.saturating_mul(axis.choices.len())
        })
    }

    /// The choices of one permutation; the last axis changes fastest.
    pub(super) fn choices(&self, permutation: usize) -> Vec<&ChoiceDraft> {
        let mut rest = permutation;
        let mut choices: Vec<_> = self
            .0
            .iter()
            .rev()
            .map(|axis| {
                let choice = &axis.choices[rest % axis.choices.len()];
                rest /= axis.choices.len();
                choice
            })
            .collect();
        choices.reverse();
        choices
    }
}

impl Read for AxesDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut axes = Self::default();
        for (key, value) in mapping(node, faults)? {
            check_name(&key.text, key.place, faults);
            let before = faults.len();
            let choices = match &value.value {
                Value::Sequence(items) => list(items, faults),
                Value::Mapping(_) => table(value, faults)?,
                Value::Null | Value::Scalar(_) => {
                    let fault = expected("a list of values or a map of labels", value);
                    faults.push(match &value.value {
                        Value::Scalar(text) => fault.hint(format!("write `[{}]`", shorten(text))),
                        _ => fault,
                    });
                    continue;
                }
            };
            check_labels(&choices, faults);
            if choices.is_empty() {
                if faults.len() > before {
                    continue;
                }
                let message = format!("the axis `{}` has no values", key.text);
                faults.push(Fault::new(value.place, message).hint("give it one at least"));
                continue;
            }
            let name = Placed {
                place: key.place,
                value: key.text.clone(),
            };
            let choices = choices.into_iter().map(|(_, choice)| choice).collect();
            axes.0.push(AxisDraft { name, choices });
        }
        Some(axes)
    }
}

impl Merge for AxesDraft {}

fn check_name(name: &str, place: Place, faults: &mut Vec<Fault>) {
    if !is_kebab(name) {
        faults.push(
            Fault::new(
                place,
                format!("`{}` cannot be the name of an axis", shorten(name)),
            )
            .hint("lower-case words joined by `-`"),
        );
    } else if FIXED.contains(&name) || name.parse::<NamedOrigin>().is_ok() {
        faults.push(
            Fault::new(place, format!("`${name}` means something already"))
                .hint("give the axis another name"),
        );
    }
}

fn list(items: &[Node], faults: &mut Vec<Fault>) -> Vec<(Place, ChoiceDraft)> {
    let mut choices = Vec::with_capacity(items.len());
    for item in items {
        let Value::Scalar(text) = &item.value else {
            faults.push(match item.value {
                Value::Mapping(_) => expected("a text", item)
                    .hint("an axis of rows is a map: `label: { column: value }`"),
                _ => expected("a text", item),
            });
            continue;
        };
        let choice = ChoiceDraft {
            label: text.clone(),
            value: ChoiceValue::One(placed(item, text)),
        };
        choices.push((item.place, choice));
    }
    choices
}

fn table(node: &Node, faults: &mut Vec<Fault>) -> Option<Vec<(Place, ChoiceDraft)>> {
    let mut choices = Vec::new();
    let mut columns: Option<(&str, Option<Vec<&str>>)> = None;
    for (label, value) in mapping(node, faults)? {
        let (value, of_this) = match &value.value {
            Value::Mapping(_) => {
                let row = row(value, faults)?;
                let mut names: Vec<&str> = mapping(value, faults)?
                    .iter()
                    .map(|(column, _)| column.text.as_str())
                    .collect();
                names.sort_unstable();
                (ChoiceValue::Row(row), Some(names))
            }
            Value::Scalar(text) => (ChoiceValue::One(placed(value, text)), None),
            Value::Null | Value::Sequence(_) => {
                faults.push(expected("a text or a row of columns", value));
                continue;
            }
        };
        match &columns {
            None => columns = Some((&label.text, of_this)),
            Some((_, of_first)) if *of_first == of_this => {}
            Some((first, of_first)) => {
                let fault = match (of_first, &of_this) {
                    (Some(of_first), Some(of_this)) => {
                        let message =
                            format!("the row `{}` has other columns than `{first}`", label.text);
                        let missing: Vec<_> = of_first
                            .iter()
                            .filter(|name| !of_this.contains(name))
                            .collect();
                        let beyond: Vec<_> = of_this
                            .iter()
                            .filter(|name| !of_first.contains(name))
                            .collect();
                        let fault = Fault::new(label.place, message);
                        match (missing.first(), beyond.first()) {
                            (Some(missing), Some(beyond)) => {
                                fault.hint(format!("`{beyond}` should be `{missing}`?"))
                            }
                            (Some(missing), None) => fault.hint(format!("it lacks `{missing}`")),
                            (None, Some(beyond)) => {
                                fault.hint(format!("`{first}` lacks `{beyond}`"))
                            }
                            (None, None) => fault,
                        }
                    }
                    _ => Fault::new(label.place, "an axis has values or rows, not both")
                        .hint(format!("write `{}` the way of `{first}`", label.text)),
                };
                faults.push(fault);
            }
        }
        choices.push((
            label.place,
            ChoiceDraft {
                label: label.text.clone(),
                value,
            },
        ));
    }
    Some(choices)
}

fn placed(node: &Node, text: &str) -> Placed<String> {
    Placed {
        place: node.place,
        value: text.to_owned(),
    }
}

fn row(node: &Node, faults: &mut Vec<Fault>) -> Option<Vec<(String, Placed<String>)>> {
    let mut row = Vec::new();
    for (column, value) in mapping(node, faults)? {
        if !is_kebab(&column.text) {
            let message = format!("`{}` cannot be the name of a column", shorten(&column.text));
            faults.push(Fault::new(column.place, message).hint("lower-case words joined by `-`"));
        }
        if let Some(value) = Placed::read(value, faults) {
            row.push((column.text.clone(), value));
        }
    }
    if row.is_empty() {
        faults.push(Fault::new(node.place, "this row has no columns"));
    }
    Some(row)
}

fn check_labels(choices: &[(Place, ChoiceDraft)], faults: &mut Vec<Fault>) {
    let mut seen = HashSet::new();
    for (place, choice) in choices {
        let label = &choice.label;
        let fits = !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._*+-".contains(&byte));
        if !fits {
            let message = format!("`{}` cannot stand in an id", shorten(label));
            faults.push(Fault::new(*place, message).hint(
                "give it a label of letters, digits and `._*+-`: `label: value` instead of a list",
            ));
        } else if label.len() > LONGEST_LABEL {
            let message = format!("a label has at most {LONGEST_LABEL} characters");
            faults.push(Fault::new(*place, message).hint("give it a shorter one: `label: value`"));
        } else if !seen.insert(label.as_str()) {
            let message = format!("the label `{label}` stands here already");
            faults.push(Fault::new(*place, message).hint("labels tell permutations apart"));
        }
    }
}

const LONGEST_LABEL: usize = 40;

impl JsonSchema for AxesDraft {
    fn schema_name() -> Cow<'static, str> {
        "Axes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let scalar = json_schema!({ "type": ANY_SCALAR });
        json_schema!({
            "description": "Values by the name of their axis. `$name` is the value, `$name.column` that of a row.",
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" },
            "additionalProperties": {
                "description": "A list of values, or a map of labels to values or rows.",
                "anyOf": [
                    { "type": "array", "items": scalar, "minItems": 1, "uniqueItems": true },
                    {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {
                            "anyOf": [
                                scalar,
                                {
                                    "type": "object",
                                    "minProperties": 1,
                                    "additionalProperties": scalar,
                                },
                            ],
                        },
                    },
                ],
            },
        })
    }
}

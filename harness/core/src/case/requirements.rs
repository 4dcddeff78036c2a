//! What the suite has to cover: `requirements.yaml`.
//!
//! ```yaml
//! - id: pf-acah-every-unsafe-name
//!   spec: fetch
//!   section: CORS-preflight fetch
//!   citation: https://fetch.spec.whatwg.org/#cors-preflight-fetch
//!   level: algorithm-step
//!   party: user-agent
//!   statement: Every CORS-unsafe request-header name must be listed …
//! ```

use std::collections::HashMap;

use serde::Serialize;

use super::draft::draft;
use super::fault::Fault;
use super::read::{Placed, Read, Required, Setting};
use super::yaml::Node;

/// One testable statement of a standard.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Requirement {
    /// The id that scenarios name under `covers`.
    pub id: String,
    /// The standard, by its short name.
    pub spec: String,
    /// The section's title.
    pub section: String,
    /// Where the standard says it, as a URL.
    pub citation: String,
    /// How the standard says it: `must`, `algorithm-step` ….
    pub level: String,
    /// Who has to comply.
    pub party: String,
    /// The statement, in the suite's own words.
    pub statement: String,
    /// The mechanism it belongs to.
    pub mechanism: Option<String>,
    /// Where it can be observed: `wire`, `browser` or `both`.
    pub observable: Option<String>,
    /// A known gap between that text and what engines or libraries do.
    pub deviation: Option<String>,
    /// Why no scenario can cover it.
    pub uncovered: Option<String>,
}

/// The requirements, by id.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    list: Vec<Requirement>,
    by_id: HashMap<String, usize>,
}

impl Requirements {
    /// The requirement of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Requirement> {
        self.by_id.get(id).map(|index| &self.list[*index])
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Requirement> {
        self.list.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.list
            .iter()
            .map(|requirement| requirement.id.as_str())
            .collect()
    }

    pub(super) fn read(node: &Node, faults: &mut Vec<Fault>) -> Self {
        let mut requirements = Self::default();
        for draft in Vec::<RequirementDraft>::read(node, faults).unwrap_or_default() {
            let id = draft.id.0;
            let index = requirements.list.len();
            if requirements.by_id.insert(id.value.clone(), index).is_some() {
                let message = format!("the requirement `{}` stands here already", id.value);
                faults.push(Fault::new(id.place, message).hint("ids are unique and permanent"));
            }
            let text = |setting: Setting<String>| setting.given().cloned();
            requirements.list.push(Requirement {
                id: id.value,
                spec: draft.spec.0,
                section: draft.section.0,
                citation: draft.citation.0,
                level: draft.level.0,
                party: draft.party.0,
                statement: draft.statement.0,
                mechanism: text(draft.mechanism),
                observable: text(draft.observable),
                deviation: text(draft.deviation),
                uncovered: text(draft.uncovered),
            });
        }
        requirements
    }
}

draft! {
    /// One testable statement of a standard.
    struct RequirementDraft {
        /// The id that scenarios name under `covers`.
        id: Required<Placed<String>>,
        /// The standard, by its short name.
        spec: Required<String>,
        /// The section's title.
        section: Required<String>,
        /// Where the standard says it, as a URL.
        citation: Required<String>,
        /// How the standard says it.
        level: Required<String>,
        /// Who has to comply.
        party: Required<String>,
        /// The statement, in the suite's own words.
        statement: Required<String>,
        /// The mechanism it belongs to.
        mechanism: Setting<String>,
        /// Where it can be observed.
        observable: Setting<String>,
        /// A known gap between that text and what engines or libraries do.
        deviation: Setting<String>,
        /// Why no scenario can cover it.
        uncovered: Setting<String>,
    }
}

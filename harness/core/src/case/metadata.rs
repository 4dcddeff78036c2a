//! What a scenario says about itself, the same in all its permutations.

use std::sync::Arc;

use super::document::ScenarioDraft;
use super::expand::Surroundings;
use super::fault::{Fault, Problem};
use super::read::{Merge, Placed};
use super::scenario::{Level, Location, Only, Scenario};
use super::token::is_kebab;

impl Surroundings<'_> {
    /// The scenario without what it does.
    pub(super) fn scenario(
        &self,
        draft: &Placed<ScenarioDraft>,
        faults: &mut Vec<Fault>,
    ) -> Scenario {
        let ScenarioDraft {
            id,
            title,
            why,
            only,
            ..
        } = &draft.value;
        if !is_kebab(&id.0.value) {
            let message = format!("`{}` cannot be an id", id.0.value);
            faults.push(
                Fault::new(id.0.place, message).hint("lower-case words and numbers joined by `-`"),
            );
        }
        refuse_empty(&title.0, "the title", faults);
        let only = only.given().map(|only| {
            refuse_empty(&only.reason.0, "the reason", faults);
            if only.agents.0.0.is_empty() {
                let place = only.reason.0.place;
                faults.push(Fault::new(
                    place,
                    "no agent is named that can run this scenario",
                ));
            }
            Only {
                agents: only
                    .agents
                    .0
                    .0
                    .iter()
                    .map(|agent| agent.value.0.to_owned())
                    .collect(),
                reason: only.reason.0.value.clone(),
            }
        });
        let level = draft.value.level.over(&self.defaults.level);
        Scenario {
            id: format!("{}/{}", self.path, id.0.value),
            title: title.0.value.clone(),
            why: why.given().map(|why| why.value.clone()),
            subject: self.subject,
            level: level.given().map_or(Level::Must, |level| level.value),
            covers: self.covers(draft, faults),
            tags: self.tags(draft, faults),
            only,
            location: Location {
                file: Arc::clone(&self.file),
                line: draft.place.line,
                column: draft.place.column,
            },
        }
    }

    fn covers(&self, draft: &Placed<ScenarioDraft>, faults: &mut Vec<Fault>) -> Vec<String> {
        let covers = draft.value.covers.over(&self.defaults.covers);
        let ids = covers
            .given()
            .map(|ids| ids.0.as_slice())
            .unwrap_or_default();
        if ids.is_empty() {
            faults.push(
                Fault::new(
                    draft.place,
                    "it is not said which requirement this scenario covers",
                )
                .hint("`covers: [id, …]` with ids from requirements.yaml"),
            );
        }
        for id in ids {
            if self.requirements.find(&id.value).is_none() {
                let problem = Problem::unknown("requirement", &id.value, &self.requirements.ids());
                let problem = match problem.hint {
                    Some(_) => problem,
                    None => problem.hint("the ids are in requirements.yaml"),
                };
                faults.push(problem.at(id.place));
            }
        }
        ids.iter().map(|id| id.value.clone()).collect()
    }

    fn tags(&self, draft: &Placed<ScenarioDraft>, faults: &mut Vec<Fault>) -> Vec<String> {
        let tags = draft.value.tags.over(&self.defaults.tags);
        let tags = tags
            .given()
            .map(|tags| tags.0.as_slice())
            .unwrap_or_default();
        for tag in tags {
            if !is_kebab(&tag.value) {
                let message = format!("`{}` cannot be a tag", tag.value);
                faults.push(
                    Fault::new(tag.place, message)
                        .hint("lower-case words and numbers joined by `-`"),
                );
            }
        }
        tags.iter().map(|tag| tag.value.clone()).collect()
    }
}

fn refuse_empty(text: &Placed<String>, what: &str, faults: &mut Vec<Fault>) {
    if text.value.trim().is_empty() {
        faults.push(Fault::new(text.place, format!("{what} is empty")));
    }
}

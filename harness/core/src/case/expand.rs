//! A scenario as drafted, expanded into its permutations.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::axes::{AxesDraft, ChoiceDraft, ChoiceValue};
use super::document::{DefaultsDraft, ExpectDraft, RequestDraft, ScenarioDraft, ServerDraft};
use super::fault::{Fault, Problem};
use super::read::{Many, Merge, Placed, Setting};
use super::request::Route;
use super::requirements::Requirements;
use super::resolve::Resolver;
use super::scalar::{Isomorphic, Templated};
use super::scenario::{
    CookieSetup, Level, Location, Only, Page, Permutation, Scenario, Step, Subject,
};
use super::table::Table;
use super::template::{Chosen, ChosenValue, Known, Scope};
use super::token::is_kebab;
use crate::server::NamedOrigin;

/// What all scenarios of a file have in common.
pub(super) struct Surroundings<'suite> {
    pub(super) file: Arc<PathBuf>,
    /// `<area>/<topic>`.
    pub(super) path: String,
    pub(super) subject: Subject,
    pub(super) defaults: &'suite DefaultsDraft,
    pub(super) requirements: &'suite Requirements,
}

impl Surroundings<'_> {
    /// The permutations of one scenario; empty if it has faults.
    pub(super) fn expand(
        &self,
        draft: &Placed<ScenarioDraft>,
        faults: &mut Vec<Fault>,
    ) -> Vec<Permutation> {
        let before = faults.len();
        let scenario = Arc::new(self.scenario(draft, faults));
        let Some(plan) = self.plan(draft, faults) else {
            return Vec::new();
        };
        let no_axes = AxesDraft::default();
        let axes = draft.value.axes.given().unwrap_or(&no_axes);
        if axes.count() > MOST_PERMUTATIONS {
            let place = axes.0.first().map_or(draft.place, |axis| axis.name.place);
            let message = format!("more than {MOST_PERMUTATIONS} permutations");
            faults
                .push(Fault::new(place, message).hint("split the scenario, or thin the axes out"));
            return Vec::new();
        }
        let used = vec![Cell::new(false); axes.0.len()];
        let mut seen: HashSet<Fault> = HashSet::new();
        let mut permutations = Vec::with_capacity(axes.count());
        for number in 0..axes.count() {
            let choices = axes.choices(number);
            let id = permutation_id(&scenario.id, axes, &choices);
            let rows: Vec<_> = choices
                .iter()
                .map(|choice| columns(&choice.value))
                .collect();
            let chosen = choose(axes, &choices, &rows, &used);
            let known = Known::default();
            let scope = Scope {
                permutation: &id,
                axes: &chosen,
                known,
            };
            let mut resolver = Resolver {
                scope,
                file: &self.file,
                faults: Vec::new(),
            };
            let permutation = self.permutation(&plan, &scenario, axes, &choices, &mut resolver);
            if id.len() > LONGEST_ID {
                let message = format!("the id `{id}` has more than {LONGEST_ID} characters");
                let fault = Fault::new(draft.value.id.0.place, message);
                resolver
                    .faults
                    .push(fault.hint("shorten the labels of its axes"));
            }
            // What is wrong in every permutation is said once.
            for fault in resolver.faults {
                let essence = Fault {
                    note: None,
                    ..fault.clone()
                };
                if seen.insert(essence) {
                    faults.push(fault);
                }
            }
            permutations.extend(permutation);
        }
        let sound = faults.len() == before;
        for (axis, used) in axes.0.iter().zip(&used) {
            if sound && !used.get() {
                let name = &axis.name.value;
                let message = format!("the axis `{name}` changes nothing: `${name}` is never used");
                faults.push(Fault::new(axis.name.place, message).hint("use it, or remove it"));
            }
        }
        if faults.len() == before {
            permutations
        } else {
            Vec::new()
        }
    }

    fn scenario(&self, draft: &Placed<ScenarioDraft>, faults: &mut Vec<Fault>) -> Scenario {
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

    /// The scenario with its defaults merged in, once for all permutations.
    fn plan(&self, draft: &Placed<ScenarioDraft>, faults: &mut Vec<Fault>) -> Option<Plan> {
        let scenario = &draft.value;
        let request = scenario.request.over(&self.defaults.request);
        let server = scenario.server.over(&self.defaults.server);
        let expected = "say what must come of it: `expect: { outcome: … }`";
        let steps = match (scenario.steps.given(), scenario.expect.given()) {
            (Some(_), Some(expect)) => {
                faults.push(
                    Fault::new(expect.place, "`expect` cannot stand beside `steps`")
                        .hint("each step has its own"),
                );
                return None;
            }
            (None, None) => {
                let message = "the key `expect` is missing here";
                faults.push(Fault::new(draft.place, message).hint(expected));
                return None;
            }
            (None, Some(expect)) => {
                vec![StepPlan {
                    wait: Setting::Absent,
                    request: request.given().cloned().unwrap_or_default(),
                    server: server.given().cloned().unwrap_or_default(),
                    expect: expect.clone(),
                }]
            }
            (Some(steps), None) => {
                if steps.value.is_empty() {
                    let message = "a scenario has at least one step";
                    faults.push(Fault::new(steps.place, message));
                    return None;
                }
                let mut plans = Vec::with_capacity(steps.value.len());
                for step in &steps.value {
                    let Some(expect) = step.value.expect.given() else {
                        let message = "the key `expect` is missing here";
                        faults.push(Fault::new(step.place, message).hint(expected));
                        continue;
                    };
                    plans.push(StepPlan {
                        wait: step.value.wait.clone(),
                        request: step
                            .value
                            .request
                            .over(&request)
                            .given()
                            .cloned()
                            .unwrap_or_default(),
                        server: step
                            .value
                            .server
                            .over(&server)
                            .given()
                            .cloned()
                            .unwrap_or_default(),
                        expect: expect.clone(),
                    });
                }
                plans
            }
        };
        Some(Plan {
            page: scenario.page.over(&self.defaults.page),
            cookies: scenario.cookies.over(&self.defaults.cookies),
            steps,
        })
    }

    fn permutation(
        &self,
        plan: &Plan,
        scenario: &Arc<Scenario>,
        axes: &AxesDraft,
        choices: &[&ChoiceDraft],
        resolver: &mut Resolver<'_>,
    ) -> Option<Permutation> {
        let page: Page = resolver.value_or(&plan.page, "app")?;
        resolver.scope.known.page = Some(page.serialize());
        let cookies = resolve_cookies(&plan.cookies, resolver);
        let steps = plan
            .steps
            .iter()
            .map(|step| step.resolve(self.subject, resolver));
        let steps = steps
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Option<Vec<_>>>()?;
        Some(Permutation {
            id: resolver.scope.permutation.to_owned(),
            scenario: Arc::clone(scenario),
            axes: axes
                .0
                .iter()
                .zip(choices)
                .map(|(axis, choice)| (axis.name.value.clone(), choice.label.clone()))
                .collect(),
            page,
            cookies,
            steps,
        })
    }
}

/// A scenario with its defaults merged in.
struct Plan {
    page: Setting<Templated<Page>>,
    cookies: Setting<Table<Setting<Many<Templated<Isomorphic>>>>>,
    steps: Vec<StepPlan>,
}

struct StepPlan {
    wait: Setting<Templated<Duration>>,
    request: RequestDraft,
    server: ServerDraft,
    expect: Placed<ExpectDraft>,
}

impl StepPlan {
    fn resolve(&self, subject: Subject, resolver: &mut Resolver<'_>) -> Option<Step> {
        let page = resolver.scope.known.page.take();
        resolver.scope.known = Known {
            page,
            ..Known::default()
        };
        let wait = resolver.setting(&self.wait).unwrap_or_default();
        let route = Route::resolve(&self.request, &self.server, resolver)?;
        let server = self.server.resolve(&route, resolver);
        let request = self.request.resolve(route.url, resolver);
        let expect = self.expect.resolve(subject, resolver);
        self.request.check(&request, &expect, resolver);
        Some(Step {
            wait,
            request,
            server,
            expect,
        })
    }
}

fn resolve_cookies(
    table: &Setting<Table<Setting<Many<Templated<Isomorphic>>>>>,
    resolver: &mut Resolver<'_>,
) -> Vec<CookieSetup> {
    let mut cookies = Vec::new();
    for (name, values) in table
        .given()
        .map(|table| table.0.as_slice())
        .unwrap_or_default()
    {
        let Some(values) = values.given() else {
            continue;
        };
        let origin = Templated::<NamedOrigin>::new(name.text.clone());
        let Some(origin) = resolver.value(&origin) else {
            continue;
        };
        for value in &values.0 {
            let text = Templated::<String>::new(value.text.clone());
            if let Some(set_cookie) = resolver.value(&text) {
                cookies.push(CookieSetup {
                    origin: origin.clone(),
                    set_cookie,
                });
            }
        }
    }
    cookies
}

fn permutation_id(scenario: &str, axes: &AxesDraft, choices: &[&ChoiceDraft]) -> String {
    if choices.is_empty() {
        return scenario.to_owned();
    }
    let labels: Vec<_> = axes
        .0
        .iter()
        .zip(choices)
        .map(|(axis, choice)| format!("{}={}", axis.name.value, choice.label))
        .collect();
    format!("{scenario}[{}]", labels.join(","))
}

fn columns(value: &ChoiceValue) -> Vec<(&str, &str)> {
    match value {
        ChoiceValue::One(_) => Vec::new(),
        ChoiceValue::Row(row) => row
            .iter()
            .map(|(column, value)| (column.as_str(), value.as_str()))
            .collect(),
    }
}

fn choose<'draft>(
    axes: &'draft AxesDraft,
    choices: &[&'draft ChoiceDraft],
    rows: &'draft [Vec<(&'draft str, &'draft str)>],
    used: &'draft [Cell<bool>],
) -> Vec<Chosen<'draft>> {
    axes.0
        .iter()
        .zip(choices)
        .zip(rows)
        .zip(used)
        .map(|(((axis, choice), row), used)| Chosen {
            axis: &axis.name.value,
            value: match &choice.value {
                ChoiceValue::One(value) => ChosenValue::One(value),
                ChoiceValue::Row(_) => ChosenValue::Row(row),
            },
            used,
        })
        .collect()
}

fn refuse_empty(text: &Placed<String>, what: &str, faults: &mut Vec<Fault>) {
    if text.value.trim().is_empty() {
        faults.push(Fault::new(text.place, format!("{what} is empty")));
    }
}

/// More than that is a mistake in the axes.
const MOST_PERMUTATIONS: usize = 10_000;
/// Snapshots are named by ids, and file names end at 255 bytes.
const LONGEST_ID: usize = 150;

//! A scenario as drafted, expanded into its permutations.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::axes::{AxesDraft, ChoiceDraft};
use super::document::{DefaultsDraft, ScenarioDraft};
use super::fault::{Fault, Problem, shorten};
use super::plan::Plan;
use super::policy::{Policies, Policy};
use super::read::{Placed, Setting};
use super::requirements::Requirements;
use super::resolve::Resolver;
use super::scalar::Templated;
use super::scenario::{Context, Page, PageOrigin, Permutation, Scenario, Subject};
use super::template::{Chosen, Known, Scope};

/// What all scenarios of a file have in common.
pub(super) struct Surroundings<'suite> {
    pub(super) file: Arc<PathBuf>,
    /// `<area>/<topic>`.
    pub(super) path: String,
    pub(super) subject: Subject,
    pub(super) defaults: &'suite DefaultsDraft,
    pub(super) requirements: &'suite Requirements,
    pub(super) policies: &'suite Policies,
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
        let Some(plan) = Plan::merge(draft, self.defaults, faults) else {
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
            let chosen = choose(axes, &choices, &used);
            let known = Known::default();
            let scope = Scope {
                permutation: &id,
                axes: &chosen,
                known,
            };
            let mut resolver = Resolver {
                scope,
                file: &self.file,
                has_policy: plan.policy.given().is_some(),
                faults: Vec::new(),
            };
            let permutation = self.permutation(&plan, &scenario, axes, &choices, &mut resolver);
            if id.len() > LONGEST_ID {
                let message = format!(
                    "the id `{}` has more than {LONGEST_ID} characters",
                    shorten(&id)
                );
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

    fn permutation(
        &self,
        plan: &Plan,
        scenario: &Arc<Scenario>,
        axes: &AxesDraft,
        choices: &[&ChoiceDraft],
        resolver: &mut Resolver<'_>,
    ) -> Option<Permutation> {
        let policy = match plan.policy.given() {
            Some(name) => Some(self.policy(name, resolver)?),
            None => None,
        };
        let mut page: Page = resolver.value_or(&plan.page, "app")?;
        if let Some(context) = resolver.setting(&plan.context) {
            page.context = context;
        }
        page.permission = resolver.setting(&plan.permission);
        refuse_claim(&page, &plan.page, resolver);
        refuse_inside_file(&page, &plan.context, resolver);
        resolver.scope.known.page = Some(page.serialize());
        let cookies = plan.resolve_cookies(resolver);
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
            policy,
            page,
            cookies,
            steps,
        })
    }

    fn policy(&self, name: &Templated<String>, resolver: &mut Resolver<'_>) -> Option<Arc<Policy>> {
        if self.subject != Subject::Server {
            resolver.refuse(
                name.text.place,
                "only a server under test has a policy",
                "the suite says `about: user-agent`; script the answers under `server`",
            );
            return None;
        }
        let text = resolver.value(name)?;
        let found = self.policies.find(&text).cloned();
        if found.is_none() {
            let problem = Problem::unknown("policy", &text, &self.policies.names());
            let problem = match problem.hint {
                Some(_) => problem,
                None => problem.hint("policies are files in `policies/`"),
            };
            resolver.faults.push(problem.at(name.text.place));
        }
        found
    }
}

/// Only where a server under test answers can an origin be claimed that is not served.
pub(super) fn refuse_claim(
    page: &Page,
    setting: &Setting<Templated<Page>>,
    resolver: &mut Resolver<'_>,
) {
    if let (PageOrigin::Claimed(_), false, Some(text)) =
        (&page.origin, resolver.has_policy, setting.given())
    {
        resolver.refuse(
            text.text.place,
            "no page of this origin is served",
            "name an origin such as `app`; only a scenario with a `policy` may claim any origin",
        );
    }
}

/// What a page from a file may have inside differs by engine, and says nothing about other origins.
fn refuse_inside_file(
    page: &Page,
    setting: &Setting<Templated<Context>>,
    resolver: &mut Resolver<'_>,
) {
    if let (PageOrigin::File, false, Some(text)) = (
        &page.origin,
        page.context == Context::Window,
        setting.given(),
    ) {
        resolver.refuse(
            text.text.place,
            "a page from a file has no frames and no workers here",
            "use the context `window`, or a page that is served",
        );
    }
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

fn choose<'draft>(
    axes: &'draft AxesDraft,
    choices: &[&'draft ChoiceDraft],
    used: &'draft [Cell<bool>],
) -> Vec<Chosen<'draft>> {
    axes.0
        .iter()
        .zip(choices)
        .zip(used)
        .map(|((axis, choice), used)| Chosen {
            axis: &axis.name.value,
            value: &choice.value,
            used,
        })
        .collect()
}

/// More in one scenario is a mistake in the axes.
const MOST_PERMUTATIONS: usize = 10_000;
/// Snapshots are named by ids, and file names end at 255 bytes.
const LONGEST_ID: usize = 150;

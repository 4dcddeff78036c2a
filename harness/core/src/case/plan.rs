//! A scenario laid over its defaults, and its steps over the scenario.

use std::time::Duration;

use super::document::{DefaultsDraft, ExpectDraft, RequestDraft, ScenarioDraft, ServerDraft};
use super::expand::refuse_claim;
use super::fault::Fault;
use super::read::{Many, Merge, Placed, Setting};
use super::request::Route;
use super::resolve::Resolver;
use super::scalar::Templated;
use super::scenario::{Context, CookieSetup, Page, Permission, Step, Subject};
use super::table::Table;
use super::template::Known;
use crate::server::NamedOrigin;

/// A scenario with its defaults merged in.
pub(super) struct Plan {
    pub(super) policy: Setting<Templated<String>>,
    pub(super) page: Setting<Templated<Page>>,
    pub(super) context: Setting<Templated<Context>>,
    pub(super) permission: Setting<Templated<Permission>>,
    cookies: Setting<Table<Setting<Many<Templated<String>>>>>,
    pub(super) steps: Vec<StepPlan>,
}

pub(super) struct StepPlan {
    wait: Setting<Templated<Duration>>,
    page: Setting<Templated<Page>>,
    request: RequestDraft,
    server: ServerDraft,
    expect: Placed<ExpectDraft>,
}

impl Plan {
    /// The scenario with its defaults merged in, once for all permutations.
    pub(super) fn merge(
        draft: &Placed<ScenarioDraft>,
        defaults: &DefaultsDraft,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let scenario = &draft.value;
        let request = scenario.request.over(&defaults.request);
        let server = scenario.server.over(&defaults.server);
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
                    page: Setting::Absent,
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
                        page: step.value.page.clone(),
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
        let policy = scenario.policy.over(&defaults.policy);
        if policy.given().is_some() && server.given().is_some() {
            faults.push(
                Fault::new(draft.place, "a scenario with a policy has no `server`")
                    .hint("the server under test answers; remove one of the two"),
            );
            return None;
        }
        Some(Self {
            policy,
            page: scenario.page.over(&defaults.page),
            context: scenario.context.over(&defaults.context),
            permission: scenario.permission.over(&defaults.permission),
            cookies: scenario.cookies.over(&defaults.cookies),
            steps,
        })
    }

    /// The cookies of one permutation.
    pub(super) fn resolve_cookies(&self, resolver: &mut Resolver<'_>) -> Vec<CookieSetup> {
        let mut cookies = Vec::new();
        let table = &self.cookies;
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
                if let Some(set_cookie) = resolver.value(value) {
                    cookies.push(CookieSetup {
                        origin: origin.clone(),
                        set_cookie,
                    });
                }
            }
        }
        cookies
    }
}

impl StepPlan {
    /// The step of one permutation.
    pub(super) fn resolve(&self, subject: Subject, resolver: &mut Resolver<'_>) -> Option<Step> {
        let scenario_page = resolver.scope.known.page.take();
        let page = resolver.setting(&self.page);
        if let Some(page) = &page {
            refuse_claim(page, &self.page, resolver);
        }
        if let (Some(text), false) = (self.page.given(), resolver.has_policy) {
            resolver.refuse(
                text.text.place,
                "only with a policy does a step have a page of its own",
                "write a scenario for each page",
            );
        }
        let serialized = page.as_ref().map(Page::serialize);
        resolver.scope.known = Known {
            page: serialized.or_else(|| scenario_page.clone()),
            ..Known::default()
        };
        let wait = resolver.setting(&self.wait).unwrap_or_default();
        let route = Route::resolve(&self.request, &self.server, resolver)?;
        let server = self.server.resolve(&route, resolver);
        let request = self.request.resolve(route.url, resolver);
        let expect = self.expect.resolve(subject, resolver);
        self.request.check(&request, &expect, resolver);
        resolver.scope.known.page = scenario_page;
        Some(Step {
            wait,
            page,
            request,
            server,
            expect,
        })
    }
}

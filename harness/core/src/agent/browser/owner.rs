//! Whose request it is that an engine speaks of.

use std::collections::{HashMap, VecDeque};

use url::Url;

use super::job::Job;

/// Whose request a URL belongs to: the job with its token, else the next one that asks for the URL.
pub(crate) struct Owners<'a> {
    by_token: HashMap<&'a str, usize>,
    by_url: HashMap<String, VecDeque<(usize, usize)>>,
    /// The step that each job is at, as its control requests tell.
    steps: Vec<usize>,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(jobs: &'a [Job]) -> Self {
        let by_token: HashMap<&str, usize> = jobs
            .iter()
            .enumerate()
            .map(|(number, job)| (job.token.as_str(), number))
            .collect();
        let mut by_url: HashMap<String, VecDeque<(usize, usize)>> = HashMap::new();
        for (number, job) in jobs.iter().enumerate() {
            for (step, plan) in job.steps.iter().enumerate() {
                let url = as_requested(&plan.request.url);
                if !by_token.contains_key(first_segment(&url)) {
                    by_url.entry(url).or_default().push_back((number, step));
                }
            }
        }
        Self {
            by_token,
            by_url,
            steps: vec![0; jobs.len()],
        }
    }

    /// The numbers of its job and step.
    pub(crate) fn of(&mut self, url: &str) -> Option<(usize, usize)> {
        let Some(&job) = self.by_token.get(first_segment(url)) else {
            return self.by_url.get_mut(url)?.pop_front();
        };
        match url.split_once("/-/") {
            Some((_, control)) => {
                if let Some(step) = control.strip_prefix("step/") {
                    self.steps[job] = step.parse().unwrap_or_default();
                }
                None
            }
            None => Some((job, self.steps[job])),
        }
    }
}

/// A URL as the log tells it.
pub(crate) fn as_requested(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            url.set_fragment(None);
            url.into()
        }
        Err(_) => url.to_owned(),
    }
}

/// The first segment of a URL's path: the token, in the URLs of scenarios.
pub(crate) fn first_segment(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    path.split(['/', '?', '#']).next().unwrap_or_default()
}

//! Suites: case files loaded as a whole.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::document::{DefaultsDraft, SuiteDraft};
use super::error::{LoadError, Report};
use super::expand::Surroundings;
use super::fault::{Fault, Place};
use super::files::{self, EMBEDDED, embedded_file};
use super::policy::Policies;
use super::read::Read;
use super::requirements::Requirements;
use super::scenario::{Permutation, Subject};
use super::token::is_kebab;
use super::yaml;

/// Case files, read, checked and expanded.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The files, by path.
    pub files: Vec<SuiteFile>,
    /// The permutations of all scenarios, in the order of files, scenarios and axes.
    pub permutations: Vec<Arc<Permutation>>,
    /// What servers under test are configured for.
    pub policies: Policies,
    /// What is to be covered.
    pub requirements: Requirements,
    /// Identifies the content of the files: the first 16 hexadecimal digits of a SHA-256.
    pub digest: String,
    /// The same of the files that judge servers, and of the policies: all that a published result of a
    /// server depends on.
    pub server_digest: String,
}

/// One case file.
#[derive(Clone, Debug)]
pub struct SuiteFile {
    /// `<area>/<topic>.yaml`, relative to the folder of cases.
    pub path: PathBuf,
    /// The topic.
    pub title: String,
    /// Who is judged.
    pub subject: Subject,
    /// The text of the file.
    pub source: Arc<str>,
}

impl Suite {
    /// The suite that is compiled in.
    ///
    /// # Errors
    ///
    /// When a case file is wrong, with every fault of every file.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::from_files(EMBEDDED.iter().copied())
    }

    /// The suite in a folder of `<area>/<topic>.yaml` files.
    ///
    /// # Errors
    ///
    /// When a file or folder cannot be read, there are no case files, or one is wrong.
    pub fn from_dir(folder: &Path) -> Result<Self, LoadError> {
        let mut report = Report::default();
        let files = files::find(folder, &mut report);
        Self::load(files, report)
    }

    /// The suite of these files, given by path (relative to the folder of cases) and content.
    ///
    /// `requirements.yaml` among them replaces the requirements that are compiled in.
    ///
    /// # Errors
    ///
    /// When a file is wrong, with every fault of every file.
    pub fn from_files<P, C>(files: impl IntoIterator<Item = (P, C)>) -> Result<Self, LoadError>
    where
        P: Into<PathBuf>,
        C: Into<Vec<u8>>,
    {
        let files = files
            .into_iter()
            .map(|(path, content)| (path.into(), content.into()));
        Self::load(files.collect(), Report::default())
    }

    /// How many scenarios there are, before their axes are expanded.
    #[must_use]
    pub fn scenario_count(&self) -> usize {
        // The permutations of a scenario are neighbours.
        self.permutations
            .chunk_by(|one, next| Arc::ptr_eq(&one.scenario, &next.scenario))
            .count()
    }

    /// The text of a file, for diagnostics and snippets.
    #[must_use]
    pub fn source(&self, path: &Path) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| &*file.source)
    }

    fn load(mut files: Vec<(PathBuf, Vec<u8>)>, mut report: Report) -> Result<Self, LoadError> {
        files.sort();
        for pair in files.windows(2) {
            if pair[0].0 == pair[1].0 {
                report.refuse_twice(&pair[0].0);
            }
        }
        let requirements = read_requirements(&files, &mut report);
        let policies = Policies::read(&files, &mut report);
        let mut suite = Self {
            policies,
            files: Vec::new(),
            permutations: Vec::new(),
            requirements,
            digest: String::new(),
            server_digest: String::new(),
        };
        let (mut all, mut of_servers) = (ContentDigest::default(), ContentDigest::default());
        for (path, content) in files {
            // A policy changes what its scenarios mean.
            if files::is_policy(&path) {
                all.add(&path, &content);
                of_servers.add(&path, &content);
            } else if !files::is_data(&path) {
                all.add(&path, &content);
                let subject = suite.add(path.clone(), content.clone(), &mut report);
                if subject == Some(Subject::Server) {
                    of_servers.add(&path, &content);
                }
            }
        }
        suite.digest = all.finish();
        suite.server_digest = of_servers.finish();
        report.finish(suite)
    }

    /// Adds a file; returns whom it judges, as far as it can be read.
    fn add(&mut self, path: PathBuf, content: Vec<u8>, report: &mut Report) -> Option<Subject> {
        let file = Arc::new(path);
        let source = report.text(&file, content)?;
        let mut faults = Vec::new();
        let id = files::suite_id(&file).filter(|id| id.split('/').all(is_kebab));
        if id.is_none() {
            faults.push(
                Fault::new(FIRST, "a case file is named `<area>/<topic>.yaml`")
                    .hint("lower-case words and numbers joined by `-`, one folder deep"),
            );
        }
        let draft = read(&source, &mut faults);
        let subject = draft.as_ref().map(|draft| draft.about.0.value);
        if let Some(draft) = draft {
            let defaults = draft.defaults.given();
            let usual = DefaultsDraft::default();
            let surroundings = Surroundings {
                file: Arc::clone(&file),
                path: id.unwrap_or_default(),
                subject: draft.about.0.value,
                defaults: defaults.map_or(&usual, |defaults| &defaults.value),
                requirements: &self.requirements,
                policies: &self.policies,
            };
            // What is laid over broken defaults would only be wrong again.
            if defaults.is_none_or(|defaults| defaults.sound) {
                let before = self.permutations.len();
                for scenario in &draft.scenarios.0.value {
                    let expanded = surroundings.expand(scenario, &mut faults);
                    self.permutations.extend(expanded.into_iter().map(Arc::new));
                    if self.permutations.len() - before > MOST_PERMUTATIONS {
                        let message = format!("more than {MOST_PERMUTATIONS} permutations so far");
                        let fault = Fault::new(scenario.place, message);
                        faults.push(fault.hint("split the file, or thin the axes out"));
                        break;
                    }
                }
            }
            self.files.push(SuiteFile {
                path: file.to_path_buf(),
                title: draft.title.0.value,
                subject: draft.about.0.value,
                source,
            });
        }
        report.add(&file, faults);
        subject
    }
}

/// Identifies the content of files.
#[derive(Default)]
struct ContentDigest(Sha256);

impl ContentDigest {
    fn add(&mut self, path: &Path, content: &[u8]) {
        // Lengths in front, so that no two lists of files read the same.
        let path = path.to_string_lossy().replace('\\', "/");
        for part in [path.as_bytes(), content] {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    fn finish(self) -> String {
        self.0.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

fn read(source: &str, faults: &mut Vec<Fault>) -> Option<SuiteDraft> {
    let node = match yaml::parse(source) {
        Ok(node) => node,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    if node.value == yaml::Value::Null {
        faults.push(
            Fault::new(FIRST, "the file is empty")
                .hint("a suite has `title`, `about` and `scenarios`"),
        );
        return None;
    }
    let before = faults.len();
    let draft = SuiteDraft::read(&node, faults)?;
    let scenarios = &draft.scenarios.0;
    if scenarios.value.is_empty() && faults.len() == before {
        faults.push(Fault::new(
            scenarios.place,
            "a suite has at least one scenario",
        ));
    }
    let mut seen: HashMap<&str, Place> = HashMap::new();
    for scenario in &scenarios.value {
        let id = &scenario.value.id.0;
        if let Some(first) = seen.insert(&id.value, id.place) {
            let message = format!(
                "the id `{}` is taken by the scenario in line {}",
                id.value, first.line
            );
            faults.push(Fault::new(id.place, message).hint("ids are unique and permanent"));
        }
    }
    Some(draft)
}

fn read_requirements(files: &[(PathBuf, Vec<u8>)], report: &mut Report) -> Requirements {
    let path = Path::new(files::REQUIREMENTS);
    let content = match files.iter().find(|(other, _)| other == path) {
        Some((_, content)) => content.clone(),
        None => match embedded_file(files::REQUIREMENTS) {
            Some(text) => text.as_bytes().to_vec(),
            None => return Requirements::default(),
        },
    };
    let file = Arc::new(path.to_path_buf());
    let Some(source) = report.text(&file, content) else {
        return Requirements::default();
    };
    let mut faults = Vec::new();
    let requirements = match yaml::parse(&source) {
        Ok(node) => Requirements::read(&node, &mut faults),
        Err(fault) => {
            faults.push(fault);
            Requirements::default()
        }
    };
    report.add(&file, faults);
    requirements
}

/// A file with more is a mistake, and would fill the memory.
const MOST_PERMUTATIONS: usize = 20_000;
const FIRST: Place = Place { line: 1, column: 1 };

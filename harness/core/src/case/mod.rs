//! What is asked: case files in, permutations out.
//!
//! A case file goes through four forms. `yaml` makes it a tree in which every node knows its place;
//! `document` reads that tree into drafts; `expand` merges the defaults, expands the axes and replaces
//! the variables; what comes out are [`scenario`]s and their permutations. Every fault on the way is a
//! [`Diagnostic`], and all of a file are found at once.

mod axes;
mod body;
mod context;
mod diagnostic;
mod document;
mod draft;
mod error;
mod expand;
mod fault;
mod files;
mod glob;
mod keys;
mod known;
mod matcher;
mod mechanism;
mod message;
mod metadata;
mod nearest;
mod options;
mod outcome;
mod own_time;
mod plan;
mod policy;
mod read;
mod request;
mod requirements;
mod resolve;
mod scalar;
pub mod scenario;
mod schema;
mod script;
mod suite;
mod surface;
mod table;
mod target;
mod template;
mod token;
mod version;
mod words;
mod yaml;

pub use diagnostic::{Diagnostic, snippet};
pub use error::LoadError;
pub use files::embedded_file;
pub use glob::Glob;
pub use known::{Concern, Deviant, KnownDeviation, KnownDeviations, Occurrence, Party};
pub use options::Options;
pub use policy::{Policies, Policy};
pub use requirements::{Requirement, Requirements};
pub use schema::{policy_schema, schema, target_schema};
pub use suite::{Suite, SuiteFile};
pub use target::TargetFile;
pub use version::{InvalidVersionRange, VersionRange};

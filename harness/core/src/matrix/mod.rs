//! And everybody? The published matrix: what each server under test makes of each server scenario.
//!
//! | file | what |
//! |---|---|
//! | [`Published`] | what is published of one server in one version, as JSON |
//! | [`run_all`] | several servers at a time |
//! | [`differences`] | what a fresh run says otherwise |
//! | [`markdown`] | the table |
//! | [`pages`] | the page of all, and one of each server |
//!
//! What is published holds no ports, times or order of completion, so that two runs of the same software
//! differ in nothing but the day. Some servers list their headers in another order at each start; exchanges
//! show them as they came, and are therefore not compared.

mod compare;
mod markdown;
mod page;
mod publish;
mod published;
mod schedule;
mod view;

#[cfg(test)]
mod fixture;

pub use compare::{Difference, differences};
pub use markdown::markdown;
pub use page::{PageFile, RenderError, pages};
pub use publish::publish;
pub use published::{
    Counts, Found, NotPublished, Outcome, PolicyState, Published, read, schema, write,
};
pub use schedule::{Entry, Event, ServerError, run_all};

//! The security questions, put to a server whose policy is not known.
//!
//! Pure, but for [`run()`]: [`first_round`] says what is asked to find out the policy, [`Learned`] is
//! what the answers tell, [`second_round`] is what is asked with that knowledge, and [`findings`] says
//! what is wrong, each with the exchanges that show it. How many requests there are at most is known
//! before the first one ([`most_requests`]).

mod asked;
mod finding;
mod json;
mod learn;
mod probe;
mod requirement;
mod rounds;
mod run;
mod stranger;
mod target;
mod terminal;
#[cfg(test)]
mod tests;
mod unseen;
mod variant;

pub use asked::{Answer, Asked, Silence};
pub use finding::{Finding, Severity, UnknownSeverity, findings};
pub use json::write as write_json;
pub use learn::Learned;
pub use probe::{Ask, Probe, Whose};
pub use rounds::{first_round, most_requests, second_round};
pub use run::{Audited, Pace, run};
pub use target::{Target, parse_header};
pub use terminal::write as write_terminal;
pub use unseen::unseen;
pub use variant::{Obtainable, Variant};

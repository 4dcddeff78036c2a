//! corspec: a conformance suite and harness for CORS and cross-origin communication.
//!
//! One declaration in YAML, three judges: the **wire** agent plays a browser byte for byte, the
//! **model** ([`corspec_fetch`]) says what a conforming browser must do with the answers, and a real
//! **browser** then does it. The modules below are rooms in the order in which the data walks; no
//! arrow runs back:
//!
//! | module      | question        | holds |
//! |-------------|-----------------|-------|
//! | [`case`]    | what is asked   | YAML in, scenarios and permutations out |
//! | [`server`]  | who answers     | named origins, the scripted reference server |
//! | [`agent`]   | who asks        | the wire client and the browsers |
//! | [`tape`]    | what was said   | exchanges, byte for byte and in order |
//! | [`verdict`] | what it means   | expectations, model, known deviations, blame |
//! | [`run`]     | how it is done  | plan, isolation, schedule, deadlines |
//! | [`report`]  | who is told     | terminal, JSON, JUnit |
//! | [`check`]   | what of this?   | one call to any server, played once |
//! | [`audit`]   | is it safe?     | the security questions, put to any server |
//! | [`matrix`]  | and everybody?  | all servers in all versions, published |
//!
//! With the feature `testing`, `corspec::Suite` makes the suite tests of a crate of one's own, around the
//! service that it serves.

pub mod agent;
pub mod audit;
pub mod case;
pub mod check;
pub mod matrix;
mod process;
pub mod report;
pub mod run;
pub mod server;
pub mod tape;
#[cfg(feature = "testing")]
pub mod testing;
pub mod verdict;

#[cfg(feature = "testing")]
pub use testing::Suite;

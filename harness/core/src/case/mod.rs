//! What is asked: case files in, permutations out.

mod glob;
pub mod scenario;

pub use glob::Glob;

//! What is asked: case files in, permutations out.

pub mod scenario;

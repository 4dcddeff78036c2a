//! What the library does, seen from outside.

mod case;
mod coverage;
mod mutants;
mod servers;

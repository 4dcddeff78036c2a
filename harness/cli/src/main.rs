//! The command line of corspec.

fn main() {}

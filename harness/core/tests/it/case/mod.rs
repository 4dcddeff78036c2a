//! Case files in, permutations out.

mod bad;

/// The requirements that the files of these tests cover.
const REQUIREMENTS: &str = "\
- id: req-allowed
  spec: fetch
  section: CORS check
  citation: https://fetch.spec.whatwg.org/#cors-check
  level: algorithm-step
  party: user-agent
  statement: What is allowed is allowed
";

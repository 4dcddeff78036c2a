//! corspec: a conformance suite and harness for CORS and cross-origin communication.

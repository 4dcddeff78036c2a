//! Origins of whoever wants in.

/// A host that nobody has; names under `.example` never exist.
///
/// <https://www.rfc-editor.org/rfc/rfc6761.html#section-6.5>
pub(super) const STRANGER_HOST: &str = "corspec-audit.example";
pub(super) const STRANGER: &str = "https://corspec-audit.example";
pub(super) const OTHER_STRANGER: &str = "https://corspec-audit-two.example";

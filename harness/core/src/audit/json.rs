//! An audit, for programs. Every key is always there; what does not apply is `null` or empty.

use std::io::{self, Write};

use serde::Serialize;

use super::finding::Severity;
use super::run::Audited;
use crate::check::leg::Shown;
use crate::run::ExitCode;

/// Writes the audit, ending in a line feed.
///
/// # Errors
///
/// Those of the writer.
pub fn write(audited: &Audited, exit: ExitCode, to: &mut dyn Write) -> io::Result<()> {
    let findings = audited.findings.iter();
    let document = Document {
        schema_version: 1,
        corspec: env!("CARGO_PKG_VERSION"),
        command: "audit",
        url: audited.target.given.as_str(),
        websocket: audited.target.is_socket,
        origins: &audited.target.told,
        policy: Policy {
            known: audited.learned.is_known,
            open: audited.learned.is_open,
            public: audited.learned.is_public,
            allowed: &audited.learned.allowed,
            credentials: audited.learned.with_credentials,
            description: audited.learned.describe(),
        },
        requests: audited.asked.len(),
        most_requests: audited.most_requests,
        findings: findings
            .map(|finding| Finding {
                id: finding.id,
                severity: finding.severity,
                title: &finding.title,
                exploit: &finding.exploit,
                remedy: &finding.remedy,
                requirements: finding.requirements,
                citations: finding.citations(),
                evidence: finding.evidence.iter().map(|number| number + 1).collect(),
            })
            .collect(),
        undecided: audited
            .undecided()
            .map(|(number, silence)| Undecided {
                request: Some(number + 1),
                why: &silence.why,
            })
            .chain(
                audited
                    .unseen
                    .as_deref()
                    .map(|why| Undecided { request: None, why }),
            )
            .collect(),
        stopped: audited.stopped.as_deref(),
        exchanges: audited
            .asked
            .iter()
            .map(|asked| asked.shown.as_ref())
            .collect(),
        exit: exit.number(),
    };
    serde_json::to_writer_pretty(&mut *to, &document)?;
    to.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    corspec: &'static str,
    command: &'static str,
    url: &'a str,
    websocket: bool,
    origins: &'a [String],
    policy: Policy<'a>,
    requests: usize,
    most_requests: usize,
    findings: Vec<Finding<'a>>,
    undecided: Vec<Undecided<'a>>,
    stopped: Option<&'a str>,
    /// Every request in order; findings count them from 1.
    exchanges: Vec<Option<&'a Shown>>,
    exit: u8,
}

#[derive(Serialize)]
struct Policy<'a> {
    known: bool,
    open: bool,
    public: bool,
    allowed: &'a [String],
    credentials: bool,
    description: String,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'static str,
    severity: Severity,
    title: &'a str,
    exploit: &'a str,
    remedy: &'a str,
    requirements: &'static [&'static str],
    citations: Vec<&'static str>,
    evidence: Vec<usize>,
}

#[derive(Serialize)]
struct Undecided<'a> {
    /// Nothing where all of them together tell too little.
    request: Option<usize>,
    why: &'a str,
}

//! Resources in private networks.

use super::{Ask, Finding, Seen, Severity, Whose};
use crate::audit::stranger::STRANGER;

const NAME: &str = "access-control-allow-private-network";

pub(super) fn find(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let private = |number: usize| -> Option<usize> {
        let answer = seen.asked[number].answer()?;
        (answer.text(NAME).as_deref() == Some("true")).then_some(number)
    };
    let strangers = seen
        .first(Ask::PreflightPrivate, &Whose::Strangers)
        .and_then(|(number, _)| private(number));
    if let Some(number) = strangers {
        findings.push(Finding {
            id: "private-network-for-strangers",
            severity: Severity::High,
            title: "Any page of the public network is let into this private one".to_owned(),
            exploit: "Any page that a user visits has requests sent to this server from inside the user's \
                      network, where it was thought to be out of reach"
                .to_owned(),
            remedy: "Answer with `Access-Control-Allow-Private-Network: true` to origins on a list only"
                .to_owned(),
            requirements: &["pna-server-acapn-only-when-asked", "setup-no-cors-behind-firewall"],
            evidence: vec![number],
        });
    }
    let unasked = seen
        .answers()
        .find(|(_, probe, answer)| {
            probe.ask != Ask::PreflightPrivate && answer.headers.contains(NAME)
        })
        .map(|(number, ..)| number);
    if let Some(number) = unasked {
        findings.push(Finding {
            id: "private-network-unasked",
            severity: Severity::Low,
            title: "Access-Control-Allow-Private-Network is sent without being asked for"
                .to_owned(),
            exploit: "None by itself; it is set without looking at the request".to_owned(),
            remedy: "Send it only to preflights with Access-Control-Request-Private-Network"
                .to_owned(),
            requirements: &["pna-server-acapn-only-when-asked"],
            evidence: vec![number],
        });
    }
    let open = seen
        .first(Ask::Actual, &Whose::Strangers)
        .filter(|(_, answer)| answer.names("*") || answer.names(STRANGER));
    if let Some((number, _)) = open.filter(|_| seen.target.is_private()) {
        findings.push(Finding {
            id: "private-network-open",
            severity: Severity::Medium,
            title: "A server in a private network allows any origin".to_owned(),
            exploit: "Any page that somebody in this network visits reads what the server tells everybody in \
                      it: being inside is the only credential"
                .to_owned(),
            remedy: "Allow no origin, or those on a list; look at Host as well, against rebound names"
                .to_owned(),
            requirements: &["srv-acao-star-intranet", "setup-no-cors-behind-firewall"],
            evidence: vec![number],
        });
    }
}

//! XDomainRequest of Internet Explorer 8 and 9.

use corspec_fetch::{Outcome, Reason, xdr};

use super::events::{event, refused};
use super::player::{Play, closes_connections};
use super::visit::{outgoing, response};
use crate::agent::call::request_of;
use crate::agent::{End, Observation};
use crate::case::scenario::{Page, Step};

impl Play<'_> {
    pub(super) async fn cross_domain_request(&self, step: &Step, page: &Page) -> Observation {
        let plan = &step.request;
        let to_real = |text: &str| self.names.to_real_text(text);
        let request = match request_of(page, plan, to_real) {
            Ok(request) => request,
            Err(block) => return refused(plan, self.canonical_block(block)),
        };
        let sent = match xdr::request(&request) {
            Ok(sent) => outgoing(sent),
            Err(block) => return refused(plan, self.canonical_block(block)),
        };
        let transport = &self.wire.transport;
        let exchange = async {
            if closes_connections(&step.server) {
                transport.exchange_alone(&sent).await
            } else {
                transport.exchange(&sent).await
            }
        };
        let limit = plan
            .timeout
            .unwrap_or_else(|| transport.deadlines().exchange);
        let Ok(exchanged) = tokio::time::timeout(limit, exchange).await else {
            if plan.timeout.is_none() {
                return End::TimedOut.into();
            }
            let end = self.blocked(plan.via, Reason::Timeout.into(), "");
            let mut observation = Observation::from(end);
            observation.events = Some(vec![event("timeout", "")]);
            return observation;
        };
        let outcome = xdr::judge(&request.origin, &request.url, response(&exchanged));
        let (end, name) = match outcome {
            Outcome::Allow(response) => (self.visible(response), "load"),
            Outcome::Block(block) => {
                let message = exchanged.failure.as_ref().map(ToString::to_string);
                let message = message.unwrap_or_default();
                (self.blocked(plan.via, block, &message), "error")
            }
        };
        let mut observation = Observation::from(end);
        if let End::Visible(response) = &observation.end {
            let facts = [
                (
                    "contentType",
                    response.headers.get("content-type").unwrap_or_default(),
                ),
                ("responseText", response.body.clone()),
            ];
            let facts = facts.map(|(name, value)| {
                (
                    name.to_owned(),
                    String::from_utf8_lossy(&value).into_owned(),
                )
            });
            observation.facts.extend(facts);
        }
        observation.events = Some(vec![event(name, "")]);
        observation
    }
}

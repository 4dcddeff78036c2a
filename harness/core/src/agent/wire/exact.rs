//! One exact request.

use url::Url;

use super::player::Play;
use super::visit::{header_list, response};
use super::{Outgoing, TransportError};
use crate::agent::{End, Observation, exact};
use crate::case::scenario::{Mechanism, Step};
use crate::tape::Message;
use corspec_fetch::{Outcome, Reason};

impl Play<'_> {
    /// Sends exactly what the case says: its lines behind `Host`, and the length of the body.
    pub(super) async fn exact_request(&self, step: &Step) -> Observation {
        let plan = &step.request;
        let Ok(url) = Url::parse(&self.names.to_real_text(&plan.url)) else {
            return self
                .blocked(Mechanism::Http, Reason::UrlInvalid.into(), "")
                .into();
        };
        let mut headers: Vec<_> = plan
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), self.names.to_real(value)))
            .collect();
        let body = plan
            .body
            .as_ref()
            .map(|body| self.names.to_real(&body.content));
        if let Some(body) = &body {
            headers.push((
                "Content-Length".to_owned(),
                body.len().to_string().into_bytes(),
            ));
        }
        let outgoing = Outgoing {
            method: plan.method.clone(),
            url: url.clone(),
            headers: headers.clone(),
            body,
        };
        let exchanged = self.wire.transport.exchange_alone(&outgoing).await;
        let Some(response) = response(&exchanged) else {
            if matches!(exchanged.failure, Some(TransportError::Deadline { .. })) {
                return End::TimedOut.into();
            }
            let message = exchanged
                .failure
                .map(|it| it.to_string())
                .unwrap_or_default();
            return self
                .blocked(Mechanism::Http, Reason::NetworkError.into(), &message)
                .into();
        };
        let asked = Message {
            headers,
            ..Message::default()
        };
        let asked = header_list(&asked);
        match exact::outcome(&plan.method, &asked, plan.credentials, &url, response) {
            Outcome::Allow(response) => self.visible(response).into(),
            Outcome::Block(block) => self.blocked(Mechanism::Http, block, "").into(),
        }
    }
}

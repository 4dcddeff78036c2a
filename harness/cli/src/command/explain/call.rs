//! The call of a page, as script that anybody could type.

use std::io::{self, Write};
use std::time::Duration;

use corspec::case::scenario::{BodyKind, Mechanism, RequestPlan, Step};
use corspec_fetch::{CacheMode, Credentials, Mode, RedirectMode};

use super::literal::{body, quote, quote_bytes};
use super::mechanism;

pub(super) fn tell(step: &Step, to: &mut dyn Write) -> io::Result<()> {
    if step.wait > Duration::ZERO {
        writeln!(to, "  After {} ms:", step.wait.as_millis())?;
    }
    let lines = match step.request.via {
        Mechanism::Fetch => fetch(&step.request),
        Mechanism::Xhr => xhr(&step.request),
        _ => mechanism::lines(&step.request),
    };
    let request = &step.request;
    let notes = [
        request.stream.then(|| "read as it comes".to_owned()),
        request
            .messages
            .map(|number| format!("until {number} messages have come")),
        request.abort.map(|after| {
            let after = after.as_millis();
            format!("given up when nothing has happened for {after} ms")
        }),
    ];
    let notes = notes.iter().flatten().map(|note| format!("// {note}"));
    let mut lines = lines.into_iter().chain(notes);
    lines.try_for_each(|line| writeln!(to, "  {line}"))
}

fn fetch(request: &RequestPlan) -> Vec<String> {
    let mut options = Vec::new();
    if request.method != "GET" {
        options.push(format!("method: {}", quote(&request.method)));
    }
    if !request.headers.is_empty() {
        let headers: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| format!("[{}, {}]", quote(name), quote_bytes(value)))
            .collect();
        options.push(format!("headers: [{}]", headers.join(", ")));
    }
    if let Some(plan) = &request.body {
        options.push(format!("body: {}", body(plan)));
        if plan.kind == BodyKind::Stream {
            options.push("duplex: \"half\"".to_owned());
        }
    }
    if request.mode != Mode::Cors {
        options.push(format!("mode: {}", quote(request.mode.word())));
    }
    if request.credentials != Credentials::SameOrigin {
        options.push(format!(
            "credentials: {}",
            quote(request.credentials.word())
        ));
    }
    if request.redirect != RedirectMode::Follow {
        options.push(format!("redirect: {}", quote(request.redirect.word())));
    }
    if request.cache != CacheMode::Default {
        options.push(format!("cache: {}", quote(request.cache.word())));
    }
    if !request.referrer_policy.word().is_empty() {
        options.push(format!(
            "referrerPolicy: {}",
            quote(request.referrer_policy.word())
        ));
    }
    if let Some(integrity) = &request.integrity {
        options.push(format!("integrity: {}", quote(integrity)));
    }
    if request.keepalive {
        options.push("keepalive: true".to_owned());
    }

    let url = quote(&request.url);
    if options.is_empty() {
        return vec![format!("fetch({url})")];
    }
    let mut lines = vec![format!("fetch({url}, {{")];
    lines.extend(options.iter().map(|option| format!("  {option},")));
    lines.push("})".to_owned());
    lines
}

fn xhr(request: &RequestPlan) -> Vec<String> {
    let mut lines = vec![
        "const xhr = new XMLHttpRequest()".to_owned(),
        format!(
            "xhr.open({}, {}{})",
            quote(&request.method),
            quote(&request.url),
            if request.synchronous { ", false" } else { "" }
        ),
    ];
    if request.credentials == Credentials::Include {
        lines.push("xhr.withCredentials = true".to_owned());
    }
    for (name, value) in &request.headers {
        lines.push(format!(
            "xhr.setRequestHeader({}, {})",
            quote(name),
            quote_bytes(value)
        ));
    }
    if let Some(timeout) = request.timeout {
        lines.push(format!("xhr.timeout = {}", timeout.as_millis()));
    }
    if request.upload_listener {
        lines.push("xhr.upload.onprogress = () => {}".to_owned());
    }
    lines.push(format!(
        "xhr.send({})",
        request.body.as_ref().map(body).unwrap_or_default()
    ));
    lines
}

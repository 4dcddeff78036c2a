//! One request and its answer, as they are shown: secrets are left out, and so are bodies.

use std::io::{self, Write};

use serde::Serialize;

use crate::agent::wire::{Exchanged, Outgoing, TransportError};
use crate::report::terminal::Paint;
use crate::tape::{Protocol, escape, escape_sentence};

/// One request and its answer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Shown {
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: &'static str,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Whether any of it was sent.
    pub sent: bool,
    /// The lines of the request.
    pub request_headers: Vec<(String, String)>,
    /// The status, if there is an answer.
    pub status: Option<u16>,
    /// What stands behind the status.
    pub reason_phrase: String,
    /// The lines of the answer.
    pub response_headers: Vec<(String, String)>,
    /// How many bytes of the body there are.
    pub body_bytes: usize,
    /// Why the answer is none, or not whole.
    pub failure: Option<String>,
}

impl Shown {
    /// What was said, without what nobody else should see.
    #[must_use]
    pub fn of(outgoing: &Outgoing, exchanged: &Exchanged) -> Self {
        let protocol = match exchanged.protocol {
            Protocol::Http1 => "HTTP/1.1",
            Protocol::Http2 => "HTTP/2",
        };
        let response = exchanged.response.as_ref();
        let message = response.map(|(_, message)| message);
        let failure = exchanged.failure.as_ref();
        let sent = !failure.is_some_and(TransportError::is_unsent);
        Self {
            sent,
            protocol,
            method: outgoing.method.clone(),
            url: outgoing.url.to_string(),
            request_headers: if sent {
                lines(&exchanged.request.headers)
            } else {
                Vec::new()
            },
            status: response
                .map(|(status, _)| *status)
                .filter(|status| *status > 0),
            reason_phrase: message
                .map(|message| escape(&message.reason_phrase))
                .unwrap_or_default(),
            response_headers: message
                .map(|message| lines(&message.headers))
                .unwrap_or_default(),
            body_bytes: message.map_or(0, |message| message.body.len()),
            failure: failure.map(ToString::to_string),
        }
    }

    /// Writes it, a line each.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(&self, indent: &str, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
        if !self.sent {
            let url = escape(self.url.as_bytes());
            return writeln!(to, "{indent}(nothing was sent to {url})");
        }
        let first = format!(
            "{} {} {}",
            self.method,
            escape(self.url.as_bytes()),
            self.protocol
        );
        writeln!(to, "{indent}> {}", paint.bold(&first))?;
        write_lines(&self.request_headers, ">", indent, to)?;
        if let Some(status) = self.status {
            let first = format!("{} {status} {}", self.protocol, self.reason_phrase);
            writeln!(to, "{indent}< {}", paint.bold(first.trim_end()))?;
            write_lines(&self.response_headers, "<", indent, to)?;
        }
        match &self.failure {
            Some(failure) => writeln!(to, "{indent}< ({})", escape_sentence(failure)),
            None => Ok(()),
        }
    }
}

fn write_lines(
    lines: &[(String, String)],
    mark: &str,
    indent: &str,
    to: &mut dyn Write,
) -> io::Result<()> {
    for (name, value) in lines.iter().take(MOST_LINES) {
        writeln!(
            to,
            "{indent}{mark} {}",
            format!("{name}: {value}").trim_end()
        )?;
    }
    if lines.len() > MOST_LINES {
        let rest = lines.len() - MOST_LINES;
        writeln!(to, "{indent}{mark} (and {rest} lines more)")?;
    }
    Ok(())
}

fn lines(headers: &[(String, Vec<u8>)]) -> Vec<(String, String)> {
    let line = |(name, value): &(String, Vec<u8>)| {
        let is_secret = SECRET
            .iter()
            .any(|secret| name.eq_ignore_ascii_case(secret));
        let value = if is_secret {
            without_secret(name, value)
        } else {
            escape(&value[..value.len().min(LONGEST_VALUE)])
        };
        (escape(name.as_bytes()), value)
    };
    headers.iter().map(line).collect()
}

/// What a secret belongs to is told: the scheme of an authorization, the name and the attributes of a
/// cookie that is set.
fn without_secret(name: &str, value: &[u8]) -> String {
    let text = escape(&value[..value.len().min(LONGEST_VALUE)]);
    let is_set = name.eq_ignore_ascii_case("set-cookie");
    let (first, attributes) = match text.split_once(';') {
        Some((first, rest)) if is_set => (first, format!(";{rest}")),
        _ => (text.as_str(), String::new()),
    };
    match (first.split_once('='), first.split_once(' ')) {
        (Some((cookie, _)), _) if is_set => format!("{cookie}=(redacted){attributes}"),
        (_, Some((scheme, _))) if name.to_ascii_lowercase().ends_with("authorization") => {
            format!("{scheme} (redacted)")
        }
        _ => "(redacted)".to_owned(),
    }
}

/// Headers that carry what only the two sides should know.
const SECRET: [&str; 5] = [
    "Authorization",
    "Cookie",
    "Proxy-Authorization",
    "Set-Cookie",
    "X-Api-Key",
];

/// More than this nobody reads.
const MOST_LINES: usize = 60;
const LONGEST_VALUE: usize = 2000;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Authorization", "Bearer abc", "Bearer (redacted)")]
    #[case("authorization", "abc", "(redacted)")]
    #[case(
        "Set-Cookie",
        "sid=abc; Path=/; Secure",
        "sid=(redacted); Path=/; Secure"
    )]
    #[case("Cookie", "a=1; b=2", "(redacted)")]
    #[case("X-Other", "abc", "abc")]
    #[case("X-Odd", "a\u{1b}[31m", r"a\x1b[31m")]
    fn secrets_are_not_shown(#[case] name: &str, #[case] value: &str, #[case] shown: &str) {
        let headers = [(name.to_owned(), value.into())];
        assert_eq!(lines(&headers), [(name.to_owned(), shown.to_owned())]);
    }
}

//! The command that shows a failure again.

use crate::report::{Report, describe};
use crate::run::CaseResult;
use crate::tape::{Exchange, Protocol};

use super::Page;

/// `curl` against a target that has a URL; `corspec run` where the server is part of corspec and is
/// gone by now.
pub(super) fn command(report: &Report<'_>, page: &Page<'_>, result: &CaseResult) -> String {
    let target = report.result.target.as_str();
    let step = describe::decisive_step(result);
    let decisive = result
        .transcript
        .iter()
        .rfind(|exchange| exchange.step == step);
    match decisive {
        Some(exchange) if target.starts_with("http://") || target.starts_with("https://") => {
            curl(target, exchange)
        }
        _ => {
            let id = shell_quote(result.permutation.id.as_bytes());
            let agent = &result.agent;
            let rerun = if page.rerun.is_empty() { "" } else { " " };
            format!(
                "corspec run {id} --agent {agent} --trace{rerun}{}",
                page.rerun
            )
        }
    }
}

/// An argument as a shell takes it. Bytes that are no visible text need the quotes of bash and zsh.
#[must_use]
pub fn shell_quote(argument: &[u8]) -> String {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+".contains(byte);
    if !argument.is_empty() && argument.iter().all(harmless) {
        return String::from_utf8_lossy(argument).into_owned();
    }
    match std::str::from_utf8(argument) {
        Ok(text) if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            let quoted: String = argument
                .iter()
                .map(|byte| match byte {
                    b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                    b' '..=b'~' => char::from(*byte).to_string(),
                    _ => format!(r"\x{byte:02x}"),
                })
                .collect();
            format!("$'{quoted}'")
        }
    }
}

fn curl(target: &str, exchange: &Exchange) -> String {
    let mut words = vec!["curl --include --path-as-is".to_owned()];
    if exchange.protocol == Protocol::Http2 {
        words.push("--http2".to_owned());
    }
    match exchange.method.as_str() {
        "GET" => {}
        "HEAD" => words.push("--head".to_owned()),
        method => words.push(format!("--request {}", shell_quote(method.as_bytes()))),
    }
    for (name, value) in &exchange.request.headers {
        if OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            continue;
        }
        // `Name:` would remove the header; `Name;` sends it empty.
        let mut line = name.clone().into_bytes();
        if value.is_empty() {
            line.push(b';');
        } else {
            line.extend_from_slice(b": ");
            line.extend_from_slice(value);
        }
        words.push(format!("--header {}", shell_quote(&line)));
    }
    if !exchange.request.body.is_empty() {
        words.push(format!(
            "--data-binary {}",
            shell_quote(&exchange.request.body)
        ));
    }
    // What stands in front of the paths of a server under test is corspec's.
    let path = exchange.target.strip_prefix("/scenario");
    let path = path.unwrap_or(&exchange.target);
    let url = format!("{}{path}", target.trim_end_matches('/'));
    words.push(shell_quote(url.as_bytes()));
    words.join(" ")
}

/// Headers that curl sets by itself, rightly.
const OWN_HEADERS: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::tape::Message;

    #[rstest]
    #[case::harmless(b"a/b-c", "a/b-c")]
    #[case::empty(b"", "''")]
    #[case::an_id(b"a/b[c=d,e=*]", "'a/b[c=d,e=*]'")]
    #[case::a_quote(b"it's", r"'it'\''s'")]
    #[case::control(b"a\tb'", r"$'a\x09b\''")]
    #[case::no_text(b"\xff", r"$'\xff'")]
    fn an_argument_is_quoted_where_the_shell_would_change_it(
        #[case] argument: &[u8],
        #[case] quoted: &str,
    ) {
        assert_eq!(shell_quote(argument), quoted);
    }

    #[test]
    fn an_exchange_becomes_a_curl_command() {
        let exchange = Exchange {
            step: 0,
            to: "api".parse().unwrap(),
            protocol: Protocol::Http1,
            method: "PUT".to_owned(),
            target: "/scenario/things?a=1&b=2".to_owned(),
            request: Message {
                headers: vec![
                    ("Host".to_owned(), b"api.localhost:18080".to_vec()),
                    ("Origin".to_owned(), b"https://app.example".to_vec()),
                    ("X-Empty".to_owned(), Vec::new()),
                ],
                body: b"{\"a\": 'b'}".to_vec(),
                ..Message::default()
            },
            response: None,
            aborted: false,
            conversation: None,
        };
        insta::assert_snapshot!(
            curl("https://api.example/", &exchange),
            @r#"curl --include --path-as-is --request PUT --header 'Origin: https://app.example' --header 'X-Empty;' --data-binary '{"a": '\''b'\''}' 'https://api.example/things?a=1&b=2'"#
        );
    }
}

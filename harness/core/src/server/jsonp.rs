//! An endpoint for JSONP that keeps the rules of those who still have to run one.
//!
//! Whoever includes the script trusts it altogether; what a server has to prevent is that the callback,
//! which everybody can choose, makes its answer mean something else.

use crate::case::scenario::Answer;

/// The answer with `data`, a JSON text, for a request with this method and target. What `scripted` says
/// of headers replaces those of the same name.
pub(crate) fn answer(scripted: &Answer, data: &str, method: &str, target: &str) -> Answer {
    if method != "GET" && method != "HEAD" {
        let allow = [("Allow", "GET, HEAD")];
        return complete(scripted, 405, &allow, "text/plain", "GET only\n");
    }
    match callback(target) {
        None => complete(scripted, scripted.status, &[], "application/json", data),
        Some(name) if is_harmless(&name) => {
            // A prefix of its own, so that whoever chooses the callback does not choose the first bytes;
            // a guard, because the page may have given up waiting.
            let data = escape(data);
            let body = format!("/**/typeof {name} === \"function\" && {name}({data});");
            let disposition = [("Content-Disposition", "attachment; filename=\"f.txt\"")];
            let kind = "text/javascript; charset=utf-8";
            complete(scripted, scripted.status, &disposition, kind, &body)
        }
        Some(_) => complete(scripted, 400, &[], "text/plain", "not a callback\n"),
    }
}

/// The first parameter of this name; others are ignored rather than joined to it.
fn callback(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "callback")
        .map(|(_, value)| value.into_owned())
}

/// A path of identifiers, such as `app.receive[0]`.
fn is_harmless(name: &str) -> bool {
    name.len() <= LONGEST_CALLBACK && name.split('.').all(is_step)
}

/// An identifier, and any number of indices behind it.
fn is_step(step: &str) -> bool {
    let (identifier, indices) = step.split_at(step.find('[').unwrap_or(step.len()));
    is_identifier(identifier) && is_indices(indices)
}

fn is_identifier(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_$".contains(&byte);
    word.bytes().all(is_plain)
        && !word.starts_with(|first: char| first.is_ascii_digit())
        && !word.is_empty()
        && !RESERVED.contains(&word)
}

fn is_indices(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('[') else {
        return text.is_empty();
    };
    let is_index = |index: &str| !index.is_empty() && index.bytes().all(|it| it.is_ascii_digit());
    inner
        .strip_suffix(']')
        .is_some_and(|inner| inner.split("][").all(is_index))
}

/// JSON inside a script: two characters end a line in old engines, and `<` might end the element.
fn escape(data: &str) -> String {
    data.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn complete(
    scripted: &Answer,
    status: u16,
    headers: &[(&str, &str)],
    content_type: &str,
    body: &str,
) -> Answer {
    let own = [
        ("Content-Type", content_type),
        ("X-Content-Type-Options", "nosniff"),
    ];
    let is_scripted = |name: &str| {
        let mut scripted = scripted.headers.iter();
        scripted.any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let own = own.iter().chain(headers);
    let own = own.filter(|(name, _)| !is_scripted(name));
    let own = own.map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    Answer {
        status,
        headers: own.chain(scripted.headers.iter().cloned()).collect(),
        body: body.into(),
        ..scripted.clone()
    }
}

const LONGEST_CALLBACK: usize = 128;

/// Words that no callback is called, and objects whose methods nobody means to offer.
const RESERVED: [&str; 20] = [
    "alert", "break", "case", "class", "const", "delete", "document", "eval", "export", "false",
    "function", "if", "import", "new", "null", "return", "this", "true", "var", "window",
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn asked(query: &str) -> (u16, String) {
        let answer = answer(
            &Answer::default(),
            "{\"a\":1}",
            "GET",
            &format!("/x{query}"),
        );
        (answer.status, String::from_utf8(answer.body).unwrap())
    }

    #[rstest]
    #[case("?callback=receive", "receive")]
    #[case("?callback=app.receive%5B0%5D", "app.receive[0]")]
    #[case("?callback=_$[1][20].b", "_$[1][20].b")]
    #[case("?callback=one&callback=two", "one")]
    fn a_harmless_callback_is_called_once(#[case] query: &str, #[case] name: &str) {
        let expected = format!("/**/typeof {name} === \"function\" && {name}({{\"a\":1}});");
        assert_eq!(asked(query), (200, expected));
    }

    #[rstest]
    #[case::empty("?callback=")]
    #[case::call("?callback=alert(1)")]
    #[case::markup("?callback=%3Cscript%3E")]
    #[case::reserved("?callback=return")]
    #[case::inside_a_path("?callback=a.eval")]
    #[case::digit("?callback=1a")]
    #[case::not_ascii("?callback=%C3%A9")]
    #[case::dots("?callback=a..b")]
    #[case::dot_last("?callback=a.")]
    #[case::bracket_open("?callback=a[0")]
    #[case::bracket_close("?callback=a]")]
    #[case::bracket_empty("?callback=a[]")]
    #[case::bracket_name("?callback=a[b]")]
    #[case::bracket_alone("?callback=[0]")]
    #[case::behind_a_bracket("?callback=a[0]b")]
    fn others_are_refused(#[case] query: &str) {
        assert_eq!(asked(query), (400, "not a callback\n".to_owned()));
    }

    #[test]
    fn a_callback_has_at_most_128_characters() {
        assert_eq!(asked(&format!("?callback={}", "a".repeat(128))).0, 200);
        assert_eq!(asked(&format!("?callback={}", "a".repeat(129))).0, 400);
    }

    #[test]
    fn without_a_callback_it_is_json() {
        assert_eq!(asked("?a=1"), (200, "{\"a\":1}".to_owned()));
    }

    #[test]
    fn what_could_end_the_script_is_escaped() {
        let answer = answer(
            &Answer::default(),
            "\"</script>\u{2028}\"",
            "GET",
            "/x?callback=f",
        );
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains("f(\"\\u003c/script>\\u2028\")"), "{body}");
    }

    #[test]
    fn nothing_but_get_is_answered() {
        let answer = answer(&Answer::default(), "{}", "POST", "/x?callback=f");
        assert_eq!(answer.status, 405);
    }
}

//! What the scripts of a scenario leave in the document that they run in.

use crate::case::scenario::{Answer, Mechanism, Step};

/// Whether the scripts of a step do no more to their document than to give a value to `result`, to call the
/// page's function with data, or to fail. Another step may then have the document, where anything else could
/// leave what no script can take back: the name of a `const`, say, or a listener.
pub(super) fn only_assigns(step: &Step) -> bool {
    let request = &step.request;
    let is_known = |answer: &Answer| match (request.via, text_of(answer)) {
        (Mechanism::Jsonp, Some(text)) => {
            // What an earlier script declared by this name could not be removed.
            request.callback != "result"
                && (answer.jsonp.is_some() || is_call(text, &request.callback))
        }
        (Mechanism::Module | Mechanism::Script, Some(text)) => {
            answer.jsonp.is_none() && statements(text).all(is_harmless)
        }
        _ => false,
    };
    step.server.answers().all(is_known)
}

/// The text of an answer's body; `None` where there is none, or the answer is bytes of any kind.
fn text_of(answer: &Answer) -> Option<&str> {
    let body = answer.raw.is_none().then_some(&answer.body)?;
    std::str::from_utf8(body).ok()
}

/// Whether a text calls this function once, with data, or is empty.
fn is_call(text: &str, function: &str) -> bool {
    let data = text
        .strip_prefix(function)
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(");"));
    text.is_empty()
        || data.is_some_and(|data| serde_json::from_str::<serde_json::Value>(data).is_ok())
}

/// The statements of a text as simple as those that are harmless; what is none of them may come in several
/// parts.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
}

/// By its form: nothing in it can call anything.
fn is_harmless(statement: &str) -> bool {
    const BEGINNINGS: [&str; 4] = [
        "var result = ",
        "globalThis.result = ",
        // Names in a module are its own.
        "export const value = ",
        "import ",
    ];

    let thrown = || {
        let (_, argument) = statement.strip_prefix("throw new ")?.split_once("Error(")?;
        argument.strip_suffix(')')
    };
    let is_plain = |rest: &str| {
        rest.chars()
            .all(|next| next.is_ascii_alphanumeric() || " '.:/{}".contains(next))
    };
    let mut rests = BEGINNINGS
        .iter()
        .filter_map(|beginning| statement.strip_prefix(beginning));
    rests.next().or_else(thrown).is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::agent::browser::tests::stage::{answer, get, script, step};
    use crate::case::scenario::RequestPlan;

    fn assigns(via: Mechanism, answer: Answer, preflight: Answer) -> bool {
        let request = RequestPlan {
            via,
            callback: "receive".to_owned(),
            ..get()
        };
        only_assigns(&step(request, script(preflight, answer)))
    }

    fn says(text: &str) -> Answer {
        Answer {
            body: text.as_bytes().to_vec(),
            ..answer(200, &[])
        }
    }

    #[rstest]
    #[case::value("var result = 'ran';", true)]
    #[case::property("globalThis.result = 1", true)]
    #[case::failure("// one\n// two\nthrow new RangeError('secret');\n", true)]
    #[case::import(
        "import { value } from 'http://api.localhost/x.js'; globalThis.result = value;",
        true
    )]
    #[case::data("import data from './x.json' with { type: 'json' };", true)]
    #[case::nothing("", true)]
    #[case::name("const result = 'ran';", false)]
    #[case::another_name("var result = 'ran'; let other = 1;", false)]
    #[case::on_a_line_of_its_own("var result = 'ran'\nlet other = 1", false)]
    #[case::call("var result = run();", false)]
    #[case::template("var result = run`now`;", false)]
    #[case::assignment_within("var result = document.title = 'x';", false)]
    #[case::import_within("import ('./x.js');", false)]
    #[case::listener("onmessage = postMessage;", false)]
    #[case::failure_of_a_call("throw new Error(run());", false)]
    #[case::no_script("GIF89a", false)]
    fn of_scripts_what_only_assigns_is_known(#[case] text: &str, #[case] expected: bool) {
        for via in [Mechanism::Script, Mechanism::Module] {
            assert_eq!(assigns(via, says(text), says("")), expected);
            // Any answer may be run.
            assert_eq!(assigns(via, says(""), says(text)), expected);
        }
        assert!(!assigns(Mechanism::Fetch, says(text), says("")));
    }

    #[rstest]
    #[case::data("receive({\"a\":1});", true)]
    #[case::nothing("", true)]
    #[case::script("receive(self.origin);", false)]
    #[case::another_function("close({});", false)]
    #[case::value("var result = 1;", false)]
    fn of_jsonp_calls_with_data_are_known(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(assigns(Mechanism::Jsonp, says(text), says("")), expected);
    }

    #[test]
    fn what_the_server_makes_of_data_is_a_call_with_it() {
        let endpoint = || Answer {
            jsonp: Some("{}".to_owned()),
            ..answer(200, &[])
        };
        assert!(assigns(Mechanism::Jsonp, endpoint(), says("")));
        // Its function is no script's.
        assert!(!assigns(Mechanism::Script, endpoint(), says("")));
    }

    #[test]
    fn a_function_by_the_name_of_a_value_is_not_known() {
        let request = RequestPlan {
            via: Mechanism::Jsonp,
            callback: "result".to_owned(),
            ..get()
        };
        assert!(!only_assigns(&step(
            request,
            script(says(""), says("result(1);"))
        )));
    }

    #[test]
    fn bytes_that_are_no_answer_are_not_known() {
        let raw = Answer {
            raw: Some(b"HTTP/1.1 200 OK\r\n\r\nlet one".to_vec()),
            ..answer(200, &[])
        };
        assert!(!assigns(Mechanism::Script, raw, says("")));
    }
}

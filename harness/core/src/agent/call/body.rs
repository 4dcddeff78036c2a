//! Bodies, as `fetch()` and as forms encode them.

use corspec_fetch::{Body, BodySource};
use url::form_urlencoded;

use super::place_bytes;
use crate::case::scenario::{BodyKind, BodyPlan};

/// What separates the parts of multipart bodies: a constant, so that two runs say the same.
pub(crate) const BOUNDARY: &str = "----corspec-boundary";

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// The body of a `fetch()`, of an XMLHttpRequest or of a beacon.
///
/// <https://fetch.spec.whatwg.org/#concept-bodyinit-extract>
pub(super) fn body_of(plan: &BodyPlan, place: &impl Fn(&str) -> String) -> Body {
    let bytes = place_bytes(&plan.content, place);
    let text = |kind: &str| Some(kind.to_owned());
    let (bytes, content_type, source) = match &plan.kind {
        BodyKind::Blob(kind) => {
            let kind = (!kind.is_empty()).then(|| kind.to_ascii_lowercase());
            (bytes, kind, BodySource::Bytes)
        }
        BodyKind::Bytes => (bytes, None, BodySource::Bytes),
        BodyKind::FormData(fields) => return multipart(fields, place),
        BodyKind::Stream => (bytes, None, BodySource::Stream),
        BodyKind::Text => (bytes, text("text/plain;charset=UTF-8"), BodySource::Text),
        BodyKind::UrlSearchParams => {
            let kind = format!("{URL_ENCODED};charset=UTF-8");
            let fields = form_urlencoded::parse(&bytes).into_owned();
            (url_encoded(fields), Some(kind), BodySource::Bytes)
        }
    };
    Body {
        bytes,
        content_type,
        source,
    }
}

/// The body of a form that is posted; the kind of body decides about its `enctype`.
///
/// <https://html.spec.whatwg.org/#submit-body>
pub(super) fn form_body(plan: Option<&BodyPlan>, place: &impl Fn(&str) -> String) -> Body {
    let (bytes, content_type) = match plan.map(|plan| &plan.kind) {
        Some(BodyKind::FormData(fields)) => return multipart(fields, place),
        Some(BodyKind::Text) => {
            let lines = fields_of(plan, place)
                .into_iter()
                .map(|(name, value)| format!("{}={}\r\n", lines(&name), lines(&value)));
            (lines.collect::<String>().into_bytes(), "text/plain")
        }
        _ => (url_encoded(fields_of(plan, place)), URL_ENCODED),
    };
    Body {
        bytes,
        content_type: Some(content_type.to_owned()),
        source: BodySource::Bytes,
    }
}

/// The query of a form that is got.
///
/// <https://html.spec.whatwg.org/#submit-mutate-action>
pub(super) fn form_query(plan: Option<&BodyPlan>, place: &impl Fn(&str) -> String) -> String {
    String::from_utf8_lossy(&url_encoded(fields_of(plan, place))).into_owned()
}

fn fields_of(plan: Option<&BodyPlan>, place: &impl Fn(&str) -> String) -> Vec<(String, String)> {
    let Some(plan) = plan else {
        return Vec::new();
    };
    let content = place(&String::from_utf8_lossy(&plan.content));
    match &plan.kind {
        BodyKind::FormData(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), place(value)))
            .collect(),
        BodyKind::Text => {
            let (name, value) = content.split_once('=').unwrap_or((&content, ""));
            vec![(name.to_owned(), value.to_owned())]
        }
        _ => form_urlencoded::parse(content.as_bytes())
            .into_owned()
            .collect(),
    }
}

/// <https://url.spec.whatwg.org/#concept-urlencoded-serializer>
fn url_encoded(fields: impl IntoIterator<Item = (String, String)>) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
        .into_bytes()
}

/// <https://html.spec.whatwg.org/#multipart-form-data>
fn multipart(fields: &[(String, String)], place: &impl Fn(&str) -> String) -> Body {
    let escape = |name: &str| {
        lines(name)
            .replace('\n', "%0A")
            .replace('\r', "%0D")
            .replace('"', "%22")
    };
    let mut text = String::new();
    for (name, value) in fields {
        text.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
            escape(name),
            lines(&place(value))
        ));
    }
    text.push_str(&format!("--{BOUNDARY}--\r\n"));
    Body {
        bytes: text.into_bytes(),
        content_type: Some(format!("multipart/form-data; boundary={BOUNDARY}")),
        source: BodySource::Bytes,
    }
}

/// With CRLF at the end of every line.
///
/// <https://infra.spec.whatwg.org/#normalize-newlines>
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn plan(kind: BodyKind, content: &str) -> BodyPlan {
        BodyPlan {
            kind,
            content: content.into(),
        }
    }

    fn fields() -> BodyKind {
        BodyKind::FormData(vec![("a\"b".to_owned(), "1\n2".to_owned())])
    }

    #[test]
    fn form_data_is_multipart_everywhere() {
        let body = body_of(&plan(fields(), ""), &str::to_owned);
        let text = String::from_utf8(body.bytes.clone()).unwrap();
        assert_eq!(
            text,
            "------corspec-boundary\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\n\
             1\r\n2\r\n------corspec-boundary--\r\n"
        );
        assert_eq!(form_body(Some(&plan(fields(), "")), &str::to_owned), body);
    }

    #[rstest]
    #[case(
        Some(plan(BodyKind::UrlSearchParams, "a=1&b=x y")),
        URL_ENCODED,
        "a=1&b=x+y"
    )]
    #[case(
        Some(plan(BodyKind::Text, "a={\"b\":1}")),
        "text/plain",
        "a={\"b\":1}\r\n"
    )]
    #[case(None, URL_ENCODED, "")]
    fn forms(#[case] plan: Option<BodyPlan>, #[case] kind: &str, #[case] content: &str) {
        let body = form_body(plan.as_ref(), &str::to_owned);
        assert_eq!(body.content_type.as_deref(), Some(kind));
        assert_eq!(String::from_utf8(body.bytes).unwrap(), content);
    }

    #[test]
    fn the_fields_of_a_form_that_is_got_are_a_query() {
        let plan = plan(BodyKind::UrlSearchParams, "a=1&b=%26");
        assert_eq!(form_query(Some(&plan), &str::to_owned), "a=1&b=%26");
    }
}

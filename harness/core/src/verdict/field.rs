//! Header fields compared as they are defined: lists as lists, the rest byte for byte.

use crate::case::scenario::HeaderMatcher;

/// A header line: name and value.
pub(crate) type Line = (String, Vec<u8>);

/// Fields defined as a list whose order means nothing, with whether members compare without case.
///
/// `Access-Control-Request-Headers` is a list too, but a browser must send one exact form of it
/// (<https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>), so that it is compared as it stands.
const LIST_FIELDS: [(&str, bool); 8] = [
    ("access-control-allow-headers", true),
    ("access-control-allow-methods", false),
    ("access-control-expose-headers", true),
    ("allow", false),
    ("cache-control", true),
    ("connection", true),
    ("timing-allow-origin", false),
    ("vary", true),
];

/// What a matcher asks and what was there instead; `None` when it is satisfied.
pub(crate) fn mismatch(
    name: &str,
    matcher: &HeaderMatcher,
    lines: &[Line],
    request: &[Line],
) -> Option<(String, String)> {
    let values = values_of(name, lines);
    let satisfied = match matcher {
        HeaderMatcher::Absent => values.is_empty(),
        HeaderMatcher::Covers(members) => covers(name, &values, members),
        HeaderMatcher::Equals(expected) => !values.is_empty() && equal(name, &values, &[expected]),
        HeaderMatcher::Exactly(expected) => {
            !values.is_empty() && combined(&values) == expected.as_slice()
        }
        HeaderMatcher::Lacks(members) => members
            .iter()
            .all(|member| !covers(name, &values, std::slice::from_ref(member))),
        HeaderMatcher::Lines(count) => values.len() == *count,
        HeaderMatcher::NoneOf(choices) => {
            values.is_empty() || !choices.iter().any(|choice| equal(name, &values, &[choice]))
        }
        HeaderMatcher::OneOf(choices) => {
            !values.is_empty() && choices.iter().any(|choice| equal(name, &values, &[choice]))
        }
        HeaderMatcher::Present => !values.is_empty(),
        HeaderMatcher::SameAsRequest(other) => {
            let requested = values_of(other, request);
            values.is_empty() == requested.is_empty() && equal(name, &values, &requested)
        }
    };
    (!satisfied).then(|| (describe(matcher, request), describe_values(&values)))
}

/// Bytes for a human: text as it is, everything else as `\xNN`.
pub(crate) fn show(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'~' => char::from(*byte).to_string(),
            other => format!("\\x{other:02x}"),
        })
        .collect()
}

fn values_of<'lines>(name: &str, lines: &'lines [Line]) -> Vec<&'lines Vec<u8>> {
    lines
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
        .collect()
}

/// <https://fetch.spec.whatwg.org/#concept-header-list-get>
fn combined(values: &[&Vec<u8>]) -> Vec<u8> {
    values
        .iter()
        .map(|value| value.as_slice())
        .collect::<Vec<_>>()
        .join(b", ".as_slice())
}

fn equal(name: &str, values: &[&Vec<u8>], expected: &[&Vec<u8>]) -> bool {
    match list_field(name) {
        Some(folds_case) => members(values, folds_case) == members(expected, folds_case),
        None => combined(values) == combined(expected),
    }
}

fn covers(name: &str, values: &[&Vec<u8>], wanted: &[String]) -> bool {
    let folds_case = list_field(name).unwrap_or(true);
    let present = members(values, folds_case);
    let all = name.eq_ignore_ascii_case("vary") && present.iter().any(|member| member == b"*");
    all || wanted.iter().all(|member| {
        let member = member.as_bytes();
        present.contains(&if folds_case {
            member.to_ascii_lowercase()
        } else {
            member.to_vec()
        })
    })
}

fn list_field(name: &str) -> Option<bool> {
    LIST_FIELDS
        .iter()
        .find(|(field, _)| field.eq_ignore_ascii_case(name))
        .map(|(_, folds_case)| *folds_case)
}

/// The distinct members in order; empty ones do not count.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1>
fn members(values: &[&Vec<u8>], folds_case: bool) -> Vec<Vec<u8>> {
    let mut members: Vec<Vec<u8>> = values
        .iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|member| member.trim_ascii())
        .filter(|member| !member.is_empty())
        .map(|member| {
            if folds_case {
                member.to_ascii_lowercase()
            } else {
                member.to_vec()
            }
        })
        .collect();
    members.sort();
    members.dedup();
    members
}

fn describe(matcher: &HeaderMatcher, request: &[Line]) -> String {
    match matcher {
        HeaderMatcher::Absent => "absent".to_owned(),
        HeaderMatcher::Covers(members) => format!("a list with {}", members.join(", ")),
        HeaderMatcher::Equals(value) => format!("`{}`", show(value)),
        HeaderMatcher::Exactly(value) => format!("exactly `{}`", show(value)),
        HeaderMatcher::Lacks(members) => format!("no list with {}", members.join(" or ")),
        HeaderMatcher::Lines(1) => "1 line".to_owned(),
        HeaderMatcher::Lines(count) => format!("{count} lines"),
        HeaderMatcher::OneOf(choices) => {
            let choices: Vec<_> = choices.iter().map(|c| format!("`{}`", show(c))).collect();
            format!("one of {}", choices.join(", "))
        }
        HeaderMatcher::NoneOf(choices) => {
            let choices: Vec<_> = choices.iter().map(|c| format!("`{}`", show(c))).collect();
            format!("none of {}", choices.join(", "))
        }
        HeaderMatcher::Present => "present".to_owned(),
        HeaderMatcher::SameAsRequest(other) => format!(
            "the same as `{other}` of the request, {}",
            describe_values(&values_of(other, request))
        ),
    }
}

fn describe_values(values: &[&Vec<u8>]) -> String {
    if values.is_empty() {
        return "absent".to_owned();
    }
    let lines: Vec<_> = values
        .iter()
        .map(|value| format!("`{}`", show(value)))
        .collect();
    match lines.len() {
        1 => lines.concat(),
        count => format!("{count} lines: {}", lines.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn lines(lines: &[(&str, &str)]) -> Vec<Line> {
        lines
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    fn bytes(value: &str) -> Vec<u8> {
        value.as_bytes().to_vec()
    }

    #[rstest]
    #[case::same_order("PUT, PATCH")]
    #[case::other_order("PATCH,PUT")]
    #[case::empty_members(", PATCH,,PUT ,")]
    #[case::repeated_members("PUT, PATCH, PUT")]
    fn a_list_equals_the_same_members_however_written(#[case] written: &str) {
        let lines = lines(&[("Access-Control-Allow-Methods", written)]);
        let matcher = HeaderMatcher::Equals(bytes("PUT, PATCH"));
        assert_eq!(
            mismatch("access-control-allow-methods", &matcher, &lines, &[]),
            None
        );
    }

    #[test]
    fn methods_keep_their_case_and_header_names_do_not() {
        let methods = lines(&[("Access-Control-Allow-Methods", "put")]);
        let headers = lines(&[("Access-Control-Allow-Headers", "X-Probe")]);
        let method = HeaderMatcher::Equals(bytes("PUT"));
        let header = HeaderMatcher::Equals(bytes("x-probe"));
        assert!(mismatch("access-control-allow-methods", &method, &methods, &[]).is_some());
        assert_eq!(
            mismatch("access-control-allow-headers", &header, &headers, &[]),
            None
        );
    }

    #[test]
    fn a_singleton_is_compared_byte_for_byte_over_all_its_lines() {
        let twice = lines(&[("x", "a"), ("X", "a")]);
        let matcher = HeaderMatcher::Equals(bytes("a"));
        assert_eq!(
            mismatch("x", &matcher, &twice, &[]),
            Some(("`a`".to_owned(), "2 lines: `a` and `a`".to_owned()))
        );
    }

    #[rstest]
    #[case::absent(HeaderMatcher::Absent, &[], true)]
    #[case::not_absent(HeaderMatcher::Absent, &[("vary", "")], false)]
    #[case::present_though_empty(HeaderMatcher::Present, &[("vary", "")], true)]
    #[case::not_present(HeaderMatcher::Present, &[], false)]
    #[case::empty_value_is_not_absence(HeaderMatcher::Equals(Vec::new()), &[], false)]
    #[case::covered(HeaderMatcher::Covers(vec!["origin".into()]), &[("vary", "Accept, Origin")], true)]
    #[case::covered_over_lines(HeaderMatcher::Covers(vec!["Origin".into()]), &[("vary", "Accept"), ("vary", "origin")], true)]
    #[case::star_covers_everything(HeaderMatcher::Covers(vec!["Origin".into()]), &[("vary", "*")], true)]
    #[case::not_covered(HeaderMatcher::Covers(vec!["Origin".into()]), &[("vary", "X-Origin")], false)]
    #[case::one_of(HeaderMatcher::OneOf(vec![b"a".to_vec(), b"b".to_vec()]), &[("vary", "B")], true)]
    #[case::none_of(HeaderMatcher::OneOf(vec![b"a".to_vec()]), &[("vary", "b")], false)]
    #[case::exactly(HeaderMatcher::Exactly(b"a, b".to_vec()), &[("vary", "a, b")], true)]
    #[case::not_exactly(HeaderMatcher::Exactly(b"a,b".to_vec()), &[("vary", "a, b")], false)]
    #[case::lines(HeaderMatcher::Lines(2), &[("vary", "a"), ("vary", "b")], true)]
    #[case::too_many_lines(HeaderMatcher::Lines(1), &[("vary", "a"), ("vary", "b")], false)]
    fn matchers(
        #[case] matcher: HeaderMatcher,
        #[case] present: &[(&str, &str)],
        #[case] satisfied: bool,
    ) {
        assert_eq!(
            mismatch("vary", &matcher, &lines(present), &[]).is_none(),
            satisfied
        );
    }

    #[test]
    fn a_header_can_be_held_against_the_request() {
        let request = lines(&[("Origin", "http://a.example")]);
        let matcher = HeaderMatcher::SameAsRequest("Origin".to_owned());
        let same = lines(&[("access-control-allow-origin", "http://a.example")]);
        let name = "access-control-allow-origin";
        assert_eq!(mismatch(name, &matcher, &same, &request), None);
        assert!(mismatch(name, &matcher, &[], &request).is_some());
        assert!(mismatch(name, &matcher, &same, &[]).is_some());
    }

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        assert_eq!(show(b"a\x00\xff z"), "a\\x00\\xff z");
    }
}

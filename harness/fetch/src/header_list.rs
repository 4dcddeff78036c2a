//! Header lists: ordered, with names that compare without case.
//!
//! <https://fetch.spec.whatwg.org/#concept-header-list>

use serde::{Serialize, Serializer};

/// An ordered list of headers; names keep the case they were given in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HeaderList(Vec<(String, Vec<u8>)>);

/// The value of a header that its own grammar does not allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed;

impl HeaderList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The lines in order.
    #[must_use]
    pub fn lines(&self) -> &[(String, Vec<u8>)] {
        &self.0
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Whether there are no headers.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// <https://fetch.spec.whatwg.org/#header-list-contains>
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get_all(name).next().is_some()
    }

    /// All values of this name joined by a comma and a space.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-get>
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut values = self.get_all(name);
        let mut combined = values.next()?.to_vec();
        for value in values {
            combined.extend_from_slice(b", ");
            combined.extend_from_slice(value);
        }
        Some(combined)
    }

    /// The value of each line of this name.
    pub fn get_all<'list>(&'list self, name: &'list str) -> impl Iterator<Item = &'list [u8]> {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    }

    /// The members of the combined value, empty ones included, quoted strings kept whole.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split>
    #[must_use]
    pub fn get_decode_split(&self, name: &str) -> Option<Vec<String>> {
        let value: String = self.get(name)?.iter().copied().map(char::from).collect();
        let mut members = Vec::new();
        let mut member = String::new();
        let mut quoted = false;
        let mut characters = value.chars();
        while let Some(character) = characters.next() {
            match character {
                ',' if !quoted => members.push(std::mem::take(&mut member)),
                '\\' if quoted => {
                    member.push('\\');
                    member.extend(characters.next());
                }
                '"' => {
                    quoted = !quoted;
                    member.push('"');
                }
                other => member.push(other),
            }
        }
        members.push(member);
        let trimmed = members
            .iter()
            .map(|m| m.trim_matches(['\t', ' ']).to_owned());
        Some(trimmed.collect())
    }

    /// The members of a `#token` list over all lines, empty members skipped; `None` without any line.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when a member is no token: the whole list is then void.
    ///
    /// <https://fetch.spec.whatwg.org/#extract-header-list-values>
    pub fn extract_tokens(&self, name: &str) -> Result<Option<Vec<String>>, Malformed> {
        if !self.contains(name) {
            return Ok(None);
        }
        self.get_all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(trim_whitespace)
            .filter(|member| !member.is_empty())
            .map(|member| token(member).ok_or(Malformed))
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }

    /// The value of a header that may stand once only; `None` without any line.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when there are several lines.
    ///
    /// <https://fetch.spec.whatwg.org/#extract-header-list-values>
    pub fn extract_single(&self, name: &str) -> Result<Option<&[u8]>, Malformed> {
        let mut values = self
            .0
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let first = values.next().map(|(_, value)| value.as_slice());
        if values.next().is_some() {
            Err(Malformed)
        } else {
            Ok(first)
        }
    }

    /// Adds a line; a name that is there already keeps the case it was first given in.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-append>
    pub fn append(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        let name = name.into();
        let known = self
            .0
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(&name));
        let name = known.map(|(other, _)| other.clone()).unwrap_or(name);
        self.0.push((name, value.into()));
    }

    /// Sets the only line of this name.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-set>
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        let (name, value) = (name.into(), value.into());
        match self
            .0
            .iter()
            .position(|(other, _)| other.eq_ignore_ascii_case(&name))
        {
            None => self.0.push((name, value)),
            Some(first) => {
                self.0[first].1 = value;
                let mut index = 0;
                self.0.retain(|(other, _)| {
                    index += 1;
                    index - 1 == first || !other.eq_ignore_ascii_case(&name)
                });
            }
        }
    }

    /// Adds to the value of the first line of this name, or adds a line.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-combine>
    pub fn combine(&mut self, name: impl Into<String>, value: &[u8]) {
        let name = name.into();
        match self
            .0
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(&name))
        {
            None => self.0.push((name, value.to_vec())),
            Some((_, existing)) => {
                existing.extend_from_slice(b", ");
                existing.extend_from_slice(value);
            }
        }
    }

    /// <https://fetch.spec.whatwg.org/#concept-header-list-delete>
    pub fn delete(&mut self, name: &str) {
        self.0
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// Lower-case names, sorted, one line a name with its values combined: what script iterates over.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine>
    #[must_use]
    pub fn sort_and_combine(&self) -> Self {
        let mut lines: Vec<(String, &[u8])> = self
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        // Stable: the values of a name stay in order.
        lines.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut combined: Vec<(String, Vec<u8>)> = Vec::with_capacity(lines.len());
        for (name, value) in lines {
            match combined.last_mut() {
                Some((last, existing)) if *last == name && name != "set-cookie" => {
                    existing.extend_from_slice(b", ");
                    existing.extend_from_slice(value);
                }
                _ => combined.push((name, value.to_vec())),
            }
        }
        Self(combined)
    }
}

impl FromIterator<(String, Vec<u8>)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}

impl Serialize for HeaderList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
        serializer.collect_seq(self.iter().map(|(name, value)| (name, text(value))))
    }
}

/// <https://fetch.spec.whatwg.org/#header-name>
#[must_use]
pub fn is_header_name(name: &str) -> bool {
    is_token(name.as_bytes())
}

/// <https://fetch.spec.whatwg.org/#header-value>
#[must_use]
pub fn is_header_value(value: &[u8]) -> bool {
    let ends_well = |byte: Option<&u8>| byte.is_none_or(|byte| !is_whitespace(*byte));
    ends_well(value.first())
        && ends_well(value.last())
        && !value.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r'))
}

/// Strips HTTP whitespace from both ends.
///
/// <https://fetch.spec.whatwg.org/#concept-header-value-normalize>
#[must_use]
pub fn normalize_value(value: &[u8]) -> &[u8] {
    let start = value
        .iter()
        .position(|byte| !is_whitespace(*byte))
        .unwrap_or(value.len());
    let end = value
        .iter()
        .rposition(|byte| !is_whitespace(*byte))
        .map_or(start, |last| last + 1);
    &value[start..end]
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
#[must_use]
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(is_token_byte)
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// <https://fetch.spec.whatwg.org/#http-whitespace>
const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ')
}

fn trim_whitespace(value: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b'\t' | b' ');
    let start = value
        .iter()
        .position(|byte| !is_blank(byte))
        .unwrap_or(value.len());
    let end = value
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(start, |last| last + 1);
    &value[start..end]
}

fn token(bytes: &[u8]) -> Option<String> {
    is_token(bytes).then(|| String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy as _;
    use rstest::rstest;

    use super::*;

    fn list(lines: &[(&str, &str)]) -> HeaderList {
        lines
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn values_of_a_name_are_combined_in_order_whatever_the_case() {
        let list = list(&[("Vary", "a"), ("x", "-"), ("VARY", "b")]);
        assert_eq!(list.get("vary"), Some(b"a, b".to_vec()));
        assert_eq!(list.get("none"), None);
    }

    #[rstest]
    #[case("x,,1", &["x", "", "1"])]
    #[case("", &[""])]
    #[case(" a\t, \"b,c\" ,d", &["a", "\"b,c\"", "d"])]
    #[case(r#""a\",b",c"#, &[r#""a\",b""#, "c"])]
    fn splitting_keeps_empty_members_and_quoted_commas(
        #[case] value: &str,
        #[case] members: &[&str],
    ) {
        let list = list(&[("x", value)]);
        assert_eq!(list.get_decode_split("x").unwrap(), members);
    }

    #[rstest]
    #[case(&["a, b"], Some(vec!["a", "b"]))]
    #[case(&["a", "b"], Some(vec!["a", "b"]))]
    #[case(&[",, a ,\t,b,"], Some(vec!["a", "b"]))]
    #[case(&[""], Some(vec![]))]
    #[case(&["*"], Some(vec!["*"]))]
    #[case(&["a b"], None)]
    #[case(&["a", "b c"], None)]
    #[case(&["\"a\""], None)]
    #[case(&["a\u{b}"], None)]
    #[case(&["a;q=1"], None)]
    fn one_bad_member_voids_a_token_list(
        #[case] lines: &[&str],
        #[case] expected: Option<Vec<&str>>,
    ) {
        let list: HeaderList = lines
            .iter()
            .map(|v| ("x".to_owned(), v.as_bytes().to_vec()))
            .collect();
        let tokens = list.extract_tokens("X").ok().map(Option::unwrap);
        let expected = expected.map(|e| e.into_iter().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(tokens, expected);
    }

    #[test]
    fn setting_replaces_every_line_at_the_place_of_the_first() {
        let mut set = list(&[("a", "1"), ("b", "2"), ("A", "3")]);
        set.set("A", "4");
        assert_eq!(set, list(&[("a", "4"), ("b", "2")]));
    }

    fn lines_of(
        names: &'static [&str],
    ) -> impl proptest::strategy::Strategy<Value = Vec<(String, Vec<u8>)>> {
        let name = proptest::sample::select(names).prop_map(str::to_owned);
        proptest::collection::vec((name, proptest::arbitrary::any::<Vec<u8>>()), 0..9)
    }

    proptest::proptest! {
        #[test]
        fn iteration_loses_nothing(lines in lines_of(&["a", "A", "b", "Set-Cookie"])) {
            let all: HeaderList = lines.into_iter().collect();
            let combined = all.sort_and_combine();
            let names: Vec<&str> = combined.iter().map(|(name, _)| name).collect();
            proptest::prop_assert!(names.is_sorted());
            for name in ["a", "b", "set-cookie"] {
                proptest::prop_assert_eq!(combined.get(name), all.get(name));
            }
        }
    }

    #[test]
    fn iteration_is_sorted_lower_case_and_combined_but_for_cookies() {
        let mixed = list(&[
            ("Set-Cookie", "a"),
            ("B", "2"),
            ("A", "1"),
            ("b", "3"),
            ("set-cookie", "b"),
        ]);
        assert_eq!(
            mixed.sort_and_combine(),
            list(&[
                ("a", "1"),
                ("b", "2, 3"),
                ("set-cookie", "a"),
                ("set-cookie", "b")
            ])
        );
    }

    #[rstest]
    #[case(b"a", true)]
    #[case(b"", true)]
    #[case(b"a\x0bb\xff", true)]
    #[case(b" a", false)]
    #[case(b"a\t", false)]
    #[case(b"a\x00b", false)]
    #[case(b"a\nb", false)]
    fn header_values(#[case] value: &[u8], #[case] valid: bool) {
        assert_eq!(is_header_value(value), valid);
    }

    proptest::proptest! {
        #[test]
        fn a_normalized_value_is_not_normalized_further(value: Vec<u8>) {
            let once = normalize_value(&value);
            proptest::prop_assert_eq!(normalize_value(once), once);
        }

        #[test]
        fn splitting_never_loses_a_byte_but_blanks_and_commas(value in "[a-z ,\t]{0,40}") {
            let list = list(&[("x", &value)]);
            let kept: String = list.get_decode_split("x").unwrap().concat().replace([' ', '\t'], "");
            proptest::prop_assert_eq!(kept, value.replace([' ', '\t', ','], ""));
        }

        #[test]
        fn tokens_survive_a_round_trip(tokens in proptest::collection::vec("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}", 0..6)) {
            let list = list(&[("x", &tokens.join(" ,\t"))]);
            proptest::prop_assert_eq!(list.extract_tokens("x"), Ok(Some(tokens)));
        }
    }
}

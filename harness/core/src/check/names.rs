//! The names of the protocol, and what is taken for them.

use corspec_fetch::HeaderList;

/// Header names of CORS that responses have.
pub const RESPONSE_NAMES: [&str; 7] = [
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Private-Network",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
];

/// Header names of CORS that only requests have.
const REQUEST_NAMES: [&str; 3] = [
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Access-Control-Request-Private-Network",
];

/// A header of a response that no browser knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Misspelt {
    /// The name as it was sent.
    pub name: String,
    /// The name that was meant, if it is near one; none for what only requests have.
    pub meant: Option<&'static str>,
}

/// The headers of a response that look like those of CORS and are none.
#[must_use]
pub fn misspelt(headers: &HeaderList) -> Vec<Misspelt> {
    let mut found: Vec<Misspelt> = Vec::new();
    for (name, _) in headers.iter() {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        let is_known = RESPONSE_NAMES.iter().any(is) || found.iter().any(|it| is(&&*it.name));
        if is_known {
            continue;
        }
        let lower = name.to_ascii_lowercase().replace('_', "-");
        let meant = match REQUEST_NAMES.iter().any(is) {
            true => None,
            false => RESPONSE_NAMES.into_iter().min_by_key(|known| {
                distance(lower.as_bytes(), known.to_ascii_lowercase().as_bytes())
            }),
        };
        let is_near = match meant {
            None => true,
            Some(known) => {
                let known = known.to_ascii_lowercase();
                let most = if lower.starts_with("access-control-") {
                    4
                } else {
                    2
                };
                // What is left of a name whose prefix was forgotten.
                let is_bare = known.strip_prefix("access-control-") == Some(lower.as_str());
                is_bare || distance(lower.as_bytes(), known.as_bytes()) <= most
            }
        };
        if is_near || lower.starts_with("access-control-") {
            found.push(Misspelt {
                name: name.to_owned(),
                meant: meant.filter(|_| is_near),
            });
        }
    }
    found
}

/// How many bytes have to be put in, taken out or replaced.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, byte) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(byte != against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// Whether `Vary` says that the answer depends on this request header.
#[must_use]
pub fn varies_on(headers: &HeaderList, name: &str) -> bool {
    let members = headers.get_decode_split("vary").unwrap_or_default();
    members
        .iter()
        .any(|member| member == "*" || member.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Access-Control-Allow-Method", Some("Access-Control-Allow-Methods"))]
    #[case("Access-Control-Allow-Header", Some("Access-Control-Allow-Headers"))]
    #[case("Access-Control-Expose-Header", Some("Access-Control-Expose-Headers"))]
    #[case("Access-Control-Allowed-Origin", Some("Access-Control-Allow-Origin"))]
    #[case("Acces-Control-Allow-Origin", Some("Access-Control-Allow-Origin"))]
    #[case("Access_Control_Allow_Origin", Some("Access-Control-Allow-Origin"))]
    #[case("Allow-Origin", Some("Access-Control-Allow-Origin"))]
    #[case(
        "Access-Control-Allow-Credential",
        Some("Access-Control-Allow-Credentials")
    )]
    #[case("Access-Control-Request-Method", None)]
    #[case("Access-Control-Something-Else", None)]
    fn a_misspelt_name_is_told_with_what_was_meant(
        #[case] name: &str,
        #[case] meant: Option<&str>,
    ) {
        let mut headers = HeaderList::new();
        headers.append(name, "x");
        let found = misspelt(&headers);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].meant), (name, meant));
    }

    #[rstest]
    #[case("access-control-allow-origin")]
    #[case("Access-Control-Max-Age")]
    #[case("Content-Type")]
    #[case("Allow")]
    #[case("Timing-Allow-Origin")]
    #[case("Accept-Ranges")]
    fn names_that_are_right_or_of_something_else_are_left_alone(#[case] name: &str) {
        let mut headers = HeaderList::new();
        headers.append(name, "x");
        assert_eq!(misspelt(&headers), []);
    }

    #[rstest]
    #[case("Accept-Encoding, origin", true)]
    #[case("*", true)]
    #[case("Original", false)]
    fn vary_is_a_list_of_names_in_any_case(#[case] value: &str, #[case] expected: bool) {
        let mut headers = HeaderList::new();
        headers.append("Vary", value);
        assert_eq!(varies_on(&headers, "Origin"), expected);
    }
}

//! Subresource integrity.
//!
//! <https://w3c.github.io/webappsec-subresource-integrity/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Whether bytes match integrity metadata. Metadata without any known algorithm matches everything.
///
/// <https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist>
#[must_use]
pub fn matches(bytes: &[u8], metadata: &str) -> bool {
    let parsed: Vec<(Algorithm, &str)> = metadata
        .split_ascii_whitespace()
        .filter_map(parse)
        .collect();
    let Some(strongest) = parsed.iter().map(|(algorithm, _)| *algorithm).max() else {
        return true;
    };
    let digest = STANDARD.encode(strongest.digest(bytes));
    parsed
        .iter()
        .filter(|(algorithm, _)| *algorithm == strongest)
        // The URL-safe alphabet is accepted as well.
        .any(|(_, value)| value.replace('-', "+").replace('_', "/") == digest)
}

/// In the order of strength.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// <https://w3c.github.io/webappsec-subresource-integrity/#parse-metadata>
fn parse(token: &str) -> Option<(Algorithm, &str)> {
    let expression = token.split('?').next()?;
    let (algorithm, value) = expression.split_once('-').unwrap_or((expression, ""));
    let algorithm = match algorithm.to_ascii_lowercase().as_str() {
        "sha256" => Algorithm::Sha256,
        "sha384" => Algorithm::Sha384,
        "sha512" => Algorithm::Sha512,
        _ => return None,
    };
    Some((algorithm, value))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GOOD: &str = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    const BAD: &str = "sha256-AAAAul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

    #[rstest]
    #[case("", true)]
    #[case("md5-x", true)]
    #[case(GOOD, true)]
    #[case(BAD, false)]
    #[case("sha256-LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", true)]
    #[case("sha512-x", false)]
    #[case("sha256-", false)]
    #[case("sha256", false)]
    fn metadata_of_hello(#[case] metadata: &str, #[case] matching: bool) {
        assert_eq!(matches(b"hello", metadata), matching);
    }

    #[test]
    fn one_of_the_strongest_must_match() {
        assert!(matches(b"hello", &format!("{BAD} {GOOD}")));
        assert!(!matches(b"hello", &format!("{GOOD} sha384-x")));
    }
}

//! Where it is said: the requirements that findings are about.

/// The URL of a requirement of `cases/requirements.yaml`.
pub(super) fn citation(id: &str) -> &'static str {
    CITATIONS
        .iter()
        .find(|(known, _)| *known == id)
        .map_or("", |(_, citation)| citation)
}

const ORIGIN: &str = "https://portswigger.net/web-security/cors";
const PREFLIGHT: &str = "https://fetch.spec.whatwg.org/#cors-preflight-fetch";
const CACHES: &str = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches";

const CITATIONS: &[(&str, &str)] = &[
    (
        "acao-values",
        "https://fetch.spec.whatwg.org/#http-access-control-allow-origin",
    ),
    (
        "pna-server-acapn-only-when-asked",
        "https://wicg.github.io/private-network-access/#headers",
    ),
    (
        "setup-no-cors-behind-firewall",
        "https://fetch.spec.whatwg.org/#basic-safe-cors-protocol-setup",
    ),
    (
        "srv-acac-lowercase-true",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-acac-without-acao",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-acao-no-comma-list",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-acao-no-pattern",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-acao-not-for-unlisted",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-acao-single-header",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-acao-star-intranet",
        "https://fetch.spec.whatwg.org/#http-responses",
    ),
    (
        "srv-expose-headers-minimal",
        "https://fetch.spec.whatwg.org/#http-responses",
    ),
    (
        "srv-host-header-acao",
        "https://w3c.github.io/resource-timing/#sec-timing-allow-origin",
    ),
    ("srv-http-origin-trusted-by-https", ORIGIN),
    ("srv-localhost-in-production", ORIGIN),
    ("srv-max-age-nonneg", PREFLIGHT),
    ("srv-max-age-overlarge", PREFLIGHT),
    ("srv-max-age-units", PREFLIGHT),
    (
        "srv-misspelt-headers",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    (
        "srv-no-origin-no-reflection",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    ("srv-null-origin-any", ORIGIN),
    ("srv-null-origin-credentials", ORIGIN),
    ("srv-origin-case", ORIGIN),
    ("srv-origin-multiple-values", ORIGIN),
    ("srv-origin-third-party-trust", ORIGIN),
    ("srv-origin-userinfo-and-special", ORIGIN),
    ("srv-prefix-match", ORIGIN),
    ("srv-prefix-match-port", ORIGIN),
    ("srv-preflight-2xx", PREFLIGHT),
    ("srv-preflight-405-404", PREFLIGHT),
    ("srv-preflight-acah-specific", PREFLIGHT),
    ("srv-preflight-acah-star-credentials", PREFLIGHT),
    ("srv-preflight-acam-specific", PREFLIGHT),
    ("srv-preflight-acrm-reflection", PREFLIGHT),
    ("srv-preflight-disallowed-no-leak", PREFLIGHT),
    ("srv-preflight-no-auth", PREFLIGHT),
    ("srv-preflight-no-csrf-token", PREFLIGHT),
    ("srv-preflight-no-redirect", PREFLIGHT),
    ("srv-preflight-same-as-actual-acao", PREFLIGHT),
    ("srv-reflect-arbitrary-origin-credentials", ORIGIN),
    ("srv-reflect-arbitrary-origin-uncredentialed", ORIGIN),
    (
        "srv-request-headers-in-response",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    ("srv-scheme-mismatch", ORIGIN),
    ("srv-subdomain-depth", ORIGIN),
    ("srv-subdomain-wildcard-boundary", ORIGIN),
    ("srv-substring-match", ORIGIN),
    ("srv-suffix-match", ORIGIN),
    ("srv-unanchored-regex", ORIGIN),
    ("srv-unescaped-dot", ORIGIN),
    ("srv-vary-not-needed-star", CACHES),
    ("srv-vary-origin-missing", CACHES),
    ("srv-vary-origin-on-refusal", CACHES),
    ("srv-vary-origin-without-origin", CACHES),
    (
        "srv-wildcard-plus-credentials",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing",
    ),
    ("vary-dynamic-acao", CACHES),
    ("vary-on-non-cors-too", CACHES),
    ("vary-static-no-vary", CACHES),
    (
        "w3c-6-1-case-sensitive-origin",
        "https://www.w3.org/TR/2014/REC-cors-20140116/#resource-requests",
    ),
    (
        "w3c-6-1-origin-not-listed",
        "https://www.w3.org/TR/2014/REC-cors-20140116/#resource-requests",
    ),
    (
        "w3c-6-1-star-not-with-credentials",
        "https://www.w3.org/TR/2014/REC-cors-20140116/#resource-requests",
    ),
    (
        "w3c-6-2-origin-mismatch",
        "https://www.w3.org/TR/2014/REC-cors-20140116/#resource-preflight-requests",
    ),
    (
        "w3c-6-4-vary",
        "https://www.w3.org/TR/2014/REC-cors-20140116/#resource-implementation",
    ),
    (
        "ws6455-origin-exact",
        "https://www.rfc-editor.org/rfc/rfc6455#section-10.2",
    ),
    (
        "ws6455-origin-not-cors",
        "https://www.rfc-editor.org/rfc/rfc6455#section-10.2",
    ),
    (
        "ws6455-server-origin-403",
        "https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Requirement {
        id: String,
        citation: String,
    }

    #[test]
    fn every_requirement_is_one_of_the_suite_and_cited_as_there() {
        let text = include_str!("../../../../cases/requirements.yaml");
        let requirements: Vec<Requirement> = serde_yaml::from_str(text).unwrap();
        let known: HashMap<&str, &str> = requirements
            .iter()
            .map(|it| (it.id.as_str(), it.citation.as_str()))
            .collect();
        for (id, citation) in CITATIONS {
            assert_eq!(known.get(id), Some(citation), "{id}");
        }
    }
}

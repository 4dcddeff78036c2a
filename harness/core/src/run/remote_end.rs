//! Where the sessions of an engine come from.

use std::fmt;
use std::str::FromStr;

use crate::agent::browser::{BadWebDriverUrl, Engine, UnknownEngine, WebDriverUrl};

/// Where sessions of an engine come from, instead of this machine's own: `chromium=http://localhost:4444`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RemoteEnd {
    /// The engine.
    pub engine: Engine,
    /// The WebDriver server.
    pub url: WebDriverUrl,
}

impl fmt::Display for RemoteEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.engine, self.url)
    }
}

impl FromStr for RemoteEnd {
    type Err = BadRemoteEnd;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (engine, url) = text.split_once('=').ok_or(BadRemoteEnd::NoEngine)?;
        Ok(Self {
            engine: engine.parse()?,
            url: url.parse()?,
        })
    }
}

/// A text that names no remote end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadRemoteEnd {
    /// The engine is unknown.
    #[error(transparent)]
    Engine(#[from] UnknownEngine),
    /// There is no engine.
    #[error("write BROWSER=URL, such as `chromium=http://localhost:4444`")]
    NoEngine,
    /// The URL is of no use.
    #[error(transparent)]
    Url(#[from] BadWebDriverUrl),
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn an_end_is_written_as_it_is_read() {
        let end: RemoteEnd = "chromium=http://localhost:4444/".parse().unwrap();
        assert_eq!(end.engine, Engine::Chromium);
        assert_eq!(end.to_string(), "chromium=http://localhost:4444");
    }

    #[rstest]
    #[case(
        "http://localhost:4444",
        "write BROWSER=URL, such as `chromium=http://localhost:4444`"
    )]
    #[case("chromium=", "no URL: relative URL without a base")]
    #[case(
        "chromium=https://grid.example",
        "the scheme is `https`, and only `http` is spoken; reach others through a tunnel"
    )]
    fn another_text_is_refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<RemoteEnd>().unwrap_err().to_string(), message);
    }

    #[test]
    fn an_unknown_engine_is_answered_with_the_known_ones() {
        let error = "opera=http://localhost:4444"
            .parse::<RemoteEnd>()
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("unknown browser `opera`; known: "),
            "{error}"
        );
    }
}

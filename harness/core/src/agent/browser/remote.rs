//! WebDriver servers that run already, as a Selenium Grid does.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

/// How long an endpoint may take to say how it is.
const STATUS_DEADLINE: Duration = Duration::from_secs(10);

/// How much of an answer is shown that is none of WebDriver.
const SHOWN_CHARACTERS: usize = 60;

/// The URL of a WebDriver server: what session commands are appended to.
///
/// A user and a password in it are sent, and never shown.
#[derive(Clone, Eq, PartialEq)]
pub struct WebDriverUrl(Url);

impl WebDriverUrl {
    /// The URL with everything that is in it, ending in a slash: commands are joined to it, which
    /// would replace a last segment without one.
    pub(crate) fn base(&self) -> &str {
        self.0.as_str()
    }

    /// Finds out whether a WebDriver server answers there. Starts no session.
    ///
    /// <https://www.w3.org/TR/webdriver2/#status>
    ///
    /// # Errors
    ///
    /// Nobody answers, or not as a WebDriver server does.
    pub(crate) async fn check(&self) -> Result<(), RemoteError> {
        let (status, body) = match timeout(STATUS_DEADLINE, self.ask_status()).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let reason = innermost(&*error);
                return Err(RemoteError::Unreachable(reason));
            }
            Err(_) => return Err(RemoteError::Silent),
        };
        // A server that has no slot free just now is not ready, and a request for a session waits.
        match serde_json::from_slice::<Value>(&body) {
            Ok(answer) if answer["value"]["ready"].is_boolean() => Ok(()),
            _ => Err(RemoteError::NotWebDriver {
                status,
                start: String::from_utf8_lossy(&body)
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .chars()
                    .take(SHOWN_CHARACTERS)
                    .collect(),
            }),
        }
    }

    async fn ask_status(&self) -> Result<(u16, Bytes), Box<dyn Error + Send + Sync>> {
        let client: Client<_, Empty<Bytes>> =
            Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let url = self.0.join("status")?;
        let answer = client.get(url.as_str().parse()?).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}

impl fmt::Display for WebDriverUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        // Neither fails for a URL that has a host.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        formatter.write_str(shown.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for WebDriverUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WebDriverUrl({self})")
    }
}

impl FromStr for WebDriverUrl {
    type Err = BadWebDriverUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut url: Url = text.parse().map_err(BadWebDriverUrl::NoUrl)?;
        if url.scheme() != "http" {
            return Err(BadWebDriverUrl::Scheme(url.scheme().to_owned()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BadWebDriverUrl::Trailing);
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self(url))
    }
}

/// A text that is no URL of a WebDriver server.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadWebDriverUrl {
    /// It is no URL.
    #[error("no URL: {0}")]
    NoUrl(url::ParseError),
    /// It is of another scheme.
    #[error("the scheme is `{0}`, and only `http` is spoken; reach others through a tunnel")]
    Scheme(String),
    /// Something follows the path.
    #[error("a query or fragment has no meaning here")]
    Trailing,
}

/// Why an endpoint is of no use.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RemoteError {
    /// It answers like something else.
    #[error("it does not answer as a WebDriver server does, but with status {status}: {start}")]
    NotWebDriver {
        /// The status code.
        status: u16,
        /// How the answer begins.
        start: String,
    },
    /// It takes the connection and says nothing.
    #[error("it did not answer within {} s", STATUS_DEADLINE.as_secs())]
    Silent,
    /// Nobody is there.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

/// The cause of the causes, which says most in the fewest words, without the number that the system
/// has for it.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that gives every connection the same answer.
    async fn answering(answer: &'static str) -> WebDriverUrl {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                    answer.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://127.0.0.1:{port}").parse().unwrap()
    }

    #[rstest]
    #[case("http://127.0.0.1:4444", "http://127.0.0.1:4444/")]
    #[case("http://[::1]:4444/wd/hub", "http://[::1]:4444/wd/hub/")]
    #[case(
        "http://user:secret@grid.localhost//",
        "http://user:secret@grid.localhost/"
    )]
    fn commands_can_be_joined_to_it(#[case] text: &str, #[case] base: &str) {
        assert_eq!(text.parse::<WebDriverUrl>().unwrap().base(), base);
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: WebDriverUrl = "http://user:secret@grid.localhost:4444/wd/hub"
            .parse()
            .unwrap();
        assert_eq!(url.to_string(), "http://grid.localhost:4444/wd/hub");
        assert!(!format!("{url:?}").contains("secret"));
    }

    #[rstest]
    #[case(
        "localhost:4444",
        "the scheme is `localhost`, and only `http` is spoken; reach others through a tunnel"
    )]
    #[case(
        "https://grid.example",
        "the scheme is `https`, and only `http` is spoken; reach others through a tunnel"
    )]
    #[case("grid", "no URL: relative URL without a base")]
    #[case("http://grid?a", "a query or fragment has no meaning here")]
    fn another_text_is_refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(
            text.parse::<WebDriverUrl>().unwrap_err().to_string(),
            message
        );
    }

    #[tokio::test]
    async fn a_server_is_known_by_its_status_ready_or_not() {
        let url = answering("{\"value\": {\"ready\": false, \"message\": \"no nodes\"}}").await;
        assert_eq!(url.check().await, Ok(()));
    }

    #[tokio::test]
    async fn what_is_no_server_is_shown() {
        let url = answering("<!doctype html>\n<title>Welcome</title>").await;
        assert_eq!(
            url.check().await.unwrap_err().to_string(),
            "it does not answer as a WebDriver server does, but with status 200: \
             <!doctype html> <title>Welcome</title>"
        );
    }

    #[tokio::test]
    async fn an_endpoint_where_nobody_listens_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let url: WebDriverUrl = format!("http://{address}").parse().unwrap();
        assert_eq!(
            url.check().await.unwrap_err().to_string(),
            "it cannot be reached: Connection refused"
        );
    }
}

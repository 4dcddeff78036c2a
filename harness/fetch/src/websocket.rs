//! The opening handshake of WebSockets.
//!
//! <https://websockets.spec.whatwg.org/#websocket-opening-handshake>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use url::Url;

use crate::header_list::{HeaderList, is_token};
use crate::outcome::Block;
use crate::reason::Reason;

/// What makes a value of `Sec-WebSocket-Accept` out of a key.
///
/// <https://www.rfc-editor.org/rfc/rfc6455#section-1.3>
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the constructor refuses.
///
/// <https://websockets.spec.whatwg.org/#dom-websocket-websocket>
///
/// # Errors
///
/// [`Reason::UrlInvalid`] for a scheme that is none of a WebSocket's and for a fragment,
/// [`Reason::WebSocketProtocol`] for a subprotocol that is no token or stands there twice.
pub fn construct(url: &Url, protocols: &[String]) -> Result<(), Block> {
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return Err(Block::new(Reason::UrlInvalid, url.scheme()));
    }
    if let Some(fragment) = url.fragment() {
        return Err(Block::new(Reason::UrlInvalid, format!("#{fragment}")));
    }
    for (index, protocol) in protocols.iter().enumerate() {
        if !is_token(protocol.as_bytes()) || protocols[..index].contains(protocol) {
            return Err(Block::new(Reason::WebSocketProtocol, protocol));
        }
    }
    Ok(())
}

/// The URL that is really requested.
///
/// <https://websockets.spec.whatwg.org/#concept-websocket-establish>
#[must_use]
pub fn request_url(url: &Url) -> Url {
    let scheme = match url.scheme() {
        "ws" => "http",
        "wss" => "https",
        _ => return url.clone(),
    };
    // `Url` refuses to turn a scheme into another, but for those that are related as these are.
    let text = url.as_str().split_once(':').map_or("", |(_, rest)| rest);
    Url::parse(&format!("{scheme}:{text}")).unwrap_or_else(|_| url.clone())
}

/// The headers that make a request a handshake. No extension is offered: which ones are, the standard
/// leaves to the user agent.
///
/// <https://websockets.spec.whatwg.org/#concept-websocket-establish>
#[must_use]
pub fn headers(key: &str, protocols: &[String]) -> Vec<(String, Vec<u8>)> {
    let mut headers = vec![
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ];
    headers.extend(
        protocols
            .iter()
            .map(|protocol| ("Sec-WebSocket-Protocol", protocol.as_str())),
    );
    headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// The value of `Sec-WebSocket-Accept` that answers a key.
///
/// <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2>
#[must_use]
pub fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID);
    STANDARD.encode(hash.finalize())
}

/// Judges the answer to a handshake, and says which subprotocol is chosen.
///
/// <https://websockets.spec.whatwg.org/#concept-websocket-establish>,
/// <https://www.rfc-editor.org/rfc/rfc6455#section-4.1>
///
/// # Errors
///
/// Why the connection fails: [`Reason::WebSocketStatus`], [`Reason::WebSocketHandshake`],
/// [`Reason::WebSocketExtension`] or [`Reason::WebSocketProtocol`].
pub fn judge(
    key: &str,
    protocols: &[String],
    offered_extensions: &[&str],
    status: u16,
    answer: &HeaderList,
) -> Result<String, Block> {
    if status != 101 {
        return Err(Block::new(Reason::WebSocketStatus, status.to_string()));
    }
    let tokens = |name: &str| answer.get_decode_split(name).unwrap_or_default();
    let value = |name: &str| answer.get(name).unwrap_or_default();
    if !value("upgrade").eq_ignore_ascii_case(b"websocket") {
        return Err(Block::new(Reason::WebSocketHandshake, "Upgrade"));
    }
    let upgrades = |token: &String| token.eq_ignore_ascii_case("upgrade");
    if !tokens("connection").iter().any(upgrades) {
        return Err(Block::new(Reason::WebSocketHandshake, "Connection"));
    }
    if value("sec-websocket-accept") != accept(key).as_bytes() {
        return Err(Block::new(
            Reason::WebSocketHandshake,
            "Sec-WebSocket-Accept",
        ));
    }
    for extension in tokens("sec-websocket-extensions") {
        let name = extension.split(';').next().unwrap_or_default().trim();
        if !offered_extensions.contains(&name) {
            return Err(Block::new(Reason::WebSocketExtension, name));
        }
    }
    let chosen = tokens("sec-websocket-protocol");
    match (protocols, chosen.as_slice()) {
        ([], []) => Ok(String::new()),
        (protocols, [chosen]) if protocols.contains(chosen) => Ok(chosen.clone()),
        (_, chosen) => Err(Block {
            reason: Reason::WebSocketProtocol,
            detail: (!chosen.is_empty()).then(|| chosen.join(", ")),
        }),
    }
}

/// What `close()` refuses.
///
/// <https://websockets.spec.whatwg.org/#dom-websocket-close>
#[must_use]
pub fn may_close_with(code: Option<u16>, reason: &str) -> bool {
    code.is_none_or(|code| code == 1000 || (3000..=4999).contains(&code)) && reason.len() <= 123
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn protocols(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_example_of_the_rfc_is_answered() {
        assert_eq!(accept(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[rstest]
    #[case("ws://a.localhost/", "", None)]
    #[case("http://a.localhost/", "a b", None)]
    #[case("ftp://a.localhost/", "", Some(Reason::UrlInvalid))]
    #[case("ws://a.localhost/#", "", Some(Reason::UrlInvalid))]
    #[case("ws://a.localhost/", "a a", Some(Reason::WebSocketProtocol))]
    #[case("ws://a.localhost/", "a/b", Some(Reason::WebSocketProtocol))]
    fn arguments(#[case] url: &str, #[case] names: &str, #[case] refused: Option<Reason>) {
        let url = Url::parse(url).unwrap();
        let judged = construct(&url, &protocols(names)).err().map(|it| it.reason);
        assert_eq!(judged, refused);
    }

    #[rstest]
    #[case("ws://a.localhost:81/p?q", "http://a.localhost:81/p?q")]
    #[case("wss://a.localhost/", "https://a.localhost/")]
    #[case("https://a.localhost/", "https://a.localhost/")]
    fn schemes(#[case] url: &str, #[case] requested: &str) {
        let url = Url::parse(url).unwrap();
        assert_eq!(request_url(&url).as_str(), requested);
    }

    #[rstest]
    #[case::good(101, "", "", None)]
    #[case::other_case(101, "Upgrade=WebSocket;Connection=keep-alive, UPGRADE", "", None)]
    #[case::status(200, "", "", Some(Reason::WebSocketStatus))]
    #[case::no_upgrade(101, "Upgrade=", "", Some(Reason::WebSocketHandshake))]
    #[case::no_connection(101, "Connection=close", "", Some(Reason::WebSocketHandshake))]
    #[case::wrong_accept(101, "Sec-WebSocket-Accept=x", "", Some(Reason::WebSocketHandshake))]
    #[case::extension(
        101,
        "Sec-WebSocket-Extensions=x-a",
        "",
        Some(Reason::WebSocketExtension)
    )]
    #[case::chosen(101, "Sec-WebSocket-Protocol=b", "a b", None)]
    #[case::none_chosen(101, "", "a b", Some(Reason::WebSocketProtocol))]
    #[case::not_asked(101, "Sec-WebSocket-Protocol=a", "", Some(Reason::WebSocketProtocol))]
    #[case::another(101, "Sec-WebSocket-Protocol=A", "a", Some(Reason::WebSocketProtocol))]
    #[case::two(
        101,
        "Sec-WebSocket-Protocol=a, b",
        "a b",
        Some(Reason::WebSocketProtocol)
    )]
    fn answers(
        #[case] status: u16,
        #[case] changes: &str,
        #[case] asked: &str,
        #[case] refused: Option<Reason>,
    ) {
        let mut answer = HeaderList::new();
        answer.append("Upgrade", "websocket");
        answer.append("Connection", "Upgrade");
        answer.append("Sec-WebSocket-Accept", accept(KEY));
        for change in changes.split(';').filter(|change| !change.is_empty()) {
            let (name, value) = change.split_once('=').unwrap();
            answer.set(name, value);
        }
        let judged = judge(KEY, &protocols(asked), &[], status, &answer);
        assert_eq!(judged.err().map(|block| block.reason), refused);
    }

    #[test]
    fn subprotocols_are_offered_in_order() {
        let headers = headers(KEY, &protocols("a b"));
        assert_eq!(headers[4].1, b"a");
        assert_eq!(headers[5].1, b"b");
    }

    #[rstest]
    #[case(None, "", true)]
    #[case(Some(1000), "", true)]
    #[case(Some(4999), "", true)]
    #[case(Some(1001), "", false)]
    #[case(Some(5000), "", false)]
    #[case(Some(1000), &"x".repeat(124), false)]
    fn closing(#[case] code: Option<u16>, #[case] reason: &str, #[case] allowed: bool) {
        assert_eq!(may_close_with(code, reason), allowed);
    }
}

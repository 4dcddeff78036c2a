//! What becomes of a response that a fetch has let through: whether it can be used for what it was
//! requested for.
//!
//! <https://html.spec.whatwg.org/#fetching-resources>

use crate::mime::{extract_essence, is_javascript};
use crate::outcome::Block;
use crate::reason::Reason;
use crate::request::Api;
use crate::response::HttpResponse;
use crate::{event_source, sniff};

/// Judges a response by its use. It is the internal response: an opaque one is looked into as well,
/// for the user agent sees what script does not.
///
/// # Errors
///
/// Why it cannot be used.
pub(crate) fn judge(api: Api, response: &HttpResponse) -> Result<(), Block> {
    match api {
        // The WebSocket handshake has a judge of its own, `websocket::judge`.
        // What a preload is good for is judged when it is used.
        Api::Beacon
        | Api::Fetch
        | Api::Navigation
        | Api::Preload
        | Api::WebSocket
        | Api::XmlHttpRequest => Ok(()),
        Api::EventSource => event_source::judge(response.status, &response.headers),
        // The status of a font is not looked at: https://drafts.csswg.org/css-values-4/#fetch-a-style-resource
        Api::Font => content(sniff::is_font(&response.body)),
        Api::Image => {
            let essence = extract_essence(&response.headers);
            content(sniff::is_decodable_image(
                essence.as_deref(),
                &response.body,
            ))
        }
        Api::Media => media(response),
        Api::ModuleScript => ok_status(response).and_then(|()| javascript(response)),
        Api::Script => ok_status(response),
        Api::Style => ok_status(response).and_then(|()| stylesheet(response)),
        Api::Track => ok_status(response).and_then(|()| content(sniff::is_web_vtt(&response.body))),
        Api::Worker => ok_status(response).and_then(|()| javascript(response)),
    }
}

/// <https://fetch.spec.whatwg.org/#ok-status>
fn ok_status(response: &HttpResponse) -> Result<(), Block> {
    let status = response.status;
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(Block::new(Reason::StatusNotOk, status.to_string()))
}

/// <https://html.spec.whatwg.org/#fetch-a-single-module-script>,
/// <https://html.spec.whatwg.org/#fetch-a-classic-worker-script>
fn javascript(response: &HttpResponse) -> Result<(), Block> {
    let essence = extract_essence(&response.headers);
    match essence {
        Some(essence) if is_javascript(&essence) => Ok(()),
        essence => Err(refused(essence)),
    }
}

/// Pages are never in quirks mode here. A missing type is that of stylesheets.
///
/// <https://html.spec.whatwg.org/#link-type-stylesheet>
fn stylesheet(response: &HttpResponse) -> Result<(), Block> {
    match extract_essence(&response.headers) {
        Some(essence) if essence != "text/css" => Err(refused(Some(essence))),
        _ => Ok(()),
    }
}

/// <https://html.spec.whatwg.org/#verify-a-media-response>
fn media(response: &HttpResponse) -> Result<(), Block> {
    if !matches!(response.status, 200 | 206) {
        return Err(Block::new(Reason::StatusNotOk, response.status.to_string()));
    }
    content(sniff::is_audio_or_video(&response.body))
}

fn content(is_usable: bool) -> Result<(), Block> {
    if is_usable {
        Ok(())
    } else {
        Err(Reason::ContentInvalid.into())
    }
}

fn refused(essence: Option<String>) -> Block {
    Block {
        reason: Reason::MimeTypeRefused,
        detail: essence,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::header_list::HeaderList;

    const PNG: &str = "GIF89a";

    #[rstest]
    #[case(Api::Image, 404, "text/html", PNG, None)]
    #[case(Api::Image, 200, "image/png", "ok", Some(Reason::ContentInvalid))]
    #[case(Api::Script, 200, "text/html", "", None)]
    #[case(Api::Script, 404, "text/javascript", "", Some(Reason::StatusNotOk))]
    #[case(Api::ModuleScript, 200, "text/javascript;x=y", "", None)]
    #[case(
        Api::ModuleScript,
        200,
        "text/plain",
        "",
        Some(Reason::MimeTypeRefused)
    )]
    #[case(Api::ModuleScript, 200, "", "", Some(Reason::MimeTypeRefused))]
    #[case(
        Api::ModuleScript,
        500,
        "text/javascript",
        "",
        Some(Reason::StatusNotOk)
    )]
    #[case(Api::Worker, 200, "text/plain", "", Some(Reason::MimeTypeRefused))]
    #[case(Api::Style, 200, "text/css", "", None)]
    #[case(Api::Style, 200, "", "", None)]
    #[case(Api::Style, 200, "text/plain", "", Some(Reason::MimeTypeRefused))]
    #[case(Api::Style, 404, "text/css", "", Some(Reason::StatusNotOk))]
    #[case(Api::Font, 404, "text/plain", "wOFF", None)]
    #[case(Api::Font, 200, "font/woff", "ok", Some(Reason::ContentInvalid))]
    #[case(Api::Media, 206, "", "OggS\0", None)]
    #[case(Api::Media, 404, "", "OggS\0", Some(Reason::StatusNotOk))]
    #[case(Api::Track, 200, "text/plain", "WEBVTT\n", None)]
    #[case(Api::Track, 404, "text/vtt", "WEBVTT\n", Some(Reason::StatusNotOk))]
    #[case(Api::EventSource, 200, "text/event-stream; charset=x", "", None)]
    #[case(Api::Navigation, 404, "text/html", "", None)]
    fn uses(
        #[case] api: Api,
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] refused: Option<Reason>,
    ) {
        let mut headers = HeaderList::new();
        headers.append("Content-Type", content_type);
        let response = HttpResponse {
            status,
            headers,
            body: body.into(),
            ..HttpResponse::default()
        };
        let judged = judge(api, &response).err().map(|block| block.reason);
        assert_eq!(judged, refused);
    }
}

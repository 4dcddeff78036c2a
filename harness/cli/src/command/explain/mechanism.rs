//! Mechanisms that are elements, sockets and the like, as script that anybody could type.

use corspec::case::scenario::{CrossOrigin, Mechanism, RequestPlan, SocketMessage};
use corspec_fetch::Credentials;

use super::literal::{body, quote, quote_bytes};

pub(super) fn lines(request: &RequestPlan) -> Vec<String> {
    let url = quote(&request.url);
    match request.via {
        Mechanism::Audio => element("audio", "new Audio()", "src", request),
        Mechanism::Image => element("image", "new Image()", "src", request),
        Mechanism::Video => created("video", "src", request),
        Mechanism::Track => created("track", "src", request),
        Mechanism::Script => created("script", "src", request),
        Mechanism::Style => {
            let mut lines = created("link", "href", request);
            lines.insert(1, "link.rel = \"stylesheet\"".to_owned());
            lines
        }
        Mechanism::Preload => {
            let mut lines = created("link", "href", request);
            lines.insert(1, "link.rel = \"preload\"; link.as = \"fetch\"".to_owned());
            lines
        }
        Mechanism::Module => {
            let mut lines = created("script", "src", request);
            lines.insert(1, "script.type = \"module\"".to_owned());
            lines
        }
        Mechanism::Jsonp => {
            let mut lines = vec![format!("window.{} = data => {{}}", request.callback)];
            lines.extend(created("script", "src", request));
            lines
        }
        Mechanism::Http => {
            let lines = request
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)));
            std::iter::once(format!("{} {}", request.method, request.url))
                .chain(lines)
                .collect()
        }
        Mechanism::Beacon => {
            let body = request.body.as_ref().map(body).unwrap_or_default();
            vec![format!("navigator.sendBeacon({url}, {body})")]
        }
        Mechanism::Font => vec![format!("new FontFace(\"face\", `url(${{{url}}})`).load()")],
        Mechanism::EventSource => {
            let options = match request.credentials {
                Credentials::Include => ", { withCredentials: true }",
                _ => "",
            };
            vec![format!("new EventSource({url}{options})")]
        }
        Mechanism::WebSocket => websocket(request),
        Mechanism::Form => {
            let method = quote(&request.method);
            vec![format!(
                "form.method = {method}; form.action = {url}; form.submit()"
            )]
        }
        Mechanism::Link => vec![format!("a.href = {url}; a.click()")],
        Mechanism::Frame => vec![format!("iframe.src = {url}")],
        Mechanism::Worker => vec![format!("new Worker({url})")],
        Mechanism::SharedWorker => vec![format!("new SharedWorker({url})")],
        Mechanism::ServiceWorker => vec![format!("navigator.serviceWorker.register({url})")],
        Mechanism::PostMessage => sent(request, "frame.contentWindow.postMessage"),
        Mechanism::BroadcastChannel => sent(request, "new BroadcastChannel(\"name\").postMessage"),
        Mechanism::LongPoll | Mechanism::LongPollXhr => vec![
            format!("// with {}, again and again:", request.via),
            format!("poll({url})"),
        ],
        Mechanism::Xdr => {
            let body = request.body.as_ref().map(body).unwrap_or_default();
            vec![
                "const xdr = new XDomainRequest()".to_owned(),
                format!("xdr.open({}, {url})", quote(&request.method)),
                format!("xdr.send({body})"),
            ]
        }
        Mechanism::Features => vec!["// only looks which interfaces there are".to_owned()],
        Mechanism::Fetch | Mechanism::Xhr => Vec::new(),
    }
}

fn created(tag: &str, address: &str, request: &RequestPlan) -> Vec<String> {
    element(
        tag,
        &format!("document.createElement({})", quote(tag)),
        address,
        request,
    )
}

fn element(name: &str, new: &str, address: &str, request: &RequestPlan) -> Vec<String> {
    let mut lines = vec![format!("const {name} = {new}")];
    match request.crossorigin {
        Some(CrossOrigin::Anonymous) => lines.push(format!("{name}.crossOrigin = \"anonymous\"")),
        Some(CrossOrigin::UseCredentials) => {
            lines.push(format!("{name}.crossOrigin = \"use-credentials\""));
        }
        None => {}
    }
    if let Some(integrity) = &request.integrity {
        lines.push(format!("{name}.integrity = {}", quote(integrity)));
    }
    lines.push(format!("{name}.{address} = {}", quote(&request.url)));
    lines
}

fn websocket(request: &RequestPlan) -> Vec<String> {
    let url = request.url.replacen("http", "ws", 1);
    let protocols: Vec<String> = request.protocols.iter().map(|it| quote(it)).collect();
    let mut lines = vec![match &protocols[..] {
        [] => format!("const socket = new WebSocket({})", quote(&url)),
        _ => format!(
            "const socket = new WebSocket({}, [{}])",
            quote(&url),
            protocols.join(", ")
        ),
    }];
    lines.extend(sent(request, "socket.send"));
    if let Some(close) = &request.close {
        let code = close.code.map(|code| code.to_string());
        let reason = (!close.reason.is_empty()).then(|| quote(&close.reason));
        let arguments = match (code, reason) {
            (Some(code), Some(reason)) => format!("{code}, {reason}"),
            (None, Some(reason)) => format!("undefined, {reason}"),
            (code, None) => code.unwrap_or_default(),
        };
        lines.push(format!("socket.close({arguments})"));
    }
    lines
}

fn sent(request: &RequestPlan, call: &str) -> Vec<String> {
    let message = |message: &SocketMessage| match message {
        SocketMessage::Binary(bytes) => format!("new Uint8Array(/* {} */)", quote_bytes(bytes)),
        SocketMessage::Text(text) => quote(text),
    };
    let messages = request.send.iter().map(message);
    messages
        .map(|message| format!("{call}({message})"))
        .collect()
}

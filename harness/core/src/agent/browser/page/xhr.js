// XMLHttpRequest

const XHR_EVENTS = ["loadstart", "progress", "load", "error", "abort", "timeout", "loadend"];

function xhrStep(step) {
  const { request } = step;
  const xhr = new XMLHttpRequest();
  // A text grows while it arrives, and synchronous calls of a document have no other type.
  const isText = request.stream || request.synchronous;
  const state = { headersSeen: false, end: null };
  offerXhrFacts(step, xhr, isText);
  listenToXhr(step, xhr, state);
  step.afterwards(() => state.end ?? xhr.abort());

  return new Promise((resolve) => {
    xhr.addEventListener("load", () => (state.end = seenByXhr(xhr, request, isText)));
    for (const name of ["error", "abort", "timeout"]) {
      xhr.addEventListener(name, () => (state.end = blocked({ name }, { partial: state.headersSeen })));
    }
    xhr.addEventListener("loadend", () => resolve(state.end));

    let isOpen = false;
    try {
      xhr.open(request.method, request.url, !request.synchronous);
      if (!isText) {
        xhr.responseType = "arraybuffer";
      }
      if (request.timeout !== null) {
        xhr.timeout = request.timeout;
      }
      xhr.withCredentials = request.credentials === "include";
      for (const [name, value] of request.headers) {
        xhr.setRequestHeader(name, value);
      }
      const body = request.body === null ? null : bodyOf(request.body);
      isOpen = true;
      xhr.send(body);
    } catch (exception) {
      // A synchronous call fails by an exception, too.
      resolve(blocked(exception, { refused: !(isOpen && request.synchronous) }));
      return;
    }
    step.giveUp(() => xhr.abort());
  });
}

function listenToXhr(step, xhr, state) {
  const { request } = step;
  for (const name of XHR_EVENTS) {
    xhr.addEventListener(name, () => step.tell(name));
  }
  // Listeners of the upload ask for a preflight, so that there are none unless they are wanted.
  if (request.uploadListener) {
    for (const name of XHR_EVENTS) {
      xhr.upload.addEventListener(name, () => step.tell(`upload-${name}`));
    }
  }
  let received = 0;
  xhr.addEventListener("readystatechange", () => {
    step.tell("readystatechange", String(xhr.readyState));
    state.headersSeen ||= xhr.readyState === XMLHttpRequest.HEADERS_RECEIVED;
    if (request.stream && xhr.readyState >= XMLHttpRequest.LOADING) {
      const part = xhr.responseText.slice(received);
      if (part !== "") {
        received += part.length;
        step.tell("chunk", part);
      }
    }
  });
}

function offerXhrFacts(step, xhr, isText) {
  step.offer({
    status: () => xhr.status,
    statusText: () => xhr.statusText,
    responseURL: () => xhr.responseURL,
    responseText: () => (isText ? xhr.responseText : new TextDecoder().decode(xhr.response ?? new ArrayBuffer())),
    headers: () => xhr.getAllResponseHeaders(),
    readyState: () => xhr.readyState,
  });
}

// XMLHttpRequest tells neither the type of a response nor whether it was redirected to; both follow
// from its URL, because it has no other modes and cannot show an opaque response.
function seenByXhr(xhr, request, isText) {
  const requested = new URL(request.url, globalThis.location.href);
  requested.hash = "";
  requested.username = "";
  requested.password = "";
  return visible({
    type: readableType(xhr.responseURL),
    status: xhr.status,
    statusText: xhr.statusText,
    url: xhr.responseURL,
    redirected: xhr.responseURL !== requested.href,
    headers: parseHeaderLines(xhr.getAllResponseHeaders()),
    body: isText ? utf8(xhr.responseText) : isomorphicDecode(xhr.response),
  });
}

function parseHeaderLines(text) {
  return text
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
}

// Comet by long polling: as soon as a request is answered, the next is made.

// How often a poll that failed is made again before the page gives up.
const MOST_RETRIES = 3;

// Answers are JSON, {"next": cursor, "messages": [text, …]}; 204 says that there is nothing yet. The
// cursor tells the server what the page has, so that nothing is lost or doubled when a poll fails.
async function longPollStep(step) {
  const { request } = step;
  const poll = request.via === "long-poll" ? pollByFetch : pollByXhr;
  const abort = new AbortController();
  step.afterwards(() => abort.abort());
  step.giveUp(() => abort.abort());
  let polls = 0;
  step.offer({ polls: () => polls });

  let cursor = null;
  let failures = 0;
  let missing = request.messages ?? 1;
  for (;;) {
    polls += 1;
    try {
      const { status, text, end } = await poll(request, pollUrl(request.url, cursor), abort.signal);
      if (status === 204) {
        step.tell("empty");
      } else {
        const { next, messages } = readAnswer(status, text);
        cursor = next;
        for (const message of messages) {
          step.tell("message", messageText(message));
          missing -= 1;
        }
      }
      failures = 0;
      if (missing <= 0) {
        return end;
      }
    } catch (exception) {
      step.tell("error");
      failures += 1;
      if (abort.signal.aborted || failures > MOST_RETRIES) {
        return blocked(exception);
      }
    }
  }
}

function pollUrl(url, cursor) {
  if (cursor === null) {
    return url;
  }
  return `${url}${url.includes("?") ? "&" : "?"}after=${encodeURIComponent(cursor)}`;
}

function readAnswer(status, text) {
  if (status !== 200) {
    throw new Error(`status ${status}`);
  }
  return JSON.parse(text);
}

async function pollByFetch(request, url, signal) {
  const response = await fetch(url, {
    method: request.method,
    headers: request.headers,
    credentials: request.credentials,
    signal,
  });
  const body = await response.arrayBuffer();
  const text = new TextDecoder().decode(body);
  return { status: response.status, text, end: seenByFetch(response, isomorphicDecode(body)) };
}

function pollByXhr(request, url, signal) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    signal.addEventListener("abort", () => xhr.abort());
    xhr.onload = () => {
      const end = seenByXhr(xhr, { ...request, url }, true);
      resolve({ status: xhr.status, text: xhr.responseText, end });
    };
    xhr.onerror = () => reject({ name: "error" });
    xhr.onabort = () => reject({ name: "abort" });
    xhr.open(request.method, url);
    xhr.withCredentials = request.credentials === "include";
    for (const [name, value] of request.headers) {
      xhr.setRequestHeader(name, value);
    }
    xhr.send();
  });
}

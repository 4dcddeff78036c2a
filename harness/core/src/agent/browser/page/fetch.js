// fetch()

async function fetchStep(step) {
  const { request } = step;
  const controller = new AbortController();
  let isOver = false;
  step.afterwards(() => isOver || controller.abort());
  step.giveUp(() => controller.abort());
  let headersSeen = false;
  try {
    const response = await fetch(request.url, fetchOptions(request, controller.signal));
    headersSeen = true;
    step.tell("response");
    const body = request.stream
      ? await readParts(step, response)
      : isomorphicDecode(await response.arrayBuffer());
    step.tell("end");
    return seenByFetch(response, body);
  } catch (exception) {
    step.tell("error");
    const refused = !headersSeen && throwsAtOnce(request);
    return blocked(exception, { partial: headersSeen, refused });
  } finally {
    isOver = true;
  }
}

function seenByFetch(response, body) {
  return visible({
    type: response.type,
    status: response.status,
    statusText: response.statusText,
    url: response.url,
    redirected: response.redirected,
    headers: [...response.headers],
    body,
  });
}

// Each part is an event of its own as it arrives.
async function readParts(step, response) {
  let body = "";
  // An opaque response has none.
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    const part = isomorphicDecode(value);
    step.tellBytes("chunk", part);
    body += part;
  }
  return body.slice(0, BODY_LIMIT);
}

function fetchOptions(request, signal) {
  const options = {
    method: request.method,
    headers: request.headers,
    mode: request.mode,
    credentials: request.credentials,
    redirect: request.redirect,
    cache: request.cache,
    referrerPolicy: request.referrerPolicy,
    keepalive: request.keepalive,
    signal,
  };
  if (request.integrity !== null) {
    options.integrity = request.integrity;
  }
  if (request.body !== null) {
    options.body = bodyOf(request.body);
    if (request.body.kind === "stream") {
      options.duplex = "half";
    }
  }
  return options;
}

// Whether the arguments were refused by the constructor, before anything could be sent.
function throwsAtOnce(request) {
  try {
    new Request(request.url, fetchOptions(request, undefined));
    return false;
  } catch {
    return true;
  }
}

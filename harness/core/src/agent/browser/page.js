// The browser's half of corspec. A page of every origin loads this script once; the harness then calls
//
//   corspec.run(batch)       runs many scenarios at the same time and returns what script saw of them
//   corspec.runSandboxed(batch)   the same inside a sandboxed frame, whose origin is opaque
//   corspec.visit(urls)      requests same-origin URLs, so that their cookies are stored first-party
//
// Everything crosses the driver as JSON text: drivers disagree about the order of keys, about
// `undefined` and about dates. Header values and bodies are isomorphic strings, one character per byte.
"use strict";

globalThis.corspec = (() => {
  // Requests in flight at a time. A browser opens six connections per host; more only queue.
  const QUICK_LANE = 10;
  // Scenarios whose answers are delayed get a lane of their own and never occupy all six.
  const SLOW_LANE = 4;
  const BODY_LIMIT = 64 * 1024;

  // Batch: {budget, jobs: [{deadline, slow, steps: [{wait, control, request}]}]}; times in milliseconds.
  // Result: one entry per job, {steps: [outcome, …]} or {failed: text}. Outcomes are
  // {visible: {…}}, {blocked: {…}} or {timedOut: true}.
  async function run(batch) {
    const { budget, jobs } = JSON.parse(batch);
    const quick = lane(QUICK_LANE);
    const slow = lane(SLOW_LANE);
    const results = jobs.map(() => ({ failed: `not finished after ${budget} ms` }));
    const all = Promise.all(
      jobs.map(async (job, index) => {
        results[index] = await runJob(job, job.slow ? slow : quick);
      }),
    );
    await Promise.race([all, sleep(budget)]);
    return JSON.stringify(results);
  }

  async function runJob(job, lane) {
    const steps = [];
    try {
      for (const step of job.steps) {
        if (step.wait > 0) {
          await sleep(step.wait);
        }
        await lane.enter();
        try {
          if (step.control) {
            await announceStep(step.control);
          }
          steps.push(await runStep(step.request, job.deadline));
        } finally {
          lane.leave();
        }
      }
    } catch (exception) {
      return { failed: `${exception.name}: ${exception.message}` };
    }
    return { steps };
  }

  // Tells the server which step comes next; it answers requests to the scenario's paths accordingly.
  async function announceStep(url) {
    const response = await fetch(url, { cache: "no-store", credentials: "omit" });
    if (!response.ok) {
      throw new Error(`${url} answered ${response.status}`);
    }
  }

  function runStep(request, deadline) {
    switch (request.via) {
      case "fetch":
        return fetchStep(request, deadline);
      case "xhr":
        return xhrStep(request, deadline);
      default:
        throw new Error(`no mechanism \`${request.via}\` in this page`);
    }
  }

  async function fetchStep(request, deadline) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), deadline);
    let headersSeen = false;
    try {
      const response = await fetch(request.url, fetchOptions(request, controller.signal));
      headersSeen = true;
      const body = isomorphicDecode(await response.arrayBuffer());
      return {
        visible: {
          type: response.type,
          status: response.status,
          statusText: response.statusText,
          url: response.url,
          redirected: response.redirected,
          headers: [...response.headers],
          body,
        },
      };
    } catch (exception) {
      if (controller.signal.aborted) {
        return { timedOut: {} };
      }
      const refused = !headersSeen && throwsAtOnce(request);
      return blocked(exception, { partial: headersSeen, refused });
    } finally {
      clearTimeout(timer);
    }
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

  function xhrStep(request, deadline) {
    return new Promise((resolve) => {
      const xhr = new XMLHttpRequest();
      let headersSeen = false;
      const timer = setTimeout(() => {
        resolve({ timedOut: {} });
        xhr.abort();
      }, deadline);
      const finish = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      xhr.onreadystatechange = () => {
        headersSeen ||= xhr.readyState === XMLHttpRequest.HEADERS_RECEIVED;
      };
      xhr.onload = () => finish(xhrVisible(xhr, request));
      xhr.onerror = () => {
        finish(blocked({ name: "error", message: "" }, { partial: headersSeen, refused: false }));
      };
      try {
        xhr.open(request.method, request.url, true);
        xhr.responseType = "arraybuffer";
        xhr.withCredentials = request.credentials === "include";
        for (const [name, value] of request.headers) {
          xhr.setRequestHeader(name, value);
        }
        if (request.uploadListener) {
          xhr.upload.addEventListener("progress", () => {});
        }
        xhr.send(request.body === null ? null : bodyOf(request.body));
      } catch (exception) {
        finish(blocked(exception, { partial: false, refused: true }));
      }
    });
  }

  // XMLHttpRequest tells neither the type of a response nor whether it was redirected to; both follow
  // from its URL, because it has no other modes and cannot show an opaque response.
  function xhrVisible(xhr, request) {
    const isSameOrigin = new URL(xhr.responseURL).origin === globalThis.origin;
    const requested = new URL(request.url, globalThis.location.href);
    requested.hash = "";
    requested.username = "";
    requested.password = "";
    return {
      visible: {
        type: isSameOrigin ? "basic" : "cors",
        status: xhr.status,
        statusText: xhr.statusText,
        url: xhr.responseURL,
        redirected: xhr.responseURL !== requested.href,
        headers: parseHeaderLines(xhr.getAllResponseHeaders()),
        body: isomorphicDecode(xhr.response),
      },
    };
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

  // The content of `text` and `url-search-params` is text, that of all others an isomorphic string.
  function bodyOf({ kind, type, content }) {
    switch (kind) {
      case "blob":
        return new Blob([isomorphicEncode(content)], { type });
      case "bytes":
        return isomorphicEncode(content).buffer;
      case "stream":
        return new ReadableStream({
          start(controller) {
            controller.enqueue(isomorphicEncode(content));
            controller.close();
          },
        });
      case "text":
        return content;
      case "url-search-params":
        return new URLSearchParams(content);
      default:
        throw new Error(`no body kind \`${kind}\` in this page`);
    }
  }

  function blocked({ name, message }, flags) {
    return { blocked: { error: name, message, ...flags } };
  }

  // At most `width` holders at a time, in order of arrival.
  function lane(width) {
    const waiting = [];
    let free = width;
    return {
      async enter() {
        if (free > 0) {
          free -= 1;
        } else {
          await new Promise((resolve) => waiting.push(resolve));
        }
      },
      leave() {
        const next = waiting.shift();
        if (next) {
          next();
        } else {
          free += 1;
        }
      },
    };
  }

  function sleep(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  function isomorphicEncode(text) {
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  }

  function isomorphicDecode(buffer) {
    const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, BODY_LIMIT));
    let text = "";
    // In slices: a call takes only so many arguments.
    for (let start = 0; start < bytes.length; start += 8192) {
      text += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return text;
  }

  // Result: for each URL null, or the text of what went wrong.
  async function visit(urls) {
    const results = await Promise.all(
      JSON.parse(urls).map(async (url) => {
        try {
          const response = await fetch(url, { cache: "no-store", credentials: "include" });
          return response.ok ? null : `${url} answered ${response.status}`;
        } catch (exception) {
          return `${url}: ${exception.name}: ${exception.message}`;
        }
      }),
    );
    return JSON.stringify(results);
  }

  let sandbox = null;

  async function runSandboxed(batch) {
    sandbox ??= openSandbox();
    const frame = await sandbox;
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
      frame.contentWindow.postMessage(batch, "*", [port2]);
    });
  }

  function openSandbox() {
    return new Promise((resolve, reject) => {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts");
      frame.src = "/-/frame";
      // The script of the frame has run when its document has loaded.
      frame.onload = () => resolve(frame);
      frame.onerror = () => reject(new Error("the sandboxed frame does not load"));
      document.documentElement.append(frame);
    });
  }

  if (globalThis.parent !== globalThis) {
    globalThis.onmessage = async ({ data, ports: [port] }) => port.postMessage(await run(data));
  }

  return { run, runSandboxed, visit };
})();

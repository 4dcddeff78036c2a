// Other global objects than the window of the page: frames and workers that load this script, too.

const START_DEADLINE = 5000;
const HEAD_START = 1000;

// What has been started is kept, except for service workers.
const contexts = new Map();
// How many shares are under way in each.
const shares = new Map();

// A share of a batch in another context. If that does not start or does not end, its jobs fail, and no
// others.
async function runElsewhere(context, jobs, budget) {
  let fault = "does not start";
  const count = (change) => shares.set(context, (shares.get(context) ?? 0) + change);
  count(1);
  try {
    const post = await startContext(context);
    fault = "fails";
    // Its own end comes before that of the batch.
    const { results, error } = await ask(post, { corspec: "run", jobs, budget: budget - HEAD_START });
    if (context === "service-worker" && shares.get(context) === 1) {
      await stopServiceWorker();
    }
    if (error) {
      throw new Error(error);
    }
    return results;
  } catch (exception) {
    const failed = `the context \`${context}\` ${fault}: ${exception.message}`;
    return jobs.map(() => ({ failed }));
  } finally {
    count(-1);
  }
}

// A function that posts a message and a port to the context.
async function startContext(context) {
  const start = CONTEXTS[context];
  if (!start) {
    throw new Error("this page does not know it");
  }
  if (!contexts.has(context)) {
    contexts.set(context, start());
  }
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer after ${START_DEADLINE} ms`)), START_DEADLINE);
  });
  const answering = contexts.get(context).then(async (post) => {
    await ask(post, { corspec: "answer" });
    return post;
  });
  try {
    return await Promise.race([answering, late]);
  } catch (exception) {
    contexts.delete(context);
    throw exception;
  }
}

function ask(post, question) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => {
      port1.close();
      resolve(data);
    };
    post(question, port2);
  });
}

const CONTEXTS = {
  "blob-frame": () => startFrame((frame) => (frame.src = blobUrl(framedScript(), "text/html"))),
  "blob-worker": () => startWorker(blobUrl(importedScript(), "text/javascript")),
  "data-frame": () => startFrame((frame) => (frame.src = dataUrl(framedScript(), "text/html"))),
  "data-worker": () => startWorker(dataUrl(importedScript(), "text/javascript")),
  "sandboxed": () =>
    startFrame((frame) => {
      frame.sandbox = "allow-scripts";
      frame.src = "/-/frame";
    }),
  "service-worker": startServiceWorker,
  "shared-worker": startSharedWorker,
  "srcdoc": () => startFrame((frame) => (frame.srcdoc = framedScript())),
  "worker": () => startWorker(scriptUrl()),
};

// Absolute, for documents and workers whose own URL is no base for others.
function scriptUrl() {
  return `${globalThis.location.origin}/-/page.js`;
}

function framedScript() {
  return `<!doctype html><meta charset="utf-8"><title>corspec</title><script src="${scriptUrl()}"></script>`;
}

function importedScript() {
  return `importScripts(${JSON.stringify(scriptUrl())});`;
}

function blobUrl(content, type) {
  return URL.createObjectURL(new Blob([content], { type }));
}

function dataUrl(content, type) {
  return `data:${type},${encodeURIComponent(content)}`;
}

// The script of a frame has run when its document has loaded.
function startFrame(prepare) {
  return new Promise((resolve) => {
    const frame = document.createElement("iframe");
    prepare(frame);
    frame.onload = () => {
      resolve((message, port) => frame.contentWindow.postMessage(message, "*", [port]));
    };
    document.documentElement.append(frame);
  });
}

function startWorker(url) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url);
    worker.onerror = ({ message }) => reject(new Error(message));
    resolve((message, port) => worker.postMessage(message, [port]));
  });
}

function startSharedWorker() {
  return new Promise((resolve) => {
    const worker = new SharedWorker(scriptUrl());
    worker.port.start();
    resolve((message, port) => worker.port.postMessage(message, [port]));
  });
}

// Its scope holds no page, so that it never answers a request.
const SERVICE_WORKER = { scope: "/-/nothing/" };

async function startServiceWorker() {
  const registration = await navigator.serviceWorker.register("/-/page.js", SERVICE_WORKER);
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  await new Promise((resolve) => {
    const look = () => worker.state === "activated" && resolve();
    worker.onstatechange = look;
    look();
  });
  return (message, port) => worker.postMessage(message, [port]);
}

async function stopServiceWorker() {
  contexts.delete("service-worker");
  const registration = await navigator.serviceWorker.getRegistration(SERVICE_WORKER.scope);
  await registration?.unregister();
}

// The other side, wherever this script is loaded.
async function answer({ data, origin, ports: [port] }) {
  if (!port) {
    return;
  }
  switch (data?.corspec) {
    case "answer":
      port.postMessage(null);
      break;
    case "heard":
      port.postMessage(joined.get(data.name));
      break;
    case "join":
      join(data.name);
      port.postMessage(null);
      break;
    case "run":
      try {
        port.postMessage({ results: await runShare(data.jobs, data.budget) });
      } catch (exception) {
        port.postMessage({ error: String(exception) });
      }
      break;
    case "step":
      port.postMessage(await answerStep(data));
      break;
    default:
      // A message of a scenario: the other side is told from where it came.
      port.postMessage(origin);
  }
}

// A service worker is ended when it seems to have nothing to do.
globalThis.addEventListener("message", (event) => {
  const answered = answer(event);
  event.waitUntil?.(answered);
});
globalThis.addEventListener("connect", ({ ports: [port] }) => {
  port.onmessage = answer;
});

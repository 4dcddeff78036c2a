// Documents of their own for what leaves traces in its document: globals, errors, styles.

const NEEDS_HOME = new Set(["jsonp", "module", "script", "style"]);

// Whether this document is there for one step only.
let isDisposable = false;

// In a sandbox each document has an origin of its own, so that none can be made for a script.
function canMakeDocuments() {
  const isSandboxed = globalThis.origin === "null" && globalThis.location.protocol.startsWith("http");
  return isDisposable || !isSandboxed;
}

// There the whole step is taken by a frame that loads this script again.
async function runInDisposable(plan, deadline) {
  const frame = outOfSight();
  frame.srcdoc = framedScript();
  await shown(frame);
  const post = (message, port) => frame.contentWindow.postMessage(message, "*", [port]);
  const { outcome, error } = await ask(post, { corspec: "step", plan, deadline });
  frame.remove();
  if (error) {
    throw new Error(error);
  }
  return outcome;
}

async function answerStep({ plan, deadline }) {
  isDisposable = true;
  try {
    return { outcome: await runStep(plan, deadline) };
  } catch (exception) {
    return { error: String(exception) };
  }
}

// Whether a document that is written takes over from the page what its requests tell of it.
let canWriteDocuments = false;

// Homes in which nothing is left of the steps that had them.
const cleanHomes = [];

// The document and the window that a step has for itself, with the origin and the referrer of the page. It
// goes with its step, unless that says that nothing has run there.
async function homeOf(step) {
  if (isDisposable) {
    return { document, window: globalThis };
  }
  const frame = cleanHomes.pop() ?? (await newHome());
  const home = { document: frame.contentDocument, window: frame.contentWindow, isClean: false };
  step.afterwards(() => {
    if (home.isClean) {
      home.window.performance.clearResourceTimings();
      cleanHomes.push(frame);
    } else {
      frame.remove();
    }
  });
  return home;
}

async function newHome() {
  const frame = outOfSight();
  const empty = "<!doctype html><title>corspec</title>";
  if (canWriteDocuments) {
    // It is there at once, where a navigation goes through several processes.
    document.documentElement.append(frame);
    frame.contentDocument.open();
    frame.contentDocument.write(empty);
    frame.contentDocument.close();
  } else {
    frame.srcdoc = empty;
    await shown(frame);
  }
  return frame;
}

// A frame that goes with its step.
function newFrame(step) {
  const frame = outOfSight();
  step.afterwards(() => frame.remove());
  return frame;
}

// A frame that is laid out nevertheless: some engines load less in frames that are not.
function outOfSight() {
  const frame = document.createElement("iframe");
  frame.style = "position: absolute; left: -100px; width: 1px; height: 1px; border: 0";
  return frame;
}

function shown(frame) {
  return new Promise((resolve) => {
    frame.addEventListener("load", resolve, { once: true });
    document.documentElement.append(frame);
  });
}

// Puts an element into a document, and takes it out afterwards.
function place(step, element, document) {
  document.documentElement.append(element);
  step.afterwards(() => element.remove());
}

// The attributes that elements have in common.
function describe(element, request) {
  if (request.crossorigin !== null) {
    element.crossOrigin = request.crossorigin;
  }
  if (request.integrity !== null) {
    element.integrity = request.integrity;
  }
  if (request.referrerPolicy !== "") {
    element.referrerPolicy = request.referrerPolicy;
  }
}

// Waits for an element; `success` is the name of the event that stands for `load`.
function loaded(step, element, onLoad, success = "load") {
  return new Promise((resolve) => {
    element.addEventListener(success, () => {
      step.tell("load");
      resolve(onLoad());
    });
    element.addEventListener("error", () => {
      step.tell("error");
      resolve(blocked({ name: "error" }));
    });
  });
}

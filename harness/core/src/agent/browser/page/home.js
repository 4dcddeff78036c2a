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

// Homes that no step has. `hasResult`: the name `result` is left there, without a value, which a script can
// declare again only as it was.
const freeHomes = [];

// The document and the window that a step has for itself, with the origin and the referrer of the page. It
// goes with its step, unless that says that nothing is left there.
async function homeOf(step) {
  if (isDisposable) {
    return { document, window: globalThis };
  }
  const index = freeHomes.findIndex(({ hasResult }) => step.onlyAssigns || !hasResult);
  const home = index < 0 ? { frame: await newHome() } : freeHomes.splice(index, 1)[0];
  home.document = home.frame.contentDocument;
  home.window = home.frame.contentWindow;
  home.isClean = false;
  step.afterwards(() => {
    if (home.isClean) {
      tidy(home);
      freeHomes.push(home);
    } else {
      home.frame.remove();
    }
  });
  return home;
}

function tidy(home) {
  const { window } = home;
  window.performance.clearResourceTimings();
  // What was declared cannot be deleted.
  home.hasResult = "result" in window && !Reflect.deleteProperty(window, "result");
  if (home.hasResult) {
    window.result = undefined;
  }
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

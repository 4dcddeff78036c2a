// Documents of their own for what leaves traces in its document: globals, errors, styles.

// Where no document can be made, the only one there is serves one step at a time.
const onlyDocument = lane(1);

// The document and the window that a step has for itself. A `srcdoc` has the origin and the referrer
// of the page.
async function homeOf(step) {
  const frame = newFrame(step);
  frame.srcdoc = "<!doctype html><title>corspec</title>";
  await shown(frame);
  if (frame.contentDocument) {
    return { document: frame.contentDocument, window: frame.contentWindow };
  }
  // In a sandbox each document has an origin of its own.
  await onlyDocument.enter();
  step.afterwards(() => onlyDocument.leave());
  return { document, window: globalThis };
}

// A frame that is out of sight, though laid out: some engines load less in frames that are not.
function newFrame(step) {
  const frame = document.createElement("iframe");
  frame.style = "position: absolute; left: -100px; width: 1px; height: 1px; border: 0";
  step.afterwards(() => frame.remove());
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

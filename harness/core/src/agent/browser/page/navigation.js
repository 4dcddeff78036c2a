// What leaves the page, or opens another: beacons, forms, links, frames.

// Script is told nothing of the first three; the server says when it has seen what there is to see.

async function beaconStep(step) {
  const { request, settled } = step;
  let queued;
  step.offer({ queued: () => queued });
  try {
    const body = request.body === null ? [] : [bodyOf(request.body)];
    queued = navigator.sendBeacon(request.url, ...body);
  } catch (exception) {
    return blocked(exception, { refused: true });
  }
  await tellServer(settled);
  return SILENT;
}

async function formStep(step) {
  const { request, settled } = step;
  const form = document.createElement("form");
  form.method = request.method;
  form.action = request.url;
  form.target = await targetOf(step);
  fill(form, request.body);
  place(step, form, document);
  form.submit();
  await tellServer(settled);
  return SILENT;
}

// <https://html.spec.whatwg.org/#attr-fs-enctype>
function fill(form, body) {
  if (body === null) {
    return;
  }
  let fields;
  switch (body.kind) {
    case "form-data":
      form.enctype = "multipart/form-data";
      fields = JSON.parse(body.content);
      break;
    case "text": {
      // What is sent is the name, `=` and the value.
      form.enctype = "text/plain";
      const [name, ...rest] = body.content.split("=");
      fields = [[name, rest.join("=")]];
      break;
    }
    case "url-search-params":
      fields = [...new URLSearchParams(body.content)];
      break;
    default:
      throw new Error(`a form cannot send the body kind \`${body.kind}\``);
  }
  for (const [name, value] of fields) {
    // Unlike an input it keeps line breaks.
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
}

async function linkStep(step) {
  const { request, settled } = step;
  const link = document.createElement("a");
  describe(link, request);
  link.href = request.url;
  link.target = await targetOf(step);
  place(step, link, document);
  link.click();
  await tellServer(settled);
  return SILENT;
}

let targets = 0;

// The name of a frame that a form or a link can lead to.
async function targetOf(step) {
  const frame = newFrame(step);
  targets += 1;
  frame.name = `corspec-${targets}`;
  await shown(frame);
  return frame.name;
}

async function frameStep(step) {
  const { request } = step;
  const frame = newFrame(step);
  describe(frame, request);
  step.offer({ document: () => documentOf(frame) });
  frame.src = request.url;
  await shown(frame);
  step.tell("load");
  const type = documentOf(frame) === "readable" ? "basic" : "opaque";
  return visible({ type });
}

function documentOf(frame) {
  return frame.contentDocument ? "readable" : "hidden";
}

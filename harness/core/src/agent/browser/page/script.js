// Script elements, and the oldest trick with them: JSONP.

async function scriptStep(step) {
  const { request } = step;
  const home = await homeOf(step);
  const script = home.document.createElement("script");
  script.type = request.via === "module" ? "module" : "text/javascript";
  describe(script, request);
  watchErrors(step, home);
  step.offer({
    ...timingFinders(home.window, request.url),
    result: () => home.window.eval("typeof result === 'undefined' ? undefined : result"),
  });
  const typeOf = request.via === "module" ? () => readableType(request.url) : embeddedType;
  watchTraces(step, script, home);
  const end = loaded(step, script, () => visible({ type: typeOf(script, request) }));
  script.src = request.url;
  place(step, script, home.document);
  return end;
}

// What cannot be loaded does not run.
function watchTraces(step, script, home) {
  script.addEventListener("error", () => (home.isClean = true));
  script.addEventListener("load", () => (home.isClean = step.onlyAssigns));
}

// Errors of a script from elsewhere are muted.
// <https://html.spec.whatwg.org/#muted-errors>
function watchErrors(step, home) {
  let line;
  const onError = (event) => {
    step.tell("window-error", event.message);
    line ??= event.lineno;
    event.preventDefault();
  };
  home.window.addEventListener("error", onError);
  step.afterwards(() => home.window.removeEventListener("error", onError));
  step.offer({ line: () => line });
}

async function jsonpStep(step) {
  const { request } = step;
  const home = await homeOf(step);
  const script = home.document.createElement("script");
  describe(script, request);
  watchTraces(step, script, home);
  watchErrors(step, home);
  const removeCallback = define(home.window, request.callback, (data) => {
    step.tell("callback", JSON.stringify(data) ?? "");
  });
  step.offer({
    ...timingFinders(home.window, request.url),
    left: () => removeCallback.isThere() || script.isConnected,
  });
  const ends = [loaded(step, script, () => visible({ type: embeddedType(script, request) }))];
  if (request.timeout !== null) {
    ends.push(timeout(step));
  }
  script.src = request.url;
  home.document.documentElement.append(script);
  const end = await Promise.race(ends);
  script.remove();
  removeCallback();
  return end;
}

// Counted from when the server has the request, which may have to wait for a connection.
async function timeout(step) {
  await tellServer(step.begun);
  await sleep(step.request.timeout);
  step.tell("timeout");
  return blocked({ name: "timeout" });
}

// Defines a function by its name, which may have dots; returns what removes it.
function define(window, name, callback) {
  const path = name.split(".");
  const last = path.pop();
  let owner = window;
  // The outermost object that is made for it.
  let made = null;
  for (const part of path) {
    if (owner[part] === undefined) {
      made ??= { owner, part };
      owner[part] = {};
    }
    owner = owner[part];
  }
  owner[last] = callback;
  const remove = () => {
    delete owner[last];
    if (made) {
      delete made.owner[made.part];
    }
  };
  remove.isThere = () => last in owner;
  return remove;
}

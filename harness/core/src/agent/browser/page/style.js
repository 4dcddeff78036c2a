// Style sheets and fonts.

async function styleStep(step) {
  const { request } = step;
  const home = await homeOf(step);
  // What a style sheet does to a document goes with its element.
  home.isClean = true;
  const link = home.document.createElement("link");
  link.rel = "stylesheet";
  describe(link, request);
  // Takes long.
  const before = step.wants.includes("applied") && (await appearance(home));
  step.offer({
    ...timingFinders(home.window, request.url),
    rules: () => rules(link),
    applied: async () => (await appearance(home)) !== before,
  });
  const end = loaded(step, link, () => {
    const type = rules(link) === "readable" ? readableType(request.url) : "opaque";
    return visible({ type });
  });
  link.href = request.url;
  place(step, link, home.document);
  return end;
}

// <https://drafts.csswg.org/cssom/#dom-cssstylesheet-cssrules>
function rules(link) {
  try {
    return link.sheet?.cssRules && "readable";
  } catch {
    return "hidden";
  }
}

// All that a style sheet can change about the root and the body of a document. It has no styles until it has
// been laid out.
async function appearance({ document, window }) {
  while (window.getComputedStyle(document.documentElement).length === 0) {
    await sleep(1);
  }
  return [document.documentElement, document.body]
    .map((element) => {
      const style = window.getComputedStyle(element);
      return [...style].map((name) => style.getPropertyValue(name)).join(";");
    })
    .join("\n");
}

async function fontStep(step) {
  const { request } = step;
  try {
    await new FontFace("corspec", `url(${JSON.stringify(request.url)})`).load();
  } catch (exception) {
    step.tell("error");
    return blocked(exception);
  }
  step.tell("load");
  return visible({ type: readableType(request.url) });
}

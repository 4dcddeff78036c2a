// What is fetched ahead of its use.

// The link stays: some engines forget what was preloaded when it goes.
async function preloadStep(step) {
  const { request } = step;
  const link = document.createElement("link");
  link.rel = "preload";
  link.as = "fetch";
  describe(link, request);
  step.offer(timingFinders(globalThis, request.url));
  const end = loaded(step, link, () => visible({ type: embeddedType(link, request) }));
  link.href = request.url;
  document.documentElement.append(link);
  return end;
}

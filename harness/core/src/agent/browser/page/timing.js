// Resource timing, by which a page learns more where Timing-Allow-Origin lets it.

// The buffer keeps 250 entries unless told otherwise, and a page makes thousands of requests.
const MOST_TIMINGS = 4000;

function forgetTimings() {
  performance.clearResourceTimings();
  performance.setResourceTimingBufferSize(MOST_TIMINGS);
}

// `full`, `limited` or `none`. Entries come a moment after the event that ends a request.
// <https://w3c.github.io/resource-timing/#sec-cross-origin-resources>
async function timingOf(window, url) {
  const name = new URL(url, globalThis.location.href);
  name.hash = "";
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const entry = window.performance.getEntriesByName(name.href, "resource").at(-1);
    if (entry) {
      return entry.requestStart > 0 ? "full" : "limited";
    }
    await sleep(20);
  }
  return "none";
}

// Resource timing, by which a page learns more where Timing-Allow-Origin lets it.

// The buffer keeps 250 entries unless told otherwise, and a page makes thousands of requests.
const MOST_TIMINGS = 20_000;

function forgetTimings() {
  performance.clearResourceTimings();
  performance.setResourceTimingBufferSize(MOST_TIMINGS);
}

// What the entry of a URL tells, in the window that requested it.
function timingFinders(window, url) {
  const tell = (find) => async () => {
    const entry = await entryOf(window, url);
    return entry && find(entry);
  };
  return {
    encodedBodySize: tell((entry) => entry.encodedBodySize),
    initiatorType: tell((entry) => entry.initiatorType),
    responseStatus: tell((entry) => entry.responseStatus),
    serverTiming: tell(({ serverTiming }) => serverTiming?.map(({ name }) => name).join(" ") || undefined),
    timing: async () => extent(await entryOf(window, url)),
  };
}

// <https://w3c.github.io/resource-timing/#sec-cross-origin-resources>
function extent(entry) {
  if (!entry) {
    return "none";
  }
  return entry.requestStart > 0 ? "full" : "limited";
}

// Entries come a moment after the event that ends a request.
async function entryOf(window, url) {
  const name = new URL(url, globalThis.location.href);
  name.hash = "";
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const entry = window.performance.getEntriesByName(name.href, "resource").at(-1);
    if (entry) {
      return entry;
    }
    await sleep(20);
  }
  return undefined;
}

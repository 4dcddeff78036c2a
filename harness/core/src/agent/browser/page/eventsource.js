// EventSource: server-sent events.

function eventsourceStep(step) {
  const { request } = step;
  const withCredentials = request.credentials === "include";
  let source;
  try {
    source = new EventSource(request.url, { withCredentials });
  } catch (exception) {
    return blocked(exception, { refused: true });
  }
  step.afterwards(() => source.close());

  let last = null;
  let state = null;
  step.offer({
    lastEventId: () => last?.lastEventId,
    origin: () => last?.origin,
    readyState: () => state ?? source.readyState,
  });

  return new Promise((resolve) => {
    // What comes afterwards is no part of the step.
    const end = (outcome) => {
      state = source.readyState;
      source.close();
      resolve(outcome);
    };
    const seen = visible({ type: readableType(request.url) });
    let missing = request.messages ?? 1;
    let wasOpen = false;
    const onMessage = (event) => {
      step.tell(event.type, event.data);
      last = event;
      missing -= 1;
      if (missing === 0) {
        end(seen);
      }
    };
    for (const name of new Set(["message", ...step.listen])) {
      if (name !== "open" && name !== "error") {
        source.addEventListener(name, onMessage);
      }
    }
    source.onopen = () => {
      step.tell("open");
      wasOpen = true;
      if (missing === 0) {
        end(seen);
      }
    };
    source.onerror = () => {
      const isFinal = source.readyState === EventSource.CLOSED;
      step.tell("error", isFinal ? "closed" : "connecting");
      // Engines differ in whether they try again what they could not reach at all. A scenario that is
      // about that says how many messages it waits for.
      if (isFinal || (!wasOpen && request.messages === null)) {
        end(wasOpen ? seen : blocked({ name: "error" }));
      }
    };
  });
}

// Workers whose scripts are requested.

function workerStep(step) {
  const { request } = step;
  return started(step, () => {
    const worker = new Worker(request.url, { credentials: request.credentials });
    step.afterwards(() => worker.terminate());
    return [worker, worker];
  });
}

let sharedWorkers = 0;

function sharedWorkerStep(step) {
  const { request } = step;
  return started(step, () => {
    // A name of its own keeps it apart from an earlier one that still runs.
    sharedWorkers += 1;
    const name = `corspec-${sharedWorkers}`;
    const worker = new SharedWorker(request.url, { credentials: request.credentials, name });
    worker.port.start();
    step.afterwards(() => worker.port.close());
    return [worker.port, worker];
  });
}

// Waits for the first message from `make()[0]`, or an error at `make()[1]`.
function started(step, make) {
  return new Promise((resolve) => {
    try {
      const [port, worker] = make();
      port.addEventListener("message", ({ data }) => {
        step.tell("message", messageText(data));
        resolve(visible({ type: "basic" }));
      });
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        step.tell("error");
        resolve(blocked({ name: "error", message: event.message }));
      });
    } catch (exception) {
      resolve(blocked(exception, { refused: true }));
    }
  });
}

// A service worker says nothing by itself: it is sent a message, which it may answer.
async function serviceWorkerStep(step) {
  const { request } = step;
  const { serviceWorker } = navigator;
  const answered = new Promise((resolve) => {
    const onMessage = ({ data, source }) => {
      if (source?.scriptURL === request.url) {
        step.tell("message", messageText(data));
        resolve();
      }
    };
    serviceWorker.addEventListener("message", onMessage);
    step.afterwards(() => serviceWorker.removeEventListener("message", onMessage));
  });
  try {
    const registration = await serviceWorker.register(request.url);
    step.afterwards(() => registration.unregister());
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    if (step.listen.includes("message")) {
      serviceWorker.startMessages();
      worker.postMessage("corspec");
      await answered;
    }
  } catch (exception) {
    step.tell("error");
    return blocked(exception, { refused: !isSameOrigin(request.url) });
  }
  return visible({ type: "basic" });
}

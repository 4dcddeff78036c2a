// WebSocket

// How often after an error the page is left alone before the socket is taken not to close: on a busy
// machine its turns take longer, and so does what comes between them.
const CLOSE_TURNS = 10;
const CLOSE_TURN = 25;

function websocketStep(step) {
  const { request } = step;
  let socket;
  try {
    socket = new WebSocket(request.url.replace(/^http/, "ws"), request.protocols);
  } catch (exception) {
    return blocked(exception, { refused: true });
  }
  socket.binaryType = "arraybuffer";
  step.afterwards(() => socket.close());
  step.giveUp(() => socket.close());

  let closed = null;
  step.offer({
    code: () => closed?.code,
    reason: () => closed?.reason,
    wasClean: () => closed?.wasClean,
    protocol: () => socket.protocol,
    extensions: () => socket.extensions,
  });

  return new Promise((resolve) => {
    let missing = request.messages ?? Math.max(request.send.length, 1);
    let wasOpen = false;
    const seen = visible({ type: readableType(request.url) });
    const end = () => (wasOpen ? seen : blocked({ name: "error" }));
    // An exception in a listener would go unheard.
    const attempt = (action) => {
      try {
        action();
      } catch (exception) {
        resolve(blocked(exception));
      }
    };
    const closeWhenDone = () => {
      if (missing === 0) {
        attempt(() => closeSocket(socket, request.close));
      }
    };
    socket.onopen = () => {
      step.tell("open", socket.protocol);
      wasOpen = true;
      attempt(() => request.send.forEach((message) => socket.send(messageOf(message))));
      closeWhenDone();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        step.tell("message", data);
      } else {
        step.tellBytes("binary", isomorphicDecode(data));
      }
      missing -= 1;
      closeWhenDone();
    };
    socket.onerror = () => {
      step.tell("error");
      // Some engines leave it at that where they do not even connect.
      turns(CLOSE_TURNS, CLOSE_TURN).then(() => resolve(end()));
    };
    socket.onclose = (event) => {
      closed = event;
      step.tell("close", String(event.code));
      resolve(end());
    };
  });
}

function closeSocket(socket, close) {
  if (close === null || close.code === null) {
    socket.close();
  } else {
    socket.close(close.code, close.reason);
  }
}

async function turns(number, milliseconds) {
  for (let turn = 0; turn < number; turn += 1) {
    await sleep(milliseconds);
  }
}

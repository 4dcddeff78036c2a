// Messages to a document of another origin. It is `/-/page`, which loads this script, too, so that
// nothing is on the tape.

// How often is looked whether a message has been heard, and the pause before each look. One that must not
// arrive is looked for in vain.
const LOOKS = 20;
const PAUSE = 50;

async function postMessageStep(step) {
  const { request } = step;
  const { origin } = new URL(request.url);
  const frame = await frameAt(step, `${origin}/-/page`);
  const answers = await Promise.all(
    request.send.map((message) => echo(frame.contentWindow, messageOf(message), origin)),
  );
  offerDelivery(step, answers);
  return SILENT;
}

let channels = 0;

async function broadcastChannelStep(step) {
  const { request } = step;
  const { origin } = new URL(request.url);
  channels += 1;
  const name = `corspec-${channels}`;
  const frame = await frameAt(step, `${origin}/-/page`);
  await askFrame(frame.contentWindow, { corspec: "join", name });
  const channel = new BroadcastChannel(name);
  step.afterwards(() => channel.close());
  for (const message of request.send) {
    channel.postMessage(messageOf(message));
  }
  let heard = [];
  for (let look = 0; look < LOOKS && heard.length < request.send.length; look += 1) {
    await sleep(PAUSE);
    heard = await askFrame(frame.contentWindow, { corspec: "heard", name });
  }
  offerDelivery(step, request.send.map((_, index) => heard[index]));
  return SILENT;
}

// Each answer is the origin that the other side saw, or undefined.
function offerDelivery(step, answers) {
  step.offer({
    delivered: () => answers.every((answer) => answer !== undefined),
    origin: () => answers[0],
  });
}

async function frameAt(step, url) {
  const frame = newFrame(step);
  frame.src = url;
  await shown(frame);
  return frame;
}

// The origin that the other side saw, or nothing.
function echo(window, message, origin) {
  const echoed = ask((message, port) => window.postMessage(message, origin, [port]), message);
  // Messages to a window arrive in their order. What everybody may hear is answered after it.
  const answered = askFrame(window, { corspec: "answer" }).then(() => sleep(PAUSE));
  return Promise.race([echoed, answered]);
}

function askFrame(window, question) {
  return ask((message, port) => window.postMessage(message, "*", [port]), question);
}

// The other side: the origins of the messages that came through each channel that was joined.
const joined = new Map();

function join(name) {
  const heard = [];
  joined.set(name, heard);
  new BroadcastChannel(name).onmessage = ({ origin }) => heard.push(origin);
}

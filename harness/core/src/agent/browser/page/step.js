// What script is told of one step, and what it can find out.

// Engines send some events as often as they like.
const MOST_EVENTS = 1000;

class Step {
  events = [];
  #finders;
  #cleanups = [];
  #isOver = false;
  #onEvent = () => {};

  constructor({ request, wants, listen, begun, settled, onlyAssigns }) {
    this.request = request;
    this.begun = begun;
    this.listen = listen;
    this.onlyAssigns = onlyAssigns;
    this.settled = settled;
    this.wants = wants;
    this.#finders = timingFinders(globalThis, request.url);
  }

  get isOver() {
    return this.#isOver;
  }

  // Notes an event; what it carries is text.
  tell(name, text = "") {
    this.tellBytes(name, utf8(text));
  }

  // The same; what it carries is an isomorphic string.
  tellBytes(name, bytes) {
    if (!this.#isOver && this.events.length < MOST_EVENTS) {
      this.events.push([name, bytes]);
      this.#onEvent();
    }
  }

  // Says how facts are found: by functions that return a text, or nothing. They are called only where
  // the expectation asks for them, when the step has ended and nothing is cleared yet.
  offer(finders) {
    Object.assign(this.#finders, finders);
  }

  // Gives up where the request says so: when nothing has happened for that time since the server has the
  // request. A time from the beginning would be over too early on a busy machine.
  async giveUp(abort) {
    const { abort: patience } = this.request;
    if (patience === null) {
      return;
    }
    await tellServer(this.begun);
    if (this.#isOver) {
      return;
    }
    let timer;
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, patience);
    };
    this.afterwards(() => clearTimeout(timer));
    this.#onEvent = restart;
    restart();
  }

  async findFacts() {
    const facts = {};
    for (const name of this.wants) {
      const find = this.#finders[name];
      const value = find && (await find());
      if (value !== undefined && value !== null) {
        facts[name] = String(value);
      }
    }
    return facts;
  }

  // What is done when the step has ended, last first; at once where it has.
  afterwards(cleanup) {
    if (this.#isOver) {
      cleanup();
    } else {
      this.#cleanups.push(cleanup);
    }
  }

  clear() {
    this.#isOver = true;
    for (const cleanup of this.#cleanups.reverse()) {
      cleanup();
    }
    this.#cleanups = [];
  }
}

// The end of a call that succeeded; what script cannot know is empty.
function visible(response) {
  const nothing = { status: 0, statusText: "", url: "", redirected: false, headers: [], body: "" };
  return { visible: { ...nothing, ...response } };
}

// The end of a call that failed by an exception, or an event of this name. `partial`: status and
// headers had been visible; `refused`: nothing can have been sent.
function blocked({ name, message = "" }, { partial = false, refused = false } = {}) {
  return { blocked: { error: name, message, partial, refused } };
}

const SILENT = { silent: {} };

function isSameOrigin(url) {
  try {
    return new URL(url, globalThis.location.href).origin === globalThis.origin;
  } catch {
    return false;
  }
}

// How script gets what it could read in any case.
function readableType(url) {
  return isSameOrigin(url) ? "basic" : "cors";
}

// Runs once in Firefox's own context, where all that it says about requests can be overheard, and keeps
// it until it is asked for. The console alone would not do: it forgets all but the last 250 messages.
"use strict";

const window = Services.wm.getMostRecentWindow(null);
const events = [];

const PREFIX = "BLOCKING_REASON_";
const BLOCKING_REASONS = new Map(
  Object.getOwnPropertyNames(Ci.nsILoadInfo)
    .filter((name) => name.startsWith(PREFIX) && name !== `${PREFIX}NONE`)
    .map((name) => [Ci.nsILoadInfo[name], name.slice(PREFIX.length)]),
);

const requests = {
  observe(subject) {
    const channel = subject.QueryInterface(Ci.nsIHttpChannel);
    const url = channel.originalURI.spec;
    if (Components.isSuccessCode(channel.status)) {
      // Tells which step comes.
      if (url.includes("/-/step/")) {
        events.push({ begins: { url } });
      }
    } else {
      const status = attempt(() => channel.responseStatus);
      const isRedirect = status >= 300 && status < 400;
      const failed = {
        url,
        preflightFor: preflightMethod(channel),
        error: ChromeUtils.getXPCOMErrorName(channel.status),
        because: BLOCKING_REASONS.get(channel.loadInfo.requestBlockingReason) ?? "",
        status,
        location: isRedirect ? attempt(() => channel.getResponseHeader("Location")) : null,
      };
      events.push({ failed });
    }
  },
};

const messages = {
  QueryInterface: ChromeUtils.generateQI(["nsIConsoleListener"]),
  observe(message) {
    if (message instanceof Ci.nsIScriptError) {
      events.push({ said: { category: message.category, text: message.errorMessage } });
    }
  },
};

// A user who is asked for a password and does not answer. With a dialog, the driver would give up the
// script of the page, and with it all scenarios under way.
const userAway = {
  QueryInterface: ChromeUtils.generateQI(["nsIFactory", "nsIPromptFactory", "nsIAuthPrompt2"]),
  createInstance: (iid) => userAway.QueryInterface(iid),
  getPrompt: (_, iid) => userAway.QueryInterface(iid),
  promptAuth: () => false,
  asyncPromptAuth: () => ({ QueryInterface: ChromeUtils.generateQI(["nsICancelable"]), cancel() {} }),
};

function preflightMethod(channel) {
  const isOptions = channel.requestMethod === "OPTIONS";
  return isOptions ? attempt(() => channel.getRequestHeader("Access-Control-Request-Method")) : null;
}

// What is not there is told by an exception, which takes long.
function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

if (!window.corspec) {
  Components.manager
    .QueryInterface(Ci.nsIComponentRegistrar)
    .registerFactory(
      Services.uuid.generateUUID(),
      "",
      "@mozilla.org/passwordmanager/authpromptfactory;1",
      userAway,
    );
  Services.console.registerListener(messages);
  Services.obs.addObserver(requests, "http-on-stop-request");
  Services.obs.addObserver(requests, "http-on-failed-opening-request");
  window.corspec = {
    // The listeners would be collected if nobody kept them.
    listeners: [requests, messages],
    take: () => JSON.stringify(events.splice(0)),
  };
}

// Runs once in Firefox's own context, where all that it says about requests can be overheard, and keeps
// it until it is asked for. The console alone would not do: it forgets all but the last 250 messages.
"use strict";

const window = Services.wm.getMostRecentWindow(null);
const events = [];

const requests = {
  observe(subject, topic) {
    const channel = subject.QueryInterface(Ci.nsIHttpChannel);
    const preflightFor = preflightMethod(channel);
    if (topic === "http-on-opening-request") {
      events.push({ requested: { url: channel.originalURI.spec, preflightFor } });
    } else if (!Components.isSuccessCode(channel.status)) {
      const error = ChromeUtils.getXPCOMErrorName(channel.status);
      const blocking = channel.loadInfo?.requestBlockingReason ?? 0;
      const code = responseStatus(channel);
      events.push({ failed: { url: channel.originalURI.spec, preflightFor, error, blocking, code } });
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

function preflightMethod(channel) {
  try {
    return channel.requestMethod === "OPTIONS"
      ? channel.getRequestHeader("Access-Control-Request-Method")
      : null;
  } catch {
    return null;
  }
}

function responseStatus(channel) {
  try {
    return channel.responseStatus;
  } catch {
    return 0;
  }
}

if (!window.corspec) {
  Services.console.registerListener(messages);
  Services.obs.addObserver(requests, "http-on-opening-request");
  Services.obs.addObserver(requests, "http-on-stop-request");
  Services.obs.addObserver(requests, "http-on-failed-opening-request");
  window.corspec = {
    // The listeners would be collected if nobody kept them.
    listeners: [requests, messages],
    take: () => JSON.stringify(events.splice(0)),
  };
}

// Bytes as isomorphic strings, one character per byte, the form in which JSON carries them.

const BODY_LIMIT = 64 * 1024;

function isomorphicEncode(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

// Of an ArrayBuffer or a view on one.
function isomorphicDecode(source) {
  const whole = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  const bytes = whole.subarray(0, BODY_LIMIT);
  let text = "";
  // In slices: a call takes only so many arguments. To spread them would cost an iteration in script.
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + 8192));
  }
  return text;
}

// The bytes of a text.
function utf8(text) {
  return isomorphicDecode(new TextEncoder().encode(text));
}

// What a message of a socket or a worker carries.
function messageText(data) {
  return typeof data === "string" ? data : JSON.stringify(data) ?? String(data);
}

// A message that is to be sent: `{text}` or `{binary}`, an array of numbers.
function messageOf(message) {
  return "text" in message ? message.text : Uint8Array.from(message.binary);
}

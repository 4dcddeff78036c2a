// Bodies of requests.

// The content of `text` and `url-search-params` is text, that of `form-data` pairs as JSON, and that
// of all others an isomorphic string.
function bodyOf({ kind, type, content }) {
  switch (kind) {
    case "blob":
      return new Blob([isomorphicEncode(content)], { type });
    case "bytes":
      return isomorphicEncode(content).buffer;
    case "form-data": {
      const data = new FormData();
      for (const [name, value] of JSON.parse(content)) {
        data.append(name, value);
      }
      return data;
    }
    case "stream":
      return new ReadableStream({
        start(controller) {
          controller.enqueue(isomorphicEncode(content));
          controller.close();
        },
      });
    case "text":
      return content;
    case "url-search-params":
      return new URLSearchParams(content);
    default:
      throw new Error(`no body kind \`${kind}\` in this page`);
  }
}

// Images, sound, films, and the tracks of films.

function imageStep(step) {
  const { request } = step;
  const image = new Image();
  describe(image, request);
  step.offer({
    pixels: () => pixels(image),
    width: () => image.naturalWidth,
  });
  const end = loaded(step, image, () => visible({ type: pictureType(image, request) }));
  image.src = request.url;
  return end;
}

function mediaStep(step) {
  const { request } = step;
  const media = document.createElement(request.via);
  media.muted = true;
  media.preload = "auto";
  describe(media, request);
  step.offer({
    pixels: () => pixels(media),
    width: () => media.videoWidth,
  });
  const typeOf = request.via === "video" ? pictureType : embeddedType;
  const end = loaded(step, media, () => visible({ type: typeOf(media, request) }), "loadeddata");
  media.src = request.url;
  step.afterwards(() => {
    media.removeAttribute("src");
    media.load();
  });
  return end;
}

function trackStep(step) {
  const { request } = step;
  const media = document.createElement("video");
  const track = document.createElement("track");
  // The attribute of a track is that of its medium.
  describe(media, request);
  step.offer({ cues: () => track.track.cues?.length });
  const end = loaded(step, track, () => visible({ type: readableType(request.url) }));
  track.kind = "subtitles";
  track.src = request.url;
  media.append(track);
  place(step, media, document);
  // It is not loaded before it is needed.
  track.track.mode = "hidden";
  return end;
}

function pictureType(picture, request) {
  return pixels(picture) === "readable" ? readableType(request.url) : "opaque";
}

// What follows from the request where script has no way to find out.
function embeddedType(_, request) {
  const isReadable = request.crossorigin !== null || isSameOrigin(request.url);
  return isReadable ? readableType(request.url) : "opaque";
}

// Whether script may read what was drawn.
// <https://html.spec.whatwg.org/#security-with-canvas-elements>
function pixels(picture) {
  const context = document.createElement("canvas").getContext("2d");
  context.drawImage(picture, 0, 0);
  try {
    context.getImageData(0, 0, 1, 1);
    return "readable";
  } catch {
    return "tainted";
  }
}

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
    pixels: () => framePixels(media),
    width: () => media.videoWidth,
  });
  const typeOf = request.via === "video" ? filmType : embeddedType;
  const onLoad = async () => visible({ type: await typeOf(media, request) });
  const end = loaded(step, media, onLoad, "loadeddata");
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

async function filmType(film, request) {
  return (await framePixels(film)) === "readable" ? readableType(request.url) : "opaque";
}

// What follows from the request where script has no way to find out.
function embeddedType(_, request) {
  const isReadable = request.crossorigin !== null || isSameOrigin(request.url);
  return isReadable ? readableType(request.url) : "opaque";
}

// Whether script may read what was drawn.
// <https://html.spec.whatwg.org/#security-with-canvas-elements>
function pixels(picture) {
  const found = drawn(picture);
  return found === "blank" ? "readable" : found;
}

// A film may have data before it has a picture: then nothing is drawn, and nothing spoilt.
async function framePixels(film) {
  for (let attempt = 0; attempt < 20 && drawn(film) === "blank"; attempt += 1) {
    await sleep(25);
  }
  return pixels(film);
}

// `blank` where nothing came of it, and `leaking` where some ways out are closed and others are not.
// <https://html.spec.whatwg.org/#concept-canvas-origin-clean>
function drawn(picture) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const waysOut = [
    () => context.getImageData(0, 0, 1, 1),
    () => canvas.toDataURL(),
    () => canvas.toBlob(() => {}),
  ];
  const closed = waysOut.filter(isClosed).length;
  if (closed > 0) {
    return closed === waysOut.length ? "tainted" : "leaking";
  }
  const [, , , alpha] = context.getImageData(0, 0, 1, 1).data;
  return alpha === 0 ? "blank" : "readable";
}

function isClosed(wayOut) {
  try {
    wayOut();
    return false;
  } catch (exception) {
    return exception.name === "SecurityError";
  }
}

// Which interfaces there are.

function featuresStep(step) {
  const finders = step.wants.map((name) => [name, () => exists(name)]);
  step.offer(Object.fromEntries(finders));
  return SILENT;
}

// A name of the global object, or of what belongs to one of the interfaces that scenarios use.
function exists(name) {
  const owners = [
    globalThis,
    globalThis.navigator,
    globalThis.XMLHttpRequest?.prototype,
    globalThis.Request?.prototype,
    globalThis.HTMLImageElement?.prototype,
    globalThis.HTMLScriptElement?.prototype,
  ];
  return owners.some((owner) => owner && name in owner);
}

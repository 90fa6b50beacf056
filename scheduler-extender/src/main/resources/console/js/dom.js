// Small helpers around the DOM. Styles go through the CSSOM, so a strict content policy holds.

/** Makes an element. Properties: class, text, data (an object), style (an object), on* handlers; the rest are attributes. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") element.className = value;
    else if (key === "text") element.textContent = value;
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** Calls `run` once in the next frame, however often it is asked for. */
export function inFrame(run) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      run();
    });
  };
}

/** Calls `run` at most once every `interval()` milliseconds, and once after the last request. */
export function atMostEvery(interval, run) {
  let last = -Infinity;
  let timer = 0;
  return () => {
    if (timer) return;
    const wait = Math.max(0, last + interval() - performance.now());
    timer = setTimeout(() => {
      timer = 0;
      last = performance.now();
      run();
    }, wait);
  };
}

/** Times a piece of main-thread work so that it can be read back through the Performance API. */
export function timed(name, run) {
  const start = performance.now();
  const result = run();
  performance.measure(`kerf.${name}`, { start });
  const old = performance.getEntriesByName(`kerf.${name}`);
  if (old.length > 500) performance.clearMeasures(`kerf.${name}`);
  return result;
}

/** Says something to screen readers, politely. For what the user asked for, never for every event. */
export function say(text) {
  const region = $("say");
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
}

/** Replaces the children only if the content differs, so that focus and selection survive a refresh. */
export function fill(parent, key, make) {
  if (parent.dataset.key === key) return false;
  parent.dataset.key = key;
  const focused = document.activeElement;
  const again = parent.contains(focused) ? focused.dataset.focusKey : undefined;
  parent.replaceChildren(...[make()].flat(Infinity).filter(Boolean));
  if (again) parent.querySelector(`[data-focus-key="${CSS.escape(again)}"]`)?.focus();
  return true;
}

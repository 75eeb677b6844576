
// From .ci/later.js: the later part of the wasm (docs/architecture.md, "What the page weighs"), which is fetched when the
// page stands, or at once when something in it is called before it is there.
const LATER = new URL("{{LATER}}", import.meta.url).href;
/**
 * The first part's exports; `$there` says whether the later part has come.
 * @type {WebAssembly.Exports & { $there: WebAssembly.Global, $link: WebAssembly.Table }}
 */
let first;
/** @type {WebAssembly.Imports} */
let firstImports;
/** @type {(nothing: undefined) => void} */
let hasFirst;
const firstIsThere = new Promise((resolve) => (hasFirst = resolve));
/**
 * What came of fetching the later part beside the first one.
 * @type {Promise<boolean> | undefined}
 */
let early;

/**
 * The first part's imports: those that both parts share, and the later part's fetching.
 * @param {WebAssembly.Imports} imports
 */
export function withLater(imports) {
  if (beginsWithAll()) early = tryLater();
  firstImports = { ...imports, later: { fetch: fetchLaterNow } };
  return firstImports;
}

/**
 * Before the first part runs; resolves when it may.
 * @param {{ exports: typeof first, whole?: { exports: typeof first } }} instance
 */
export async function beforeStart(instance) {
  // public/survival.js looks after calls from outside; the later part is within.
  first = (instance.whole ?? instance).exports;
  // src/view/browser.rs asks for it.
  document.documentElement.setAttribute("data-later", "coming");
  hasFirst(undefined);
  if (await early) return;
  if (canFetchNow()) {
    // The first frames come first. Safari has no idle time.
    const idle = window.requestIdleCallback ?? setTimeout;
    addEventListener("LabStarted", () => idle(() => fetchLater(), { timeout: 1000 }));
  } else {
    await fetchLater();
  }
}

/**
 * Whether the page is to begin with all of it: who follows a link to a lesson or a manifest sees more than a first visit
 * does, and what the service worker has kept is here already.
 */
function beginsWithAll() {
  const asked = new URLSearchParams(location.search);
  ["lang", "theme", "speed", "start"].forEach((name) => asked.delete(name));
  return [...asked].length > 0 || location.hash.length > 1 || Boolean(navigator.serviceWorker?.controller);
}

/** Some browsers compile only small modules while the page waits. */
function canFetchNow() {
  // An empty module, but for 5,000 bytes that mean nothing.
  const module = new Uint8Array(8 + 3 + 5000);
  module.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 0x88, 0x27]);
  try {
    return new WebAssembly.Module(module) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

function laterImports() {
  /** @type {WebAssembly.ModuleImports} */
  const link = { ...first };
  // What the later part calls of the first one stands at the beginning of the table, ahead of its own.
  for (let place = 0, shared; place < first.$link.length && (shared = first.$link.get(place)); place += 1) {
    link[place.toString(36)] = shared;
  }
  return { ...firstImports, later: link };
}

function hasCome() {
  first.$there.value = 1;
  document.documentElement.removeAttribute("data-later");
}

/** Fetches the later part in the background, once; whether it is there then. */
async function tryLater() {
  try {
    const answer = await fetch(LATER, { integrity: "{{INTEGRITY}}", priority: first ? "low" : "auto" });
    const module = await WebAssembly.compile(await answer.arrayBuffer());
    await firstIsThere;
    // Should it be called at this very moment it comes twice, which does no harm: the same goes to the same places.
    if (!first.$there.value) await WebAssembly.instantiate(module, laterImports());
    hasCome();
    return true;
  } catch {
    return false;
  }
}

/** The same, until it is there. */
async function fetchLater() {
  for (let pause = 1000; !first.$there.value && !(await tryLater()); pause = Math.min(pause * 2, 60_000)) {
    await new Promise((over) => setTimeout(over, pause));
  }
}

/** Whether a call could not be answered: what called is in the middle of something then, for good. */
let isStuck = false;

/** For a call that must be answered now: holds the page until the later part is there. */
function fetchLaterNow() {
  for (let tries = isStuck ? 0 : 3; tries > 0; tries -= 1) {
    try {
      const request = new XMLHttpRequest();
      request.open("GET", LATER, false);
      // Such a request gives no bytes, only text: in this encoding the low byte of each character is the file's.
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      if (request.status === 200) {
        const text = request.responseText;
        const bytes = new Uint8Array(text.length);
        for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
        new WebAssembly.Instance(new WebAssembly.Module(bytes), laterImports());
        hasCome();
        return;
      }
    } catch (error) {
      console.warn("the later part of the page", error);
    }
  }
  isStuck = true;
  // As a defect would: boot.js says that the page has stopped.
  throw new WebAssembly.RuntimeError("a part of the page did not arrive");
}

// Keeps the page for visits without a network. .ci/seal-page.mjs fills in the build's version and its files.
//
// The page itself is asked of the network first, so that a new build shows at the next reload; its other files carry
// their content's hash in their names and are taken from here. A build's files are kept together or not at all.
const VERSION = "{{VERSION}}";
const FILES = ["{{FILES}}"];

/** What the worker runs in. */
const worker = /** @type {WorkerOfPage} */ (/** @type {unknown} */ (self));
/** Several labs may live under one origin, each under its own path. */
const MINE = `hellok8s-lab ${worker.registration.scope} `;
const CACHE = MINE + VERSION;
/** A network that says nothing for this long counts as none, in milliseconds. */
const PATIENCE_MS = 4000;

/** The page's address, without what it is asked for. */
const PAGE = new URL("./", worker.registration.scope).href;
const KEPT = new Set(FILES.map((file) => new URL(file, worker.registration.scope).href));

worker.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      // What has no hash in its name may be older in the browser's own cache than this build.
      const requests = FILES.map((file) => new Request(file, { cache: /-[0-9a-f]{16}/.test(file) ? "default" : "no-cache" }));
      await cache.addAll(requests);
      // A page that is open has all its files already.
      await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => name.startsWith(MINE) && name !== CACHE).map((name) => caches.delete(name)));
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = plain(request.url);
  if (request.method !== "GET") {
    return;
  }
  if (request.mode === "navigate" && (address === PAGE || address === `${PAGE}index.html`)) {
    event.respondWith(page(request));
  } else if (KEPT.has(address) && address !== PAGE) {
    event.respondWith(kept(request, address));
  }
});

/** @param {string} url */
function plain(url) {
  const address = new URL(url);
  address.search = "";
  address.hash = "";
  return address.href;
}

/**
 * The newest page, or the kept one where the network has none to give.
 * @param {Request} request
 */
async function page(request) {
  const held = await (await caches.open(CACHE)).match(PAGE);
  const patience = new Promise((/** @type {(nothing: undefined) => void} */ resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
  const newest = fetch(request).catch(() => undefined);
  const answer = held ? await Promise.race([newest, patience]) : await newest;
  // A host's own trouble is no reason to withhold what is here.
  return (answer?.ok || answer?.type === "opaqueredirect" ? answer : held) ?? answer ?? Response.error();
}

/**
 * @param {Request} request
 * @param {string} address
 */
async function kept(request, address) {
  return (await (await caches.open(CACHE)).match(address)) ?? fetch(request);
}

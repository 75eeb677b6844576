// Before the page's wasm is there: the visitor's theme and language for the first paint, and a word where the page
// cannot start. Once it is there: the first paint goes, and the service worker keeps the page for the next visit.
// Written for browsers older than the page needs, so that they can be told.
(function () {
  "use strict";
  var root = document.documentElement;
  /** @type {{ get(name: string): string | null }} */
  var asked = typeof URLSearchParams === "function" ? new URLSearchParams(location.search) : { get: function () { return null; } };

  /**
   * As the address says, else as chosen before; as src/view/settings.rs reads it.
   * @param {string} name
   */
  function chosen(name) {
    var value = asked.get(name);
    try {
      return value || localStorage.getItem("hellok8s-lab:" + name);
    } catch (_forbidden) {
      return value;
    }
  }

  var lang = String(chosen("lang") || navigator.language || "").toLowerCase();
  root.lang = lang.indexOf("zh") === 0 ? "zh" : "en";
  var theme = chosen("theme");
  if (theme === "light" || theme === "dark") {
    root.setAttribute("data-theme", theme);
  }
  if (asked.get("embed") === "1") {
    root.setAttribute("data-embed", "");
  }
  root.setAttribute("data-start", "loading");

  /** @param {string} why */
  function unable(why) {
    if (root.getAttribute("data-start") === "loading") {
      root.setAttribute("data-start", why);
    }
  }
  if (typeof WebAssembly !== "object" || typeof WebAssembly.instantiate !== "function" || !("noModule" in document.createElement("script"))) {
    unable("unable");
  }
  // A download that fails is a TypeError to scripts, and an error without a message where the page asks for the file.
  /**
   * @param {{ name?: string } | null | undefined} error
   * @param {boolean} isFile
   */
  function failed(error, isFile) {
    unable(isFile || (error && error.name === "TypeError") ? "offline" : "unable");
  }
  addEventListener("error", function (event) {
    if (event.error && event.error.hasStopped) {
      // Told already, when it stopped.
      event.preventDefault();
      return;
    }
    failed(event.error, Boolean(event.target) && event.target !== window);
  }, true);
  addEventListener("unhandledrejection", function (event) {
    if (event.reason && event.reason.hasStopped) {
      event.preventDefault();
      return;
    }
    failed(event.reason, false);
  });

  /** Nothing in a private window of some browsers; a frame without an origin of its own may not even ask. */
  function serviceWorkers() {
    try {
      return navigator.serviceWorker;
    } catch (_forbidden) {
      return null;
    }
  }
  addEventListener("LabStarted", function () {
    root.removeAttribute("data-start");
    var first = document.querySelector(".first");
    if (first) {
      first.remove();
    }
    // Not in the page of another site: its readers did not ask for anything to be kept.
    var workers = asked.get("embed") === "1" ? null : serviceWorkers();
    if (workers) {
      keepPage(workers);
    }
  });
  /** @param {ServiceWorkerContainer} workers */
  function keepPage(workers) {
    var register = function () {
      workers.register("sw.js").then(function (registration) {
        // The browser looks for a new build by itself, but when is its own affair.
        return registration.update();
      }).catch(function () {
        // Forbidden, or offline: the page works, and the next visit tries again.
      });
    };
    // A page that is busy for ever is never idle.
    if (typeof requestIdleCallback === "function") {
      requestIdleCallback(register, { timeout: 5000 });
    } else {
      setTimeout(register, 1000);
    }
  }
})();

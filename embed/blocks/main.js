// The code blocks of the page around, made to run: a ▷ below each block of commands and each manifest. embed.js brings
// this file along where its address says `?blocks=`; docs/embedding.md tells how a page asks for it.
//
// The blocks of a page share one cluster, in the order in which they are read. It is shown in a dock at the end of the
// window. Nothing of the author's text is changed: what is added are elements of their own behind the blocks.
import { Bar } from "./bar.js";
import { lookAgain, scan } from "./bars.js";
import { Dock } from "./dock.js";
import { Lab, THEME_ATTRIBUTES } from "./lab.js";

/** After a page has changed its blocks are looked for when nothing has changed for so long, in milliseconds. */
const QUIET_MS = 200;

function begin() {
  scan();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quiet;
  const wait = () => {
    clearTimeout(quiet);
    quiet = setTimeout(scan, QUIET_MS);
  };
  new MutationObserver(wait).observe(document.documentElement, { childList: true, subtree: true });
  const themes = { attributes: true, attributeFilter: ["class", "lang", ...THEME_ATTRIBUTES] };
  new MutationObserver(lookAgain).observe(document.documentElement, themes);
  new MutationObserver(lookAgain).observe(document.body, themes);
  // The tabs of a group of blocks.
  addEventListener("change", lookAgain);
}

if (Lab && !customElements.get("hellok8s-block")) {
  customElements.define("hellok8s-block", Bar);
  customElements.define("hellok8s-dock", Dock);
  // What a framework takes over must be as the server wrote it until then.
  const soon = () => (globalThis.requestIdleCallback ?? setTimeout)(begin);
  if (document.readyState === "complete") {
    soon();
  } else {
    addEventListener("load", soon, { once: true });
  }
}

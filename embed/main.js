// Defines <hellok8s-lab>: a lab in any page. docs/embedding.md tells what it can do.
//
//   <script defer src="https://YOUR-HOST/lab/embed.js"></script>
//   <hellok8s-lab lesson="scale"></hellok8s-lab>
//
// The element makes an iframe of the page beside this file once the reader is near it, lets it be as high as its content,
// and keeps its theme and language as those of the page around it. It holds no text of anybody as HTML, loads nothing but
// the lab's own page, and works under a content policy without 'unsafe-inline'.
//
// The file is a module as well (type="module"), but browsers take modules only from hosts that send
// Access-Control-Allow-Origin, and plain scripts from all. Hence the braces: a plain script's names are everybody's.
import { HERE, Hellok8sLab } from "./element.js";

if (globalThis.customElements && !customElements.get("hellok8s-lab")) {
  customElements.define("hellok8s-lab", Hellok8sLab);
  loadBlocks();
}

/** `embed.js?blocks=docked`, or a page's `<meta name="hellok8s-lab">`, makes code blocks run: in a file beside this one. */
function loadBlocks() {
  if (HERE && (new URL(HERE).searchParams.has("blocks") || document.querySelector('meta[name="hellok8s-lab"]'))) {
    const script = document.createElement("script");
    Object.assign(script, { src: trusted(new URL("embed-blocks.js", HERE).href) });
    document.head.append(script);
  }
}

/**
 * The address, as a page that demands Trusted Types takes it where its policy allows `hellok8s-lab`.
 * @param {string} address
 */
function trusted(address) {
  try {
    return globalThis.trustedTypes?.createPolicy("hellok8s-lab", { createScriptURL: () => address }).createScriptURL("") ?? address;
  } catch {
    // Not allowed here: the browser says so, and decides whether a plain one does.
    return address;
  }
}

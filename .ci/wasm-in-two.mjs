// For seal-page.mjs: puts the wasm that Trunk has built into the page in two parts (split-wasm.mjs), and into wasm-bindgen's
// script what fetches the second one (later.js). A page for developing stays whole, as its build is to be quick.
//
// LAB_PROFILE=1 builds a page instead that notes in `window.hits` which functions have run; functions.json names them.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { instrumented, matcher, split } from "./split-wasm.mjs";
import { withoutNames } from "./wasm.mjs";

/** @param {string} name */
const here = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const NOTES_HITS = `
window.hits = new Uint8Array({{COUNT}});
// As on a first visit until the later part has come.
document.documentElement.setAttribute("data-later", "coming");
const withHits = (imports) => ({ ...imports, later: { hit: (index) => (window.hits[index] = 1) } });
`;

/**
 * @param {string} text
 * @param {string} from
 * @param {string} to
 */
function replaced(text, from, to) {
  if (!text.includes(from)) {
    throw new Error(`wasm-bindgen's script looks otherwise than it did: ${from}`);
  }
  return text.replaceAll(from, () => to);
}

/**
 * wasm-bindgen's script with `added` at its end, its imports handed through `wrap`, and `wait` before the wasm runs.
 * @param {string} script
 * @param {string} added
 * @param {string} wrap
 */
function extended(script, added, wrap, wait = "") {
  const imports = "const imports = __wbg_get_imports();";
  const loaded = "const { instance, module } = await __wbg_load(await module_or_path, imports);";
  return replaced(replaced(script, imports, `const imports = ${wrap}(__wbg_get_imports());`), loaded, `${loaded}${wait}`) + added;
}

/**
 * A script without indents and without the comments that stand on lines of their own.
 * @param {string} script
 */
export const tight = (script) => script.replace(/^\s*\/\*\*[\s\S]*?\*\/\s*$/gm, "").replace(/^\s*\/\/.*$/gm, "").replace(/\n\s+/g, "\n");

/** The module as the linker wrote it: wasm-bindgen and wasm-opt keep its data where it is, and lose who refers to it. */
function linked() {
  const folder = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../target/", import.meta.url));
  return readFileSync(join(folder, "wasm32-unknown-unknown/page/hellok8s-lab.wasm"));
}

/** @param {Uint8Array} wasm */
function parted(wasm) {
  try {
    const parts = split(wasm, matcher(here("later.txt")), linked());
    console.log(`The later part has ${parts.functions} functions and ${Math.round(parts.moved / 1024)} KiB of data.`);
    return parts;
  } catch (error) {
    console.error(`The wasm stays whole, the page is larger than it need be: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/**
 * `html` as Trunk has built it in the folder that `at` gives paths in, with the wasm in two. `hashed` makes a name of a
 * name's beginning, the content and the extension; `integrity` the attribute.
 * @param {string} html
 * @param {{ at: (name: string) => string, hashed: (name: string, content: string | Uint8Array, extension: string) => string, integrity: (content: string | Uint8Array) => string }} tools
 */
export function withWasmInTwo(html, { at, hashed, integrity }) {
  const [, wasmName, stem] = html.match(/href="\.\/(([^"]+)_bg\.wasm)"/) ?? [];
  if (wasmName === undefined || stem === undefined || process.env.TRUNK_PROFILE !== "release") {
    return html;
  }
  const plain = stem.replace(/-[0-9a-f]+$/, "");
  const whole = readFileSync(at(wasmName));
  let script = readFileSync(at(`${stem}.js`), "utf8");
  /** @type {Uint8Array} */
  let wasm = withoutNames(whole);
  if (process.env.LAB_PROFILE === "1") {
    const noting = instrumented(whole);
    wasm = noting.wasm;
    writeFileSync(at("functions.json"), JSON.stringify(noting.functions));
    script = extended(script, NOTES_HITS.replace("{{COUNT}}", String(noting.functions.length)), "withHits");
  } else {
    const parts = parted(whole);
    if (parts) {
      wasm = parts.first;
      const later = hashed(`${plain}-later`, parts.later, "wasm");
      writeFileSync(at(later), parts.later);
      const fetching = here("later.js").replace(/^export /gm, "").replace("{{LATER}}", `./${later}`).replace('integrity: "{{INTEGRITY}}"', integrity(parts.later).replace("=", ": "));
      script = extended(script, fetching, "withLater", "\n    await beforeStart(instance);");
    }
  }
  script = tight(script);

  let page = html;
  for (const [old, content, extension] of /** @type {[string, string | Uint8Array, string][]} */ ([[wasmName, wasm, "wasm"], [`${stem}.js`, script, "js"]])) {
    const name = hashed(plain, content, extension);
    rmSync(at(old));
    writeFileSync(at(name), content);
    const link = new RegExp(`(href="\\./)${old}("[^>]*?)integrity="[^"]*"`);
    if (!link.test(page)) {
      throw new Error(`the page does not preload ${old}`);
    }
    // Browsers check no preloaded wasm, and say so on the console of every visit: only the script gets a hash.
    const check = extension === "js" ? integrity(content) : "";
    page = page.replace(link, (_, before, behind) => `${before}${name}${behind}${check}`).replaceAll(old, name);
  }
  return page;
}

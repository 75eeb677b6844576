// Trunk's post_build hook, which makes a static site of what Trunk has built:
// - every inline script moves into a file beside the page, so that the content policy in index.html needs neither
//   'unsafe-inline' nor a hash that changes with each build;
// - the wasm starts after the first paint, and is in two parts (wasm-in-two.mjs);
// - the style sheets become one, and what the page starts with gets its content's hash into its name;
// - what other sites load is joined from its parts (join-embed.mjs);
// - the service worker learns the build's version and its files;
// - where LAB_PUBLIC_URL says where the page will be, the addresses that must be absolute are so;
// - where LAB_ISSUES_URL says where reports go, the page offers to open one there.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SERVED, joined } from "./join-embed.mjs";
import { tight, withWasmInTwo } from "./wasm-in-two.mjs";

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) {
  throw new Error("seal-page.mjs is Trunk's post_build hook: TRUNK_STAGING_DIR is not set");
}
/** Where the project takes reports, such as https://github.com/OWNER/NAME/issues/new. */
const issuesUrl = process.env.LAB_ISSUES_URL;
/** Ends in a slash. */
const publicUrl = (process.env.LAB_PUBLIC_URL ?? "./").replace(/\/?$/, "/");
/** Not part of a visit: other sites load it, crawlers do, or it is the worker itself. */
const NOT_KEPT = new Set(["NOTICE.txt", "embed.js", "embed-blocks.js", "404.html", "sw.js", "social.png"]);

/**
 * The wasm's start holds the browser for a while: a page whose files came quickly would show nothing until then. In a
 * tab that nobody sees there is no paint to wait for.
 */
const AFTER_FIRST_PAINT = `await new Promise((painted) => {
  if (document.hidden) painted();
  new PerformanceObserver(painted).observe({ type: "paint", buffered: true });
  setTimeout(painted, 1000);
});
`;

/** @param {string} name */
const at = (name) => join(staging, name);
/** @param {string | Uint8Array} text */
const hashOf = (text, algorithm = "sha384") => createHash(algorithm).update(text).digest();
/** @type {(name: string, text: string | Uint8Array, extension: string) => string} */
const hashed = (name, text, extension) => `${name}-${hashOf(text).toString("hex").slice(0, 16)}.${extension}`;
/** @param {string | Uint8Array} text */
const integrity = (text) => `integrity="sha384-${hashOf(text).toString("base64")}"`;
// In a frame without an origin of its own these files are another site's: only what is asked for so can be checked there.
/** @param {string} text */
const asked = (text) => `crossorigin="anonymous" ${integrity(text)}`;

/**
 * Replaces `pattern`, which has to be there.
 * @param {string} text
 * @param {string | RegExp} pattern
 * @param {string | ((found: string) => string)} by
 */
function replace(text, pattern, by) {
  if (!text.match(pattern)) {
    throw new Error(`${pattern} is not there any more`);
  }
  return typeof by === "string" ? text.replace(pattern, by) : text.replace(pattern, by);
}

/** @param {string} html */
function withoutInlineScripts(html) {
  return html.replace(/<script([^>]*)>([\s\S]*?)<\/script>/g, (whole, attributes, body) => {
    if (/\ssrc\s*=/.test(attributes)) {
      return whole;
    }
    // What Trunk's server would fill in only where it finds it in the HTML: its reload socket's address.
    const script = body
      .replace(/(['"`])\{\{__TRUNK_ADDRESS__\}\}\1/g, "window.location.host")
      .replace(/\{\{__TRUNK_WS_BASE__\}\}/g, "/");
    const started = script.replace(/^const wasm = await init\(/m, `${AFTER_FIRST_PAINT}$&`);
    const name = hashed("start", started, "js");
    writeFileSync(at(name), started);
    return `<script${attributes} src="./${name}" ${asked(started)}></script>`;
  });
}

/** @param {string} html */
function withHashedScripts(html) {
  return ["boot", "survival"].reduce((page, plain) => {
    const script = tight(readFileSync(at(`${plain}.js`), "utf8"));
    const name = hashed(plain, script, "js");
    rmSync(at(`${plain}.js`));
    writeFileSync(at(name), script);
    return replace(page, new RegExp(` src="${plain}\\.js"`), ` src="./${name}" ${asked(script)}`);
  }, html);
}

/** @param {string} html */
function withOneSheet(html) {
  const link = /\s*<link rel="stylesheet" href="\.\/([^"]+)"[^>]*>/g;
  const sheets = [...html.matchAll(link)].map(([, name = ""]) => name);
  const text = sheets
    .map((name) => readFileSync(at(name), "utf8"))
    .join("\n")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\n\s*/g, "\n");
  sheets.forEach((name) => rmSync(at(name)));
  const name = hashed("style", text, "css");
  writeFileSync(at(name), text);
  const one = `\n    <link rel="stylesheet" href="./${name}" ${asked(text)}>`;
  return html.replace(link, () => "").replace(/(\s*<link rel="icon")/, `${one}$1`);
}

/** @param {string} html */
function checked(html) {
  const start = html.match(/start-[0-9a-f]{16}\.js/g)?.some((name) => readFileSync(at(name), "utf8").includes(AFTER_FIRST_PAINT));
  if (!start) {
    throw new Error("the script that starts the wasm looks otherwise than it did: it does not wait for the first paint");
  }
  const rest = html.match(/<script(?![^>]*\ssrc=)|<style[\s>]|\sstyle=|\son[a-z]+=/i);
  if (rest) {
    throw new Error(`index.html holds something the content policy forbids: ${rest[0]}`);
  }
  return html;
}

for (const name of /** @type {(keyof typeof SERVED)[]} */ (Object.keys(SERVED))) {
  writeFileSync(at(name), joined(name));
}
let html = readFileSync(at("index.html"), "utf8");
/** @param {string} page */
const inTwo = (page) => withWasmInTwo(page, { at, hashed, integrity });
/**
 * The page of a debug build, which stays whole, has the hash that Trunk gave its wasm.
 * @param {string} page
 */
const withoutVainHash = (page) => page.replace(/(<link rel="preload"[^>]*?) integrity="[^"]*"([^>]*as="fetch")/g, "$1$2");
for (const step of [inTwo, withoutVainHash, withoutInlineScripts, withHashedScripts, withOneSheet, checked]) {
  html = step(html);
}
html = replace(html, /\s*<meta name="issues" content="\{\{ISSUES_URL\}\}">/, (meta) =>
  issuesUrl ? meta.replace("{{ISSUES_URL}}", new URL(issuesUrl).href) : "",
);
writeFileSync(at("index.html"), replace(html, /\{\{PUBLIC_URL\}\}/g, publicUrl));

const notFound = readFileSync(at("404.html"), "utf8").replaceAll("{{HOME}}", publicUrl);
const style = hashOf(notFound.match(/<style>([\s\S]*?)<\/style>/)?.[1] ?? "", "sha256").toString("base64");
writeFileSync(at("404.html"), replace(notFound, "{{STYLE_HASH}}", `sha256-${style}`));

const files = readdirSync(staging, { withFileTypes: true })
  .filter((entry) => entry.isFile() && !NOT_KEPT.has(entry.name))
  .map((entry) => entry.name)
  .sort();
const version = createHash("sha256");
for (const name of [...files, "sw.js"]) {
  version.update(name).update(readFileSync(at(name)));
}
let worker = readFileSync(at("sw.js"), "utf8");
worker = replace(worker, "{{VERSION}}", version.digest("hex").slice(0, 16));
worker = replace(worker, '["{{FILES}}"]', JSON.stringify(files.map((name) => (name === "index.html" ? "./" : name))));
writeFileSync(at("sw.js"), worker);

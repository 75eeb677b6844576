// Writes .ci/later.txt: the beginnings of the names of functions that a first visit does not run. It opens the page that
// LAB_PROFILE=1 has built in dist/, as each kind of visitor, and looks which functions have run. ./lab profile does both.
//
// With --also, what the list as it is keeps in the first part stays there: compilers make different functions of the same
// program, and the list that comes of two of them serves both.
import { readFileSync, writeFileSync } from "node:fs";
import { browse } from "../tests/page/support/browse.mjs";
import { matcher, partsOf } from "./split-wasm.mjs";

/** How long the visitor only looks. */
const LOOKS_MS = 20_000;
/** A line is worth its place where it stands for at least this many bytes of code. */
const WORTH_BYTES = 100;
const VISITS = ["en", "zh"].flatMap((lang) => [1440, 390].map((width) => ({ lang, width })));
const HEAD = `# The later part of the page's wasm: functions whose names begin as a line here does are not in what a first visit
# downloads, nor are those that only they call. A line that is indented goes on where the one above it ends; names are
# without hashes. Written by ./lab profile; a line too many or too few costs time or bytes, and nothing else.
`;

/**
 * A part of names: how many functions ran whose names go on from here, the bytes of those that did not, and what follows.
 * @typedef {{ ran: number, bytes: number, parts: Map<string, Node> }} Node
 */

/**
 * The shortest beginnings that no function that ran shares, as the lines of a tree.
 * @param {{ name: string, bytes: number }[]} functions
 * @param {number[]} ran
 */
function onlyOf(functions, ran) {
  /** @returns {Node} */
  const node = () => ({ ran: 0, bytes: 0, parts: new Map() });
  const tree = node();
  functions.forEach(({ name, bytes }, index) => {
    let at = tree;
    for (const part of partsOf(name)) {
      const below = at.parts.get(part) ?? node();
      at.parts.set(part, below);
      at = below;
      if (ran[index]) at.ran += 1;
      else at.bytes += bytes;
    }
  });
  /** @type {(node: Node, depth: number) => string[]} */
  const lines = ({ parts }, depth) =>
    [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([part, below]) => {
      const indent = "\t".repeat(depth);
      if (below.ran === 0) return below.bytes >= WORTH_BYTES ? [indent + part] : [];
      const deeper = lines(below, depth + 1);
      const [first] = deeper;
      if (first === undefined) return [];
      // One alone goes on in the same line.
      const tops = deeper.filter((line) => line[depth + 1] !== "\t");
      return tops.length > 1 ? [indent + part, ...deeper] : [indent + part + first.slice(depth + 1), ...deeper.slice(1).map((line) => line.slice(1))];
    });
  return lines(tree, 0);
}

/** @type {{ name: string, bytes: number }[]} */
const functions = JSON.parse(readFileSync(new URL("../dist/functions.json", import.meta.url), "utf8"));
const LIST = new URL("later.txt", import.meta.url);
const isLater = process.argv.includes("--also") ? matcher(readFileSync(LIST, "utf8")) : () => true;
const ran = functions.map(({ name }) => Number(!isLater(name)));
await browse(async (browser, url) => {
  for (const { lang, width } of VISITS) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, locale: lang, serviceWorkers: "block" });
    const page = await context.newPage();
    // Pods that run at the beginning wait until all of the wasm is here, so what they need is not of the first part.
    // A pace may be in the address, or be remembered.
    await page.goto(`${url}?start=empty${width < 1000 ? "&speed=1" : ""}`);
    await page.waitForFunction(() => window.lab);
    await page.waitForTimeout(LOOKS_MS);
    const hits = await page.evaluate(() => Array.from(window.hits));
    hits.forEach((hit, index) => (ran[index] ||= hit));
    await context.close();
    console.log(`${lang}, ${width} wide: ${hits.filter(Boolean).length} of ${functions.length} functions ran; by now ${ran.filter(Boolean).length}`);
  }
});
const lines = onlyOf(functions, ran);
writeFileSync(LIST, `${HEAD}${lines.join("\n")}\n`);
console.log(`.ci/later.txt has ${lines.length} lines; ./lab build divides the page by them`);

// Prints what a visitor downloads of dist/: the first visit's part, without which the page does not run and which the budget
// is for; the later part of the wasm, which every visit fetches as well once the page stands; and both together. Says which
// goal is missed, and fails when the first part or the whole is beyond its ceiling, which is about where the page stands now
// (docs/architecture.md, "What the page weighs").
//
//   node .ci/transfer-size.mjs [DIST]
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET_KIB = 350;
/** What it should weigh, and what it may weigh until it does. */
const FIRST = { goal: 270, ceiling: 274 };
const TOTAL = { goal: 938, ceiling: 1530 };
/** What every visit downloads; the rest (icons, the embed script) is shown and not counted. */
const COUNTED = ["html", "js", "wasm", "css"];
/** Scripts that live beside the page but are not part of a visit to it. */
const NOT_OF_THE_PAGE = new Set(["embed.js", "embed-blocks.js", "404.html"]);
const LATER = /-later-[0-9a-f]{16}\.wasm$/;

const dist = process.argv[2] ?? "dist";
/**
 * Bytes, as they are and compressed.
 * @typedef {{ raw: number, gzip: number, brotli: number }} Size
 */
const nothing = () => ({ raw: 0, gzip: 0, brotli: 0 });
/** @type {(sum: Size, size: Size) => void} */
const add = (sum, size) => {
  sum.raw += size.raw;
  sum.gzip += size.gzip;
  sum.brotli += size.brotli;
};
/** @type {Map<string, Size>} */
const sizes = new Map();
/** @param {string} kind */
const sizeOf = (kind) => {
  const size = sizes.get(kind) ?? nothing();
  sizes.set(kind, size);
  return size;
};

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) {
    continue;
  }
  const bytes = readFileSync(join(entry.parentPath, entry.name));
  const extension = extname(entry.name).slice(1);
  const counted = COUNTED.includes(extension) && !NOT_OF_THE_PAGE.has(entry.name);
  add(sizeOf(LATER.test(entry.name) ? "later" : counted ? extension : "other"), {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  });
}

/** @param {number} bytes */
const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(9);
/** @type {(name: string, size: Size) => string} */
const row = (name, size) => `${name.padEnd(20)}${kib(size.raw)}${kib(size.gzip)}${kib(size.brotli)}`;
const first = nothing();
COUNTED.forEach((kind) => add(first, sizeOf(kind)));
const total = nothing();
[first, sizeOf("later")].forEach((size) => add(total, size));

console.log("KiB                       raw     gzip   brotli");
for (const kind of COUNTED) {
  console.log(row(kind, sizeOf(kind)));
}
console.log(row("first visit starts", first));
console.log(row("later part (wasm)", sizeOf("later")));
console.log(row("visit in total", total));
console.log(row("other", sizeOf("other")));

const over = first.brotli / 1024 - BUDGET_KIB;
if (over > 0) {
  console.log(`What the page starts with is ${over.toFixed(1)} KiB (brotli) over its budget of ${BUDGET_KIB} KiB.`);
}
if (process.env.LAB_SMALL_STD !== "1") {
  console.log("Built with the compiler's own standard library, which is about 45 KiB more: the ceilings are not held against it.");
} else {
  for (const [what, size, { goal, ceiling }] of /** @type {[string, Size, { goal: number, ceiling: number }][]} */ ([["What the page starts with", first, FIRST], ["A visit in total", total, TOTAL]])) {
    const missed = size.brotli / 1024 - goal;
    if (missed > 0) {
      console.log(`${what} misses its goal of ${goal} KiB (brotli) by ${missed.toFixed(1)} KiB.`);
    }
    if (size.brotli > ceiling * 1024) {
      console.error(`${what} is beyond its ceiling of ${ceiling} KiB (brotli): make it smaller.`);
      process.exitCode = 1;
    }
  }
}

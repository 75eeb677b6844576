// Prints what a visitor downloads of dist/, and how far that is from the budget; fails when it is beyond the ceiling,
// which is about where the page stands now (docs/architecture.md, "What the page weighs").
//
//   node .ci/transfer-size.mjs [DIST]
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET_KIB = 350;
const CEILING_KIB = 910;
/** What every visit downloads; the rest (icons, the embed script) is shown and not counted. */
const COUNTED = ["html", "js", "wasm", "css"];
/** Scripts that live beside the page but are not part of a visit to it. */
const NOT_OF_THE_PAGE = new Set(["embed.js", "404.html"]);

const dist = process.argv[2] ?? "dist";
const sizes = new Map([...COUNTED, "other"].map((kind) => [kind, { raw: 0, gzip: 0, brotli: 0 }]));

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) {
    continue;
  }
  const bytes = readFileSync(join(entry.parentPath ?? entry.path, entry.name));
  const extension = extname(entry.name).slice(1);
  const counted = COUNTED.includes(extension) && !NOT_OF_THE_PAGE.has(entry.name);
  const size = sizes.get(counted ? extension : "other");
  size.raw += bytes.length;
  size.gzip += gzipSync(bytes, { level: 9 }).length;
  size.brotli += brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}

const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(9);
const row = (name, size) => `${name.padEnd(8)}${kib(size.raw)}${kib(size.gzip)}${kib(size.brotli)}`;
const total = { raw: 0, gzip: 0, brotli: 0 };
for (const kind of COUNTED) {
  for (const form of Object.keys(total)) {
    total[form] += sizes.get(kind)[form];
  }
}

console.log("KiB           raw     gzip   brotli");
for (const kind of COUNTED) {
  console.log(row(kind, sizes.get(kind)));
}
console.log(row("page", total));
console.log(row("other", sizes.get("other")));

const over = total.brotli / 1024 - BUDGET_KIB;
if (over > 0) {
  console.log(`The page is ${over.toFixed(1)} KiB (brotli) over its budget of ${BUDGET_KIB} KiB.`);
}
if (process.env.LAB_SMALL_STD !== "1") {
  console.log("Built with the compiler's own standard library, which is about 45 KiB more: the ceiling is not held against it.");
} else if (total.brotli > CEILING_KIB * 1024) {
  console.error(`The page is beyond its ceiling of ${CEILING_KIB} KiB (brotli): make it smaller.`);
  process.exit(1);
}

// Writes the list that src/headless/serve/site.rs includes: every file of a built site, as bytes of the command.
//
//   node .ci/embed-site.mjs FOLDER LIST
import { readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

const [folder = "dist", list = "target/site.rs"] = process.argv.slice(2).map((path) => resolve(path));
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
/** @param {string} value */
const text = (value) => JSON.stringify(value);
const lines = files.map((file) => `    (${text(relative(folder, file).split(sep).join("/"))}, include_bytes!(${text(file)})),\n`);
writeFileSync(list, `&[\n${lines.join("")}]\n`);
console.log(`${files.length} files of ${folder} in ${list}`);

// Joins the parts of embed/ into the two files that other sites load: embed.js, and embed-blocks.js which it brings along. A
// plain script works from every host, a module only from those that allow it; so each of the two is one plain script, made
// of modules that name what they take from each other.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const EMBED = fileURLToPath(new URL("../embed/", import.meta.url));
/** What is served, and the module that it begins with. */
export const SERVED = { "embed.js": "main.js", "embed-blocks.js": "blocks/main.js" };

/**
 * The text of one of the served files.
 * @param {keyof typeof SERVED} name
 */
export function joined(name) {
  /** @type {string[]} */
  const parts = [];
  const seen = new Set();
  /** @param {string} path */
  const add = (path) => {
    if (seen.has(path)) {
      return;
    }
    seen.add(path);
    const text = readFileSync(path, "utf8");
    for (const [, other = ""] of text.matchAll(/^import [^;]*? from "(\.[^"]+)";$/gm)) {
      add(join(dirname(path), other));
    }
    parts.push(text.replace(/^import [^;]*? from "\.[^"]+";\n/gm, "").replace(/^export (?=(?:const|let|function|class) )/gm, ""));
  };
  add(join(EMBED, SERVED[name]));
  const all = parts.join("\n");
  const rest = all.match(/^(?:import|export) .*$/m);
  if (rest) {
    throw new Error(`${name}: this cannot be joined: ${rest[0]}`);
  }
  // What it is stands first; the braces keep its names from those of the page around.
  const [head = ""] = parts.at(-1)?.match(/^(?:\/\/.*\n)+/) ?? [];
  return `${head}"use strict";\n{\n${all.replace(head, "")}}\n`;
}

// Builds examples/vitepress for a lab at LAB_URL, where that has not been done yet, and serves it: another origin than the lab's.
//
//   node support/serve-example.mjs PORT LAB_URL
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./serve.mjs";

const [port, labUrl = ""] = process.argv.slice(2);
const example = fileURLToPath(new URL("../../../examples/vitepress", import.meta.url));
const built = join(example, ".vitepress/dist");
const stamp = join(built, ".built-from");

/** @param {string} folder */
function sources(folder) {
  return readdirSync(join(example, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(md|mjs|json)$/.test(entry.name))
    .map((entry) => join(folder, entry.name));
}

const hash = createHash("sha256").update(labUrl);
for (const file of [...sources("."), ...sources("en"), ...sources(".vitepress")].sort()) {
  hash.update(file).update(readFileSync(join(example, file)));
}
const from = hash.digest("hex");

function isBuilt() {
  try {
    return readFileSync(stamp, "utf8") === from;
  } catch {
    return false;
  }
}

// Without VitePress (./lab setup installs it) only the tests of the example fail.
const vitepress = join(example, "node_modules/vitepress/bin/vitepress.js");
if (!existsSync(vitepress)) {
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, "index.html"), "VitePress is not installed: ./lab setup\n");
} else if (!isBuilt()) {
  execFileSync(process.execPath, [vitepress, "build", example], {
    env: { ...process.env, LAB_URL: labUrl },
    stdio: "inherit",
  });
  writeFileSync(stamp, from);
}
await serve(built, Number(port));
console.log(`http://127.0.0.1:${port}/`);

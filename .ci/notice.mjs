// Writes public/NOTICE.txt, the licences of the crates that are in the page's wasm, from Cargo's metadata and the crates'
// own files; the page's host serves it beside the page. With --check it writes nothing, and fails where the file is of
// other crates.
//
//   node .ci/notice.mjs [--check]
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FILE = join(ROOT, "public/NOTICE.txt");
const WASM = "wasm32-unknown-unknown";
const LICENCE = /^(licen[cs]e|copying|notice|unlicense)/i;

/**
 * What is read of `cargo metadata`.
 * @typedef {{ id: string, name: string, version: string, license: string | null, authors: string[], repository: string | null, manifest_path: string, targets: { kind: string[] }[] }} Crate
 * @typedef {{ id: string, deps: { pkg: string, dep_kinds: { kind: string | null }[] }[] }} Dependent
 * @type {{ packages: Crate[], resolve: { root: string, nodes: Dependent[] } }}
 */
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version=1", "--locked", `--filter-platform=${WASM}`], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  }),
);
const packages = new Map(metadata.packages.map((one) => [one.id, one]));
const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));

/**
 * A macro runs in the compiler: nothing of it is in the page, nor of what it needs.
 * @param {Crate | undefined} crate
 */
const isMacro = (crate) => crate === undefined || crate.targets.some(({ kind }) => kind.includes("proc-macro"));

/** The crates that the page is linked of. */
function shipped() {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @param {string} id */
  const look = (id) => {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id)?.deps ?? []) {
      if (!seen.has(pkg) && !isMacro(packages.get(pkg)) && kinds.some(({ kind }) => kind === null)) {
        seen.add(pkg);
        look(pkg);
      }
    }
  };
  look(metadata.resolve.root);
  /** @param {Crate} crate */
  const key = ({ name, version }) => `${name} ${version}`;
  return metadata.packages.filter(({ id }) => seen.has(id)).sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/**
 * The text that has to go with a crate: that of its shortest licence where it offers several.
 * @param {Crate} crate
 */
function textOf(crate) {
  const folder = dirname(crate.manifest_path);
  const files = readdirSync(folder).filter((name) => LICENCE.test(name) && !name.endsWith(".rs")).sort();
  const offersMit = /\bMIT\b/.test(crate.license ?? "") && !/\bAND\b/.test(crate.license ?? "");
  const mit = files.filter((name) => /mit/i.test(name));
  const chosen = offersMit && mit.length > 0 ? mit : files;
  const texts = chosen.map((name) => join(folder, name)).filter((path) => existsSync(path)).map((path) => {
    try {
      return readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim();
    } catch {
      // A folder of that name.
      return "";
    }
  });
  return texts.filter(Boolean).join("\n\n");
}

/**
 * Some crates ship no file: their licence's name, authors and home say whose they are.
 * @param {Crate} crate
 */
function origin(crate) {
  const authors = crate.authors.length > 0 ? `, © ${crate.authors.map((author) => author.replace(/ *<[^>]*>/, "")).join(", ")}` : "";
  return `${crate.name} ${crate.version}: ${crate.license}${authors}${crate.repository ? `, ${crate.repository}` : ""}`;
}

function notice() {
  const crates = shipped();
  /** @type {Map<string, Crate[]>} */
  const groups = new Map();
  for (const crate of crates) {
    const text = textOf(crate);
    groups.set(text, [...(groups.get(text) ?? []), crate]);
  }
  const bare = groups.get("") ?? [];
  groups.delete("");
  const mit = [...groups].find(([text, [crate]]) => crate?.name === "serde" && /Permission is hereby granted/.test(text))?.[0] ?? "";
  const parts = [
    "hellok8s-lab is licensed under MIT OR Apache-2.0. Its page holds, compiled to WebAssembly, the crates below and the\n" +
      "standard library of Rust (MIT OR Apache-2.0, © The Rust Project Developers, https://github.com/rust-lang/rust).\n" +
      "Where a crate offers several licences the page takes MIT.",
    crates.map(origin).join("\n"),
    ...[...groups].map(([text, of]) => `==== ${of.map(({ name }) => name).join(", ")} ====\n\n${text}`),
  ];
  if (bare.length > 0) {
    parts.push(`==== ${bare.map(({ name }) => name).join(", ")}: without a file of their own, under MIT ====\n\n${mit}`);
  }
  return `${parts.join("\n\n")}\n`;
}

const text = notice();
if (process.argv.includes("--check")) {
  if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
    console.error("public/NOTICE.txt is not of the crates in Cargo.lock: node .ci/notice.mjs writes it anew");
    process.exit(1);
  }
} else {
  writeFileSync(FILE, text);
}

// Measures the built page with Lighthouse, as a phone and as a desktop sees it, served in brotli as a good host does.
// Fails below 95 in any of the three categories. Beside the scores stands how quick Lighthouse found the machine: below
// about 1000 it is too slow, or too busy with other things, for the performance to mean anything.
//
//   node .ci/lighthouse.mjs [DIST] [RUNS]
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { portOf, serve } from "../tests/page/support/serve.mjs";

const LEAST = 95;
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const FIGURES = {
  FCP: "first-contentful-paint",
  LCP: "largest-contentful-paint",
  TBT: "total-blocking-time",
  CLS: "cumulative-layout-shift",
  SI: "speed-index",
};
const REPORTS = new URL("../target/lighthouse/", import.meta.url);

const require = createRequire(new URL("../tests/lighthouse/package.json", import.meta.url));
/** @param {string} name */
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { default: lighthouse, desktopConfig } = await load("lighthouse");
const { launch } = await load("chrome-launcher");

const dist = process.argv[2] ?? "dist";
/** A machine that does something else beside is slow once; so the middle one of several runs counts. */
const runs = Number(process.argv[3] ?? 3);
const chromePath = existsSync("/usr/bin/chromium") ? "/usr/bin/chromium" : undefined;

/**
 * What is read of Lighthouse's report. It is installed apart (tests/lighthouse), and so are its types.
 * @typedef {Object} Report
 * @property {Record<string, { score: number | null, auditRefs: { id: string, weight: number }[] }>} categories
 * @property {Record<string, { id: string, title: string, score: number | null, displayValue?: string }>} audits
 * @property {{ benchmarkIndex: number }} environment
 */

/**
 * @param {string} url
 * @param {object | undefined} config
 * @returns {Promise<Report>}
 */
async function measure(url, config) {
  const chrome = await launch({ chromePath, chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
  try {
    const { lhr } = await lighthouse(url, { port: chrome.port, onlyCategories: CATEGORIES, logLevel: "error" }, config);
    return lhr;
  } finally {
    await chrome.kill();
  }
}

/** @type {(lhr: Report, category: string) => number} */
const score = (lhr, category) => Math.round((lhr.categories[category]?.score ?? 0) * 100);

/**
 * What cost points in the categories that are too low.
 * @param {Report} lhr
 */
function complaints(lhr) {
  const low = CATEGORIES.filter((category) => score(lhr, category) < 100);
  const audits = low.flatMap((category) => (lhr.categories[category]?.auditRefs ?? []).filter(({ weight }) => weight > 0));
  return audits
    .flatMap(({ id }) => lhr.audits[id] ?? [])
    .filter((audit) => audit.score !== null && audit.score < 0.9)
    .map((audit) => `  ${audit.id}: ${audit.title} ${audit.displayValue ?? ""}`);
}

mkdirSync(REPORTS, { recursive: true });
const server = await serve(dist, 0, { compress: true });
const url = `http://127.0.0.1:${portOf(server)}/`;
// Compressing the wasm takes longer than serving it: not while somebody measures.
await fetch(url).then(async (page) => {
  const names = [...(await page.text()).matchAll(/(?:href|src)="\.\/([^"]+)"/g)].map(([, name]) => name);
  await Promise.all(names.map((name) => fetch(url + name, { headers: { "accept-encoding": "br" } }).then((file) => file.arrayBuffer())));
});
let failed = false;
for (const [form, config] of [["desktop", desktopConfig], ["mobile", undefined]]) {
  /** @type {Report[]} */
  const results = [];
  for (let run = 0; run < runs; run += 1) {
    results.push(await measure(url, config));
  }
  results.sort((one, other) => score(one, "performance") - score(other, "performance"));
  const middle = results[Math.floor(results.length / 2)];
  if (!middle) throw new Error("there has to be one run at least");
  writeFileSync(new URL(`${form}.json`, REPORTS), JSON.stringify(middle));
  const scores = CATEGORIES.map((category) => `${category} ${score(middle, category)}`).join(", ");
  const figures = Object.entries(FIGURES).map(([name, id]) => `${name} ${middle.audits[id]?.displayValue}`).join(", ");
  console.log(`${form}: ${scores} (${figures}; performance in ${runs} runs: ${results.map((lhr) => score(lhr, "performance")).join(" ")}; machine ${middle.environment.benchmarkIndex})`);
  console.log(complaints(middle).join("\n"));
  failed ||= CATEGORIES.some((category) => score(middle, category) < LEAST);
}
server.closeAllConnections();
server.close();
if (failed) {
  console.error(`Lighthouse gives less than ${LEAST}; its reports are in ${join("target", "lighthouse")}.`);
  process.exit(1);
}

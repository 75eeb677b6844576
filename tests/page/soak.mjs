// A long visit: simulated hours at 60× with requests, rollouts and pods that crash again and again. Every simulated half hour
// it takes what the wasm holds, the scripts' heap, and what a frame costs; after the first hour, which is what the lab keeps
// of its logs, none of them may grow any more.
//
//   node soak.mjs [HOURS]          24 without; SOAK_PODS: pods that crash, 20 without
//
// Measures dist/ as it is: `./lab build` first. An hour takes a minute; on a machine that does not keep up, longer, with fewer
// frames in which more is done. "cpu" is the time that the page's thread ran for a simulated second, "frame" the same for a
// frame; "p95" is the wall's time between two frames, which holds other people's work, too.
import { browse } from "./support/browse.mjs";

const HOURS = Number(process.argv[2] ?? 24);
const PODS = Number(process.env.SOAK_PODS ?? 20);
const SPEED = 60;
const HOUR_MS = 3_600_000;
const SAMPLE_MS = HOUR_MS / 2;
const ROLLOUT_MS = 600_000;
/** A page that gets no further for so long has stopped, in milliseconds of the wall's clock. */
const PATIENCE_MS = 120_000;
/** What grows by no more than this part, and these units, from the first hour's end on counts as flat. */
const FLAT = { part: 0.25, wasm: 16, heap: 4, cpu: 2 };
/** So many rollouts an hour must have come about, or nothing has been measured. */
const LEAST_ROLLOUTS = 4;

const COMMANDS = [
  "kubectl create deployment web --image=guangzhengli/hellok8s:v1 --replicas=10",
  "kubectl expose deployment web --port=3000",
  "lab traffic web 10",
  `kubectl create deployment bad --image=busybox --replicas=${PODS} -- sh -c 'sleep 1; exit 1'`,
];

/**
 * What is taken of one moment: MiB of the wasm's memory and of the scripts' heap; milliseconds of the thread for a simulated
 * second and for a frame, and between two frames.
 * @typedef {{ hour: number, wasm: number, heap: number, cpu: number, frame: number, p95: number, frames: number, events: number }} Sample
 */

/** Before the page's own scripts: keeps the wasm's memory in sight, and notes when frames come. */
function watch() {
  /** @type {WebAssembly.Memory[]} */
  const memories = [];
  /** @type {number[]} */
  const gaps = [];
  window.soak = {
    wasm: () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
    gaps: () => gaps.splice(0),
  };
  const { instantiate, instantiateStreaming } = WebAssembly;
  /** @param {WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource} made */
  const note = (made) => {
    const { memory } = ("instance" in made ? made.instance : made).exports;
    if (memory instanceof WebAssembly.Memory) memories.push(memory);
  };
  const wrapped = {
    /** @param {Parameters<typeof instantiateStreaming>} all */
    instantiateStreaming: async (...all) => {
      const made = await instantiateStreaming.apply(WebAssembly, all);
      note(made);
      return made;
    },
    /** @param {[BufferSource, WebAssembly.Imports?]} all */
    instantiate: async (...all) => {
      const made = await instantiate.apply(WebAssembly, all);
      note(made);
      return made;
    },
  };
  Object.assign(WebAssembly, wrapped);
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/**
 * The samples of so many hours. Tells each of them as it is taken.
 * @param {import("@playwright/test").Browser} browser
 * @param {string} address
 */
async function soaked(browser, address) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watch);
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("crash", () => errors.push("the page's process ended"));
  await page.goto(`${address}?lang=en&autoplay=0&start=empty`);
  await page.waitForFunction(() => window.lab);
  const tools = await page.context().newCDPSession(page);
  await tools.send("Performance.enable", { timeDomain: "threadTicks" });
  const metrics = async () => {
    const { metrics: all } = await tools.send("Performance.getMetrics");
    return new Map(all.map(({ name, value }) => [name, value]));
  };
  for (const command of COMMANDS) await page.evaluate((line) => window.lab.exec(line), command);
  await page.evaluate((speed) => (window.lab.speed(speed), window.lab.play()), SPEED);

  /** @type {Sample[]} */
  const samples = [];
  let [busy, tag, rolledAt, sampledAt, now, movedAt] = [0, 1, 0, 0, 0, Date.now()];
  await page.evaluate(() => window.soak.gaps());
  console.log("   hour   wasm   heap      cpu    frame       p95   frames   events   real");
  const began = Date.now();
  while (now < HOURS * HOUR_MS) {
    await page.waitForTimeout(250);
    const reached = await page.evaluate(() => window.lab.now());
    if (reached > now) movedAt = Date.now();
    now = reached;
    if (errors.length > 0) throw new Error(errors.join("; "));
    if (Date.now() - movedAt > PATIENCE_MS) throw new Error(`the page has stopped at ${now} ms`);
    if (now - rolledAt >= ROLLOUT_MS) {
      rolledAt = now;
      tag = 3 - tag;
      // Not waited for: it is answered while time goes on.
      await page.evaluate((line) => void window.lab.exec(line), `kubectl set image deployment web hellok8s=guangzhengli/hellok8s:v${tag}`);
    }
    if (now - sampledAt < SAMPLE_MS) continue;
    const passed = (now - sampledAt) / 1_000;
    sampledAt = now;
    const gaps = (await page.evaluate(() => window.soak.gaps())).sort((a, b) => a - b);
    const spent = (await metrics()).get("TaskDuration") ?? 0;
    // What nobody refers to any more is not held.
    await tools.send("HeapProfiler.collectGarbage");
    const [wasm, events] = await page.evaluate(() => [window.soak.wasm(), window.lab.state().events.length]);
    const after = await metrics();
    const sample = {
      hour: now / HOUR_MS,
      wasm: wasm / 2 ** 20,
      heap: (after.get("JSHeapUsedSize") ?? 0) / 2 ** 20,
      cpu: ((spent - busy) * 1_000) / passed,
      frame: ((spent - busy) * 1_000) / Math.max(gaps.length, 1),
      p95: gaps[Math.floor(gaps.length * 0.95)] ?? 0,
      frames: gaps.length,
      events,
    };
    busy = after.get("TaskDuration") ?? 0;
    await page.evaluate(() => window.soak.gaps());
    samples.push(sample);
    const { hour, heap, cpu, frame, p95, frames } = sample;
    const cells = [hour.toFixed(2), sample.wasm.toFixed(0), heap.toFixed(1), cpu.toFixed(1), frame.toFixed(1), p95.toFixed(0), frames, events, Math.round((Date.now() - began) / 1_000)];
    console.log(cells.map((cell, at) => String(cell).padStart([7, 6, 6, 8, 8, 9, 8, 8, 6][at] ?? 0)).join(" "));
  }
  const web = await page.evaluate(() => window.lab.state().deployments.find(({ metadata }) => metadata.name === "web"));
  const rollouts = Number(web?.metadata.annotations?.["deployment.kubernetes.io/revision"]) - 1;
  console.log(`${rollouts} rollouts`);
  if (!(rollouts >= Math.floor(HOURS * LEAST_ROLLOUTS))) throw new Error("the rollouts did not come about");
  await page.close();
  return samples;
}

/**
 * What has grown since the first hour.
 * @param {Sample[]} samples
 */
function grown(samples) {
  const later = samples.filter(({ hour }) => hour >= 1);
  const [first, last] = [later[0], later.slice(-2)];
  return first === undefined || later.length < 3
    ? []
    : /** @type {const} */ (["wasm", "heap", "cpu"]).flatMap((what) => {
        // The lower of the last two: one sample may hold a moment's peak.
        const end = Math.min(...last.map((sample) => sample[what]));
        const most = first[what] * (1 + FLAT.part) + FLAT[what];
        return end > most ? [`${what}: ${first[what].toFixed(1)} after an hour, ${end.toFixed(1)} at the end`] : [];
      });
}

await browse(async (browser, address) => {
  console.log(`${HOURS} simulated hours at ${SPEED}×: ${PODS} pods that crash, 10 requests a second, a rollout of 10 pods every ten minutes (MiB, ms)`);
  const faults = grown(await soaked(browser, address));
  console.log(faults.length === 0 ? "flat after the first hour" : `grew after the first hour: ${faults.join("; ")}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
});

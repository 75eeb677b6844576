// Frame figures: what a rollout of many pods at 10× costs the browser's main thread, frame by frame.
//
//   node frames.mjs [PODS…]        100 and 1000 without, and 500 on five nodes; 500@5 is 500 pods on five nodes;
//                                  LAB_FRAMES_S: seconds that are measured, 8 without;
//                                  LAB_TRACE=FILE keeps the last trace for the browser's performance panel
//
// Measures dist/ as it is: `./lab build` first, an unoptimised page says nothing. Work is everything that the main
// thread does (scripts, style, layout, painting), from Chromium's own trace. "cpu" is the time that the thread ran,
// "wall" what went by meanwhile: on a busy machine the second one holds other people's work, too.
import { writeFileSync } from "node:fs";
import { browse, web } from "./support/browse.mjs";

/** Pods and nodes. */
const SIZES = [[100, 1], [1000, 1], [500, 5]];
/** @type {Record<number, number>} */
const GOALS = { 100: 8, 500: 16, 1000: 16 };
const LONGEST_MS = 50;
const seconds = Number(process.env.LAB_FRAMES_S ?? 8);

/** @type {(pods: number, tag: string) => string} */
const manifest = (pods, tag) =>
  web({
    replicas: pods,
    tag,
    probe: "readinessProbe: { httpGet: { path: /, port: 3000 }, periodSeconds: 2 }",
    spec: "  minReadySeconds: 10\n",
  });

/**
 * A rollout of so many pods on so many nodes; answers the trace.
 * @param {import("@playwright/test").Browser} browser
 * @param {string} address
 * @param {number} pods
 * @param {number} nodes
 */
async function record(browser, address, pods, nodes) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${address}?lang=en&autoplay=0`);
  await page.waitForFunction(() => window.lab);
  await page.evaluate(async ({ first, nodes }) => {
    for (let node = 2; node <= nodes; node++) await window.lab.exec(`lab node add minikube-m0${node}`);
    window.lab.write("web.yaml", first);
    await window.lab.exec("kubectl apply -f web.yaml");
    for (let second = 0; second < 60; second++) {
      window.lab.advance(1_000);
      await new Promise((resume) => setTimeout(resume));
    }
  }, { first: manifest(pods, "v1"), nodes });
  const ready = await page.evaluate(() => window.lab.state().pods.filter((pod) => pod.status.phase === "Running").length);
  await page.waitForTimeout(1_000);
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"] });
  const from = await page.evaluate(async (next) => {
    window.lab.write("web.yaml", next);
    window.lab.speed(10);
    window.lab.play();
    await window.lab.exec("kubectl apply -f web.yaml");
    return window.lab.now();
  }, manifest(pods, "v2"));
  await page.waitForTimeout(seconds * 1_000);
  const to = await page.evaluate(() => window.lab.now());
  const trace = await browser.stopTracing();
  await page.close();
  return { trace, ready, simulated: (to - from) / 1_000 };
}

/**
 * An event of Chromium's trace; times in microseconds.
 * @typedef {{ ph: string, name: string, pid: number, tid: number, ts: number, dur: number, tdur?: number, args: { name?: string } }} TraceEvent
 */

/**
 * The main thread's work by frame, and its tasks, in milliseconds.
 * @param {Buffer} trace
 */
function work(trace) {
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(trace.toString());
  /** @param {TraceEvent} event */
  const isTask = (event) => event.ph === "X" && /RunTask$/.test(event.name);
  /** @type {Map<string, TraceEvent[]>} */
  const threads = new Map();
  for (const event of traceEvents) {
    if (event.name === "thread_name" && event.args.name === "CrRendererMain") threads.set(`${event.pid}/${event.tid}`, []);
  }
  for (const event of traceEvents) threads.get(`${event.pid}/${event.tid}`)?.push(event);
  /** @param {TraceEvent[]} events */
  const total = (events) => events.filter(isTask).reduce((sum, event) => sum + event.dur, 0);
  const events = [...threads.values()].sort((a, b) => total(b) - total(a))[0] ?? [];
  const tasks = outermost(events.filter(isTask).sort((a, b) => a.ts - b.ts));
  const calls = events.filter((event) => event.name === "FireAnimationFrame").sort((a, b) => a.ts - b.ts);
  /** @type {{ wall: number, cpu: number }[]} */
  const frames = [];
  let next = 0;
  const at = () => calls[next]?.ts ?? Infinity;
  for (const task of tasks) {
    // A task that calls the page before a repaint begins a frame; what else runs until the next one belongs to it.
    while (at() < task.ts) next++;
    if (at() < task.ts + task.dur) frames.push({ wall: 0, cpu: 0 });
    const frame = frames.at(-1);
    if (frame) {
      frame.wall += task.dur / 1_000;
      frame.cpu += (task.tdur ?? task.dur) / 1_000;
    }
  }
  return { frames, tasks: tasks.map((task) => ({ wall: task.dur / 1_000, cpu: (task.tdur ?? task.dur) / 1_000 })) };
}

/** @param {TraceEvent[]} tasks */
function outermost(tasks) {
  let end = -Infinity;
  return tasks.filter((task) => {
    const isInside = task.ts < end;
    end = Math.max(end, task.ts + task.dur);
    return !isInside;
  });
}

/** @type {(values: number[], part: number) => number} */
const at = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
/** @param {number} value */
const ms = (value) => value.toFixed(1).padStart(6);

let isMet = true;
await browse(async (browser, address) => {
  const asked = process.argv.slice(2).map((size) => size.split("@").map(Number)).filter(([pods = 0]) => pods > 0);
  for (const [pods = 0, nodes = 1] of asked.length > 0 ? asked : SIZES) {
    const { trace, ready, simulated } = await record(browser, address, pods, nodes);
    if (process.env.LAB_TRACE) writeFileSync(process.env.LAB_TRACE, trace);
    const { frames, tasks } = work(trace);
    console.log(`${pods} pods (${ready} ran) on ${nodes} ${nodes > 1 ? "nodes" : "node"}, 10×, ${seconds} s: ${frames.length} frames, ${simulated.toFixed(0)} s simulated`);
    for (const kind of /** @type {const} */ (["cpu", "wall"])) {
      const values = frames.map((frame) => frame[kind]);
      const longest = Math.max(...tasks.map((task) => task[kind]));
      console.log(`  ${kind.padEnd(4)}  a frame: median ${ms(at(values, 0.5))} ms, p95 ${ms(at(values, 0.95))} ms; longest task ${ms(longest)} ms`);
      if (kind === "cpu" && (at(values, 0.95) > (GOALS[pods] ?? Infinity) || longest > LONGEST_MS)) isMet = false;
    }
  }
});
console.log(isMet ? "goals met" : `goals missed: p95 ${JSON.stringify(GOALS)} ms, longest task ${LONGEST_MS} ms`);
process.exitCode = isMet ? 0 : 1;

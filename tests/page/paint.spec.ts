// How soon a first visit sees a pod: measured in a release build, by what the browser has painted, beside a fixed piece
// of work on the same thread of the same visit, so that a slow machine and a busy one are told from a slow page.
import { readdirSync } from "node:fs";
import type { CDPSession, Page } from "@playwright/test";
import { expect, test } from "./support/lab";
import { DIST } from "./support/serve.mjs";

test.skip(!readdirSync(DIST).some((name) => /-later-[0-9a-f]{16}\.wasm$/.test(name)), "a page built for developing is slower");
// Beside other tests a page has half of the machine: the best of a few visits.
test.describe.configure({ mode: "serial", timeout: 120_000 });

/**
 * How many yardsticks of the clock may go by from the end of the load to a painted pod. A second was promised on a machine
 * where a yardstick takes a tenth of it; on a slower or a busier one it takes longer, and so may the page.
 */
const MOST_TIME = 10;
/**
 * How many yardsticks of the processor a visit may take until a pod is painted, compiling included. Others' work is not in
 * it, so it is the closer bound. All visits' work beside all their yardsticks: on a busy machine ten runs
 * gave 3.1 to 4.6, and six with half a second of work more (a page slower by half) 5.2 to 6.1.
 */
const MOST_WORK = 5;
/** So many visits are looked at: by the clock the best one counts, of the processor all do. */
const VISITS = 4;

interface Took {
  /** Milliseconds by the clock. */
  time: number;
  /** Milliseconds that the page's process has worked. */
  work: number;
}

/** How long the page's process has worked so far, in milliseconds. */
async function worked(browser: CDPSession): Promise<number> {
  const { metrics } = await browser.send("Performance.getMetrics");
  const seconds = metrics.find(({ name }) => name === "ProcessTime")?.value;
  expect(seconds, "the browser tells how long the page's process has worked").toBeGreaterThan(0);
  return seconds! * 1_000;
}

/** What a fixed piece of work takes now, of the kind that a page's start does: numbers, objects, elements. */
async function yardstick(page: Page, browser: CDPSession): Promise<Took> {
  const before = await worked(browser);
  const time = await page.evaluate(() => {
    const begun = performance.now();
    for (let times = 0; times < 10; times += 1) {
      const made = new Map<string, number>();
      for (let at = 0, x = 1; at < 30_000; at += 1) {
        x = (Math.imul(x, 1_103_515_245) + 12_345) | 0;
        made.set(`key-${x & 4_095}`, x);
      }
      const list = document.createElement("ul");
      document.body.append(list);
      for (let at = 0; at < 400; at += 1) {
        const item = list.appendChild(document.createElement("li"));
        item.textContent = `${at}: ${made.size}`;
      }
      void list.offsetHeight;
      list.remove();
    }
    return performance.now() - begun;
  });
  return { time, work: (await worked(browser)) - before };
}

/** A first visit, from the end of its load (and for its work, from its beginning) to a painted pod. */
async function visit(page: Page, browser: CDPSession, address: string): Promise<Took> {
  const before = await worked(browser);
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName("pod-painted").length > 0, null, { timeout: 30_000, polling: 50 });
  const work = (await worked(browser)) - before;
  const time = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return performance.getEntriesByName("pod-painted")[0]!.startTime - navigation!.loadEventEnd;
  });
  return { time, work };
}

test("a pod is painted soon after the first visit's load", async ({ browser, baseURL }) => {
  const seen: { took: Took; yard: Took }[] = [];
  for (let visits = 0; visits < VISITS; visits += 1) {
    // A context of its own has nothing cached and nothing kept.
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, serviceWorkers: "block" });
    const page = await context.newPage();
    // A page of the same origin has the same process, and nothing of what is measured.
    await page.goto(`${baseURL}404.html`);
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable");
    const before = await yardstick(page, session);
    await page.addInitScript(() => {
      const look = () => {
        const pod = document.querySelector("[data-pod]")?.getBoundingClientRect();
        // What this frame paints is on the screen before a task after the next frame's beginning.
        if (pod && pod.width >= 1) requestAnimationFrame(() => setTimeout(() => performance.mark("pod-painted")));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    const took = await visit(page, session, `${baseURL}?lang=en`);
    await page.goto(`${baseURL}404.html`);
    const after = await yardstick(page, session);
    seen.push({ took, yard: { time: (before.time + after.time) / 2, work: (before.work + after.work) / 2 } });
    await context.close();
  }
  const ratio = (kind: keyof Took) => ({ took, yard }: (typeof seen)[number]) => took[kind] / yard[kind];
  const words = (visit: (typeof seen)[number]) =>
    (["time", "work"] as const)
      .map((kind) => `${kind} ${visit.took[kind].toFixed(0)} ms, ${ratio(kind)(visit).toFixed(2)} yardsticks of ${visit.yard[kind].toFixed(0)} ms`)
      .join(", ");
  const said = seen.map(words).join("; ");
  test.info().annotations.push({ type: "first visit", description: said });
  console.log(`first visit: ${said}`);
  expect(Math.min(...seen.map(ratio("time"))), said).toBeLessThanOrEqual(MOST_TIME);
  // One yardstick takes twice another's work on a busy machine: a slow page beside a slow yardstick would pass.
  const all = (kind: "took" | "yard") => seen.reduce((sum, visit) => sum + visit[kind].work, 0);
  expect(all("took") / all("yard"), said).toBeLessThanOrEqual(MOST_WORK);
});

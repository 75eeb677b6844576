// What happens to a page that is open for long: its storage is of another version, the browser puts it aside and takes it up
// again, a new build comes, the machine sleeps, its clock is changed, nothing may be kept. Nothing of it loses work.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { DIST, serve } from "./support/serve.mjs";
import { expect, openEmpty, openLab, test } from "./support/lab";

test.describe.configure({ timeout: 120_000 });

const MINE = "# mine\n";
const input = (page: Page) => page.getByTestId("terminal-input");
const log = (page: Page) => page.getByTestId("terminal-log");

async function type(page: Page, line: string) {
  await input(page).fill(line);
  await input(page).press("Enter");
}

test("what a newer version has kept is neither read nor lost", async ({ page }) => {
  const newer = JSON.stringify({ v: 99, i: [["new", { kind: "input" }]] });
  await page.addInitScript((text) => {
    localStorage.setItem("hellok8s-lab:session:rolling-update", text);
    localStorage.setItem("hellok8s-lab:theme", "sepia");
    localStorage.setItem("hellok8s-lab:lang", '{"code":"fr"}');
    localStorage.setItem("hellok8s-lab:layout", '{"v":99}');
    localStorage.setItem("hellok8s-lab:speed", "∞");
    localStorage.setItem("hellok8s-lab:something-new", "1");
    localStorage.setItem("hellok8s-lab:file:web.yaml", "# web\n");
  }, newer);
  await openLab(page, "/?start=empty");
  await type(page, "cat web.yaml; echo done");
  await expect(log(page)).toContainText("# web");
  await expect(log(page)).toContainText("done");
  await page.goto("/?lesson=rolling-update&lang=en&speed=1");
  await expect(page.getByTestId("lesson")).toBeVisible({ timeout: 30_000 });
  // Nothing was done in it here: the newer version finds its own again.
  await page.goto("/?start=empty&lang=en");
  await expect(page.locator("main")).toBeVisible({ timeout: 30_000 });
  const kept = await page.evaluate(() => [localStorage["hellok8s-lab:session:rolling-update"], localStorage["hellok8s-lab:something-new"]]);
  expect(kept).toEqual([newer, "1"]);
});

test("a page that was put aside goes on as it was, and what another tab wrote meanwhile is not written over", async ({ page, context }) => {
  await openEmpty(page, "/?lang=en");
  await page.getByTestId("editor").fill(MINE);
  await type(page, "kubectl create deployment web --image=nginx");
  await expect(page.locator("[data-pod]")).toHaveCount(1);
  await expect.poll(() => page.evaluate(() => localStorage["hellok8s-lab:file:deployment.yaml"])).toBe(MINE);
  const show = (name: string) => page.evaluate((name) => void dispatchEvent(new PageTransitionEvent(name, { persisted: true })), name);
  await show("pagehide");
  // A page that is put aside hears nothing of what other tabs keep.
  const other = await context.newPage();
  await other.goto("/?start=empty&lang=en&speed=1");
  await other.getByTestId("editor").fill("# theirs\n");
  await expect.poll(() => other.evaluate(() => localStorage["hellok8s-lab:file:deployment.yaml"])).toBe("# theirs\n");
  await other.close();
  await show("pageshow");
  await type(page, "kubectl get deployments");
  await expect(log(page)).toContainText("web");
  await page.getByTestId("editor").fill("# mine again\n");
  await page.waitForTimeout(1_500);
  // Told, and left to the visitor.
  expect(await page.evaluate(() => localStorage["hellok8s-lab:file:deployment.yaml"])).toBe("# theirs\n");
  await expect(page.getByTestId("editor")).toHaveValue("# mine again\n");
});

test("a long gap between two frames, as after sleep, lets no simulated hour go by at once", async ({ page }) => {
  await page.clock.install({ time: new Date("2026-01-01T00:00:00Z") });
  await page.goto("/?lang=en&start=empty&speed=60");
  await page.clock.runFor(3_000);
  await expect(page.locator("main")).toBeVisible({ timeout: 30_000 });
  await type(page, "kubectl create deployment web --image=nginx");
  await page.clock.runFor(2_000);
  const before = await page.evaluate(() => window.lab.now());
  // Eight hours with the lid down, then two frames.
  await page.clock.fastForward("08:00:00");
  await page.clock.runFor(100);
  const gone = (await page.evaluate(() => window.lab.now())) - before;
  expect(gone).toBeGreaterThan(0);
  expect(gone).toBeLessThan(60_000);
  await page.clock.runFor(2_000);
  await type(page, "kubectl get pods");
  await page.clock.runFor(3_000);
  await expect(log(page)).toContainText("web-");
});

test("a clock that is set forth and back changes nothing of the simulation", async ({ page }) => {
  await page.addInitScript(() => {
    const real = Date.now.bind(Date);
    let jumps = 0;
    // Years forth, and years back.
    Date.now = () => real() + ((jumps += 1) % 2 === 0 ? 1e12 : -1e12);
  });
  await openEmpty(page, "/?lang=en&speed=10");
  await type(page, "kubectl create deployment web --image=nginx; kubectl rollout status deployment web");
  await expect(log(page)).toContainText("successfully rolled out", { timeout: 60_000 });
  const [then, now] = await page.evaluate(async () => {
    const then = window.lab.now();
    await new Promise((next) => setTimeout(next, 500));
    return [then, window.lab.now()];
  });
  expect(now).toBeGreaterThanOrEqual(then);
  expect(now - then).toBeLessThan(60_000);
});

test("in a private window, where nothing may be kept, everything works and the loss is told", async ({ page }) => {
  await page.addInitScript(() => {
    // What browsers do that forbid it: asking for it throws.
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException("denied", "SecurityError"); } });
    }
    Object.defineProperty(navigator, "serviceWorker", { get: () => undefined });
    Object.defineProperty(window, "caches", { get: () => { throw new DOMException("denied", "SecurityError"); } });
  });
  await openEmpty(page, "/?lang=en");
  await page.getByTestId("editor").fill(MINE);
  await expect(page.locator("main")).toContainText("does not keep your edits");
  await type(page, "kubectl create deployment web --image=nginx; kubectl get deployments");
  await expect(log(page)).toContainText("web");
  await page.getByTestId("share").click();
  await expect(page.getByTestId("share-text")).toHaveValue(/#s=/);
});

test.describe("with a service worker", () => {
  test.use({ serviceWorkers: "allow" });

  test("a new build in the middle of a session leaves it whole", async ({ page }) => {
    const folder = mkdtempSync(join(tmpdir(), "lab-"));
    cpSync(DIST, folder, { recursive: true });
    const server = await serve(folder, 0);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      await openEmpty(page, `${url}?lang=en`);
      await page.getByTestId("editor").fill(MINE);
      await type(page, "kubectl create deployment web --image=nginx");
      await expect(page.locator("[data-pod]")).toHaveCount(1);
      await page.evaluate(() => navigator.serviceWorker.ready);
      const worker = join(folder, "sw.js");
      writeFileSync(worker, readFileSync(worker, "utf8").replace(/const VERSION = "[^"]*"/, 'const VERSION = "the-next-build"'));
      await page.evaluate(async () => {
        const changed = new Promise((next) => navigator.serviceWorker.addEventListener("controllerchange", next));
        await (await navigator.serviceWorker.ready).update();
        await changed;
      });
      // The page was not loaded anew, and all that it needs is there.
      await expect(page.locator("[data-pod]")).toHaveCount(1);
      await type(page, "kubectl explain deployment.spec.strategy; kubectl describe deployment web");
      await expect(log(page)).toContainText("StrategyType");
      await expect(page.getByTestId("editor")).toHaveValue(MINE);
      await page.reload();
      await expect(page.getByTestId("editor")).toHaveValue(MINE, { timeout: 30_000 });
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});

test("in a sandboxed frame without an origin of its own it works, where its host lets any site read it", async ({ page }) => {
  const server = await serve(DIST, 0, { isOpen: true });
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?start=empty&lang=en&speed=1`;
    await page.setContent(`<iframe sandbox="allow-scripts allow-forms" title="lab" width="1200" height="700" src="${url}"></iframe>`);
    const frame = page.frameLocator("iframe");
    await expect(frame.locator("main")).toBeVisible({ timeout: 30_000 });
    await frame.getByTestId("terminal-input").fill("kubectl create deployment web --image=nginx; kubectl get deployments");
    await frame.getByTestId("terminal-input").press("Enter");
    await expect(frame.getByTestId("terminal-log")).toContainText("UP-TO-DATE");
    await expect(frame.locator(".broken")).toBeEmpty();
    await frame.getByTestId("editor").fill(MINE);
    await expect(frame.locator("main")).toContainText("does not keep your edits");
  } finally {
    server.close();
  }
});

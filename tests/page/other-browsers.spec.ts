// The page in the other engines that this machine has: Firefox and WebKit. What is the same in all of them is tested in
// Chromium; here stands what an engine may do otherwise: the wasm, layout, keys, storage, links.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, openEmpty, test } from "./support/lab";
import { BROWSERS } from "./support/drivers.mjs";
import { theatreFaults } from "./support/theatre";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");
const V2 = manifest("04-v2-rolling-update.yaml");
const V1 = V2.replace("hellok8s:v2", "hellok8s:v1");
const READY = "return !!window.lab && !!document.querySelector('[data-testid=\"editor\"]')";
/** So that a difference does not fill the screen. */
const brief = (state: unknown) => createHash("sha256").update(String(state)).digest("hex");
/** Applies V1, lets it become ready, applies V2, and stops in the middle of the rollout. */
const ROLL = `
  const [v1, v2] = arguments;
  return (async () => {
    for (const [text, ms] of [[v1, 20000], [v2, 700]]) {
      window.lab.write("deployment.yaml", text);
      // Apply lets time go; a command that is typed in a paused page does not.
      await window.lab.exec("kubectl apply -f deployment.yaml");
      window.lab.advance(ms);
    }
    return JSON.stringify(window.lab.state());
  })()`;
const WATCH = `
  window.faultsSeen = [];
  addEventListener("error", (event) => window.faultsSeen.push(event.message));
  addEventListener("unhandledrejection", (event) => window.faultsSeen.push(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) => window.faultsSeen.push(event.violatedDirective));`;

test("machines for developing have other engines than Chromium, or say so", () => {
  test.skip(Object.keys(BROWSERS).length === 0, "neither Firefox nor WebKitGTK is installed: only Chromium was tested");
  expect(Object.keys(BROWSERS).length).toBeGreaterThan(0);
});

for (const [name, open] of Object.entries(BROWSERS)) {
  test(`${name}: a rollout is the same as in Chromium, wholly seen, and typed at with keys`, async ({ page, baseURL }, info) => {
    test.setTimeout(180_000);
    await openEmpty(page, "/?lang=en&seed=7&autoplay=0");
    const expected = await page.evaluate(`(function () { ${ROLL} })(${JSON.stringify(V1)}, ${JSON.stringify(V2)})`);
    const browser = await open();
    try {
      await browser.resize(1366, 768);
      await browser.open(`${baseURL}?lang=en&speed=1&start=empty&seed=7&autoplay=0`);
      await browser.until(READY, { timeout: 90_000 });
      await browser.run(WATCH);
      // Law 1: the same seed and inputs, the same log, in whatever engine.
      expect(brief(await browser.run(ROLL, V1, V2))).toBe(brief(expected));

      for (const [width, height] of [[1366, 768], [1280, 720], [1920, 1080]] as const) {
        await browser.resize(width, height);
        await expect.poll(() => browser.run(`return (${theatreFaults})()`), { message: `${width} × ${height}` }).toEqual([]);
      }
      await browser.picture(info.outputPath("rollout.png"));

      await browser.resize(1366, 768);
      await browser.type('[data-testid="terminal-input"]', "kubectl get deploy\uE007");
      await browser.until(`return document.querySelector('[data-testid="terminal-log"]').innerText.includes("UP-TO-DATE")`);
      // Tab completes, and the arrow brings the last command back.
      await browser.type('[data-testid="terminal-input"]', "kubectl get depl\uE004");
      await browser.until(`return document.querySelector('[data-testid="terminal-input"]').value.startsWith("kubectl get deployment")`);
      await browser.run(`const input = document.querySelector('[data-testid="terminal-input"]'); input.select()`);
      await browser.type('[data-testid="terminal-input"]', "\uE003\uE013");
      await browser.until(`return document.querySelector('[data-testid="terminal-input"]').value === "kubectl get deploy"`);
      // The editor keeps what was written over a reload, and Apply is a click.
      await browser.type('[data-testid="editor"]', "# mine");
      await browser.until(`return document.querySelector('[data-testid="editor"]').value.includes("# mine")`);
      expect(await browser.run("return window.faultsSeen")).toEqual([]);
      // Kept a moment later, not at every key.
      await browser.run("return new Promise((then) => setTimeout(then, 1500))");
      await browser.open(`${baseURL}?lang=en&speed=1&start=empty&seed=7&autoplay=0&again`);
      await browser.until(READY, { timeout: 90_000 });
      expect(await browser.run(`return document.querySelector('[data-testid="editor"]').value`)).toContain("# mine");
      await browser.click('[data-testid="apply"]');
      await browser.until(`return document.querySelectorAll("[data-pod]").length === 3`);
    } finally {
      await browser.picture(info.outputPath("end.png")).catch(() => {});
      await browser.close();
    }
  });

  test(`${name}: a link opens the same moment, in Chinese and in the dark`, async ({ page }, info) => {
    test.setTimeout(180_000);
    await openEmpty(page, "/?lang=en&seed=7&autoplay=0");
    const expected = await page.evaluate(`(function () { ${ROLL} })(${JSON.stringify(V1)}, ${JSON.stringify(V2)})`);
    await page.getByTestId("share").click();
    await expect(page.getByTestId("share-text")).toHaveValue(/^http.*#s=/);
    const link = await page.getByTestId("share-text").inputValue();
    const browser = await open();
    try {
      await browser.resize(1280, 720);
      await browser.open(link.replace(/\/(\?[^#]*)?#/, "/?lang=zh&theme=dark&speed=1#"));
      await browser.until(READY, { timeout: 90_000 });
      await browser.until(`return document.querySelectorAll("[data-pod]").length >= 3`);
      expect(brief(await browser.run("return JSON.stringify(window.lab.state())"))).toBe(brief(expected));
      await expect.poll(() => browser.run(`return (${theatreFaults})()`)).toEqual([]);
      await browser.picture(info.outputPath("zh-dark.png"));
    } finally {
      await browser.close();
    }
  });
}

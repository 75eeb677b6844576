// The wasm in two parts: a first visit runs without the later one, and nobody who asks for something in it is left waiting.
import { readdirSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, openEmpty, openLab, test } from "./support/lab";
import { DIST } from "./support/serve.mjs";

const LATER = /-later-[0-9a-f]{16}\.wasm$/;

test.skip(!readdirSync(DIST).some((name) => LATER.test(name)), "a page built for developing is in one part");
test.describe.configure({ timeout: 90_000 });

/** How often the page had to stand still for the later part. */
const waits = (page: Page) => page.evaluate(() => (window as unknown as { waits: number }).waits);
const hasCome = (page: Page) => expect(page.locator("html")).not.toHaveAttribute("data-later", { timeout: 30_000 });

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const counted = window as unknown as { waits: number };
    counted.waits = 0;
    const open = XMLHttpRequest.prototype.open;
    XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, ...given: unknown[]) {
      counted.waits += given[2] === false ? 1 : 0;
      return Reflect.apply(open, this, given);
    };
  });
});

/** Keeps what the page fetches in the background from coming, as on a slow network. */
async function withSlowNetwork(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const quick = window.fetch;
    window.fetch = (what, how) => (/-later-/.test(String(what)) ? new Promise(() => {}) : quick(what, how));
  });
}

for (const lang of ["en", "zh"]) {
  for (const width of [1440, 390]) {
    test(`a first visit runs without the later part (${lang}, ${width} wide); if not: ./lab profile`, async ({ page }) => {
      await withSlowNetwork(page);
      await page.setViewportSize({ width, height: 900 });
      await openLab(page, `/?lang=${lang}`);
      // Time goes by in the lab, and everything has been drawn.
      await expect(page.locator("output.clock")).toHaveText(/^0:0[4-9]/, { timeout: 20_000 });
      expect(await waits(page)).toBe(0);
      await expect(page.locator("html")).toHaveAttribute("data-later", "coming");
    });
  }
}

/** Every text and every attribute of the page, but for the forecast, which waits for the later part. */
const wordsOf = (page: Page) =>
  page.evaluate(() => {
    const words = new Set<string>();
    const all = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = all.nextNode(); node; node = all.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (element?.closest("script, [data-testid=forecast]")) continue;
      if (node instanceof Element) [...node.attributes].forEach(({ name, value }) => words.add(`${node.tagName} ${name}=${value}`));
      else words.add(node.textContent ?? "");
    }
    return [...words];
  });

for (const lang of ["en", "zh"]) {
  test(`data that went with the later part is none that the first page shows (${lang})`, async ({ page, context }) => {
    await withSlowNetwork(page);
    await openEmpty(page, `/?lang=${lang}`);
    await expect(page.locator("html")).toHaveAttribute("data-later", "coming");
    const first = await wordsOf(page);
    const other = await context.newPage();
    await openEmpty(other, `/?lang=${lang}`);
    await hasCome(other);
    await other.reload();
    await other.waitForFunction(() => window.lab);
    await hasCome(other);
    const whole = new Set(await wordsOf(other));
    expect(first.length).toBeGreaterThan(100);
    expect(first.filter((word) => word.includes("\0"))).toEqual([]);
    // Time goes by in the lab.
    expect(first.filter((word) => !whole.has(word) && !/\d/.test(word))).toEqual([]);
  });
}

test("the later part comes by itself, and what needs it goes on then", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await hasCome(page);
  await expect(page.getByTestId("forecast")).toContainText("A Deployment is created");
  await page.getByTestId("editor").fill("kind: Deploymen\n");
  await expect(page.locator(".problem").first()).toBeVisible();
  expect(await page.evaluate(() => window.lab.exec("kubectl explain pods"))).toContain("KIND:       Pod");
  expect(await waits(page)).toBe(0);
});

test("what is asked for before the later part has come is answered all the same", async ({ page }) => {
  await withSlowNetwork(page);
  await openEmpty(page, "/?lang=en");
  await page.getByTestId("terminal-input").fill("kubectl explain pods");
  await page.getByTestId("terminal-input").press("Enter");
  await expect(page.getByTestId("terminal-log")).toContainText("KIND:       Pod");
  await hasCome(page);
  await page.evaluate(() => window.lab.apply());
  await page.evaluate(() => window.lab.advance(20_000));
  expect(await page.evaluate(() => window.lab.exec("kubectl describe pods"))).toContain("Started");
  await expect(page.getByTestId("forecast")).not.toBeEmpty();
  expect(await waits(page)).toBe(1);
});

test("who follows a link to a lesson has all of it from the beginning", async ({ page }) => {
  await openLab(page, "/?lesson=scale&lang=en");
  await expect(page.locator("html")).not.toHaveAttribute("data-later");
  await expect(page.getByTestId("lesson")).toBeVisible();
  expect(await waits(page)).toBe(0);
});

test("a browser that compiles only small modules at once waits for all of it", async ({ page }) => {
  await page.addInitScript(() => {
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct(Module, given: [ArrayBuffer]) {
        if (given[0].byteLength > 4096) throw new RangeError("WebAssembly.Compile is disallowed on the main thread");
        return new Module(...given);
      },
    });
  });
  await openLab(page, "/?lang=en");
  await expect(page.locator("html")).not.toHaveAttribute("data-later");
  expect(await page.evaluate(() => window.lab.exec("kubectl explain pods"))).toContain("KIND:       Pod");
  expect(await waits(page)).toBe(0);
});

test.describe("with a later part that does not come", () => {
  test.use({ expectedErrors: [/Failed to load resource|did not arrive/] });

  test("the page tries again", async ({ page }) => {
    let tries = 0;
    await page.route(LATER, (route) => ((tries += 1) < 3 ? route.abort() : route.continue()));
    await openLab(page, "/?lang=en");
    await hasCome(page);
    expect(tries).toBe(3);
    expect(await waits(page)).toBe(0);
  });

  test("the page says that it has stopped when it cannot go on without", async ({ page }) => {
    await page.route(LATER, (route) => route.abort());
    await openEmpty(page, "/?lang=en");
    await page.getByTestId("apply").click();
    await expect(page.getByText("A part of the page did not arrive")).toBeVisible();
  });
});

// The page as an app: kept for offline visits, renewed by the next build, and a word for those who cannot run it.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";
import { DIST, serve } from "./support/serve.mjs";

test.describe.configure({ timeout: 180_000 });

/** Waits until the worker has kept the page and answers for it. */
async function kept(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 60_000 });
}

test.describe("with its service worker", () => {
  test.use({ serviceWorkers: "allow", expectedErrors: [/ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED)/] });

  for (const path of ["/", "/lab/"]) {
    test(`the page at ${path} opens again without a network`, async ({ page, context }) => {
      await openLab(page, path);
      await kept(page);
      await context.setOffline(true);
      await page.reload();
      await expect(page.locator("main")).toBeVisible();
      // Also as another page of the same lab.
      await page.goto(`${path}?lesson=rolling-update&lang=zh#anything`);
      await expect(page.getByTestId("lesson")).toBeVisible();
      await page.getByTestId("terminal-input").fill("kubectl get pods");
      await page.getByTestId("terminal-input").press("Enter");
      await expect(page.getByTestId("terminal-log")).toContainText("hellok8s-deployment-");
    });
  }

  test("a new build takes the old one's place at the next reload, and its files go", async ({ page, context }) => {
    const folder = mkdtempSync(join(tmpdir(), "lab-"));
    cpSync(DIST, folder, { recursive: true });
    const server = await serve(folder, 0);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const caches = () => page.evaluate(async () => (await window.caches.keys()).map((name) => name.split(" ").at(-1)));
    try {
      await openLab(page, url);
      await kept(page);
      const before = await caches();
      expect(before).toHaveLength(1);

      const change = (name: string, from: string, to: string) => {
        const file = join(folder, name);
        const text = readFileSync(file, "utf8");
        expect(text).toContain(from);
        writeFileSync(file, text.replace(from, to));
      };
      change("index.html", "<title>hellok8s-lab</title>", "<title>hellok8s-lab, the next build</title>");
      change("sw.js", `"${before[0]}"`, '"the-next-build"');
      await page.reload();
      await expect(page).toHaveTitle("hellok8s-lab, the next build");
      // Chromium lets the new worker begin when the old one has had nothing to do for half a minute.
      await expect.poll(caches, { timeout: 80_000 }).toEqual(["the-next-build"]);
      await context.setOffline(true);
      await page.reload();
      await expect(page).toHaveTitle("hellok8s-lab, the next build");
      await expect(page.locator("main")).toBeVisible();
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  test("inside another page nothing is kept", async ({ page }) => {
    await openLab(page, "/?embed=1");
    await page.waitForTimeout(1000);
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  });
});

test("the page can be installed: its manifest and icons are there", async ({ page, request }) => {
  await openLab(page, "/lab/");
  const link = await page.locator('link[rel="manifest"]').getAttribute("href");
  const manifest = await (await request.get(`/lab/${link}`)).json();
  expect(manifest).toMatchObject({ start_url: "./", scope: "./", display: "standalone" });
  for (const icon of manifest.icons) {
    const answer = await request.get(`/lab/${icon.src}`);
    expect(answer.status(), icon.src).toBe(200);
    expect(answer.headers()["content-type"]).toBe(icon.type);
  }
  for (const property of ["og:title", "og:description", "og:image"]) {
    await expect(page.locator(`meta[property="${property}"]`)).toHaveAttribute("content", /./);
  }
  expect((await request.get("/lab/social.png")).status()).toBe(200);
});

test.describe("an address that is none", () => {
  test.use({ expectedErrors: [/404/] });

  test("is told in both languages, with a way back", async ({ page }) => {
    expect((await page.goto("/no-such-page"))?.status()).toBe(404);
    await expect(page.getByRole("heading")).toContainText("404");
    await expectAccessible(page);
    await page.getByRole("link", { name: "回到实验室" }).click();
    await expect(page.locator("main.panels")).toBeVisible();
  });
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the page says what to do, in both languages", async ({ page }) => {
    await page.goto("/");
    for (const words of ["启用 JavaScript", "allow JavaScript"]) {
      // Playwright's getByText does not look into <noscript>.
      await expect(page.locator("noscript p", { hasText: words })).toBeInViewport({ ratio: 1 });
    }
    await expect(page.getByText("Starting…")).toBeHidden();
    await picture(page, "no-script");
  });
});

test.describe("without WebAssembly", () => {
  test.use({ expectedErrors: [/WebAssembly/] });

  for (const [lang, words] of [["zh", "请更新浏览器"], ["en", "cannot run the page's WebAssembly"]] as const) {
    test(`the page says what to do (${lang})`, async ({ page }) => {
      await page.addInitScript(() => Reflect.deleteProperty(window, "WebAssembly"));
      await page.goto(`/?lang=${lang}`);
      await expect(page.getByText(words)).toBeVisible();
      await expect(page.getByText("Starting…")).toBeHidden();
      await expect(page.locator("html")).toHaveAttribute("lang", lang);
      await expectAccessible(page);
      await picture(page, `no-wasm-${lang}`);
    });
  }
});

test.describe("with a part that does not arrive", () => {
  test.use({ expectedErrors: [/Failed to (load resource|fetch)|ERR_FAILED|WebAssembly/] });

  test("the page says to look at the network", async ({ page }) => {
    await page.route("**/*.wasm", (route) => route.abort());
    await page.goto("/?lang=en");
    await expect(page.getByText("A part of the page did not arrive")).toBeVisible();
  });
});

test.describe("with a style sheet that does not arrive", () => {
  test.use({ expectedErrors: [/Failed to load resource|ERR_FAILED/] });

  test("the lab works, and nothing says that the simulation has stopped", async ({ page }) => {
    await page.route("**/*.css", (route) => route.abort());
    await page.goto("/?lang=en&start=empty");
    await page.waitForFunction(() => window.lab);
    expect(await page.evaluate(() => window.lab.exec("kubectl create deployment web --image=nginx"))).toBe("deployment.apps/web created\n");
    await expect(page.locator("body")).not.toContainText("because of a defect");
    await expect(page.locator("body")).not.toContainText("did not arrive");
  });
});

test("something is on the screen before the wasm is, in the visitor's language and theme", async ({ page }) => {
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await page.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/?lang=zh&theme=dark", { waitUntil: "commit" });
  await expect(page.getByText("正在启动")).toBeVisible();
  await expect(page.getByText("Starting…")).toBeHidden();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await picture(page, "first-paint");
  goOn();
  await expect(page.locator("main")).toBeVisible({ timeout: 30_000 });
  await expect(page.locator(".first")).toHaveCount(0);
});

// The page inside another one: what it tells, whom it believes. The host here is a page of the test's own.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/lab";

declare global {
  interface Window {
    heard: { type: string; [field: string]: unknown }[];
  }
}

/** Opens a page that holds the lab in an iframe and remembers what it says. */
async function openHost(page: Page, parameters = ""): Promise<void> {
  await page.route("**/host.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><html lang="en"><title>Host</title><main><h1>Host</h1><iframe title="Lab" width="900" height="400" src="./?embed=1&speed=1${parameters}"></iframe></main>
        <script>window.heard = []; addEventListener("message", (event) => window.heard.push(event.data));</script>`,
    }),
  );
  await page.goto("/host.html");
  await expect(lab(page).locator("main")).toBeVisible();
}

const lab = (page: Page) => page.frameLocator("iframe");
const heard = (page: Page, type: string) => page.evaluate((type) => window.heard.filter((message) => message.type === type), type);

/** Sends a message to the lab from the host's window. */
async function ask(page: Page, message: object): Promise<void> {
  await page.evaluate((message) => {
    document.querySelector("iframe")!.contentWindow!.postMessage({ source: "hellok8s-lab-host", ...message }, "*");
  }, message);
}

test("the page tells its host when it is there, how high it is, and what changes", async ({ page }) => {
  await openHost(page);
  await expect.poll(() => heard(page, "ready")).toEqual([{ source: "hellok8s-lab", type: "ready", version: expect.stringMatching(/^\d+\.\d+/) }]);
  await expect.poll(() => heard(page, "resize")).not.toEqual([]);
  const { height } = (await heard(page, "resize")).at(-1) as unknown as { height: number };
  expect(height).toBeGreaterThan(300);
  await page.locator("iframe").evaluate((frame, height) => frame.setAttribute("height", String(height)), height);
  const scrolls = await lab(page).locator("html").evaluate((html) => html.scrollHeight > html.clientHeight + 1);
  expect(scrolls, "the height that it tells is enough").toBe(false);
  await lab(page).getByTestId("apply").click();
  await expect.poll(async () => (await heard(page, "change")).at(-1)).toMatchObject({ deployments: 1, pods: 1 });
});

test("the host writes, applies, asks, and chooses language and theme", async ({ page }) => {
  await openHost(page);
  await expect.poll(() => heard(page, "ready")).toHaveLength(1);
  await ask(page, { type: "lang", lang: "zh" });
  await ask(page, { type: "theme", theme: "dark" });
  await expect(lab(page).locator("html")).toHaveAttribute("lang", "zh");
  await expect(lab(page).locator("html")).toHaveAttribute("data-theme", "dark");
  const text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: hellok8s}\n  ports: [{port: 3000}]\n";
  await ask(page, { type: "write", file: "service.yaml", text });
  await expect(lab(page).getByTestId("editor")).toHaveValue(text);
  await ask(page, { type: "apply", id: "a" });
  await expect.poll(() => heard(page, "result")).toEqual([{ source: "hellok8s-lab", type: "result", id: "a", output: "service/web created\n" }]);
  await ask(page, { type: "exec", id: "b", line: "kubectl get services web -o name" });
  await expect.poll(async () => (await heard(page, "result")).at(-1)).toMatchObject({ id: "b", output: "service/web\n" });
  await ask(page, { type: "pause" });
  await expect(lab(page).getByTestId("play")).toHaveAttribute("aria-pressed", "false");
  await ask(page, { type: "nothing of this kind", text: 7 });
  await expect(lab(page).locator("main")).toBeVisible();
});

test("what is typed in an embedded lab is there again, and not in the lab's own page", async ({ page }) => {
  await openHost(page, "&id=first");
  await lab(page).getByTestId("editor").fill("# first\n");
  await page.reload();
  await expect(lab(page).getByTestId("editor")).toHaveValue("# first\n");
  await openHost(page, "&id=second");
  await expect(lab(page).getByTestId("editor")).not.toHaveValue("# first\n");
  await page.goto("/");
  await expect(page.getByTestId("editor")).not.toHaveValue("# first\n");
});

test("nobody but the host is believed, and nothing is told to another origin", async ({ page }) => {
  await openHost(page, "&host=https%3A%2F%2Fexample.org");
  await ask(page, { type: "lang", lang: "zh" });
  // The lab's own window is not its host, either.
  await lab(page).locator("html").evaluate(() => window.postMessage({ source: "hellok8s-lab-host", type: "lang", lang: "zh" }, "*"));
  await page.waitForTimeout(500);
  await expect(lab(page).locator("html")).toHaveAttribute("lang", "en");
  expect(await page.evaluate(() => window.heard)).toEqual([]);
});

test("a step that is done in a lesson is told", async ({ page }) => {
  await openHost(page, "&lesson=scale&lang=en");
  await expect.poll(() => heard(page, "ready")).toHaveLength(1);
  await ask(page, { type: "apply", id: "a" });
  await ask(page, { type: "speed", speed: 30 });
  await expect.poll(() => heard(page, "goal"), { timeout: 15_000 }).toContainEqual(expect.objectContaining({ lesson: "scale", step: 1, done: false }));
});

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
  // A file that is not there is an error, and not the open one.
  await ask(page, { type: "apply", id: "c", file: "none" });
  await expect.poll(async () => (await heard(page, "result")).at(-1)).toMatchObject({ id: "c", output: expect.stringMatching(/^error: .*none.*\n$/) });
  await ask(page, { type: "exec", id: "d", line: "kubectl get services -o name" });
  await expect.poll(async () => (await heard(page, "result")).at(-1)).toMatchObject({ id: "d", output: expect.not.stringContaining("none") });
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

test("in a wide page the theatre takes all of the frame's width, with the panels below it", async ({ page }) => {
  await page.setViewportSize({ width: 1400, height: 900 });
  await openHost(page);
  await page.locator("iframe").evaluate((frame) => Object.assign(frame, { width: "1300", height: "600" }));
  const box = async (selector: string) => (await lab(page).locator(selector).boundingBox())!;
  await expect.poll(async () => (await box(".theatre")).width).toBeGreaterThan(1280);
  const theatre = await box(".theatre");
  for (const panel of [".editor", ".terminal", ".side"]) {
    expect((await box(panel)).y).toBeGreaterThanOrEqual(theatre.y + theatre.height - 1);
  }
});

test("a step that is done in a lesson is told", async ({ page }) => {
  await openHost(page, "&lesson=scale&lang=en");
  await expect.poll(() => heard(page, "ready")).toHaveLength(1);
  await ask(page, { type: "apply", id: "a" });
  await ask(page, { type: "speed", speed: 30 });
  await expect.poll(() => heard(page, "goal"), { timeout: 15_000 }).toContainEqual(expect.objectContaining({ lesson: "scale", step: 1, done: false }));
});

test("a tab of its own and a shared link carry the cluster, the files, the edits and the moment", async ({ page, baseURL }) => {
  test.setTimeout(90_000);
  await page.route("**/chapter.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><html lang="en"><title>Host</title><main><h1>Host</h1>
        <hellok8s-lab start="empty" speed="1"></hellok8s-lab></main><script defer src="${baseURL}embed.js"></script>`,
    }),
  );
  await page.goto("/chapter.html");
  await expect(lab(page).locator("main")).toBeVisible({ timeout: 30_000 });
  const inside = lab(page).locator("html");
  const act = async (line: string) => {
    await page.locator("hellok8s-lab").evaluate(async (element, line) => {
      const lab = element as HTMLElement & { exec(line: string): Promise<string>; settle(): Promise<string>; pause(): void };
      await lab.exec(line);
      await lab.settle();
      lab.pause();
    }, line);
    return inside.evaluate(() => window.lab.now());
  };
  const middle = await act("kubectl create deployment web --image=nginx --replicas=2");
  const end = await act("kubectl scale deployment web --replicas=4");
  // Back to before the scaling, with a file that is not applied.
  await inside.evaluate(() => window.lab.write("notes.yaml", "# not applied\n"));
  await inside.evaluate((_, moment) => window.lab.seek(moment), middle);
  await expect(lab(page).locator('[data-pod^="web-"]')).toHaveCount(2);
  const moment = await inside.evaluate(() => window.lab.now());
  const state = await inside.evaluate(() => JSON.stringify(window.lab.state()));
  expect(moment).toBeLessThan(end);
  const same = async (other: Page) => {
    await expect(other.locator('[data-pod^="web-"]')).toHaveCount(2, { timeout: 30_000 });
    expect(await other.evaluate(() => window.lab.now())).toBe(moment);
    expect(await other.evaluate(() => JSON.stringify(window.lab.state()))).toBe(state);
    expect(await other.evaluate(() => window.lab.read("notes.yaml"))).toBe("# not applied\n");
    // What came later can be gone to as well.
    await other.evaluate((moment) => window.lab.seek(moment), end);
    await expect(other.locator('[data-pod^="web-"]')).toHaveCount(4);
    await expect(other.locator(".app-embedded")).toHaveCount(0);
  };
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open the lab in its own tab" }).click();
  await same(await opened);
  await lab(page).getByTestId("share").click();
  await expect(lab(page).getByTestId("share-text")).toHaveValue(/#s=/);
  const other = await page.context().newPage();
  await other.goto(await lab(page).getByTestId("share-text").inputValue());
  await same(other);
});

// <hellok8s-lab> in a real VitePress site (examples/vitepress), which is served from another origin than the lab.
import { expectAccessible, expect, picture, test } from "./support/lab";
import type { FrameLocator, Locator, Page } from "@playwright/test";

test.describe.configure({ timeout: 90_000 });

/** The lab of that number on the page, counted from zero, brought into sight and ready. */
async function labAt(page: Page, at: number): Promise<{ element: Locator; frame: FrameLocator }> {
  const element = page.locator("hellok8s-lab").nth(at);
  await element.evaluate((lab) => lab.scrollIntoView({ block: "start" }));
  const frame = element.frameLocator("iframe");
  await expect(frame.locator("main")).toBeVisible({ timeout: 30_000 });
  // Labs above have found their height, too: browsers let a frame that nobody sees stand still.
  await element.evaluate((lab) => lab.scrollIntoView({ block: "start" }));
  return { element, frame };
}

/** What a script in the lab would read. */
const inLab = <T>(frame: FrameLocator, read: () => T): Promise<T> => frame.locator("html").evaluate(read);

/** Keeps the events of all labs from now on; the result reads those of one type. */
async function heard(page: Page): Promise<(type: string) => Promise<unknown[]>> {
  await page.evaluate(() => {
    const all: { type: string; detail: unknown }[] = [];
    Object.assign(window, { heardOfLabs: all });
    for (const lab of document.querySelectorAll("hellok8s-lab")) {
      for (const type of ["ready", "resize", "goal", "change"]) {
        lab.addEventListener(type, (event) => all.push({ type, detail: (event as CustomEvent).detail }));
      }
    }
  });
  return (type) =>
    page.evaluate(
      (type) =>
        (window as unknown as { heardOfLabs: { type: string; detail: unknown }[] }).heardOfLabs
          .filter((event) => event.type === type)
          .map((event) => event.detail),
      type,
    );
}

test("labs are loaded when the reader comes near them", async ({ page, exampleUrl }) => {
  await page.goto(exampleUrl);
  const labs = page.locator("hellok8s-lab");
  await expect(labs).toHaveCount(3);
  await expect(labs.nth(0).locator("iframe")).toHaveAttribute("title", /hellok8s-lab/);
  await expect(labs.nth(2).locator("iframe")).toHaveCount(0);
  // Room is kept for it.
  expect((await labs.nth(2).boundingBox())?.height).toBeGreaterThan(400);
  await labAt(page, 2);
  await expect(labs.nth(2).locator("iframe")).toHaveCount(1);
});

test("the block that is read runs, and the page hears of it", async ({ page, exampleUrl }) => {
  await page.goto(exampleUrl);
  const events = await heard(page);
  const { element, frame } = await labAt(page, 0);
  const block = page.locator("div.language-yaml").first();
  const lines = await block.locator(".line").allInnerTexts();
  // A second lab further down may be near enough to load as well.
  await expect.poll(async () => (await events("ready")).length).toBeGreaterThanOrEqual(1);
  // It need not be shown in order to run.
  await expect(frame.getByTestId("editor")).toHaveCount(0);
  await expect.poll(() => inLab(frame, () => window.lab.read("deployment.yaml"))).toBe(`${lines.join("\n")}\n`);
  await expect(frame.locator('[data-pod][data-image$=":v1"]')).toHaveCount(3, { timeout: 30_000 });
  await expect(frame.getByTestId("caption")).toContainText("运行这段 YAML");
  await expect(frame.getByTestId("demo")).toHaveCount(0);

  await expectAccessible(page, "hellok8s-lab");
  await element.getByRole("button", { name: "运行这段 YAML" }).click();
  await expect(element.getByText("deployment.apps/hellok8s-deployment configured")).toBeVisible();
  await expect(frame.locator('[data-pod][data-image$=":v2"]').first()).toBeVisible({ timeout: 20_000 });
  await expect(frame.getByTestId("caption")).not.toContainText("运行这段 YAML");
  await expect.poll(() => events("change")).not.toHaveLength(0);
  await picture(page, "vitepress");
});

test("for= takes the block of that id, wherever it stands", async ({ page, exampleUrl }) => {
  await page.goto(`${exampleUrl}en/`);
  const { element, frame } = await labAt(page, 2);
  await element.getByRole("button", { name: "Run this YAML" }).click();
  await expect(frame.locator('[data-pod][data-image$="hellok8s:bad"]')).toHaveCount(1, { timeout: 20_000 });
  await expect(frame.locator('[data-pod][data-image$="hellok8s:v1"]')).toHaveCount(3);
  await frame.getByTestId("terminal-input").fill("kubectl rollout undo deployment hellok8s-deployment");
  await frame.getByTestId("terminal-input").press("Enter");
  await expect(frame.getByTestId("terminal-log")).toContainText("deployment.apps/hellok8s-deployment rolled back");
});

test("a lab is as high as its content and no higher", async ({ page, exampleUrl }) => {
  await page.goto(exampleUrl);
  for (const at of [0, 1, 2]) {
    const { element, frame } = await labAt(page, at);
    const overflow = () => frame.locator("html").evaluate((html) => html.scrollHeight - html.clientHeight);
    await expect.poll(overflow, `lab ${at} scrolls inside`).toBe(0);
    const room = async () => {
      const app = await frame.locator(".app").evaluate((app) => app.getBoundingClientRect().height);
      return element.locator("iframe").evaluate((frame, app) => Math.abs(frame.clientHeight - app), app);
    };
    await expect.poll(room, `lab ${at} has room to spare`).toBeLessThanOrEqual(2);
  }
});

for (const [width, height, path, run] of [
  [1366, 768, "", "运行这段 YAML"],
  [390, 844, "en/", "Run this YAML"],
] as const) {
  test(`a lab is a figure in the text, which stays in sight while pods move: ${width} × ${height}`, async ({ page, exampleUrl }) => {
    await page.setViewportSize({ width, height });
    await page.goto(exampleUrl + path);
    const { element, frame } = await labAt(page, 0);
    await expect(frame.locator("[data-pod]")).toHaveCount(3, { timeout: 30_000 });
    // As one comes to it by reading: the figure's end is below the window's.
    await element.evaluate((lab) => scrollBy(0, lab.getBoundingClientRect().bottom - innerHeight - 60));
    await element.getByRole("button", { name: run }).click();
    await expect(frame.locator('[data-pod][data-image$=":v2"]').first()).toBeVisible({ timeout: 20_000 });
    await inLab(frame, () => window.lab.pause());
    const tall = (lab: Locator) => lab.evaluate((lab) => lab.getBoundingClientRect().height);
    expect(await tall(element), "the stage alone").toBeLessThanOrEqual(380);
    // Both generations, each pod wholly.
    await expect(frame.locator(".set-old")).toBeVisible();
    await expect(frame.locator(".set-new")).toBeVisible();
    const hidden = () =>
      inLab(frame, () =>
        [...document.querySelectorAll<HTMLElement>("[data-pod]")].flatMap((pod) => {
          const box = pod.getBoundingClientRect();
          const isSeen = [box.y + 2, box.bottom - 2].every((y) => pod.contains(document.elementFromPoint(box.x + box.width / 2, y)));
          const status = pod.querySelector(".pod-status")!;
          return isSeen && status.scrollWidth <= status.clientWidth + 1 ? [] : [`${pod.dataset.pod} ${pod.dataset.status}`];
        }),
      );
    for (let moment = 0; moment < 8; moment += 1) {
      await expect.poll(hidden, { message: `moment ${moment}`, timeout: 3_000 }).toEqual([]);
      if (moment === 2) {
        await page.screenshot({ path: test.info().outputPath("figure.png") });
      }
      await inLab(frame, () => window.lab.advance(200));
    }
    // What is read and what moves are seen together.
    await expect(element.locator("iframe")).toBeInViewport({ ratio: 0.99 });
    const lastLine = (await page.locator("div.language-yaml").first().locator(".line").last().boundingBox())!;
    expect(lastLine.y).toBeGreaterThan(60);
    expect(lastLine.y + lastLine.height).toBeLessThan(height);
    for (const at of [1, 2]) {
      const { element } = await labAt(page, at);
      await expect.poll(() => element.locator("iframe").evaluate((frame) => frame.clientHeight)).toBeGreaterThan(400);
      expect(await tall(element), `lab ${at}`).toBeLessThanOrEqual(600);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

test("a lab has a small mark instead of a head: share, and the whole screen", async ({ page, exampleUrl }) => {
  await page.goto(`${exampleUrl}en/`);
  const { frame } = await labAt(page, 0);
  await expect(frame.locator("[data-pod]")).toHaveCount(3, { timeout: 30_000 });
  const mark = await frame.locator(".head").boundingBox();
  expect(mark!.height).toBeLessThanOrEqual(36);
  expect(mark!.width).toBeLessThanOrEqual(130);
  await frame.getByTestId("share").click();
  await expect(frame.getByTestId("share-text")).toHaveValue(/#s=/);
  await expect(frame.getByRole("button", { name: "Copy link" })).toBeInViewport();
  await frame.getByTestId("share-text").press("Escape");
  await frame.getByTestId("present").click();
  await expect.poll(() => inLab(frame, () => document.fullscreenElement !== null)).toBe(true);
  await expect(frame.getByTestId("caption")).toBeVisible();
  await inLab(frame, () => document.exitFullscreen());
  await expect(frame.getByTestId("present")).toHaveAttribute("aria-pressed", "false");
});

test("theme and language follow the page around", async ({ page, exampleUrl }) => {
  await page.goto(exampleUrl);
  const { element, frame } = await labAt(page, 0);
  const html = frame.locator("html");
  await expect(html).toHaveAttribute("lang", "zh");
  await expect(html).toHaveAttribute("data-theme", "light");
  await page.locator(".VPSwitchAppearance").first().click();
  await expect(html).toHaveAttribute("data-theme", "dark");
  await page.locator(".VPSwitchAppearance").first().click();
  await expect(html).toHaveAttribute("data-theme", "light");
  // The element's own word is the last.
  await element.evaluate((lab) => lab.setAttribute("theme", "dark"));
  await expect(html).toHaveAttribute("data-theme", "dark");
  await element.evaluate((lab) => lab.setAttribute("lang", "en"));
  await expect(html).toHaveAttribute("lang", "en");
  await expect(element.getByRole("button", { name: "Run this YAML" })).toBeVisible();

  await page.goto(`${exampleUrl}en/`);
  await expect((await labAt(page, 0)).frame.locator("html")).toHaveAttribute("lang", "en");
});

test("Tab goes into a lab, through it and out again", async ({ page, exampleUrl }) => {
  await page.goto(`${exampleUrl}en/`);
  const { element, frame } = await labAt(page, 0);
  await element.getByRole("button", { name: "Run this YAML" }).focus();
  const where = () => page.evaluate(() => document.activeElement?.closest("hellok8s-lab, a, button")?.localName);
  let wasInside = false;
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    wasInside ||= await frame.locator("html").evaluate(() => document.hasFocus() && document.activeElement !== document.body);
    if (wasInside && (await where()) !== "hellok8s-lab") {
      return;
    }
  }
  throw new Error(wasInside ? "the focus does not leave the lab" : "the focus does not reach the lab");
});

test("the wheel over a lab scrolls the page where the lab has nothing to scroll", async ({ page, exampleUrl }) => {
  await page.goto(exampleUrl);
  const { element } = await labAt(page, 0);
  const box = await element.locator("iframe").boundingBox();
  const before = await page.evaluate(() => scrollY);
  // The page's heading: no list or text below the pointer that could scroll.
  await page.mouse.move((box?.x ?? 0) + 40, (box?.y ?? 0) + 20);
  await page.mouse.wheel(0, 300);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(before + 200);
});

test("the lab obeys its host alone, and the element its lab alone", async ({ page, exampleUrl, baseURL }) => {
  await page.goto(exampleUrl);
  const events = await heard(page);
  const { frame } = await labAt(page, 0);
  await expect.poll(async () => (await events("ready")).length).toBeGreaterThanOrEqual(1);
  // As a script of the page, an advertisement's frame say, may try.
  await page.evaluate(() => postMessage({ source: "hellok8s-lab", type: "goal", lesson: "forged" }, "*"));
  // A lab that was told of another host: this one is not it.
  await page.evaluate((lab) => {
    const stranger = document.createElement("iframe");
    stranger.id = "stranger";
    stranger.title = "a lab of another host";
    stranger.src = `${lab}lab/?embed=1&lang=en&host=https://example.org`;
    document.body.prepend(stranger);
  }, baseURL);
  // Chromium says in the console that the lab's answers are for another origin: nobody gets them.
  const stranger = page.frameLocator("#stranger");
  await expect(stranger.locator("main")).toBeAttached({ timeout: 30_000 });
  for (const id of ["#stranger", ""]) {
    await page.evaluate((id) => {
      const frame = id ? document.querySelector<HTMLIFrameElement>(id) : document.querySelector("hellok8s-lab")?.shadowRoot?.querySelector("iframe");
      frame?.contentWindow?.postMessage({ source: "hellok8s-lab-host", type: "lang", lang: id ? "zh" : "en" }, "*");
    }, id);
  }
  await expect(frame.locator("html")).toHaveAttribute("lang", "en");
  await expect(stranger.locator("html")).toHaveAttribute("lang", "en");
  expect(await events("goal")).toEqual([]);
});

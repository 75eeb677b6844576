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
  await expect(frame.getByTestId("editor")).toHaveValue(`${lines.join("\n")}\n`);
  await expect.poll(() => events("ready")).toHaveLength(1);

  await expectAccessible(page, "hellok8s-lab");
  await element.getByRole("button", { name: "运行这段 YAML" }).click();
  await expect(frame.locator("[data-pod]")).toHaveCount(3, { timeout: 20_000 });
  await expect.poll(() => events("change")).not.toHaveLength(0);
  await picture(page, "vitepress");
});

test("for= takes the block of that id, wherever it stands", async ({ page, exampleUrl }) => {
  await page.goto(`${exampleUrl}en/`);
  const { element, frame } = await labAt(page, 2);
  await element.getByRole("button", { name: "Run this YAML" }).click();
  await expect(frame.locator('[data-pod][data-image$="hellok8s:bad"]')).toHaveCount(3, { timeout: 20_000 });
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
  await expect.poll(() => events("ready")).toHaveLength(1);
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

// The editor as people expect one: indentation, comments, pairs, undo, search, completion, by keyboard, thumb and input method.
import type { Locator, Page } from "@playwright/test";
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

test.describe.configure({ timeout: 120_000 });

const HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n";

async function open(page: Page, path = "/?lang=en&autoplay=0"): Promise<Locator> {
  await openLab(page, path);
  await page.locator("html:not([data-later])").waitFor();
  return page.getByTestId("editor");
}

/** Puts a text into the editor and the caret at its end. */
async function begin(page: Page, editor: Locator, text: string): Promise<void> {
  await editor.fill(text);
  await editor.focus();
  await page.keyboard.press("Control+End");
}

/** The text of the coloured double's lines, which are what is seen. */
const seen = (page: Page) => page.locator(".line").allTextContents();

test("Enter, Tab, comments and pairs keep a manifest in its columns", async ({ page }) => {
  const editor = await open(page);
  await begin(page, editor, "");
  await page.keyboard.type("foo:\nbar: [1");
  await page.keyboard.press("End");
  await expect(editor).toHaveValue("foo:\n  bar: [1]");
  await page.keyboard.press("Enter");
  await page.keyboard.type("- a: x\nb: \"y");
  await expect(editor).toHaveValue("foo:\n  bar: [1]\n  - a: x\n    b: \"y\"");
  expect((await seen(page)).join("")).toBe("foo:\n  bar: [1]\n  - a: x\n    b: \"y\"\n");
  await page.keyboard.press("Shift+Tab");
  await expect(editor).toHaveValue("foo:\n  bar: [1]\n  - a: x\n  b: \"y\"");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Tab");
  await expect(editor).toHaveValue("  foo:\n    bar: [1]\n    - a: x\n    b: \"y\"");
  await page.keyboard.press("Control+/");
  await expect(editor).toHaveValue("  # foo:\n  #   bar: [1]\n  #   - a: x\n  #   b: \"y\"");
  await page.keyboard.press("Control+/");
  await page.keyboard.press("Shift+Tab");
  await expect(editor).toHaveValue("foo:\n  bar: [1]\n  - a: x\n  b: \"y\"");
});

test("undo goes back through Apply, presets and other files", async ({ page }) => {
  const editor = await open(page);
  const first = await editor.inputValue();
  await begin(page, editor, first);
  await page.keyboard.type("# one");
  await page.getByTestId("apply").click();
  await page.locator(".texts").selectOption({ label: "v2" });
  await expect(editor).toHaveValue(/hellok8s:v2/);
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByLabel("File name").fill("other.yaml");
  await page.keyboard.press("Enter");
  await expect(editor).toHaveValue("");
  await editor.focus();
  await page.keyboard.type("kind");
  await page.locator(".texts").selectOption({ label: "deployment.yaml" });
  await expect(editor).toHaveValue(/hellok8s:v2/);
  await editor.focus();
  await page.keyboard.press("Control+z");
  await expect(editor).toHaveValue(`${first}# one`);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await expect(editor).toHaveValue(first);
  await page.keyboard.press("Control+Shift+z");
  await page.keyboard.press("Control+y");
  await expect(editor).toHaveValue(`${first}# one`);
  expect(await page.evaluate(() => window.lab.read("deployment.yaml"))).toBe(`${first}# one`);
});

test("Escape, then Tab leaves the editor, forwards and backwards", async ({ page }) => {
  const editor = await open(page);
  // Who comes by Tab and does nothing goes on by Tab.
  await editor.focus();
  await page.keyboard.press("Tab");
  await expect(editor).not.toBeFocused();
  await editor.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Tab");
  await expect(editor).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Tab leaves the editor now")).toBeVisible();
  await picture(page, "leaves");
  await page.keyboard.press("Tab");
  await expect(editor).not.toBeFocused();
  await editor.focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  await expect(editor).not.toBeFocused();
});

test("the bar finds words, counts them and goes from one to the next", async ({ page }) => {
  const editor = await open(page);
  await begin(page, editor, `${HEAD}${"  # filler\n".repeat(200)}  replicas: 1\n# Replicas\n`);
  await page.keyboard.press("Control+Home");
  // The browser scrolls there a frame later, and nobody is as quick as to search before that.
  await expect.poll(() => page.locator(".editor-scroll").evaluate((scroller) => scroller.scrollTop)).toBeLessThan(100);
  await page.keyboard.press("Control+f");
  await expect(page.getByTestId("find").getByRole("textbox")).toBeFocused();
  await page.keyboard.type("replicas");
  await expect(page.getByTestId("find-count")).toHaveText("1 / 2");
  await expect(page.locator(".found-now")).toHaveText("replicas");
  await expect(page.locator(".found-now")).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("find-count")).toHaveText("2 / 2");
  await expectAccessible(page);
  await picture(page, "find");
  await page.keyboard.press("Shift+Enter");
  await expect(page.getByTestId("find-count")).toHaveText("1 / 2");
  await page.keyboard.press("Escape");
  await expect(editor).toBeFocused();
  await page.keyboard.insertText("paused");
  await expect(editor).toHaveValue(/ {2}paused: 1\n# Replicas\n$/);
  await page.keyboard.press("Control+f");
  await page.keyboard.type("nowhere");
  await expect(page.getByTestId("find-count")).toHaveText("Not found");
});

test("keys and values are offered with what they are for, and chosen by keyboard", async ({ page }) => {
  const editor = await open(page);
  await begin(page, editor, `${HEAD}  `);
  await page.keyboard.press("Control+Space");
  const [list, offers] = [page.getByRole("listbox", { name: "Suggestions" }), page.getByTestId("offers")];
  await expect(list).toBeVisible();
  await expect(list.getByRole("option").first()).toHaveAccessibleName(/^selector <LabelSelector> required Which pods/);
  await expect(editor).toHaveAttribute("aria-activedescendant", "editor-offer-0");
  await expect(editor).toHaveAttribute("aria-controls", "editor-offers");
  await expectAccessible(page);
  await picture(page, "offers");
  await page.keyboard.press("ArrowDown");
  await expect(editor).toHaveAttribute("aria-activedescendant", "editor-offer-1");
  await expect(offers).toContainText("template <PodTemplateSpec> required");
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await expect(editor).not.toHaveAttribute("aria-activedescendant");
  // A word that is begun is offered ways to go on.
  await page.keyboard.type("strat");
  await expect(list.getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Tab");
  await expect(editor).toHaveValue(`${HEAD}  strategy:\n    `);
  await page.keyboard.type("ty");
  await page.keyboard.press("Enter");
  await expect(editor).toHaveValue(`${HEAD}  strategy:\n    type: `);
  await expect(list.getByRole("option")).toHaveCount(2);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(editor).toHaveValue(`${HEAD}  strategy:\n    type: RollingUpdate`);
  // With nothing open, Enter is a line.
  await page.keyboard.press("Enter");
  await expect(editor).toHaveValue(`${HEAD}  strategy:\n    type: RollingUpdate\n    `);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await expect(editor).toHaveValue(`${HEAD}  strategy:\n    type: `);
});

test("an input method composes undisturbed: no list opens, no pair is made, Enter and Tab are its own", async ({ page }) => {
  const editor = await open(page, "/?lang=zh&autoplay=0");
  await begin(page, editor, `${HEAD}  `);
  const client = await page.context().newCDPSession(page);
  for (const text of ["r", "re", "rep"]) {
    await client.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  }
  await page.waitForTimeout(300);
  await expect(page.getByRole("listbox", { name: "可以填写的内容" })).toBeHidden();
  await expect(editor).toHaveValue(`${HEAD}  rep`);
  await client.send("Input.insertText", { text: "热" });
  await expect(editor).toHaveValue(`${HEAD}  热`);
  await expect(page.getByRole("listbox", { name: "可以填写的内容" })).toBeHidden();
  await client.send("Input.imeSetComposition", { text: "[", selectionStart: 1, selectionEnd: 1 });
  await expect(editor).toHaveValue(`${HEAD}  热[`);
});

test.describe("by thumb", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("what a keyboard does with Ctrl is a row of buttons while the text is edited", async ({ page }) => {
    await openLab(page, "/?lang=en&autoplay=0");
    const tab = page.locator(".phone-tabs").getByRole("button", { name: "Manifest" });
    if (await tab.count()) {
      await tab.tap();
    }
    const editor = page.getByTestId("editor");
    await expect(page.getByRole("toolbar", { name: "Editing tools" })).toBeHidden();
    await begin(page, editor, `${HEAD}  `);
    const tools = page.getByRole("toolbar", { name: "Editing tools" });
    await expect(tools).toBeVisible();
    for (const button of await tools.getByRole("button").all()) {
      const box = await button.boundingBox();
      expect(Math.min(box!.width, box!.height)).toBeGreaterThanOrEqual(40);
    }
    await tools.getByRole("button", { name: "Suggestions" }).tap();
    await page.getByRole("option", { name: /^strategy/ }).tap();
    await expect(editor).toHaveValue(`${HEAD}  strategy:\n    `);
    await expect(editor).toBeFocused();
    await tools.getByRole("button", { name: "Outdent" }).tap();
    await expect(editor).toHaveValue(`${HEAD}  strategy:\n  `);
    await tools.getByRole("button", { name: "Undo" }).tap();
    await expect(editor).toHaveValue(`${HEAD}  strategy:\n    `);
    await tools.getByRole("button", { name: "Suggestions" }).tap();
    await expectAccessible(page);
    await picture(page, "thumb");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

/** Types into a text of so many lines; how long the page's own code works for a key, in ms: 95 of 100 take no longer. */
async function keyTime(page: Page, editor: Locator, lines: number): Promise<number> {
  const text = Array.from({ length: Math.ceil(lines / 5) }, (_, at) => `key${at}:\n  name: "value ${at}" # note\n  items:\n  - 1\n  - two: true\n`).join("");
  await page.evaluate((text) => window.lab.write("deployment.yaml", text), text);
  await expect(page.locator(".line").first()).toHaveText("key0:\n");
  await editor.evaluate((area: HTMLTextAreaElement) => {
    area.focus();
    area.setSelectionRange(20, 20);
    const times: number[] = [];
    Object.assign(window, { keyTimes: times });
    let from = 0;
    // Before the page's own listener, and when what it has set off is done.
    document.addEventListener("input", () => (from = performance.now()), true);
    window.addEventListener("input", () => {
      let left = 20;
      const wait = () => (left-- > 0 ? queueMicrotask(wait) : times.push(performance.now() - from));
      wait();
    });
  });
  for (let key = 0; key < 60; key += 1) {
    await page.keyboard.type("abcdef \n"[key % 8]!);
    await page.waitForTimeout(20);
  }
  const times = await page.evaluate(() => (window as unknown as { keyTimes: number[] }).keyTimes.sort((a, b) => a - b));
  expect(times.length).toBeGreaterThanOrEqual(60);
  return times[Math.floor(times.length * 0.95)]!;
}

for (const [lines, most] of [[1_000, 16], [5_000, 16], [200_000, 200]] as const) {
  test(`a key in a text of ${lines} lines`, async ({ page }) => {
    const editor = await open(page, "/?lang=en&autoplay=0&start=empty");
    const p95 = await keyTime(page, editor, lines);
    console.log(`a key at ${lines} lines: p95 ${p95.toFixed(1)} ms`);
    expect(await page.locator(".line").count()).toBeLessThan(200);
    expect(p95).toBeLessThan(most);
  });
}

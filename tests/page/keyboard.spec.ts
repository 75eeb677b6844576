// The whole chapter by keyboard alone, found by the names that a screen reader says, in both languages and on a phone.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");

const WORDS = {
  en: { yaml: "The manifest's YAML text", apply: "Apply", command: "Command", editor: "Manifest", terminal: "Terminal", log: "Terminal", chart: "The whole chart", settle: "Run until stable" },
  zh: { yaml: "清单的 YAML 文本", apply: "应用", command: "命令", editor: "清单", terminal: "终端", log: "终端", chart: "整张图表", settle: "运行到稳定" },
} as const;
type Words = (typeof WORDS)[keyof typeof WORDS];

test.describe.configure({ timeout: 480_000 });

/** Presses Tab (or Shift+Tab) until the element with this role and name has the focus: nothing on the way may catch it. */
async function reach(page: Page, role: "textbox" | "button", name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true });
  await expect(wanted, `${role} ${name}`).toBeVisible();
  // Which way it is: before what has the focus, behind it, or here.
  const way = () =>
    wanted.evaluate((element) => {
      const active = document.activeElement ?? document.body;
      const isBefore = element.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING;
      return element === active ? "" : isBefore && active !== document.body ? "Shift+Tab" : "Tab";
    });
  for (let presses = 0; presses < 150; presses += 1) {
    const key = await way();
    if (key === "") {
      return;
    }
    // In the editor Tab indents once something is typed; behind Escape it leaves.
    if (await page.evaluate(() => document.activeElement?.matches('[data-testid="editor"]'))) {
      await page.keyboard.press("Escape");
    }
    await page.keyboard.press(key);
  }
  throw new Error(`no way by Tab to the ${role} ${name}`);
}

async function openPanel(page: Page, isPhone: boolean, name: string): Promise<void> {
  if (isPhone) {
    await reach(page, "button", name);
    await page.keyboard.press("Enter");
  }
}

/** Replaces the manifest and applies it, as with a screen reader: by names and keys. */
async function apply(page: Page, words: Words, isPhone: boolean, text: string): Promise<void> {
  await openPanel(page, isPhone, words.editor);
  await reach(page, "textbox", words.yaml);
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
  await page.keyboard.press("Control+Enter");
}

async function command(page: Page, words: Words, isPhone: boolean, line: string): Promise<void> {
  await openPanel(page, isPhone, words.terminal);
  await reach(page, "textbox", words.command);
  await page.keyboard.insertText(line);
  await page.keyboard.press("Enter");
}

async function settle(page: Page, words: Words): Promise<void> {
  await reach(page, "button", words.settle);
  await page.keyboard.press("Enter");
}

const pods = (page: Page, more: string) => page.locator(`[data-pod]${more}`);

for (const [lang, width, height] of [
  ["en", 1440, 900],
  ["zh", 1440, 900],
  ["en", 360, 740],
  ["zh", 360, 740],
] as const) {
  test(`the chapter by keyboard: ${lang} ${width}`, async ({ page }) => {
    const [words, isPhone] = [WORDS[lang], width < 768];
    await page.setViewportSize({ width, height });
    await openEmpty(page, `/?lang=${lang}`);
    await expectAccessible(page);
    // The finer buttons of time come with the chart.
    await reach(page, "button", words.chart);
    await page.keyboard.press("Enter");
    await apply(page, words, isPhone, manifest("02-v1-replicas-3.yaml"));
    await settle(page, words);
    await expect(pods(page, '[data-ready="1/1"][data-image$=":v1"]')).toHaveCount(3);
    // A pod says by its name what can be seen of it.
    await expect(pods(page, "").first()).toHaveAccessibleName(/hellok8s-deployment-.*Running/);

    await apply(page, words, isPhone, manifest("04-v2-rolling-update.yaml"));
    await settle(page, words);
    await expect(pods(page, '[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(3);
    await expectAccessible(page);

    await apply(page, words, isPhone, manifest("05-liveness.yaml"));
    await settle(page, words);
    await expect(pods(page, '[data-image$=":liveness"]').first()).toBeVisible();
    await command(page, words, isPhone, "kubectl get pods");
    await expect(page.getByRole("log", { name: words.log })).toContainText("RESTARTS");

    await apply(page, words, isPhone, manifest("04-v2-rolling-update.yaml"));
    await settle(page, words);
    await apply(page, words, isPhone, manifest("06-bad-readiness.yaml"));
    await settle(page, words);
    await expect(pods(page, '[data-ready="0/1"][data-image$=":bad"]')).toHaveCount(2);
    await expectAccessible(page);

    await command(page, words, isPhone, "kubectl rollout undo deployment hellok8s-deployment");
    await settle(page, words);
    await expect(pods(page, '[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(3);
    await expect(pods(page, '[data-image$=":bad"]')).toHaveCount(0);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await picture(page, `keyboard-${lang}-${width}`);
  });
}

test("on a narrow phone what is pressed is large enough for a thumb", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openEmpty(page);
  for (const name of ["Manifest", "Terminal", "Why"]) {
    const box = await page.locator(".phone-tabs").getByRole("button", { name }).boundingBox();
    expect(Math.min(box!.width, box!.height), name).toBeGreaterThanOrEqual(40);
  }
  const play = await page.getByTestId("play").boundingBox();
  expect(Math.min(play!.width, play!.height)).toBeGreaterThanOrEqual(24);
});

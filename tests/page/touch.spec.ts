// The whole chapter by thumb, on a phone of 390 pixels.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
test.describe.configure({ timeout: 180_000 });

const tab = (page: Page, name: string) => page.locator(`.phone-tabs [data-tab="${name}"]`).tap();

async function apply(page: Page, text: string): Promise<void> {
  await tab(page, "editor");
  await page.getByTestId("editor").tap();
  await page.getByTestId("editor").fill(text);
  await page.getByTestId("apply").tap();
}

async function type(page: Page, line: string): Promise<void> {
  await tab(page, "terminal");
  await page.getByTestId("terminal-input").tap();
  await page.getByTestId("terminal-input").fill(line);
  await page.getByTestId("terminal-input").press("Enter");
}

for (const [lang, words] of [
  ["en", { chart: "The whole chart", settle: "Run until stable" }],
  ["zh", { chart: "整张图表", settle: "运行到稳定" }],
] as const) {
  test(`the chapter by thumb: ${lang}`, async ({ page }) => {
    await openEmpty(page, `/?lang=${lang}`);
    const pods = (more: string) => page.locator(`[data-pod]${more}`);
    const chart = page.getByRole("button", { name: words.chart });
    const settle = async () => {
      await chart.tap();
      await expect(chart).toHaveAttribute("aria-expanded", "true");
      await page.getByRole("button", { name: words.settle }).tap();
      await chart.tap();
      await expect(chart).toHaveAttribute("aria-expanded", "false");
    };
    await expect(page.locator("body")).not.toContainText(/Ctrl|⌘/, { useInnerText: true });
    await apply(page, manifest("02-v1-replicas-3.yaml"));
    await settle();
    await expect(pods('[data-ready="1/1"][data-image$=":v1"]')).toHaveCount(3);

    await apply(page, manifest("04-v2-rolling-update.yaml"));
    await settle();
    await expect(pods('[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(3);
    await apply(page, manifest("05-liveness.yaml"));
    await settle();
    await expect(pods('[data-image$=":liveness"]').first()).toBeVisible();
    await type(page, "kubectl get pods");
    await expect(page.getByTestId("terminal-log")).toContainText("RESTARTS");

    await apply(page, manifest("04-v2-rolling-update.yaml"));
    await settle();
    await apply(page, manifest("06-bad-readiness.yaml"));
    await settle();
    await expect(pods('[data-ready="0/1"][data-image$=":bad"]')).toHaveCount(2);
    await picture(page, `stuck-${lang}`);
    // What is tapped tells all of itself.
    await pods('[data-image$=":bad"]').first().getByRole("button").tap();
    await expect(page.locator(".selected-text")).toContainText("Readiness probe failed");
    await expectAccessible(page);

    await type(page, "kubectl rollout undo deployment hellok8s-deployment");
    await settle();
    await expect(pods('[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(3);
    await expect(pods('[data-image$=":bad"]')).toHaveCount(0);
    await chart.tap();
    await picture(page, `chart-${lang}`);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
}

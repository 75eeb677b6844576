// What the page tells about a rollout: why, how it will end, and what kubectl says of a pod that is clicked on.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");

test.describe.configure({ timeout: 90_000 });

test.beforeEach(async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => window.lab.pause());
  await page.getByTestId("editor").fill(manifest("04-v2-rolling-update.yaml"));
  await page.getByTestId("apply").click();
  await page.evaluate(() => window.lab.advance(20_000));
  await expect(page.locator('[data-pod][data-ready="1/1"]')).toHaveCount(3);
});

test("every decision is told with its numbers and Kubernetes' function", async ({ page }) => {
  await page.getByTestId("editor").fill(manifest("06-bad-readiness.yaml"));
  await page.getByTestId("apply").click();
  await page.evaluate(() => window.lab.advance(10_000));
  const why = page.getByTestId("explain");
  await expect(why).toContainText("maxSurge 1: at most 4 pods may exist");
  const waits = why.locator(".why-waits", { hasText: "No room yet" }).first();
  await waits.getByRole("button", { name: "The numbers" }).click();
  await expect(waits).toContainText("maxTotalPods");
  await expect(waits.locator(".why-function")).toContainText("pkg/controller/deployment/");
  await expectAccessible(page);
  await picture(page, "why");
});

test("the decisions are one stop for the Tab key, arrows go from one to the next", async ({ page }) => {
  const tree = page.getByRole("tree", { name: "Decisions, newest first" });
  const items = tree.locator("> [role=treeitem]");
  await expect.poll(() => items.count()).toBeGreaterThan(4);
  await page.locator(".why-filter input").focus();
  await page.keyboard.press("Tab");
  await expect(items.first()).toBeFocused();
  await expect(items.first()).toHaveAccessibleName(/^0:\d\d\.\d{3} .+, Deployment hellok8s-deployment\. .+/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await expect(items.nth(1)).toBeFocused();
  // The numbers: open, in, through, out, closed.
  await page.keyboard.press("ArrowRight");
  await expect(items.nth(1)).toHaveAttribute("aria-expanded", "true");
  await expectAccessible(page);
  await page.keyboard.press("ArrowRight");
  const numbers = items.nth(1).getByRole("treeitem");
  await expect(numbers.first()).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(numbers.nth(1)).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(items.nth(1)).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(numbers).toHaveCount(0);
  await page.keyboard.press("End");
  await expect(items.last()).toBeFocused();
  // Out and in again: back where one was.
  await page.keyboard.press("Tab");
  await expect(tree.locator(":focus")).toHaveCount(0);
  await page.keyboard.press("Shift+Tab");
  await expect(items.last()).toBeFocused();
  const moment = await items.last().locator(".why-time").textContent();
  await page.keyboard.press("Home");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  const [minutes, seconds] = moment!.split(":");
  expect(await page.evaluate(() => window.lab.now())).toBe(Math.round((Number(minutes) * 60 + Number(seconds)) * 1000));
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("the newest decision, the oldest");
});

test("a click on a pod shows what kubectl says of it", async ({ page }) => {
  const pod = page.locator("[data-pod]").first();
  const name = await pod.getAttribute("data-pod");
  await pod.getByRole("button").click();
  await expect(page.locator(".selected-text")).toContainText(`Name:             ${name}`);
  await page.getByRole("button", { name: "YAML" }).click();
  await expect(page.locator(".selected-text")).toContainText("kind: Pod");
  await page.getByRole("button", { name: "Logs" }).click();
  await expect(page.locator(".selected-text")).not.toContainText("kind: Pod");
  await expectAccessible(page);
});

test("the forecast tells what applying would do, and compares strategies", async ({ page }) => {
  const forecast = page.getByTestId("forecast");
  await expect(forecast).toContainText("Nothing changes", { timeout: 30_000 });
  await page.getByTestId("editor").fill(manifest("06-bad-readiness.yaml"));
  await expect(forecast).toContainText("will stall", { timeout: 60_000 });
  await expect(forecast).toContainText("Fewest available 2, most pods 4");
  await page.getByRole("button", { name: "Compare strategies" }).click();
  await expect(page.locator(".variant")).toHaveCount(5, { timeout: 60_000 });
  await expect(page.locator(".variant", { hasText: "Recreate" })).toContainText("Fewest available 0, most pods 3");
  await expectAccessible(page);
  await picture(page, "forecast");
});

test("the chart is there as numbers, too", async ({ page }) => {
  await page.getByRole("button", { name: "The whole chart" }).click();
  await page.getByRole("button", { name: "Numbers", exact: true }).click();
  await expect(page.locator(".numbers tbody tr").first()).toContainText("3");
});

// The first visit: pods run and answer at once, the caption says what to press, and what it proposes is never refused.
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

test.describe.configure({ timeout: 60_000 });

const pods = (page: Page, more = "") => page.locator(`[data-pod]${more}`);
const caption = (page: Page) => page.getByTestId("caption");

for (const [lang, words] of [
  ["en", { runs: "Three v1 pods answer requests.", press: "press Apply", empty: "Start from an empty cluster", isEmpty: "The cluster is empty." }],
  ["zh", { runs: "三个 v1 的 Pod 正在应答请求", press: "按“应用”", empty: "从空集群开始", isEmpty: "集群是空的" }],
] as const) {
  test(`something real moves, and Apply does what is proposed: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}`);
    await expect(pods(page, '[data-ready="1/1"][data-image$=":v1"]')).toHaveCount(3, { timeout: 30_000 });
    await expect(page.getByTestId("editor")).toHaveValue(/hellok8s:v2/);
    await expect(caption(page)).toContainText(words.runs);
    await expect(caption(page)).toContainText(words.press);
    // A request on its way to a pod.
    await expect(page.locator(".flight").first()).toBeAttached({ timeout: 15_000 });
    await picture(page, `first-${lang}`);
    await page.getByTestId("apply").click();
    await expect(page.getByTestId("terminal-log")).toContainText("deployment.apps/hellok8s-deployment configured");
    await expect(page.getByTestId("terminal-log")).not.toContainText(/error|invalid/i);
    await expect(caption(page)).not.toContainText(words.runs);
    await expect(pods(page, '[data-image$=":v2"]').first()).toBeVisible({ timeout: 20_000 });
    await page.evaluate(() => window.lab.pause());
    await page.evaluate(() => window.lab.advance(20_000));
    await expect(pods(page, '[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(3);
    await expect(pods(page)).toHaveCount(3);
    await expect(page.locator(".lane-lost")).toHaveText(/^\d+$/);
  });

  test(`an empty cluster is one click away and remembered: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}`);
    await expect(pods(page)).toHaveCount(3, { timeout: 30_000 });
    await page.getByRole("button", { name: words.empty }).click();
    await expect(pods(page)).toHaveCount(0);
    await expect(page.locator(".lane")).toHaveCount(0);
    await expect(caption(page)).toContainText(words.isEmpty);
    await expectAccessible(page);
    await picture(page, `empty-${lang}`);
    await page.reload();
    await expect(caption(page)).toContainText(words.isEmpty);
    await expect(pods(page)).toHaveCount(0);
    // What it proposes there is accepted, too.
    await page.getByTestId("apply").click();
    await expect(page.getByTestId("terminal-log")).toContainText("deployment.apps/hellok8s-deployment created");
    // An address that asks for the other beginning has the last word.
    await openLab(page, `/?lang=${lang}&start=running`);
    await expect(pods(page)).toHaveCount(3, { timeout: 30_000 });
  });
}

test("the demonstration is a rollout that the editor's text goes on from", async ({ page }) => {
  await openLab(page, "/?lang=en&start=empty&speed=10");
  await page.getByTestId("demo").click();
  await expect(page.getByTestId("terminal-log")).toContainText("deployment.apps/hellok8s-deployment configured", { timeout: 30_000 });
  await expect(pods(page, '[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(3, { timeout: 30_000 });
  const names = () => pods(page).evaluateAll((all) => all.map((pod) => pod.getAttribute("data-pod")).sort());
  await expect(pods(page)).toHaveCount(3, { timeout: 30_000 });
  const before = await names();
  await page.getByTestId("apply").click();
  await expect(page.getByTestId("terminal-log")).toContainText(/(hellok8s-deployment (configured|unchanged)[^]*){2}/);
  await expect(page.getByTestId("terminal-log")).not.toContainText(/error|invalid/i);
  expect(await names(), "it is what runs already").toEqual(before);
});

test("what a visitor wrote is not written over by the beginning", async ({ page }) => {
  await openLab(page, "/?lang=en");
  await expect(pods(page)).toHaveCount(3, { timeout: 30_000 });
  await page.getByTestId("editor").fill("# mine\n");
  await page.reload();
  await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
  await expect(pods(page)).toHaveCount(3, { timeout: 30_000 });
  await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
});

for (const path of ["/?embed=1", "/?lesson=scale"]) {
  test(`at ${path} the cluster is as that place says`, async ({ page }) => {
    await openLab(page, `${path}&lang=en`);
    await expect(page.getByTestId("terminal-input")).toBeAttached();
    await page.waitForTimeout(1_000);
    await expect(pods(page)).toHaveCount(0);
  });
}

for (const [lang, title, close] of [
  ["en", "Keys", "Close"],
  ["zh", "按键", "关闭"],
] as const) {
  test(`the question mark lists the keys: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}&start=empty`);
    const dialog = page.getByRole("dialog", { name: title });
    await page.getByTestId("editor").focus();
    await page.keyboard.type("?");
    await expect(dialog).toBeHidden();
    await page.getByTestId("play").focus();
    await page.keyboard.type("?");
    await expect(dialog).toBeVisible();
    await expect(dialog).toContainText("Ctrl/⌘ + Enter");
    await expectAccessible(page);
    await picture(page, `keys-${lang}`);
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(page.getByTestId("play")).toBeFocused();
    await page.getByTestId("keys").click();
    await dialog.getByRole("button", { name: close }).click();
    await expect(dialog).toBeHidden();
  });
}

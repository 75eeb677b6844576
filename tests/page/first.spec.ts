// The first visit: something moves at once, three sentences say what to do, and `?` lists the keys.
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

test.describe.configure({ timeout: 60_000 });

for (const [lang, words] of [
  ["en", { first: "manifest", next: "Next", done: "Got it", skip: "Skip", demo: "Show me a rollout" }],
  ["zh", { first: "清单", next: "下一步", done: "知道了", skip: "跳过", demo: "演示一次滚动更新" }],
] as const) {
  test(`the tour says three things, once: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}`);
    const tour = page.getByTestId("tour");
    await expect(tour).toContainText("1 / 3");
    await expect(tour).toContainText(words.first);
    await expect(page.locator("html")).toHaveAttribute("data-tour", "editor");
    await expectAccessible(page);
    await picture(page, `tour-${lang}`);
    await tour.getByRole("button", { name: words.next }).click();
    await expect(tour).toContainText("2 / 3");
    await tour.getByRole("button", { name: words.next }).press("Enter");
    await expect(tour).toContainText("3 / 3");
    await tour.getByRole("button", { name: words.done }).click();
    await expect(tour).toBeEmpty();
    await page.reload();
    await expect(page.locator("main")).toBeVisible();
    await expect(tour).toBeEmpty();
  });

  test(`a rollout is shown at one press: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}`);
    const moves = () => page.evaluate(() => document.getAnimations().some((animation) => animation.playState === "running"));
    await expect.poll(moves, "something moves").toBe(true);
    await page.getByRole("button", { name: words.demo }).click();
    await expect(page.locator("[data-pod]")).not.toHaveCount(0);
    const updated = page.locator('[data-pod][data-ready="1/1"][data-image$=":v2"]');
    // Each command waits for the one before.
    await expect(async () => {
      await page.evaluate(() => window.lab.advance(10_000));
      await expect(updated).toHaveCount(3, { timeout: 1_000 });
    }).toPass({ timeout: 40_000 });
  });
}

test("Escape ends the tour, and who knows how goes on", async ({ page }) => {
  await openLab(page, "/?lang=en");
  await page.getByTestId("apply").click();
  await expect(page.getByTestId("tour")).toContainText("2 / 3");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("tour")).toBeEmpty();
  await expect(page.locator("html")).not.toHaveAttribute("data-tour");
});

for (const path of ["/?embed=1", "/?lesson=scale"]) {
  test(`no tour at ${path}`, async ({ page }) => {
    await openLab(page, path);
    await expect(page.getByTestId("tour")).toBeEmpty();
  });
}

for (const [lang, title, close] of [
  ["en", "Keys", "Close"],
  ["zh", "按键", "关闭"],
] as const) {
  test(`the question mark lists the keys: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}`);
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

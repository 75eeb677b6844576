// A lesson in the page: begun from the list or a link, followed step by step, left again with the visitor's own text.
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

test.describe.configure({ timeout: 90_000 });

test("the first lesson is done by typing, and is remembered", async ({ page }) => {
  await openLab(page, "/?lang=en");
  await page.getByTestId("editor").fill("# mine\n");
  await page.getByRole("button", { name: "Lessons" }).click();
  const panel = page.getByTestId("lesson");
  await expectAccessible(page);
  await panel.locator(".lesson-entry").first().click();
  await expect(panel.locator("h3")).toContainText("(1/");
  await expect(page.getByTestId("editor")).not.toHaveValue("# mine\n");
  await page.getByRole("button", { name: "Hint" }).click();
  await expect(panel.locator(".lesson-hint")).toHaveCount(1);
  await page.getByRole("button", { name: "Solution" }).click();
  await expect(panel.locator(".lesson-solution")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "lesson");
  await page.getByRole("button", { name: "Leave the lesson" }).click();
  await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
});

test("a link opens a lesson, and a goal that is reached leads to the next step", async ({ page }) => {
  await openLab(page, "/?lang=en&lesson=scale");
  const panel = page.getByTestId("lesson");
  await expect(panel.locator("h3")).toContainText("(1/");
  await page.evaluate(() => window.lab.pause());
  for (let step = 0; step < 12 && !(await panel.locator(".lesson-finished").isVisible()); step += 1) {
    const before = await panel.locator("h3").innerText();
    const choices = panel.locator(".lesson-choice");
    if (await choices.count()) {
      for (const choice of await choices.all()) {
        if ((await panel.locator("h3").innerText()) === before && (await choice.isEnabled().catch(() => false))) {
          await choice.click();
        }
      }
    } else {
      if (!(await panel.locator(".lesson-solution").isVisible())) {
        await page.getByRole("button", { name: "Solution" }).click();
      }
      const lines = (await panel.locator(".lesson-solution").innerText()).split("\n");
      for (const line of lines) {
        if (line.startsWith("$ ")) {
          await page.getByTestId("terminal-input").fill(line.slice(2));
          await page.getByTestId("terminal-input").press("Enter");
        } else if (line.includes(" → ")) {
          const [file, change] = line.split(/: (.*)/s);
          const [from, to] = change.split(" → ");
          await page.evaluate(([file, from, to]) => window.lab.write(file, window.lab.read(file).replace(from, to)), [file, from, to] as const);
        }
      }
      await page.evaluate(() => window.lab.advance(120_000));
    }
    await expect(panel.locator("h3").filter({ hasText: before }).or(panel.locator(".lesson-finished"))).toHaveCount(
      (await panel.locator(".lesson-finished").isVisible()) ? 2 : 0,
    );
  }
  await expect(panel.locator(".lesson-finished")).toBeVisible();
});

import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

for (const path of ["/", "/lab/"]) {
  test(`the page opens at ${path}`, async ({ page }) => {
    await openLab(page, path);
    await expect(page).toHaveTitle(/hellok8s-lab/);
    await expectAccessible(page);
    await picture(page, "open");
  });
}

test.describe("the content policy", () => {
  test.use({ expectedErrors: [/content security policy/i] });

  test("refuses inline scripts", async ({ page }) => {
    await openLab(page);
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'ran'";
      document.body.append(script);
      return document.title === "ran";
    });
    expect(ran).toBe(false);
  });
});

test("a defect that stops the simulation is told, and only then", async ({ page }) => {
  await openLab(page);
  const told = page.getByRole("alert");
  await expect(told).toBeHidden();
  await page.evaluate(() => document.documentElement.setAttribute("data-broken", "true"));
  await expect(told).toContainText("reload the page");
  await expectAccessible(page);
});

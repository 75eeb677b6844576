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

test("a visit says nothing on the console, neither at the first load nor at the next", async ({ page }) => {
  const said: string[] = [];
  // What the tests themselves refuse the page is told as a warning.
  page.on("console", (message) => /blocked by Playwright/.test(message.text()) || said.push(message.text()));
  await openLab(page, "/?lang=en");
  await page.waitForFunction(() => !document.documentElement.hasAttribute("data-later"));
  await page.evaluate(() => window.lab.exec("kubectl explain deployment.spec.strategy"));
  await page.reload();
  await expect(page.locator("main")).toBeVisible({ timeout: 30_000 });
  // Browsers tell of what was fetched for nothing a few seconds after the load.
  await page.waitForTimeout(6_000);
  expect(said).toEqual([]);
});

test("only the panels that the address asks for are shown", async ({ page }) => {
  await openLab(page, "/?panels=stage&embed=1");
  await expect(page.getByTestId("stage")).toBeVisible();
  await expect(page.getByTestId("play")).toBeVisible();
  for (const id of ["editor", "terminal-input", "explain", "timeline"]) {
    await expect(page.getByTestId(id)).toHaveCount(0);
  }
  await picture(page, "stage-only");
});

test("a lesson that does not exist leaves the visitor's text alone", async ({ page }) => {
  await openLab(page, "/?lesson=nothing");
  await page.getByTestId("editor").fill("# mine\n");
  await page.reload();
  await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
});

// 320 px are also 640 px at 200 %.
for (const width of [320, 360]) {
  test(`nothing scrolls sideways at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 640 });
    await openLab(page, "/?lang=en");
    await expect(page.locator("[data-pod]").first()).toBeVisible({ timeout: 30_000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });
}

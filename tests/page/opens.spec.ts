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

test.describe("a defect", () => {
  test.use({ expectedErrors: [/unreachable/] });

  test("that stops the simulation is told, and only then", async ({ page }) => {
    await openLab(page);
    const told = page.locator(".broken[role=alert]");
    await expect(told).toBeHidden();
    await page.evaluate(() => {
      // A function that does nothing but trap, as a panic does.
      const code = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(code)));
      setTimeout(exports.f as () => void);
    });
    await expect(told).toContainText("reload the page");
    await expectAccessible(page);
  });
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

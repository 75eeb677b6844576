// An engineer pastes the Deployment of their own team: the lab has none of its images, and offers to make them up.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

const production = readFileSync(join(import.meta.dirname, "../data/production.yaml"), "utf8");

test.describe.configure({ timeout: 90_000 });

test("images that nobody has are made up with one click, and the rollout is foreseen and runs", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => window.lab.pause());
  await page.getByTestId("editor").fill(production);
  const offer = page.locator(".stand-in");
  await expect(offer).toContainText("ghcr.io/acme/api:1.4.2");
  await expect(page.getByTestId("forecast")).toContainText("ProgressDeadlineExceeded", { timeout: 30_000 });
  await expectAccessible(page);
  await picture(page, "unknown-images");

  await page.getByTestId("stand-in").click();
  await expect(page.getByTestId("terminal-log")).toContainText("listens on 8080, 9090");
  await expect(offer).toHaveCount(0);
  await expect(page.getByTestId("forecast")).not.toContainText("ProgressDeadlineExceeded", { timeout: 30_000 });
  expect(await page.evaluate(() => window.lab.read("images.yaml"))).toContain("image: ghcr.io/acme/api:1.4.2\n");

  await page.evaluate(() => window.lab.apply());
  await page.evaluate(() => window.lab.advance(60_000));
  await expect(page.locator('[data-pod][data-ready="1/1"]')).toHaveCount(6);
  await picture(page, "made-up");
});

// The tutorial's chapter, done by hand in the page: paste, apply, watch, ask, and come back later.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

const manifests = join(import.meta.dirname, "../data/tutorial");
const manifest = (name: string) => readFileSync(join(manifests, name), "utf8");

/** Pastes a manifest over what the editor holds and applies it as a person does. */
async function applyManifest(page: Page, text: string) {
  await page.getByTestId("editor").fill(text);
  await page.getByTestId("apply").click();
}

/** Types a command and returns what the terminal has answered since. */
async function type(page: Page, line: string) {
  const log = page.getByTestId("terminal-log");
  const before = (await log.innerText()).length;
  await page.getByTestId("terminal-input").fill(line);
  await page.getByTestId("terminal-input").press("Enter");
  await expect.poll(async () => (await log.innerText()).length).toBeGreaterThan(before + line.length + 2);
  // kubectl takes its time, in a lab that stands still as well.
  await expect(log).toHaveAttribute("data-busy", "false");
  return (await log.innerText()).slice(before);
}

const pods = (page: Page, status = "Running", more = "") => page.locator(`[data-pod][data-status="${status}"]${more}`);
const advance = (page: Page, ms: number) => page.evaluate((ms) => window.lab.advance(ms), ms);

test.describe.configure({ timeout: 120_000 });

test("the chapter from the first pod to the stuck rollout", async ({ page }) => {
  await openEmpty(page);
  await page.evaluate(() => window.lab.pause());

  await applyManifest(page, manifest("01-v1-replicas-1.yaml"));
  await advance(page, 10_000);
  await expect(pods(page, "Running", '[data-ready="1/1"][data-image$=":v1"]')).toHaveCount(1);

  await applyManifest(page, manifest("02-v1-replicas-3.yaml"));
  await advance(page, 10_000);
  await expect(pods(page)).toHaveCount(3);
  const answer = await type(page, "kubectl get pods");
  expect(answer).toMatch(/NAME +READY +STATUS +RESTARTS +AGE\n(hellok8s-deployment-574b6cc557-\w{5} +1\/1 +Running +0 +\w+\n){3}/);

  await applyManifest(page, manifest("03-v2.yaml"));
  await advance(page, 1_200);
  await expect(page.locator('[data-pod][data-image$=":v2"]').first()).toBeVisible();
  await picture(page, "rollout");
  // Applying has set time going, and what comes while axe looks is still fading in.
  await page.evaluate(() => window.lab.pause());
  await expectAccessible(page);
  await advance(page, 20_000);
  await expect(pods(page, "Running", '[data-image$=":v2"]')).toHaveCount(3);
  await expect(page.locator('[data-pod][data-image$=":v1"]')).toHaveCount(0);

  await applyManifest(page, manifest("05-liveness.yaml"));
  await advance(page, 55_000);
  await expect(page.locator('[data-pod][data-restarts="0"]')).toHaveCount(0);

  await applyManifest(page, manifest("04-v2-rolling-update.yaml"));
  await advance(page, 30_000);
  await applyManifest(page, manifest("06-bad-readiness.yaml"));
  await advance(page, 60_000);
  await expect(pods(page, "Running", '[data-ready="0/1"][data-image$=":bad"]')).toHaveCount(2);
  await expect(pods(page, "Running", '[data-ready="1/1"][data-image$=":v2"]')).toHaveCount(2);
  expect(await type(page, "kubectl get deployment hellok8s-deployment")).toMatch(/2\/3 +2 +2/);
  await picture(page, "stuck");
});

test("what was typed is there again after a reload", async ({ page }) => {
  await openEmpty(page);
  await page.getByTestId("editor").fill("apiVersion: apps/v1\nkind: Deployment # mine\n");
  await page.reload();
  await expect(page.getByTestId("editor")).toHaveValue("apiVersion: apps/v1\nkind: Deployment # mine\n");
});

test("a mistake is marked where it stands, and nothing breaks", async ({ page }) => {
  await openEmpty(page);
  await page.getByTestId("editor").fill("kind: Deployment\nspec:\n\treplicas: 1\n");
  await expect(page.getByTestId("editor-problem")).toContainText(/line 3/);
  await page.getByTestId("apply").click();
  await expect(page.getByTestId("terminal-log")).toContainText("error converting YAML to JSON: yaml: ");
  expect(await type(page, "kubctl get pods")).toContain("kubctl: command not found");
  expect(await type(page, "kubectl get pod nothing")).toContain('Error from server (NotFound): pods "nothing" not found');
});

test("any moment can be shown again, and another history begun there", async ({ page }) => {
  await openEmpty(page);
  await page.evaluate(() => window.lab.pause());
  await applyManifest(page, manifest("02-v1-replicas-3.yaml"));
  await advance(page, 10_000);
  const before = await page.evaluate(() => window.lab.now());
  await applyManifest(page, manifest("03-v2.yaml"));
  await advance(page, 30_000);
  await page.evaluate(() => window.lab.pause());
  await page.getByTestId("timeline").fill(String(before));
  await expect(pods(page, "Running", '[data-image$=":v1"]')).toHaveCount(3);
  await expect(page.locator('[data-image$=":v2"]')).toHaveCount(0);
  await type(page, "kubectl scale deployment hellok8s-deployment --replicas=1");
  await advance(page, 10_000);
  await expect(pods(page, "Running", '[data-image$=":v1"]')).toHaveCount(1);
  await page.getByRole("button", { name: "Restore the former history" }).click();
  await expect(pods(page, "Running", '[data-image$=":v2"]')).toHaveCount(3);
});

for (const [theme, lang, width, height] of [
  ["light", "en", 1440, 900],
  ["dark", "zh", 1440, 900],
  ["light", "zh", 390, 844],
  ["dark", "en", 390, 844],
] as const) {
  test(`the page is accessible: ${theme} ${lang} ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openEmpty(page, `/?theme=${theme}&lang=${lang}`);
    await expectAccessible(page);
    await page.evaluate(() => window.lab.pause());
    await applyManifest(page, manifest("06-bad-readiness.yaml"));
    await advance(page, 3_000);
    await expect(page.locator("[data-pod]")).toHaveCount(3);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await picture(page, `${theme}-${lang}-${width}`);
  });
}

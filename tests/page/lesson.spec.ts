// A lesson in the page: begun from the list or a link, followed step by step, left again with the visitor's own text.
import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, openLab, picture, test } from "./support/lab";

test.describe.configure({ timeout: 90_000 });

test("the first lesson is done by typing, and is remembered", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
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
  await openEmpty(page, "/?lang=en&lesson=scale");
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
          const [file = "", change = ""] = line.split(/: (.*)/s);
          const [from = "", to = ""] = change.split(" → ");
          await page.evaluate(([file, from, to]) => window.lab.write(file, window.lab.read(file)!.replace(from, to)), [file, from, to] as const);
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

/** A lesson of somebody's, with a step that is done by scaling. */
const OWN = `id: two
section: rollout
title: {zh: 两个, en: Two pods}
intro: {zh: 一个 Pod 变成两个。, en: One pod becomes two.}
steps:
  - text: {zh: 应用文件。, en: Apply the file.}
    goal:
      - deployments(new) == 1
    solution:
      - apply: deployment.yaml
  - text: {zh: 要两个 Pod。, en: Have two pods.}
    goal:
      - pods(ready) == 2
    solution:
      - run: kubectl scale deployment hellok8s-deployment --replicas=2
`;
// The first one: while a lesson is on its way, the list stands there, with headings of its own.
const title = (page: Page) => page.getByTestId("lesson").locator("h3").first();

test("how far a lesson was done and what was typed in it is there again, until it is started over", async ({ page }) => {
  await openEmpty(page, "/?lang=en&lesson=scale");
  await expect(title(page)).toContainText("(1/");
  await page.getByTestId("apply").click();
  await page.evaluate(() => window.lab.advance(20_000));
  await expect(title(page)).toContainText("(2/");
  await page.getByTestId("editor").fill("# typed in the lesson\n");
  await page.evaluate(() => window.lab.pause());
  const pods = await page.evaluate(() => JSON.stringify(window.lab.state().pods));
  await page.reload();
  await expect(title(page)).toContainText("(2/");
  await expect(page.getByTestId("editor")).toHaveValue("# typed in the lesson\n");
  await page.evaluate(() => window.lab.pause());
  expect(JSON.parse(await page.evaluate(() => JSON.stringify(window.lab.state().pods))).map((pod: { metadata: object }) => pod.metadata)).toEqual(
    JSON.parse(pods).map((pod: { metadata: object }) => pod.metadata),
  );
  await page.getByRole("button", { name: "Start over" }).click();
  await expect(title(page)).toContainText("(1/");
  await expect(page.getByTestId("editor")).not.toHaveValue("# typed in the lesson\n");
  await page.goto("/?lang=en");
  await expect(page.getByTestId("editor")).not.toHaveValue("# typed in the lesson\n");
});

test.describe("without a service worker, whose requests the test would not see", () => {
  test.use({ serviceWorkers: "block" });

  test("a lesson comes from a file beside the page, and is told what is wrong with it by line and column", async ({ page }) => {
    await page.route("**/lessons/two.yaml", (route) => route.fulfill({ body: OWN }));
    await page.route("**/lessons/wrong.yaml", (route) => route.fulfill({ body: OWN.replace("pods(ready) == 2", "pods(ready == 2") }));
    await openEmpty(page, "/?lang=en&lesson=lessons/two.yaml");
    await expect(title(page)).toContainText("Two pods (1/2)", { timeout: 20_000 });
    await page.getByTestId("apply").click();
    await expect(title(page)).toContainText("(2/2)");
    await openEmpty(page, "/?lang=en&lesson=lessons/wrong.yaml");
    await expect(page.getByTestId("notice")).toContainText(/line 13, column \d+: ready is true or not/);
    await expectAccessible(page);
    // Of another site nothing is fetched.
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await openEmpty(page, "/?lang=en&lesson=https://example.org/two.yaml");
    expect(asked.filter((url) => new URL(url).hostname === "example.org")).toEqual([]);
  });
});

test("a lesson comes from the visitor's own file", async ({ page }, info) => {
  const path = info.outputPath("two.yaml");
  writeFileSync(path, OWN);
  await openEmpty(page, "/?lang=en");
  await page.getByTestId("share").click();
  await page.getByTestId("open-file").setInputFiles(path);
  await expect(title(page)).toContainText("Two pods (1/2)", { timeout: 20_000 });
  // Dropped on the page, it opens as well; one that is begun goes on.
  await page.getByRole("button", { name: "Leave the lesson" }).click();
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "two.yaml"));
    return transfer;
  }, OWN);
  await page.dispatchEvent("main", "drop", { dataTransfer: dropped });
  // Until it is read, the list of lessons is there with titles of its own.
  await expect(page.getByTestId("lesson")).toContainText("Two pods (1/2)", { timeout: 20_000 });
});

for (const [width, height] of [[1024, 768], [768, 1024]] as const) {
  test(`a lesson is read beside the theatre: ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openLab(page, "/?lang=en&lesson=rolling-update");
    const lesson = page.locator(".panels > .side");
    await expect(lesson).toContainText("Rolling update");
    const theatre = (await page.locator(".theatre").boundingBox())!;
    const side = (await lesson.boundingBox())!;
    expect(theatre.x + theatre.width).toBeLessThanOrEqual(side.x);
    await expect(page.getByRole("slider").first()).toBeInViewport({ ratio: 1 });
    for (const pod of await page.locator("[data-pod]").all()) await expect(pod).toBeInViewport({ ratio: 1 });
    if (width < 960) {
      await expect(page.getByTestId("editor")).toBeHidden();
      await page.locator(".rail-editor").click();
    }
    await expect(page.getByTestId("editor")).toBeVisible();
  });
}

// A terminal's log that is long, and links that ask for much: bounded, in parts, and said.
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { expect, openEmpty, openLab, test } from "./support/lab";

test.describe.configure({ timeout: 120_000 });

test("a log of 800 kB is bounded, says so, and a command after it is as quick as ever", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => window.lab.write("long.txt", `${"x".repeat(79)}\n`.repeat(1_000)));
  const input = page.getByTestId("terminal-input");
  const log = page.getByTestId("terminal-log");
  for (let time = 0; time < 10; time += 1) {
    await input.fill(`cat long.txt; echo part ${time}`);
    await input.press("Enter");
    await expect(log).toContainText(`part ${time}`);
  }
  await expect(log).toContainText("older output is gone");
  const length = await log.evaluate((element) => element.textContent?.length ?? 0);
  expect(length).toBeGreaterThan(150_000);
  expect(length).toBeLessThan(300_000);
  const took = await page.evaluate(async () => {
    const began = performance.now();
    const field = document.querySelector<HTMLInputElement>("[data-testid=terminal-input]")!;
    field.value = "echo quick";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.form!.requestSubmit();
    await new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
    return performance.now() - began;
  });
  await expect(log).toContainText("quick");
  expect(took).toBeLessThan(400);
  // The end is what is seen.
  const below = await log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  expect(below).toBeLessThan(8);
});

test("a link that asks for a million steps of a busy loop leaves the page alive, and can be left", async ({ page }) => {
  const inputs = ["kubectl apply -f deployment.yaml", "while true; do :; done", ["s", 1_000_000]];
  await page.goto(`/?lang=en#s=${deflateRawSync(JSON.stringify({ v: 1, i: inputs })).toString("base64url")}`);
  await expect(page.getByTestId("notice")).toContainText("%", { timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByTestId("notice")).not.toContainText("%");
});

test("somebody's lesson with the name of one of ours leaves the visitor's progress alone", async ({ page }) => {
  await openLab(page, "/?lang=en&lesson=scale");
  await expect(page.getByTestId("lesson").locator("h3")).toContainText("(1/");
  await page.evaluate(() => window.lab.exec("kubectl create configmap ours"));
  const key = "hellok8s-lab:session:scale";
  const kept = () => page.evaluate((name) => localStorage.getItem(name), key);
  await expect.poll(kept).toContain("configmap ours");
  const example = readFileSync(new URL("../data/lessons/example.yaml", import.meta.url), "utf8");
  const theirs = example.replace(/^id: .*$/m, "id: scale");
  await page.goto(`/?lang=en#s=${deflateRawSync(JSON.stringify({ v: 1, y: theirs, i: ["kubectl get nodes"] })).toString("base64url")}`);
  await page.reload();
  await expect(page.getByTestId("terminal-log")).toContainText("kubectl get nodes", { timeout: 60_000 });
  await page.getByRole("button", { name: "Start over", exact: true }).click();
  await page.evaluate(() => window.lab.exec("kubectl create configmap theirs"));
  await page.waitForTimeout(1_500);
  const mine = JSON.parse((await kept())!);
  expect(mine.l).toBe("scale");
  expect(JSON.stringify(mine.i)).toContain("configmap ours");
  expect(JSON.stringify(mine.i)).not.toContain("theirs");
});

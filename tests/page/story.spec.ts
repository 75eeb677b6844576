// Story, the pace that can be watched: how long a rollout lasts on the screen, how long each decision is told, and that
// what happens is the same at every pace.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, openEmpty, openLab, test } from "./support/lab";

const V2 = readFileSync(join(import.meta.dirname, "../data/tutorial/04-v2-rolling-update.yaml"), "utf8");
const V1 = V2.replace("hellok8s:v2", "hellok8s:v1");

test.describe.configure({ timeout: 120_000 });

/** Three pods of the first version at rest, at the 20th second exactly. */
async function runFirst(page: Page, pace: string): Promise<void> {
  await openEmpty(page, `/?lang=en&autoplay=0&speed=${pace}`);
  await page.evaluate(async (text) => {
    window.lab.write("deployment.yaml", text);
    await window.lab.apply();
    window.lab.pause();
    window.lab.seek(window.lab.now());
    window.lab.advance(20_000 - window.lab.now());
  }, V1);
  await expect(page.locator('[data-pod][data-ready="1/1"]')).toHaveCount(3);
}

test("a rollout lasts some ten seconds, and each decision is told long enough to be read", async ({ page }) => {
  await runFirst(page, "story");
  const seen = await page.evaluate(async (text) => {
    // `late`: it came into the page after the frame before, so long ago at most.
    const told: { at: number; late: number; words: string }[] = [];
    const words = () => document.querySelector(".caption-words > span")?.textContent ?? "";
    window.lab.write("deployment.yaml", text);
    const begun = performance.now();
    void window.lab.apply();
    // The last that is new about it: the old generation is at rest, and no pod leaves any more.
    const isOver = () => document.querySelector(".lanes-two") === null && document.querySelectorAll('[data-pod][data-image$=":v2"]').length === 3;
    let [quietSince, before] = [begun, begun];
    while (performance.now() - begun < 40_000) {
      await new Promise((frame) => requestAnimationFrame(frame));
      const now = performance.now();
      if (words() !== told.at(-1)?.words) {
        told.push({ at: now - begun, late: now - before, words: words() });
        quietSince = now;
      }
      if (isOver() && now - quietSince > 3_000) break;
      before = now;
    }
    return told;
  }, V2);
  const lasting = seen.slice(1).map(({ at }, number) => ({ ms: Math.round(at - seen[number]!.at + seen[number]!.late), words: seen[number]!.words }));
  expect(seen.length, "it is told in steps").toBeGreaterThan(5);
  // What stood there before the change goes at once.
  const tooShort = lasting.slice(1).filter(({ ms }) => ms < 700);
  expect(tooShort).toEqual([]);
  const whole = seen.at(-1)!.at;
  expect(whole, "to the last that is told").toBeGreaterThan(8_000);
  expect(whole, "to the last that is told").toBeLessThan(15_000);
});

test("what happens is the same at every pace", async ({ page }) => {
  const hashes: string[] = [];
  for (const pace of ["story", "1", "60"]) {
    await runFirst(page, pace);
    await page.evaluate(async (text) => {
      window.lab.write("deployment.yaml", text);
      await window.lab.apply();
    }, V2);
    await expect.poll(() => page.evaluate(() => window.lab.now()), { timeout: 60_000, intervals: [50] }).toBeGreaterThan(22_500);
    hashes.push(
      await page.evaluate(async () => {
        window.lab.pause();
        const said: string[] = [];
        for (const at of [20_300, 20_900, 21_500, 22_500]) {
          window.lab.seek(at);
          said.push(JSON.stringify(window.lab.state()));
        }
        const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(said.join("\n")));
        return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      }),
    );
  }
  expect(new Set(hashes).size, hashes.join(" ")).toBe(1);
});

test("Story is what a first visit has, and a choice that is remembered", async ({ page }) => {
  await page.goto("/?lang=en");
  const speed = page.getByTestId("speed");
  await expect(speed).toHaveValue("story", { timeout: 30_000 });
  await speed.selectOption("10");
  await page.reload();
  await expect(speed).toHaveValue("10", { timeout: 30_000 });
  await openLab(page, "/?lang=en&speed=story");
  await expect(speed).toHaveValue("story");
  await page.evaluate(() => (window.lab as unknown as { speed(pace: string): void }).speed("2"));
  await expect(speed).toHaveValue("2");
  await page.evaluate(() => (window.lab as unknown as { speed(pace: string): void }).speed("story"));
  await expect(speed).toHaveValue("story");
});

test("Space stops and goes on, arrows go from beat to beat, and what is typed is typed", async ({ page }) => {
  await runFirst(page, "story");
  const [play, now] = [page.getByTestId("play"), () => page.evaluate(() => window.lab.now())];
  await page.getByTestId("stage").focus();
  await page.keyboard.press("Space");
  await expect(play).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Space");
  await expect(play).toHaveAttribute("aria-pressed", "false");
  const end = await now();
  await page.keyboard.press("ArrowLeft");
  const beat = await now();
  expect(beat).toBeLessThan(end);
  const words = await page.getByTestId("caption").textContent();
  await page.keyboard.press("ArrowLeft");
  expect(await now()).toBeLessThan(beat);
  await expect(page.getByTestId("caption")).not.toHaveText(words!);
  await page.keyboard.press("ArrowRight");
  expect(await now()).toBe(beat);
  await page.getByTestId("editor").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Space");
  expect(await now()).toBe(beat);
  await expect(play).toHaveAttribute("aria-pressed", "false");
});

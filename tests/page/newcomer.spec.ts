// What a first-time reader asks in the middle of a rollout (docs/architecture.md, "The theatre"): each answer is on the screen.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, openEmpty, picture, test } from "./support/lab";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");
const STEPS = [[manifest("04-v2-rolling-update.yaml"), 20_000], [manifest("06-bad-readiness.yaml"), 12_000]] as const;
const WORDS = {
  en: { rolls: "rolling out", fewest: /available\s*2\s*·\s*min\s*2/, most: /total\s*4\s*·\s*max\s*4/, none: "0/2 ready" },
  zh: { rolls: "更新中", fewest: /可用\s*2\s*·\s*至少\s*2/, most: /总数\s*4\s*·\s*至多\s*4/, none: "0/2 就绪" },
};

for (const [lang, words] of Object.entries(WORDS)) {
  for (const [width, height] of [[1366, 768], [390, 844]] as const) {
    test(`what a newcomer asks is answered on the screen: ${lang} ${width} × ${height}`, async ({ page }) => {
      test.setTimeout(60_000);
      await page.setViewportSize({ width, height });
      await openEmpty(page, `/?lang=${lang}&autoplay=0&seed=1`);
      for (const step of STEPS) {
        await page.evaluate(async ([text, ms]) => {
          window.lab.write("deployment.yaml", text);
          await window.lab.apply();
          window.lab.pause();
          window.lab.advance(ms);
        }, step);
      }
      const whole = { ratio: 1 };
      const [older, newer] = [page.locator(".set-old"), page.locator(".set-new")];
      await expect(older.locator("[data-pod]")).toHaveCount(2);
      await expect(newer.locator("[data-pod]")).toHaveCount(2);

      // What is a pod here? The caption calls one by the name that stands on a box, with its version and what it does.
      const caption = page.getByTestId("caption");
      await expect(caption).toBeInViewport(whole);
      const name = /Pod ([a-z0-9]{5})\b/i.exec(await caption.innerText())?.[1] ?? "";
      expect(name, "the pod of which the caption speaks").not.toBe("");
      const box = page.locator("[data-pod]", { hasText: name });
      await expect(box).toBeInViewport(whole);
      await expect(box.locator(".pod-name")).toBeInViewport(whole);
      await expect(box.locator(".pod-version")).toHaveText("bad");
      await expect(box.locator(".pod-status")).toHaveText("Running");
      await expect(box.locator(".pod-readiness")).toHaveText("0/1");

      // Which is new? Two lanes with their versions, an arrow from the left one to the right one.
      for (const [lane, version] of [[older, "v2"], [newer, "bad"]] as const) {
        await expect(lane).toBeInViewport(whole);
        await expect(lane.locator(".set-version")).toHaveText(version);
        await expect(lane.locator(".set-version")).toBeInViewport(whole);
      }
      // Its shape is clipped, so that not all of its box counts.
      await expect(page.locator(".flow")).toBeInViewport({ ratio: 0.8 });
      await expect(page.getByText(words.rolls, { exact: true }).first()).toBeInViewport(whole);
      const left = async (lane: typeof older) => (await lane.boundingBox())!.x;
      expect(await left(older)).toBeLessThan(await left(newer));

      // Why have old ones stayed? As many are available as must be, there are as many as may be, and no new one is ready.
      const limits = page.getByTestId("limits");
      await expect(limits).toBeInViewport(whole);
      await expect(limits).toHaveText(words.fewest);
      await expect(limits).toHaveText(words.most);
      await expect(newer.locator(".set-head")).toContainText(words.none);

      // What may I do now? Let time go on, or change the manifest and apply it; on a desktop type a command, too.
      for (const id of width < 600 ? ["play", "apply"] : ["play", "apply", "terminal-input"]) {
        await expect(page.getByTestId(id), id).toBeInViewport(whole);
      }
      await picture(page, `${lang}-${width}`);
    });
  }
}

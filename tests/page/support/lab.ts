// What every page test starts from: `import { test, expect } from "./support/lab"`.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

type Fixtures = {
  /** Where examples/vitepress is served (playwright.config.ts). */
  exampleUrl: string;
  /** Errors of the page that this test expects, as patterns; every other one fails it. */
  expectedErrors: RegExp[];
  /** Fails the test on a console error, an uncaught exception or a violation of the content policy. */
  noErrors: void;
};

export const test = base.extend<Fixtures>({
  exampleUrl: ["", { option: true }],
  expectedErrors: [[], { option: true }],
  noErrors: [
    async ({ page, expectedErrors }, use) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(`uncaught: ${error.message}`));
      // Chromium says violations of the content policy as console errors, too.
      page.on("console", (message) => {
        if (message.type() === "error" || /content security policy/i.test(message.text())) {
          errors.push(`${message.text()} (${message.location().url})`);
        }
      });
      await use();
      const unexpected = errors.filter((text) => !expectedErrors.some((pattern) => pattern.test(text)));
      expect(unexpected, "errors in the page's console").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/**
 * Opens the lab under `path` (with query and hash) and waits until the page is there. Time goes with the clock, unless
 * `path` says how fast: a test that waits for something need not watch the story of it.
 */
export async function openLab(page: Page, path = "/"): Promise<void> {
  await page.goto(withDefault(path, "speed", "1"));
  await expect(page.locator("main")).toBeVisible({ timeout: 30_000 });
}

/** As `openLab`, with an empty cluster, unless `path` says what runs at the beginning. */
export async function openEmpty(page: Page, path = "/"): Promise<void> {
  await openLab(page, withDefault(path, "start", "empty"));
}

/** `path` with this parameter, unless it has it. */
function withDefault(path: string, name: string, value: string): string {
  const [, before, query = "", hash = ""] = path.match(/^([^?#]*)(\?[^#]*)?(#.*)?$/) ?? [];
  return new URLSearchParams(query).has(name) ? path : `${before}${query ? `${query}&` : "?"}${name}=${value}${hash}`;
}

/** Fails when axe finds anything against WCAG 2.2 AA in the page as it is now, or in the part that `within` selects. */
export async function expectAccessible(page: Page, within?: string): Promise<void> {
  // What is still fading in has the contrast of nothing that anybody reads.
  await page.evaluate(async () => {
    // What is told a moment later fades in then: until nothing has for a quarter of a second, but no longer than two.
    for (let frame = 0, quiet = 0; frame < 120 && quiet < 15; frame += 1) {
      const fading = document.getAnimations();
      fading.forEach((animation) => animation.finish());
      quiet = fading.length > 0 ? 0 : quiet + 1;
      await new Promise((next) => requestAnimationFrame(next));
    }
  });
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const axe = new AxeBuilder({ page }).withTags(tags);
  if (within) {
    // axe sees the landmarks of all frames as one page's.
    axe.include(within).disableRules("landmark-unique");
  }
  const { violations } = await axe.analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target).join(", ")}`);
  expect(found, "accessibility").toEqual([]);
}

/** Keeps a picture of the page as NAME.png in this test's folder of test-results. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: test.info().outputPath(`${name}.png`), fullPage: true });
}

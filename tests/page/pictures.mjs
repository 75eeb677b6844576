// The pictures in docs/pictures, taken of dist/ as it is: `./lab build` first.
//
//   node pictures.mjs [FOLDER] [all]     with `all` every moment in both themes and both sizes, to look at
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browse } from "./support/browse.mjs";

const folder = process.argv[2] ?? join(import.meta.dirname, "../../docs/pictures");
const all = process.argv.includes("all");
/** @typedef {import("@playwright/test").Page} Page */
/** @param {string} name */
const tutorial = (name) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");
const LARGE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** @type {(page: Page, text: string) => Promise<void>} */
const apply = (page, text) =>
  page.evaluate(async (text) => {
    window.lab.pause();
    window.lab.write("deployment.yaml", text);
    await window.lab.exec("kubectl apply -f deployment.yaml");
  }, text);
/** @type {(page: Page, line: string) => Promise<string>} */
const exec = (page, line) => page.evaluate((line) => window.lab.exec(line), line);
/**
 * In steps, so that the page is drawn meanwhile.
 * @type {(page: Page, ms: number) => Promise<void>}
 */
const advance = (page, ms) =>
  page.evaluate(async (ms) => {
    for (let left = ms; left > 0; left -= 500) {
      window.lab.advance(Math.min(left, 500));
      await new Promise((resume) => requestAnimationFrame(resume));
    }
  }, ms);

/** @param {string} tag */
const many = (tag) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1000
  minReadySeconds: 5
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: app
          image: guangzhengli/hellok8s:${tag}
          readinessProbe: { httpGet: { path: /, port: 3000 }, periodSeconds: 2 }
`;

/**
 * What is seen, and how it comes about.
 * @type {Record<string, (page: Page) => Promise<void>>}
 */
const moments = {
  idle: async (page) => {
    await apply(page, tutorial("02-v1-replicas-3.yaml"));
    await advance(page, 20_000);
  },
  rollout: async (page) => {
    await apply(page, tutorial("02-v1-replicas-3.yaml"));
    await advance(page, 20_000);
    await exec(page, "kubectl expose deployment hellok8s-deployment --name=web --port=3000");
    await exec(page, "lab traffic web 5");
    await advance(page, 5_000);
    await apply(page, tutorial("04-v2-rolling-update.yaml"));
    await advance(page, 600);
  },
  "back-off": async (page) => {
    await apply(page, tutorial("05-liveness.yaml"));
    await advance(page, 150_000);
  },
  "stalled-readiness": async (page) => {
    await apply(page, tutorial("04-v2-rolling-update.yaml"));
    await advance(page, 20_000);
    await apply(page, tutorial("06-bad-readiness.yaml"));
    await advance(page, 40_000);
  },
  "recreate-gap": async (page) => {
    await apply(page, tutorial("02-v1-replicas-3.yaml"));
    await advance(page, 20_000);
    await exec(page, "kubectl expose deployment hellok8s-deployment --name=web --port=3000");
    await exec(page, "lab traffic web 20");
    await advance(page, 10_000);
    await apply(page, tutorial("03-v2.yaml").replace("\nspec:\n", "\nspec:\n  strategy: { type: Recreate }\n"));
    await advance(page, 900);
  },
  compare: async (page) => {
    await apply(page, tutorial("02-v1-replicas-3.yaml"));
    await advance(page, 20_000);
    await exec(page, "kubectl expose deployment hellok8s-deployment --name=web --port=3000");
    await exec(page, "lab traffic web 20");
    await advance(page, 5_000);
    await page.getByTestId("editor").fill(tutorial("04-v2-rolling-update.yaml"));
    await page.getByRole("button", { name: "Compare strategies" }).click({ timeout: 60_000 });
    await page.locator(".variant-outcome").nth(4).waitFor({ timeout: 120_000 });
  },
  "thousand-pods": async (page) => {
    await apply(page, many("v1"));
    await advance(page, 30_000);
    await apply(page, many("v2"));
    await advance(page, 5_200);
  },
  "forecast-stall": async (page) => {
    await apply(page, tutorial("04-v2-rolling-update.yaml"));
    await advance(page, 20_000);
    await page.getByTestId("editor").fill(tutorial("06-bad-readiness.yaml"));
    await page.getByText("It will stall").waitFor({ timeout: 120_000 });
  },
};

/**
 * What is kept: each moment once, large; some on a phone.
 * @type {[string, { width: number, height: number }, string][]}
 */
const kept = Object.keys(moments).map((name, at) => [name, LARGE, at % 2 === 0 ? "light" : "dark"]);
kept.push(["rollout", PHONE, "light"], ["back-off", PHONE, "dark"]);
/** @type {typeof kept} */
const every = Object.keys(moments).flatMap((name) => [LARGE, PHONE].flatMap((size) => ["light", "dark"].map((theme) => /** @type {typeof kept[number]} */ ([name, size, theme]))));

mkdirSync(folder, { recursive: true });
await browse(async (browser, address) => {
  const developer = await browser.newPage();
  for (const [name, size, theme] of all ? every : kept) {
    const page = await browser.newPage({ viewport: size, reducedMotion: "reduce" });
    await page.goto(`${address}?lang=en&start=empty&autoplay=0&theme=${theme}`);
    await page.waitForFunction(() => window.lab);
    await moments[name]?.(page);
    await page.waitForTimeout(1_000);
    const png = (await page.screenshot()).toString("base64");
    await page.close();
    const webp = await developer.evaluate(async (png) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality: 0.65 })).arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    }, png);
    const file = join(folder, `${name}${size === PHONE ? "-phone" : ""}-${theme}.webp`);
    writeFileSync(file, Buffer.from(webp, "base64"));
    console.log(file);
  }
});

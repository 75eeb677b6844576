// The stage: many pods, requests on their way, steps in time, details under the pointer, pictures.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");

/** A Deployment of so many pods, which are all ready when this returns. */
async function run(page: Page, pods: number, image = "guangzhengli/hellok8s:v1") {
  await page.evaluate(
    async ([text, seconds]) => {
      window.lab.pause();
      window.lab.write("web.yaml", text);
      await window.lab.exec("kubectl apply -f web.yaml");
      for (let second = 0; second < Number(seconds); second++) {
        window.lab.advance(1_000);
        await new Promise((resume) => setTimeout(resume));
      }
    },
    [
      `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${pods}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: app
          image: ${image}
          ports: [{ containerPort: 3000 }]
          readinessProbe: { httpGet: { path: /, port: 3000 }, periodSeconds: 5 }
`,
      // The controller manager's client makes 20 a second.
      20 + Math.ceil(pods / 16),
    ] as const,
  );
}

const exec = (page: Page, line: string) => page.evaluate((line) => window.lab.exec(line), line);
const advance = (page: Page, ms: number) => page.evaluate((ms) => window.lab.advance(ms), ms);
const now = (page: Page) => page.evaluate(() => window.lab.now());

/** The whole chart, with its legend, its numbers and the finer buttons of time. */
const openChart = (page: Page) => page.getByRole("button", { name: "The whole chart" }).click();

test.describe.configure({ timeout: 120_000 });

for (const [width, height, theme] of [
  [1440, 900, "light"],
  [390, 844, "dark"],
] as const) {
  test(`many pods are a grid, and each keeps its square: ${width} ${theme}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openEmpty(page, `/?lang=en&theme=${theme}`);
    await run(page, 200);
    const ready = page.locator('.cells [data-pod][data-status="Running"][data-ready="1/1"]');
    await expect(ready).toHaveCount(200);
    await expect(page.locator(".crowd-counts")).toContainText("200 ready");
    await expectAccessible(page);
    await picture(page, "grid");

    const places = () =>
      page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".cells [data-pod]")].map((pod) => [pod.getAttribute("data-pod"), pod.id])));
    const before = await places();
    await exec(page, "kubectl scale deployment web --replicas=150");
    await advance(page, 200);
    // The controller manager's client sends 30 requests at once and 20 a second then.
    await expect(page.locator(".crowd-counts")).toContainText(/[23]\d leaving/);
    await advance(page, 20_000);
    await expect(ready).toHaveCount(150);
    const after = await places();
    expect(Object.entries(after).filter(([pod, place]) => before[pod] !== place)).toEqual([]);

    // One stop for the Tab key, arrows within.
    const grid = page.getByRole("listbox", { name: "Pods" });
    await grid.focus();
    await grid.press("ArrowRight");
    await grid.press("Enter");
    const selected = page.locator('.cells [aria-selected="true"]');
    await expect(selected).toHaveCount(1);
    await expect(page.locator(".pointed")).toContainText((await selected.getAttribute("data-pod")) ?? "no pod");
  });
}

test("a grid tells what a pod waits for, and what its probes have said", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(async (text) => {
    window.lab.pause();
    window.lab.write("many.yaml", text);
    await window.lab.exec("kubectl apply -f many.yaml");
  }, manifest("05-liveness.yaml").replace(/replicas: \d+/, "replicas: 80"));
  const waiting = page.locator(".cells .cell-back-off");
  // Until each of the containers has been killed often enough.
  await expect(async () => {
    await advance(page, 5_000);
    expect(await waiting.count()).toBeGreaterThan(0);
  }).toPass({ timeout: 90_000, intervals: [50] });
  const left = () => waiting.evaluateAll((cells) => cells.map((cell) => [cell.getAttribute("data-pod")!, Number(cell.getAttribute("data-left"))] as const));
  const before = new Map(await left());
  expect([...before.values()].every((quarters) => quarters >= 1 && quarters <= 4)).toBe(true);
  const line = page.locator(".pointed");
  await waiting.first().hover();
  await expect(line).toContainText(/CrashLoopBackOff .* back-off ends in \d+ s/);
  await picture(page, "back-off-grid");
  await expectAccessible(page);
  // It gets less, though nothing happens to the pod.
  await advance(page, 4_000);
  await expect(async () => {
    await advance(page, 500);
    const after = await left();
    expect(after.some(([pod, quarters]) => quarters < (before.get(pod) ?? 0))).toBe(true);
  }).toPass({ timeout: 30_000, intervals: [50] });

  // By keyboard, and to a screen reader, the same.
  const grid = page.getByRole("listbox", { name: "Pods" });
  await grid.focus();
  await grid.press("End");
  const last = page.locator('.cells [data-active="true"]');
  await expect(last).toHaveAttribute("title", /Liveness (200|500 \d\/\d|initialDelaySeconds \d+ s)|back-off ends in/);
  await grid.press("Home");
  await expect(page.locator('.cells [role="option"]').first()).toHaveAttribute("data-active", "true");
  // The first line is of the pod, the probe's in it while it runs.
  await exec(page, "kubectl rollout restart deployment hellok8s-deployment");
  await exec(page, "kubectl delete pods --all --grace-period=0 --force");
  // The controller manager's client may have to wait before it makes the new ones.
  await expect(async () => {
    await advance(page, 500);
    expect(await page.locator(".cells .cell-ready").count()).toBeGreaterThan(0);
  }).toPass({ timeout: 30_000, intervals: [50] });
  await page.locator(".cells .cell-ready").first().hover();
  await expect(line).toContainText(/Liveness (initialDelaySeconds \d+ s|200, next in \d+ s|$)/);
});

test("a large rollout is foreseen too, while it is being said how far, and a too large one is not", async ({ page }) => {
  test.setTimeout(240_000);
  await openEmpty(page, "/?lang=en");
  await run(page, 210);
  const forecast = page.getByTestId("forecast");
  const text = (await page.evaluate(() => window.lab.read("web.yaml")))!.replace(":v1", ":v2");
  const show = (text: string) => page.getByTestId("editor").fill(text);
  // Noted as it comes: a quick machine is done before anybody asks.
  await page.evaluate(() => {
    const noted: string[] = ((window as unknown as { noted: string[] }).noted = []);
    const line = document.querySelector(".forecast")!;
    new MutationObserver(() => noted.push(line.textContent ?? "")).observe(line, { childList: true, characterData: true, subtree: true });
  });
  await show(text);
  const noted = () => page.evaluate(() => (window as unknown as { noted: string[] }).noted.join("\n"));
  await expect.poll(noted, { timeout: 60_000 }).toMatch(/being worked out.*looked ahead so far: \d+ s/);
  // Another text: what was being worked out is given up.
  await show(text.replace("replicas: 210", "replicas: 5000"));
  await expect(forecast).toContainText("None is made with more than 2,000 pods", { timeout: 30_000 });
  await expect(page.locator(".forecast-looked")).toHaveCount(0);
  await show(text);
  await expect(forecast).toContainText(/A rollout begins\. Complete after .* Fewest available 158, most pods 263/, { timeout: 180_000 });
  await expect(page.locator(".forecast-looked")).toHaveCount(0);
  await expectAccessible(page, ".forecast");
});

for (const { width, height } of [{ width: 1366, height: 768 }, { width: 390, height: 844 }]) {
  test(`six hundred pods in mid-rollout are all seen, with the limits: ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openEmpty(page, "/?lang=en");
    await run(page, 600);
    await exec(page, "kubectl set image deployment web app=guangzhengli/hellok8s:v2");
    await advance(page, 3_000);
    await expect(page.locator(".lanes-two .cells [data-pod]").first()).toBeVisible();
    await expect
      .poll(() =>
        page.evaluate(() => {
          const stage = document.querySelector(".stage")!;
          const cells = [...document.querySelectorAll(".cells [data-pod]")];
          const frame = stage.getBoundingClientRect();
          const seen = cells.filter((cell) => {
            const { top, bottom, left, right, width } = cell.getBoundingClientRect();
            return width > 5 && top >= frame.top && bottom <= frame.bottom && left >= 0 && right <= innerWidth;
          });
          return { hidden: cells.length - seen.length, scrolls: stage.scrollHeight > stage.clientHeight + 1 };
        }),
      )
      .toEqual({ hidden: 0, scrolls: false });
    await expect(page.getByTestId("limits")).toBeInViewport();
  });
}

test("thousands of pods are a map with its counts in words", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 3_200);
  await expect(page.locator(".crowd-map canvas")).toBeVisible();
  await expect(page.locator(".crowd-counts")).toContainText("3200 ready");
  const colours = await page.locator(".crowd-map canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let filled = 0;
    for (let at = 3; at < data.length; at += 4) filled += data[at]! > 0 ? 1 : 0;
    return filled / (data.length / 4);
  });
  expect(colours, "the map is drawn").toBeGreaterThan(0.4);
  await expectAccessible(page);
  await picture(page, "map");
});

test("requests are counted by service, on the chart and in the tables", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 3);
  await openChart(page);
  await expect(page.locator(".legend-answered")).toHaveCount(0);
  await exec(page, "kubectl expose deployment web --port=3000");
  await exec(page, "kubectl expose deployment web --name=quiet --port=3000");
  await advance(page, 2_000);
  await exec(page, "lab traffic web 20");
  await exec(page, "lab traffic quiet 1");
  await advance(page, 10_000);
  await expect(page.getByRole("region", { name: "Service web" })).toContainText(/(19|20)\d answered · 0 lost/);
  await expect(page.getByRole("region", { name: "Service quiet" })).toContainText(/(9|10) answered · 0 lost/);
  await expect(page.locator(".legend-answered")).toBeVisible();
  await page.getByRole("button", { name: "Numbers", exact: true }).click();
  const requests = page.locator(".numbers-requests");
  await expect(requests.getByRole("columnheader", { name: "guangzhengli/hellok8s:v1" })).toBeVisible();
  await expect(requests.locator("tbody tr").first()).toContainText("21");
  await expectAccessible(page);
  await picture(page, "requests");

  // The forecast counts what a gap would cost.
  await page.getByTestId("editor").fill(manifest("01-v1-replicas-1.yaml"));
  await expect(page.getByTestId("forecast")).toContainText(/requests lost or failed \d+/, { timeout: 60_000 });
});

test("the legend names the marks that are there, in one row", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openEmpty(page, "/?lang=en");
  await run(page, 1);
  await openChart(page);
  await expect(page.locator(".legend-change")).toBeVisible();
  await expect(page.locator(".legend-decision")).toBeVisible();
  await expect(page.locator(".legend-restart")).toBeHidden();
  expect(await page.locator(".legend").evaluate((legend) => legend.clientHeight)).toBeLessThan(22);
});

test("a chart that is not shown has no legend", async ({ page }) => {
  await openEmpty(page, "/?lang=en&panels=stage,editor");
  await expect(page.locator(".legend")).toHaveCount(0);
});

test("time steps to the neighbouring decision, and to the neighbouring event", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 3);
  await exec(page, "lab kubelet stop");
  await advance(page, 5_000);
  const end = await now(page);
  await page.getByRole("button", { name: "To the decision before" }).click();
  expect(await now(page), "a beat of the story").toBeLessThan(end - 5_000);
  await page.getByRole("button", { name: "To the end" }).click();
  expect(await now(page)).toBe(end);
  await openChart(page);
  await page.getByRole("button", { name: "To the event before" }).click();
  expect(await now(page), "trouble is a mark").toBe(end - 5_000);
  await page.getByRole("button", { name: "To the event before" }).click();
  const event = await now(page);
  expect(event).toBeLessThan(end - 5_000);
  expect(event).toBeGreaterThan(0);
  await page.getByRole("button", { name: "To the next event" }).click();
  await expect.poll(() => now(page)).toBeGreaterThan(event);
});

test("requests fly to pods, and stand still for those who want no motion", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 3);
  await exec(page, "kubectl expose deployment web --port=3000");
  await advance(page, 2_000);
  await exec(page, "lab traffic web 20");
  await page.getByTestId("play").click();
  await expect(page.locator(".flight").first()).toBeAttached({ timeout: 20_000 });
  await page.emulateMedia({ reducedMotion: "reduce" });
  await expect(page.locator(".dot").first()).toBeVisible();
  await expect(page.locator(".flights")).toBeHidden();
  await page.getByTestId("speed").selectOption("10");
  await expect.poll(() => page.evaluate(() => document.documentElement.style.getPropertyValue("--tempo"))).toBe("82ms");
});

test("probes tell their code, and how long the initial delay holds them back", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 2);
  await expect(page.locator(".probe-good").first()).toHaveText("R 200");
  await exec(page, "kubectl patch deployment web -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"readinessProbe\":{\"initialDelaySeconds\":15}}]}}}}'");
  await advance(page, 5_000);
  await expect(page.locator(".probe-waiting").first()).toHaveText(/R … 1\d s/);
  await expectAccessible(page);
});

test("a pod's details are under the pointer, and its events in the panel", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 2);
  const pod = page.locator("[data-pod]").first();
  const name = (await pod.getAttribute("data-pod")) ?? "";
  await expect(page.locator(".pointed")).toContainText("Point at a pod");
  await pod.hover();
  await expect(page.locator(".pointed")).toContainText(`${name} · Running 1/1 · 0 restarts`);
  await page.locator("[data-pod] button").last().focus();
  await expect(page.locator(".pointed")).not.toContainText(name);
  await pod.getByRole("button").click();
  await page.locator(".selected-aspects").getByRole("button", { name: "Events" }).click();
  await expect(page.locator(".selected-text")).toContainText("Successfully assigned");
});

test("an image is made slow to start at a click", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 1);
  await page.locator("[data-pod]").first().getByRole("button").click();
  await page.getByRole("button", { name: "Image slow to start: 20 s" }).click();
  await expect(page.getByTestId("terminal-log")).toContainText("guangzhengli/hellok8s:v1 takes 20s to start");
  await page.getByRole("button", { name: "Image mended" }).click();
  await expect(page.getByTestId("terminal-log")).toContainText("starts as it says");
});

/** What the page offers as a file when the button `name` is pressed. */
async function saved(page: Page, name: string) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

const problemsOf = (page: Page, svg: string) =>
  page.evaluate((text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent, svg);

test("a moment is saved as a picture, and printed without what only a screen has", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 2);
  const opener = page.getByRole("button", { name: "Picture" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await expectAccessible(page);
  const svg = await saved(page, "SVG");
  expect(svg.name).toMatch(/^hellok8s-0-\d\d-\d{3}\.svg$/);
  const text = svg.bytes.toString();
  expect(text).toContain("Deployment web");
  expect(text.match(/>Running</g)).toHaveLength(2);
  expect(await problemsOf(page, text)).toBeUndefined();

  const png = await saved(page, "PNG");
  expect(png.name).toMatch(/^hellok8s-0-\d\d-\d{3}\.png$/);
  const height = Number(/ height="(\d+)"/.exec(text)?.[1]);
  expect([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]).toEqual([1920, 2 * height]);
  // Painted, and not with one colour.
  const colours = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  }, png.bytes.toString("base64"));
  expect(colours).toBeGreaterThan(20);

  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
  await expect(page.getByRole("button", { name: "PNG", exact: true })).toHaveCount(0);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByTestId("stage")).toBeVisible();
  await expect(page.getByTestId("editor")).toBeHidden();
  await expect(page.getByTestId("play")).toBeHidden();
});

test("the way to a moment is saved as a film that moves without a script", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await run(page, 2);
  await page.evaluate(() => window.lab.exec("kubectl set image deployment web '*=guangzhengli/hellok8s:v2'"));
  const now = await page.evaluate(() => window.lab.advance(20_000));
  await page.getByRole("button", { name: "Picture" }).click();
  const film = await saved(page, "Film");
  expect(film.name).toMatch(/\.film\.svg$/);
  const text = film.bytes.toString();
  expect(await problemsOf(page, text)).toBeUndefined();
  expect(text).not.toContain("<script");
  // It begins with the change, and the page has not moved.
  expect(await page.evaluate(() => window.lab.now())).toBe(now);
  // What is seen of the film at its beginning, on its way and at its end.
  const seen = await page.evaluate((svg) => {
    const host = document.body.appendChild(document.createElement("div"));
    host.append(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement);
    const root = host.querySelector("svg")!;
    root.pauseAnimations();
    const shown = (at: number) => {
      root.setCurrentTime(at);
      const groups = [...root.querySelectorAll(":scope > g")].filter((group) => getComputedStyle(group).visibility === "visible");
      return { count: groups.length, text: groups.map((group) => group.textContent).join() };
    };
    const lasts = parseInt(root.querySelector("animate")!.getAttribute("dur")!, 10) / 1000;
    const moments = [0, lasts / 2, lasts - 0.1].map(shown);
    host.remove();
    return { moments, lasts };
  }, text);
  expect(seen.moments.map(({ count }) => count)).toEqual([1, 1, 1]);
  expect(seen.moments[0]!.text).not.toContain("hellok8s:v2 · 2/2");
  expect(seen.moments[2]!.text).toContain("hellok8s:v2 · 2/2");
  expect(new Set(seen.moments.map(({ text }) => text)).size).toBe(3);
  expect(seen.lasts).toBeGreaterThan(4);
});

test("a simulation that falls behind its speed says so beside it", async ({ page }) => {
  test.setTimeout(120_000);
  await openEmpty(page, "/?lang=en&speed=60");
  const sign = page.getByTestId("behind");
  await page.waitForTimeout(2_500);
  await expect(sign).toHaveCount(0);
  await page.evaluate(() => window.lab.exec("kubectl create deployment web --image=guangzhengli/hellok8s:v1 --replicas=1500"));
  await expect(sign).toHaveText(/^only \d+(\.\d+)?×$/, { timeout: 60_000 });
  await expectAccessible(page, ".timeline");
  await page.getByTestId("play").click();
  await expect(sign).toHaveCount(0);
});

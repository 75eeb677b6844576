// What a phone's narrow first screen must still have: a Service's whole name, and all trouble and pictures by thumb.
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
test.describe.configure({ timeout: 90_000 });

for (const lang of ["en", "zh"]) {
  test(`the Service's name is whole, and no request crosses it: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}&start=running`);
    const service = page.locator(".lane-service");
    await expect(service).toBeVisible({ timeout: 30_000 });
    await expect(page.locator(".flight").first()).toBeAttached({ timeout: 30_000 });
    expect(await service.evaluate((name) => name.scrollWidth <= name.clientWidth + 1), "the name is whole").toBe(true);
    expect(await page.locator(".lane").evaluate((lane) => lane.scrollWidth <= lane.clientWidth + 1), "the line has room").toBe(true);
    // A request leaves from below the name, and goes down.
    const faults = await page.evaluate(async () => {
      const found: string[] = [];
      for (let looks = 0; looks < 40; looks += 1) {
        const name = document.querySelector(".lane-service b")!.getBoundingClientRect();
        const layer = document.querySelector(".flights")!.getBoundingClientRect();
        for (const flight of document.querySelectorAll<HTMLElement>(".flight")) {
          const from = layer.y + Number.parseFloat(flight.style.getPropertyValue("--y0"));
          if (from < name.bottom) found.push(`from ${from}, the name ends at ${name.bottom}`);
        }
        await new Promise((next) => setTimeout(next, 50));
      }
      return found;
    });
    expect(faults).toEqual([]);
    await picture(page, `service-${lang}`);
  });
}

test("the kubelet is stopped, and a picture taken, at a tap", async ({ page }) => {
  await openLab(page, "/?lang=en&start=running");
  await expect(page.locator('[data-pod][data-ready="1/1"]')).toHaveCount(3, { timeout: 30_000 });
  const kubelet = page.getByRole("button", { name: "Stop kubelet" });
  await expect(kubelet).toBeInViewport({ ratio: 1 });
  await kubelet.tap();
  await page.locator('.phone-tabs [data-tab="terminal"]').tap();
  await expect(page.getByTestId("terminal-log")).toContainText("kubelet stopped");
  await page.getByRole("button", { name: "Start kubelet" }).tap();
  const open = page.getByRole("button", { name: "Picture", exact: true });
  const head = await page.locator(".head").boundingBox();
  await open.tap();
  const svg = page.getByRole("group", { name: "Picture" }).getByRole("button", { name: "SVG" });
  await expect(svg).toBeInViewport({ ratio: 1 });
  expect((await page.locator(".head").boundingBox())!.height, "the head stays one line").toBe(head!.height);
  await expectAccessible(page);
  const saved = page.waitForEvent("download");
  await svg.tap();
  expect((await saved).suggestedFilename()).toMatch(/^hellok8s-.*\.svg$/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test("a node's trouble is at a thumb's reach", async ({ page }) => {
  await openLab(page, "/?lang=en&start=running&view=node");
  await expect(page.locator('[data-pod][data-ready="1/1"]')).toHaveCount(3, { timeout: 30_000 });
  await page.getByRole("button", { name: "Add a node" }).tap();
  await expect(page.getByTestId("node-lane")).toHaveCount(2);
  await page.getByRole("button", { name: "Node minikube-m02" }).tap();
  await page.getByRole("group", { name: "Make trouble" }).getByRole("button", { name: "Cordon" }).tap();
  await expect(page.getByTestId("node-lane").nth(1)).toContainText("cordoned");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

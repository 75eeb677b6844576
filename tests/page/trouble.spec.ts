// Requests on their way to a Service, and trouble at a click: each button types the command that anybody can type.
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

test.describe.configure({ timeout: 90_000 });

test.beforeEach(async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(async () => {
    window.lab.pause();
    await window.lab.apply();
    window.lab.pause();
    window.lab.advance(20_000);
  });
});

test("requests are answered by ready pods, and lost while there are none", async ({ page }) => {
  await page.evaluate(async () => {
    await window.lab.exec("kubectl expose deployment hellok8s-deployment --port=3000");
    window.lab.advance(1_000);
  });
  const lane = page.getByRole("region", { name: "Service hellok8s-deployment" });
  await expect(lane).toContainText("1/1 endpoints ready");
  await lane.getByRole("combobox").selectOption("20");
  await expect(page.getByTestId("terminal-log")).toContainText("lab traffic hellok8s-deployment 20 -n default");
  await page.evaluate(() => window.lab.advance(5_000));
  await expect(lane).toContainText(/\d\d+ answered · 0 lost/);
  await page.evaluate(async () => {
    await window.lab.exec("kubectl scale deployment hellok8s-deployment --replicas=0");
    window.lab.advance(5_000);
  });
  await expect(lane).toContainText(/answered · [1-9]\d* lost/);
  await expectAccessible(page);
  await picture(page, "lost");
});

test("a container is killed at a click and started again inside its pod", async ({ page }) => {
  const pod = page.locator("[data-pod]").first();
  const name = await pod.getAttribute("data-pod");
  await pod.getByRole("button").click();
  await page.getByRole("button", { name: "Kill container" }).click();
  await expect(page.getByTestId("terminal-log")).toContainText(`lab kill ${name}`);
  await page.evaluate(() => window.lab.advance(20_000));
  await expect(page.locator(`[data-pod="${name}"][data-restarts="1"]`)).toBeVisible();
});

test("the node's kubelet is stopped and started", async ({ page }) => {
  await page.getByRole("button", { name: "Stop kubelet" }).click();
  await expect(page.getByTestId("terminal-log")).toContainText("kubelet stopped");
  await page.getByRole("button", { name: "Start kubelet" }).click();
  await expect(page.getByTestId("terminal-log")).toContainText("kubelet started");
});

// The theatre by node: a lane for each, the reason of those that no node takes, what bounds the pods, and trouble for each.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";
import { theatreFaults } from "./support/theatre";

test.describe.configure({ timeout: 120_000 });

const V2 = readFileSync(join(import.meta.dirname, "../data/tutorial/04-v2-rolling-update.yaml"), "utf8");
const V1 = V2.replace("hellok8s:v2", "hellok8s:v1");
const of = (text: string, replicas: number) => text.replace("replicas: 3", `replicas: ${replicas}`);

const HPA = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hellok8s-deployment}
spec:
  minReplicas: 2
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: hellok8s-deployment}
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
`;

const pods = (page: Page, more = "") => page.locator(`[data-pod]${more}`);
const lane = (page: Page, name: string) => page.locator(`[data-testid="node-lane"][data-name="${name}"]`);
const log = (page: Page) => page.getByTestId("terminal-log");

async function exec(page: Page, ...lines: string[]): Promise<void> {
  for (const line of lines) await page.evaluate((line) => window.lab.exec(line), line);
}

async function advance(page: Page, ms: number): Promise<void> {
  await page.evaluate((ms) => {
    window.lab.pause();
    window.lab.advance(ms);
  }, ms);
}

async function apply(page: Page, text: string, ms: number): Promise<void> {
  await page.evaluate(async (text) => {
    window.lab.write("deployment.yaml", text);
    await window.lab.apply();
  }, text);
  await advance(page, ms);
}

const THREE = ["lab node add minikube-m02", "lab node add minikube-m03"];

test("the choice comes with the second node, has a key, and is kept", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1");
  await apply(page, V1, 20_000);
  await expect(page.getByTestId("ways")).toHaveCount(0);
  await exec(page, ...THREE);
  await advance(page, 1_000);
  const byNode = page.getByTestId("ways").getByRole("button", { name: "By node" });
  await expect(byNode).toHaveAttribute("aria-pressed", "false");
  await byNode.click();
  await expect(byNode).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("node-lane")).toHaveCount(3);
  await expect(lane(page, "minikube").locator("[data-pod]")).toHaveCount(3);
  await expect(lane(page, "minikube")).toContainText("pods 3/10000");
  await expect(page.getByTestId("limits")).toBeVisible();
  await page.keyboard.press("n");
  await expect(page.getByTestId("node-lane")).toHaveCount(0);
  await expect(page.getByRole("region", { name: /^ReplicaSet / }).locator("[data-pod]")).toHaveCount(3);
  await page.keyboard.press("n");
  await expect(page.getByTestId("node-lane")).toHaveCount(3);
  // A letter that is typed is none of its keys.
  await page.getByTestId("terminal-input").press("n");
  await expect(page.getByTestId("node-lane")).toHaveCount(3);
  await page.reload();
  await expect(page.locator("main")).toBeVisible({ timeout: 30_000 });
  await apply(page, V1, 20_000);
  await expect(lane(page, "minikube").locator("[data-pod]")).toHaveCount(3);
  await page.getByRole("button", { name: "Add a node" }).click();
  await expect(log(page)).toContainText("lab node add minikube-m02");
  await expect(page.getByTestId("node-lane")).toHaveCount(2);
});

test("a pod waits without a node, and the same element goes into its node's lane when it is bound", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1&view=node");
  await exec(page, ...THREE, "kubectl cordon minikube", "kubectl cordon minikube-m02", "kubectl cordon minikube-m03");
  await apply(page, V1, 5_000);
  const arrivals = page.getByTestId("arrivals");
  await expect(arrivals.locator('[data-pod][data-status="Pending"]')).toHaveCount(3);
  await expect(page.getByTestId("obstacle")).toHaveText("3 nodes are cordoned.");
  await expect(page.getByTestId("caption")).toContainText("No node takes it:");
  await expect(page.getByTestId("caption")).toContainText("3 nodes are cordoned.");
  await expectAccessible(page);
  await picture(page, "waits");
  // The numbers beneath say it of each node.
  await page.getByTestId("caption").getByRole("button", { name: "The numbers" }).click();
  await expect(page.locator(".caption-numbers .seat-refused")).toHaveCount(3);
  await expect(page.locator(".caption-numbers")).toContainText("minikube-m02");
  await page.keyboard.press("Escape");
  const name = (await arrivals.locator("[data-pod]").first().getAttribute("data-pod"))!;
  await pods(page, `[data-pod="${name}"]`).evaluate((pod) => {
    (pod as HTMLElement & { marked: boolean }).marked = true;
    pod.querySelector("button")?.focus();
  });
  await exec(page, "kubectl uncordon minikube-m03");
  await advance(page, 5_000);
  const moved = lane(page, "minikube-m03").locator(`[data-pod="${name}"]`);
  await expect(moved).toBeVisible();
  expect(await moved.evaluate((pod) => (pod as HTMLElement & { marked?: boolean }).marked), "the same element").toBe(true);
  expect(await moved.evaluate((pod) => pod.contains(document.activeElement)), "keeps the focus").toBe(true);
  await expect(arrivals.locator("[data-pod]")).toHaveCount(0);
  await expect(arrivals).toContainText("no pod waits");
});

test("why a pod came to its node: points by plugin, and what refused it elsewhere", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1&view=node");
  await exec(page, ...THREE, "kubectl cordon minikube-m02");
  await apply(page, V1, 10_000);
  await lane(page, "minikube-m03").locator("[data-pod]").first().getByRole("button").click();
  await page.getByRole("group", { name: "Explanations" }).getByRole("button", { name: "Why" }).click();
  const scheduled = page.getByTestId("explain").locator(".why-item", { hasText: "Scheduled" });
  await scheduled.getByRole("button", { name: "The numbers" }).click();
  await expect(scheduled.locator(".seat-chosen")).toContainText("minikube-m03");
  await expect(scheduled.locator(".seat-chosen")).toContainText(/\d+ points/);
  await expect(scheduled.locator(".seat-refused")).toContainText("minikube-m02");
  await expect(scheduled.locator(".seat-refused")).toContainText("is cordoned");
  await expectAccessible(page);
  await picture(page, "placement");
});

test("a node fails, comes back, is cordoned, drained, and its kubelet stopped: each button types its command", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1&view=node");
  await exec(page, ...THREE);
  await apply(page, of(V1, 6), 20_000);
  const third = lane(page, "minikube-m03");
  const press = async (name: string, command: string) => {
    await page.getByRole("group", { name: "Make trouble" }).getByRole("button", { name, exact: true }).click();
    await expect(log(page)).toContainText(command);
  };
  await third.getByRole("button", { name: "Node minikube-m03" }).click();
  await press("Stop kubelet", "lab kubelet stop minikube-m03");
  await expect(third).toContainText("kubelet down");
  await press("Start kubelet", "lab kubelet start minikube-m03");
  await press("Fail node", "lab node fail minikube-m03");
  await expect(third).toContainText("no contact");
  await advance(page, 60_000);
  await expect(third).toContainText("NotReady");
  await expectAccessible(page);
  await picture(page, "failed");
  // It is named also where one does not look at nodes.
  await page.getByTestId("ways").getByRole("button", { name: "By revision" }).click();
  await expect(page.getByRole("button", { name: "minikube-m03 NotReady" })).toBeVisible();
  await page.getByTestId("ways").getByRole("button", { name: "By node" }).click();
  await press("Recover node", "lab node recover minikube-m03");
  await advance(page, 20_000);
  await expect(third).toHaveAccessibleName(/Ready/);
  await press("Cordon", "kubectl cordon minikube-m03");
  await expect(third).toContainText("cordoned");
  await press("Uncordon", "kubectl uncordon minikube-m03");
  await expect(third).not.toContainText("cordoned");
  await press("Drain", "kubectl drain minikube-m03 --ignore-daemonsets");
  await advance(page, 20_000);
  await expect(third.locator('[data-pod]:not([data-status="Terminating"])')).toHaveCount(0);
  await expect(lane(page, "minikube").getByRole("button", { name: "Node minikube" })).toBeVisible();
});

test("what bounds the pods is a line each, and says when it is at its end", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1");
  await apply(page, V1, 20_000);
  await expect(page.getByTestId("bounds")).toHaveCount(0);
  await page.evaluate((text) => window.lab.write("hpa.yaml", text), HPA);
  await exec(page, "kubectl create quota team-a --hard=pods=3,configmaps=9", "kubectl create pdb web --selector=app=hellok8s --min-available=2", "kubectl apply -f hpa.yaml");
  await advance(page, 20_000);
  const line = (kind: string) => page.getByTestId("bounds").locator(`[data-kind="${kind}"]`);
  await expect(line("ResourceQuota")).toContainText(/quota\s+team-a\s+pods 3 of 3 \+1 more\s*full/);
  await expect(line("PodDisruptionBudget")).toContainText(/budget\s+web\s+2 of 3 must stay · 1 may go/);
  await expect(line("HorizontalPodAutoscaler")).toContainText(/autoscaler\s+hellok8s-deployment\s+cpu .* of 50 %/);
  await exec(page, "kubectl delete pod --all --wait=false");
  await advance(page, 100);
  await expect(line("PodDisruptionBudget")).toContainText("none may go");
  await expectAccessible(page);
  await picture(page, "bounds");
  await line("ResourceQuota").getByRole("button").click();
  await expect(page.locator(".selected-text")).toContainText(/pods\s+\d+\s+3/);
  await page.getByRole("button", { name: "Delete it" }).click();
  await expect(log(page)).toContainText("kubectl delete resourcequota team-a -n default");
  await expect(line("ResourceQuota")).toHaveCount(0);
});

test("a Deployment's ConfigMap is deleted and brought back, a quota and a budget are set and removed", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1");
  await exec(page, "kubectl create configmap app-config --from-literal=COLOUR=blue", "kubectl create secret generic app-key --from-literal=key=1");
  const uses = "        name: hellok8s-container\n        envFrom:\n        - configMapRef: {name: app-config}\n        - secretRef: {name: app-key}";
  await apply(page, V1.replace("        name: hellok8s-container", uses), 20_000);
  await expect(pods(page, '[data-ready="1/1"]')).toHaveCount(3);
  await page.getByTestId("stage").getByRole("button", { name: "Deployment hellok8s-deployment" }).click();
  const press = async (name: string, command: string | RegExp) => {
    await page.getByRole("group", { name: "Make trouble" }).getByRole("button", { name, exact: true }).click();
    await expect(log(page)).toContainText(command);
  };
  await press("Delete ConfigMap app-config", "kubectl delete configmap app-config -n default");
  await expect(log(page)).toContainText('configmap "app-config" deleted');
  await exec(page, "kubectl rollout restart deployment hellok8s-deployment");
  await advance(page, 20_000);
  await expect(pods(page, '[data-status="CreateContainerConfigError"]').first()).toBeVisible();
  await press("Bring back ConfigMap app-config", "kubectl create -f app-config-configmap.yaml");
  await expect(log(page)).toContainText("configmap/app-config created");
  await advance(page, 60_000);
  await expect(pods(page, '[data-ready="1/1"]')).toHaveCount(3);
  await press("Delete Secret app-key", "kubectl delete secret app-key -n default");
  await press("Bring back Secret app-key", "kubectl create -f app-key-secret.yaml");
  await expect(log(page)).toContainText("secret/app-key created");
  await press("Set a quota: no more pods", "kubectl create quota no-more-pods --hard=pods=3 -n default");
  await advance(page, 2_000);
  await expect(page.getByTestId("bounds")).toContainText("full");
  await press("Remove the quota", "kubectl delete quota no-more-pods -n default");
  await press("Set a budget: one may go", "kubectl create pdb hellok8s-deployment --selector=app=hellok8s --max-unavailable=1 -n default");
  await advance(page, 2_000);
  await expect(page.getByTestId("bounds")).toContainText("2 of 3 must stay");
  await expectAccessible(page);
  await press("Remove the budget", "kubectl delete pdb hellok8s-deployment -n default");
  await expect(page.getByTestId("bounds")).toHaveCount(0);
});

test("hundreds of pods stand by node as a grid", async ({ page }) => {
  await openEmpty(page, "/?lang=en&autoplay=0&seed=1&view=node");
  await exec(page, ...THREE);
  await apply(page, of(V1, 120), 60_000);
  await expect(page.locator(".cells .cell[data-pod]")).toHaveCount(120);
  for (const name of ["minikube", "minikube-m02", "minikube-m03"]) {
    const cells = lane(page, name).locator(".cell[data-pod]");
    expect(await cells.count(), name).toBeGreaterThan(20);
    expect(await cells.evaluateAll((cells, name) => cells.every((cell) => (cell as HTMLElement).dataset.node === name), name)).toBe(true);
  }
  await apply(page, of(V2, 120), 5_000);
  expect(await page.locator(".cells .cell[data-pod]").evaluateAll((cells) => new Set(cells.map((cell) => (cell as HTMLElement).dataset.hue)).size), "both revisions' colours").toBe(2);
  await page.getByTestId("ways").getByRole("button", { name: "By revision" }).click();
  await expect(page.getByRole("region", { name: /^ReplicaSet / })).toHaveCount(2);
  await expect.poll(() => page.locator(".cells .cell[data-pod]").count()).toBeGreaterThan(100);
});

const WINDOWS = [[1920, 1080], [1366, 768], [1280, 720], [1024, 768], [390, 844]] as const;

for (const [lang, theme] of [["en", "light"], ["zh", "dark"]] as const) {
  test(`a rollout over three nodes is seen whole in every window: ${lang}, ${theme}`, async ({ page }) => {
    await openEmpty(page, `/?lang=${lang}&theme=${theme}&autoplay=0&seed=1&view=node`);
    await exec(page, ...THREE);
    await apply(page, V1, 20_000);
    await apply(page, V2, 700);
    expect(await pods(page).count()).toBeGreaterThanOrEqual(4);
    for (const [width, height] of WINDOWS) {
      await page.setViewportSize({ width, height });
      await expect.soft.poll(() => page.evaluate(theatreFaults), { message: `${width} × ${height}`, timeout: 3_000 }).toEqual([]);
      await picture(page, `${lang}-${width}`);
    }
    await expectAccessible(page);
  });
}

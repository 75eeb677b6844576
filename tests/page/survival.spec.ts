// A wasm that stops, whoever had called it, is told in words, and costs no more than the command that stopped it.
import { deflateRawSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, test } from "./support/lab";

test.describe.configure({ timeout: 120_000 });
test.use({ expectedErrors: [/unreachable|panicked|debug-panic|terminated|has stopped|memory allocation|capacity/i] });

/** The address of a link in which these lines were typed. */
const link = (lines: unknown[]) => `#s=${deflateRawSync(JSON.stringify({ v: 1, i: lines })).toString("base64url")}`;

const bar = (page: Page) => page.locator(".broken[role=alert]");

/** Types a line that is not to come back. */
async function type(page: Page, line: string) {
  await page.getByTestId("terminal-input").fill(line);
  await page.getByTestId("terminal-input").press("Enter");
}

for (const [name, command] of [["a panic", "lab debug-panic"], ["a full memory", "lab debug-memory"]] as const) {
  test(`${name}: the page goes on without the command`, async ({ page }) => {
    await openEmpty(page, "/?lang=en");
    await page.getByTestId("editor").fill("# mine\n");
    await type(page, "kubectl create deployment web --image=nginx");
    await expect(page.locator("[data-pod]")).toHaveCount(1);
    await type(page, "echo here > note.txt");
    await type(page, command);
    await expect(bar(page)).toContainText("stopped because of a defect");
    await expect(bar(page)).toContainText(command);
    await expectAccessible(page, ".broken");
    await page.getByRole("button", { name: "Go on without it" }).click();
    await expect(bar(page)).toContainText("left out was", { timeout: 30_000 });
    await expect(bar(page)).toContainText(command);
    await expect(page.locator("[data-pod]")).toHaveCount(1);
    await expect(page.getByTestId("terminal-log")).toContainText("kubectl create deployment web");
    await expect(page.getByTestId("terminal-log")).not.toContainText("debug");
    await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
    expect(await page.evaluate(() => window.lab.read("note.txt"))).toBe("here\n");
    // What was typed before is at hand again, the command that did it as well.
    await page.getByTestId("terminal-input").press("ArrowUp");
    await expect(page.getByTestId("terminal-input")).toHaveValue(command);
    await page.getByTestId("terminal-input").press("ArrowUp");
    await expect(page.getByTestId("terminal-input")).toHaveValue("echo here > note.txt");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await expect(bar(page)).toBeHidden();
    await page.reload();
    await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
    await expect(bar(page)).toBeHidden();
  });
}

test("the report holds the seed, the inputs and the command", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openEmpty(page, "/?lang=zh&seed=77");
  await type(page, "echo one");
  await type(page, "lab debug-panic");
  await expect(bar(page)).toContainText("停下了");
  await page.getByRole("button", { name: "复制报告" }).click();
  await expect(page.getByRole("button", { name: "已复制" })).toBeVisible();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(report).toContain('"s":77');
  expect(report).toContain('"echo one"');
  expect(report).toContain("during: lab debug-panic");
});

test("told also to who called through window.lab, and nothing goes on inside", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  const failed = await page.evaluate(() => window.lab.exec("lab debug-panic").then(() => "no", () => "yes"));
  expect(failed).toBe("yes");
  await expect(bar(page)).toContainText("lab debug-panic");
  const after = await page.evaluate(async () => {
    try {
      await window.lab.exec("echo hi");
      return "goes on";
    } catch (error) {
      return String(error);
    }
  });
  expect(after).toContain("has stopped");
});

test("told when the loop of frames stops", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await type(page, "sleep 1; lab debug-panic");
  await expect(bar(page)).toContainText("sleep 1; lab debug-panic");
  await page.reload();
  await expect(bar(page)).toContainText("left out was");
});

test("told when a link stops it; the next load leaves the link out", async ({ page }) => {
  await page.goto(`/?lang=en${link(["echo theirs", 1000, "lab debug-panic"])}`);
  await expect(bar(page)).toContainText("stopped because of a defect", { timeout: 30_000 });
  await expect(bar(page)).toContainText("opening a link");
  await page.reload();
  await expect(bar(page)).toContainText("left out was: opening a link", { timeout: 30_000 });
  expect(page.url()).not.toContain("#s=");
  await expect(page.getByTestId("terminal-log")).not.toContainText("theirs");
});

test("somebody's link does not become the visitor's own by it", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.getByTestId("editor").fill("# mine\n");
  await page.waitForTimeout(500);
  await page.goto(`/?lang=en${link([["w", "deployment.yaml", 0, 0, 0, "# theirs\n"], "echo theirs"])}`);
  await page.reload();
  await expect(page.getByTestId("terminal-log")).toContainText("theirs", { timeout: 30_000 });
  await type(page, "lab debug-panic");
  await page.getByRole("button", { name: "Go on without it" }).click();
  await expect(page.getByTestId("terminal-log")).toContainText("theirs", { timeout: 30_000 });
  await page.getByRole("button", { name: "Close", exact: true }).last().click();
  await page.goto("/?lang=en&start=empty&again");
  await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
});

test("a wasm that never returns is told once the browser has ended it", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await type(page, "echo before");
  const session = await page.context().newCDPSession(page);
  await page.getByTestId("terminal-input").fill("lab debug-loop");
  page.getByTestId("terminal-input").press("Enter").catch(() => undefined);
  await new Promise((later) => setTimeout(later, 1_500));
  await session.send("Runtime.terminateExecution");
  await expect(bar(page)).toContainText("lab debug-loop", { timeout: 30_000 });
  await page.reload();
  await expect(bar(page)).toContainText("left out was: lab debug-loop", { timeout: 30_000 });
  await expect(page.getByTestId("terminal-log")).toContainText("echo before");
});

test("a kept text that stops the page is left out at the next load, and not lost", async ({ page }) => {
  // As if reading this text were a defect: a trap comes out of an import while the text is kept.
  await page.addInitScript(() => {
    const clock = performance.now;
    performance.now = function () {
      if (document.querySelector("main") && localStorage.getItem("hellok8s-lab:file:deployment.yaml")?.includes("boom")) {
        throw new WebAssembly.RuntimeError("unreachable");
      }
      return clock.call(performance);
    };
  });
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => localStorage.setItem("hellok8s-lab:file:deployment.yaml", "boom\n"));
  await expect(bar(page)).toContainText("stopped because of a defect");
  await page.reload();
  await expect(bar(page)).toContainText("opened without that");
  await expect(page.getByTestId("editor")).not.toHaveValue(/boom/);
  await type(page, "echo works");
  await expect(page.getByTestId("terminal-log")).toContainText("works");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  expect((await saved).suggestedFilename()).toBe("hellok8s-lab.txt");
  await page.getByRole("button", { name: "Put back and try again" }).click();
  await expect(bar(page)).toContainText("stopped because of a defect", { timeout: 30_000 });
});


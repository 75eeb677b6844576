// The terminal as fingers know it: history, Tab, Ctrl-R, Ctrl-C, several terminals, pasted blocks, names to click on.
import { expect, expectAccessible, openEmpty, test } from "./support/lab";

test.describe.configure({ timeout: 90_000 });

test.beforeEach(async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => window.lab.pause());
  await page.evaluate(() => window.lab.apply());
  await page.evaluate(() => window.lab.pause());
  await page.evaluate(() => window.lab.advance(20_000));
});

test("Tab completes, and offers what it cannot decide", async ({ page }) => {
  const input = page.getByTestId("terminal-input");
  await input.fill("kubectl get po");
  await input.press("Tab");
  await expect(page.locator(".offered")).toContainText("pods");
  await input.fill("kubectl rollout his");
  await input.press("Tab");
  await expect(input).toHaveValue("kubectl rollout history ");
  await input.fill("cat dep");
  await input.press("Tab");
  await expect(input).toHaveValue("cat deployment.yaml ");
});

test("history: Up and Down, Ctrl-R, and there again after a reload", async ({ page }) => {
  const input = page.getByTestId("terminal-input");
  for (const line of ["kubectl get pods", "kubectl version", "ls"]) {
    await input.fill(line);
    await input.press("Enter");
  }
  await input.press("ArrowUp");
  await input.press("ArrowUp");
  await expect(input).toHaveValue("kubectl version");
  await input.press("ArrowDown");
  await expect(input).toHaveValue("ls");
  await page.reload();
  await input.fill("get");
  await input.press("Control+r");
  await expect(input).toHaveValue("kubectl get pods");
});

test("a watch in one terminal goes on while another is used, until Ctrl-C", async ({ page }) => {
  const input = page.getByTestId("terminal-input");
  const log = page.getByTestId("terminal-log");
  await input.fill("kubectl get pods --watch");
  await input.press("Enter");
  await page.getByRole("button", { name: "Open another terminal" }).click();
  await expect(log).toHaveText("");
  await input.fill("kubectl scale deployment hellok8s-deployment --replicas=2");
  await input.press("Enter");
  await expect(log).toContainText("deployment.apps/hellok8s-deployment scaled");
  await page.evaluate(() => window.lab.advance(10_000));
  await page.getByRole("button", { name: "Terminal 1" }).click();
  await expect(log).toContainText("ContainerCreating");
  await input.press("Control+c");
  await expect(log).toContainText("^C");
  await input.fill("echo free");
  await input.press("Enter");
  await expect(log).toContainText("free");
  await expectAccessible(page);
});

test("a pasted block runs line by line, prompts and comments included", async ({ page }) => {
  const input = page.getByTestId("terminal-input");
  await input.focus();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text", "$ kubectl get deployments   # what there is\n$ echo done\n");
    document.activeElement?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  const log = page.getByTestId("terminal-log");
  await expect(log).toContainText("UP-TO-DATE");
  await expect(log).toContainText(/\ndone\n/);
});

test("a name in the output is a way to its pod", async ({ page }) => {
  const input = page.getByTestId("terminal-input");
  await input.fill("kubectl get pods");
  await input.press("Enter");
  const mention = page.getByTestId("terminal-log").getByRole("button", { name: /^Pod hellok8s-deployment-/ });
  await mention.click();
  await expect(page.locator('.pod-open[aria-pressed="true"]')).toHaveCount(1);
  await expect(page.locator(".selected-text")).toContainText("Controlled By");
});

test("in Chinese a hint stands beneath what kubectl says in English, and is no part of it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openEmpty(page, "/?lang=zh");
  const type = async (line: string) => {
    await page.getByTestId("terminal-input").fill(line);
    await page.keyboard.press("Enter");
  };
  await type("kubectl get pod nowhere; kubectl get pod elsewhere");
  const hint = page.getByTestId("hint");
  await expect(hint).toHaveText(/^没有这个对象/);
  // Said once a command.
  await expect(page.getByTestId("terminal-log")).toContainText('pods "elsewhere" not found');
  await expect(hint).toHaveCount(1);
  await expectAccessible(page, ".terminal");
  await page.getByTestId("terminal-log").evaluate((log) => getSelection()!.selectAllChildren(log));
  const copied = await page.evaluate(() => getSelection()!.toString());
  expect(copied).toContain('Error from server (NotFound): pods "nowhere" not found');
  expect(copied).not.toContain("没有这个对象");
  await type("kubectl create deployment web --image=nowhere.example/web:1");
  await page.evaluate(() => window.lab.advance(60_000));
  await type("kubectl get pods");
  await expect(hint.last()).toHaveText(/^ImagePullBackOff：|^ErrImagePull：/);
  await page.evaluate(() => window.lab.exec("true"));
  await page.goto("/?lang=en&speed=1&start=empty");
  await type("kubectl get pod nowhere");
  await expect(page.getByTestId("terminal-log")).toContainText("NotFound");
  await expect(hint).toHaveCount(0);
});

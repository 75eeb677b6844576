// The editor's files: kubectl edit, the line of an error, a program of one's own, names, what the shell does to files.
import { expect, expectAccessible, openEmpty, picture, test } from "./support/lab";

test.describe.configure({ timeout: 90_000 });

test("kubectl edit opens the editor; saving sends what was changed, cancelling nothing", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(async () => {
    window.lab.pause();
    await window.lab.apply();
    window.lab.pause();
    window.lab.advance(10_000);
  });
  const [input, editor, log] = [page.getByTestId("terminal-input"), page.getByTestId("editor"), page.getByTestId("terminal-log")];
  await input.fill("kubectl edit deployment hellok8s-deployment");
  await input.press("Enter");
  await expect(editor).toHaveValue(/^# Please edit the object below/);
  await expect(page.getByText("kubectl edit waits for this text")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "edit");
  await editor.fill((await editor.inputValue()).replace("  replicas: 1\n", "  replicas: 3\n"));
  await page.getByRole("button", { name: "Save and close" }).click();
  await expect(log).toContainText("deployment.apps/hellok8s-deployment edited");
  await expect(editor).toHaveValue(/^apiVersion: apps\/v1/);
  await page.evaluate(() => window.lab.advance(10_000));
  await expect(page.locator('[data-pod][data-ready="1/1"]')).toHaveCount(3);

  await input.fill("kubectl edit deployment hellok8s-deployment");
  await input.press("Enter");
  await expect(editor).toHaveValue(/^# Please edit the object below/);
  await editor.fill("nothing of the kind");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(log).toContainText("Edit cancelled, no changes made.");
  await expect(editor).toHaveValue(/^apiVersion: apps\/v1/);
});

test("an error of the server that points into the file marks its line", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  const [input, editor] = [page.getByTestId("terminal-input"), page.getByTestId("editor")];
  await page.evaluate(async () => {
    window.lab.pause();
    await window.lab.apply();
    window.lab.pause();
  });
  // An empty cluster would take it: only the live object knows that the selector cannot change.
  await editor.fill((await editor.inputValue()).replaceAll("app: hellok8s", "app: other"));
  await expect(page.locator(".line-wrong")).toHaveCount(0);
  await input.fill("kubectl apply -f deployment.yaml");
  await input.press("Enter");
  await expect(page.getByTestId("terminal-log")).toContainText("field is immutable");
  await expect(page.locator(".line-wrong")).toHaveCount(1);
  await expect(page.getByTestId("editor-problem")).toContainText(/line \d+.*immutable/);
  await editor.press("End");
  await editor.pressSequentially(" ");
  await expect(page.locator(".line-wrong")).toHaveCount(0);
});

test("a program of one's own: declared in a new file, built, deployed, seen", async ({ page }) => {
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => window.lab.pause());
  const [editor, log] = [page.getByTestId("editor"), page.getByTestId("terminal-log")];
  await page.getByRole("button", { name: "New file" }).click();
  await expect(page.getByLabel("File name")).toBeFocused();
  await expectAccessible(page);
  await picture(page, "new-file");
  await page.keyboard.type("deployment.yaml");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "There is a file of this name" })).toBeVisible();
  await page.getByLabel("File name").fill("image.yaml");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("file-form")).toHaveCount(0);
  await expect(editor).toHaveValue(/image: me\/web:v1/);

  const program = "image: me/web:v1\nstartupSeconds: 3\nport: 8080\nroutes:\n  - path: /\n    body: my own {hostname}\n";
  await editor.fill(program.replace("8080", "80a"));
  await expect(page.getByTestId("editor-problem")).toContainText(/line 3, column 1: port/);
  await editor.fill(program);
  await expect(page.locator(".problem")).toHaveCount(0);
  await page.getByRole("button", { name: "Build and load image" }).click();
  await expect(log).toContainText("docker build -t me/web:v1 -f image.yaml . && minikube image load me/web:v1");
  await expect(log).toContainText("naming to docker.io/me/web:v1");
  const input = page.getByTestId("terminal-input");
  for (const line of ["kubectl create deployment mine --image=me/web:v1", "kubectl expose deployment mine --port=80 --target-port=8080"]) {
    await input.fill(line);
    await input.press("Enter");
  }
  await page.evaluate(() => window.lab.advance(10_000));
  await expect(page.locator('[data-pod][data-image="me/web:v1"][data-ready="1/1"]')).toHaveCount(1);
  await input.fill("curl -s http://mine; echo");
  await input.press("Enter");
  await expect(log).toContainText(/my own mine-[0-9a-f]+-\w{5}/);
  await picture(page, "own");

  await page.reload();
  await page.getByLabel("Open", { exact: true }).selectOption("file:image.yaml");
  await expect(editor).toHaveValue(program);
});

test("files are renamed and removed, and what the shell writes is there", async ({ page }) => {
  await openEmpty(page, "/?lang=zh");
  const [input, editor, list] = [page.getByTestId("terminal-input"), page.getByTestId("editor"), page.locator(".texts")];
  await input.fill("printf 'kind: Service\\n' > service.yaml");
  await input.press("Enter");
  await list.selectOption("file:service.yaml");
  await expect(editor).toHaveValue("kind: Service\n");
  await input.fill("echo 'apiVersion: v1' >> service.yaml");
  await input.press("Enter");
  await expect(editor).toHaveValue("kind: Service\napiVersion: v1\n");
  await page.getByRole("button", { name: "重命名或删除文件" }).click();
  await page.getByLabel("文件名").fill("svc.yaml");
  await page.getByLabel("文件名").press("Enter");
  await expect(list).toHaveValue("file:svc.yaml");
  await page.reload();
  await list.selectOption("file:svc.yaml");
  await page.getByRole("button", { name: "重命名或删除文件" }).click();
  await page.getByRole("button", { name: "删除", exact: true }).click();
  await expect(list.locator('option[value="file:svc.yaml"]')).toHaveCount(0);
  await list.selectOption("draft:");
  await expect(editor).toHaveValue("kind: Service\napiVersion: v1\n");
  await list.selectOption("image:hellok8s:liveness");
  await expect(editor).toHaveValue(/guangzhengli\/hellok8s:liveness/);
  await expectAccessible(page);
});

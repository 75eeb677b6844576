// What the editor and the terminal tell: characters that only look right, and texts that the browser does not keep.
import { expect, expectAccessible, openLab, picture, test } from "./support/lab";

test.describe.configure({ timeout: 120_000 });

const ODD = "apiVersion: apps/v1\nkind：Deployment\nmetadata:\n\u00a0\u00a0name: “web”\n\u3000# 注释：“对”\nspec:\n\treplicas: 3\n  pau\u200bsed: true\n";
const MENDED = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: \"web\"\n  # 注释：“对”\nspec:\n  replicas: 3\n  paused: true\n";

for (const [lang, theme] of [["en", "light"], ["zh", "dark"]] as const) {
  test(`characters that only look right are marked, named and mended at one click: ${lang}`, async ({ page }) => {
    await openLab(page, `/?lang=${lang}&theme=${theme}&autoplay=0`);
    const editor = page.getByTestId("editor");
    await editor.fill(ODD);
    const list = page.getByTestId("odd");
    const said = lang === "en" ? "line 4, column 1: 2 × no-break space (U+00A0) instead of a plain space" : "第 4 行第 1 列: 2 × 不换行空格（U+00A0），应为普通空格";
    await expect(list).toContainText(said);
    await expect(list).toContainText("U+FF1A");
    await expect(page.locator(".line .odd")).toHaveCount(7);
    await expectAccessible(page);
    await picture(page, `odd-${lang}`);
    // A finding leads to its place.
    await list.getByRole("button", { name: lang === "en" ? "line 2, column 5" : "第 2 行第 5 列" }).click();
    await expect(editor).toBeFocused();
    expect(await editor.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))).toBe("：Deployment");
    await page.getByTestId("mend").click();
    await expect(editor).toHaveValue(MENDED);
    await expect(list).toHaveCount(0);
    await expect(editor).toBeFocused();
    await page.keyboard.press("Control+z");
    await expect(editor).toHaveValue(ODD);
  });
}

test("a command that only looks right is mended before it runs, and as typed where that is wanted", async ({ page }) => {
  await openLab(page, "/?lang=en&autoplay=0");
  const [input, log, told] = [page.getByTestId("terminal-input"), page.getByTestId("terminal-log"), page.getByTestId("odd-line")];
  await input.fill("kubectl\u00a0get pods －n default");
  await expect(told).toContainText("Column 8: no-break space (U+00A0) instead of a plain space (+1)");
  await expectAccessible(page);
  await picture(page, "odd-line");
  await input.press("Enter");
  await expect(input).toHaveValue("kubectl get pods -n default");
  await expect(told).toContainText("Mended: Enter runs it.");
  await expect(log).not.toContainText("kubectl");
  await input.press("Enter");
  await expect(log).toContainText("$ kubectl get pods -n default");
  // As it was typed, nothing lost.
  await input.fill("echo “a b”");
  await input.press("Enter");
  await expect(input).toHaveValue('echo "a b"');
  await input.press("Escape");
  await expect(input).toHaveValue("echo “a b”");
  await input.press("Enter");
  await expect(log).toContainText("$ echo “a b”");
  await input.fill("kubectl get pods —watch");
  await told.getByRole("button", { name: "Mend" }).click();
  await expect(input).toHaveValue("kubectl get pods --watch");
  await expect(input).toBeFocused();
});

test("several pasted lines that only look right wait for an answer", async ({ page }) => {
  await openLab(page, "/?lang=en&autoplay=0");
  const [input, log] = [page.getByTestId("terminal-input"), page.getByTestId("terminal-log")];
  await input.focus();
  await input.evaluate((element) => {
    const data = new DataTransfer();
    data.setData("text", "echo\u00a0one\necho “two”\n");
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  const mend = page.getByRole("button", { name: "Mend and run" });
  await expect(mend).toBeFocused();
  await expect(log).not.toContainText("echo");
  await expectAccessible(page);
  await mend.press("Enter");
  await expect(log).toContainText("$ echo one");
  await expect(log).toContainText('\necho "two"\none\ntwo');
  await expect(input).toBeFocused();
});

test("a browser that keeps nothing is said to, and the text can be saved", async ({ page }) => {
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await openLab(page, "/?lang=en&autoplay=0");
  const editor = page.getByTestId("editor");
  await expect(page.getByTestId("kept")).toBeEmpty();
  await editor.fill("kind: Pod\n");
  await expect(page.getByTestId("kept")).toContainText("The browser does not keep your edits");
  await expectAccessible(page);
  await picture(page, "not-kept");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("kept").getByRole("button", { name: "Save as file" }).click()]);
  expect(download.suggestedFilename()).toBe("deployment.yaml");
});

test("two tabs: the later one does not eat the earlier one's text", async ({ page, context }) => {
  await openLab(page, "/?lang=en&autoplay=0");
  const second = await context.newPage();
  await openLab(second, "/?lang=en&autoplay=0");
  const [mine, theirs] = [page.getByTestId("editor"), second.getByTestId("editor")];
  await mine.fill("# first tab\n");
  await expect(second.getByTestId("kept")).toContainText("Another tab has changed this file as well");
  await theirs.fill("# second tab\n");
  await second.waitForTimeout(600);
  // The first one's is still what is kept; the second one's survives its own reload.
  expect(await page.evaluate(() => localStorage.getItem("hellok8s-lab:file:deployment.yaml"))).toBe("# first tab\n");
  await second.reload();
  await expect(second.locator("main")).toBeVisible();
  await expect(second.getByTestId("editor")).toHaveValue("# second tab\n");
  await expect(second.getByTestId("kept")).toContainText("Another tab");
  await expectAccessible(second);
  await picture(second, "two-tabs");
  await second.getByRole("button", { name: "This one" }).click();
  await expect(second.getByTestId("kept")).toBeEmpty();
  await expect(page.getByTestId("kept")).toContainText("Another tab");
  await expect(mine).toHaveValue("# first tab\n");
  await page.getByRole("button", { name: "The other tab's" }).click();
  await expect(mine).toHaveValue("# second tab\n");
  await expect(page.getByTestId("kept")).toBeEmpty();
  await mine.focus();
  await page.keyboard.press("Control+z");
  await expect(mine).toHaveValue("# first tab\n");
});

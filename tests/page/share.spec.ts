// Sharing: a link opens the same moment anywhere, a broken one loses nothing, and a session is a text that others read.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, expectAccessible, openEmpty, openLab, picture, test } from "./support/lab";

const manifest = (name: string) => readFileSync(join(import.meta.dirname, "../data/tutorial", name), "utf8");
const state = (page: Page) => page.evaluate(() => JSON.stringify(window.lab.state()));
const now = (page: Page) => page.evaluate(() => window.lab.now());
const notice = (page: Page) => page.getByTestId("notice");

test.describe.configure({ timeout: 90_000 });

/** A rollout that is on its way, after edits, in two terminals. */
async function rollOut(page: Page): Promise<void> {
  await openEmpty(page);
  await page.evaluate(() => window.lab.pause());
  await page.getByTestId("editor").fill(manifest("02-v1-replicas-3.yaml"));
  await page.getByTestId("apply").click();
  await page.evaluate(() => window.lab.pause());
  await page.evaluate(() => window.lab.advance(20_017));
  await page.evaluate(() => window.lab.exec("kubectl set image deployment hellok8s-deployment *=guangzhengli/hellok8s:v2"));
  await page.evaluate(() => window.lab.advance(1_503));
  await page.evaluate(() => window.lab.pause());
}

/** Opens the share menu and gives the link in it. */
async function link(page: Page): Promise<string> {
  await page.getByTestId("share").click();
  await expect(page.getByTestId("share-text")).toHaveValue(/^http.*#s=/);
  const text = await page.getByTestId("share-text").inputValue();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("share-text")).toHaveCount(0);
  await expect(page.getByTestId("share")).toBeFocused();
  return text;
}

/** A page of a visitor who was never here. */
async function freshPage(browser: Browser): Promise<Page> {
  return (await browser.newContext({ locale: "en-GB" })).newPage();
}

test("a link opens the same moment in a fresh profile", async ({ page, browser }) => {
  await rollOut(page);
  const address = await link(page);
  expect(address.length).toBeLessThan(600);
  const other = await freshPage(browser);
  await openLab(other, address);
  await expect(notice(other)).toContainText("somebody shared");
  expect(await now(other)).toBe(await now(page));
  expect(await state(other)).toBe(await state(page));
  await expect(other.getByTestId("editor")).toHaveValue(manifest("02-v1-replicas-3.yaml"));
  await expect(other.getByTestId("terminal-log")).toContainText("deployment.apps/hellok8s-deployment created");
  await expect(other.getByTestId("play")).toHaveAttribute("aria-pressed", "false");
  await expectAccessible(other);
  await picture(other, "shared");
  // Both go on alike.
  for (const each of [page, other]) {
    await each.evaluate(() => window.lab.advance(30_000));
  }
  expect(await state(other)).toBe(await state(page));
  await other.context().close();
});

test("the first state has a tiny link", async ({ page }) => {
  await openEmpty(page);
  await page.evaluate(() => window.lab.pause());
  const address = await link(page);
  expect(address.replace(/^[^#]*#/, "").length).toBeLessThan(40);
});

test("somebody's moment takes nothing of one's own", async ({ page, browser }) => {
  await rollOut(page);
  const address = await link(page);
  const other = await freshPage(browser);
  await openEmpty(other);
  await other.getByTestId("editor").fill("# mine\n");
  await other.evaluate(() => window.lab.pause());
  const mine = await state(other);
  // In the same tab, as when a link is pasted over the address.
  await other.evaluate((address) => (location.hash = new URL(address).hash), address);
  await expect(notice(other)).toContainText("somebody shared");
  await expect(other.getByTestId("editor")).toHaveValue(manifest("02-v1-replicas-3.yaml"));
  await other.getByTestId("editor").fill("# changed in theirs\n");
  await other.getByRole("button", { name: "Back to mine" }).click();
  await expect(other.getByTestId("editor")).toHaveValue("# mine\n");
  expect(JSON.parse(await state(other)).pods).toEqual(JSON.parse(mine).pods);
  await other.reload();
  await expect(other.getByTestId("editor")).toHaveValue("# mine\n");
  await other.context().close();
});

test("what is done in somebody's moment is there again after a reload, and one's own stays", async ({ page, browser }) => {
  await rollOut(page);
  const address = await link(page);
  const moment = await now(page);
  const other = await freshPage(browser);
  await openEmpty(other);
  await other.getByTestId("editor").fill("# mine\n");
  await other.evaluate((address) => (location.hash = new URL(address).hash), address);
  await expect(notice(other)).toContainText("somebody shared");
  // Looking around changes nothing.
  await other.evaluate(() => window.lab.seek(5_000));
  await other.reload();
  await expect(notice(other)).toContainText("a moment that somebody shared. Your own");
  expect(await now(other)).toBe(moment);
  await other.getByTestId("editor").fill("# changed in theirs\n");
  await other.evaluate(() => window.lab.exec("kubectl scale deployment hellok8s-deployment --replicas=5"));
  await other.evaluate(() => window.lab.advance(30_000));
  const changed = await state(other);
  await other.reload();
  await expect(notice(other)).toContainText("with what you have done in it");
  await expect(other.getByTestId("editor")).toHaveValue("# changed in theirs\n");
  expect(await state(other)).toBe(changed);
  await expectAccessible(other);
  await other.getByRole("button", { name: "Back to mine" }).click();
  await expect(other.getByTestId("editor")).toHaveValue("# mine\n");
  // Again theirs, as it was left; then as it was shared.
  await other.evaluate((address) => (location.hash = new URL(address).hash), address);
  await expect(notice(other)).toContainText("with what you have done in it");
  await other.getByRole("button", { name: "As it was shared" }).click();
  await expect(notice(other)).not.toContainText("with what you have done in it");
  await expect(other.getByTestId("editor")).toHaveValue(manifest("02-v1-replicas-3.yaml"));
  expect(await now(other)).toBe(moment);
  await other.reload();
  await expect(other.getByTestId("editor")).toHaveValue(manifest("02-v1-replicas-3.yaml"));
  await other.context().close();
});

for (const [what, hash, words] of [
  ["no base64url", "#s=@@@", "damaged"],
  ["no deflated text", "#s=AAAA", "damaged"],
  // {"v":9,"i":[]} and 2 MiB of blanks, deflated.
  ["a newer version", "#s=q1YqU7Ky1FHKVLKKjq0FAA", "newer version"],
  ["a bomb", `#s=${bomb()}`, "too large"],
  ["more than a link holds", `#s=${"A".repeat(16_001)}`, "too large"],
] as const) {
  test(`a link with ${what} gives a message and loses nothing`, async ({ page }) => {
    await openEmpty(page);
    await page.getByTestId("editor").fill("# mine\n");
    await openEmpty(page, `/?lang=en${hash}`);
    await expect(notice(page)).toContainText(words);
    await expect(notice(page)).toContainText("Nothing of yours has changed");
    await expect(page.getByTestId("editor")).toHaveValue("# mine\n");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Close" }).click();
    await expect(notice(page)).toBeEmpty();
  });
}

function bomb(): string {
  return execFileSync(process.execPath, ["-e", "process.stdout.write(require('zlib').deflateRawSync(Buffer.alloc(2 << 20, 32)).toString('base64url'))"]).toString();
}

test("the menu copies the link, the session and the transcript, and says so", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await rollOut(page);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByTestId("share").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("share-text")).toHaveValue(/#s=/);
  await expectAccessible(page);
  await picture(page, "share-menu");
  await page.getByRole("button", { name: "Copy link" }).press("Enter");
  await expect(page.locator("#share-menu [role=status]")).toHaveText("Copied.");
  expect(await clipboard()).toMatch(/#s=[-_\w]+$/);
  await page.getByRole("button", { name: "Copy as kubectl session" }).press("Enter");
  await expect(page.getByTestId("share-text")).toHaveValue(/^# hellok8s-lab run --seed 1/);
  await expect.poll(clipboard).toMatch(/\nkubectl apply -f deployment.yaml\nsleep \d+\.\d+\nkubectl set image/);
  await page.getByRole("button", { name: "Copy as Markdown transcript" }).press("Enter");
  await expect.poll(clipboard).toContain("```console\n$ kubectl apply -f deployment.yaml\ndeployment.apps/hellok8s-deployment created\n```");
});

test("where the browser does not let the page copy, the text is selected", async ({ page }) => {
  await openEmpty(page);
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.getByTestId("share").click();
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.locator("#share-menu [role=status]")).toContainText("copy it by hand");
  await expect(page.getByTestId("share-text")).toBeFocused();
});

test("a session is saved as a file and opened again", async ({ page, browser }, info) => {
  await rollOut(page);
  await page.getByTestId("share").click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as file" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("hellok8s-lab.json");
  const path = info.outputPath("session.json");
  await download.saveAs(path);
  const other = await freshPage(browser);
  await openEmpty(other);
  await other.getByTestId("share").click();
  await other.getByTestId("open-file").setInputFiles(path);
  await expect(notice(other)).toContainText("somebody shared");
  expect(await state(other)).toBe(await state(page));
  const wrong = info.outputPath("wrong.json");
  writeFileSync(wrong, "{");
  await other.getByTestId("share").click();
  await other.getByTestId("open-file").setInputFiles(wrong);
  await expect(notice(other)).toContainText("damaged");
  expect(await state(other)).toBe(await state(page));
  await other.context().close();
});

test("a copied session ends the same without the page", async ({ page }, info) => {
  const lab = join(import.meta.dirname, "../../target/debug/hellok8s-lab");
  test.skip(!existsSync(lab), "needs cargo build");
  await rollOut(page);
  await page.getByTestId("share").click();
  await page.getByRole("button", { name: "Copy as kubectl session" }).click();
  await expect(page.getByTestId("share-text")).toHaveValue(/^# hellok8s-lab run/);
  const session = info.outputPath("session.txt");
  writeFileSync(session, `${await page.getByTestId("share-text").inputValue()}kubectl get pods -o name\n`);
  const printed = execFileSync(lab, ["run", "--seed", "1", session]).toString();
  // The command takes its time there, and so it does here: what is compared is what both print.
  const output = await page.evaluate(() => window.lab.exec("kubectl get pods -o name"));
  expect(output.match(/^pod\//gm)?.length).toBeGreaterThanOrEqual(3);
  expect(printed.endsWith(`$ kubectl get pods -o name\n${output}`), printed).toBe(true);
});

for (const way of ["opened", "dropped"]) test(`somebody's own cluster is ${way} as kubectl gives it`, async ({ page }) => {
  await openEmpty(page);
  const file = join(import.meta.dirname, "../data/forecast/exported/old.yaml");
  if (way === "opened") {
    await page.getByTestId("share").click();
    await page.getByTestId("open-file").setInputFiles(file);
  } else {
    const dropped = await page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "cluster.yaml"));
      return data;
    }, readFileSync(file, "utf8"));
    await page.dispatchEvent("main", "drop", { dataTransfer: dropped });
  }
  await expect(page.locator('[data-pod^="web-"][data-ready="1/1"]')).toHaveCount(3);
  await expect(page.getByTestId("notice")).toContainText("This is your cluster");
  await expect(page.getByTestId("editor")).toHaveValue(/^# From your cluster\./);
  await page.getByRole("button", { name: "Back to mine" }).click();
  await expect(page.locator("[data-pod]")).toHaveCount(0);
});

test("a report says what is known and sends nothing by itself", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await rollOut(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByTestId("share").click();
  await page.getByRole("button", { name: "Report a problem…" }).click();
  await expect(page.locator("#share-menu [role=status]")).toContainText("the page sends nothing");
  await expect(page.getByTestId("share-text")).toHaveValue(
    /^What I wanted to do:\n[^]*What a real cluster does[^]*\nhellok8s-lab \d+\.\d+\.\d+, Kubernetes 1\.36, \d+ × \d+\nMozilla[^]*\nhttp.*#s=/,
  );
  // Nobody has said where reports go.
  await expect(page.getByTestId("issue")).toHaveCount(0);
  await page.evaluate(() => {
    const meta = document.createElement("meta");
    meta.name = "issues";
    meta.content = "https://forge.example/lab/issues/new";
    document.head.append(meta);
  });
  await page.getByRole("button", { name: "Report a problem…" }).click();
  const text = await page.getByTestId("share-text").inputValue();
  const issue = page.getByTestId("issue");
  await expect(issue).toHaveText("Open an issue with it");
  const address = new URL((await issue.getAttribute("href"))!);
  expect(address.href.split("?")[0]).toBe("https://forge.example/lab/issues/new");
  expect(address.searchParams.get("body")).toBe(text);
  expect(address.href.length).toBeLessThan(7_000);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(issue).toHaveCount(0);
  expect(asked).toEqual([]);
});

test("a report is in the visitor's language", async ({ page }) => {
  await openEmpty(page, "/?lang=zh");
  await page.getByTestId("share").click();
  await page.getByRole("button", { name: "反馈问题……" }).click();
  await expect(page.getByTestId("share-text")).toHaveValue(/^我想做什么：\n/);
});

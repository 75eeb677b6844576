// The code blocks of a page, made to run by embed.js?blocks=…: chapters as the generators of sites write them, in pages
// with strict policies, with a stand-in for the lab; and one of them with the lab itself.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { joined } from "../../.ci/join-embed.mjs";
import { expect, expectAccessible, test } from "./support/lab";

const HOST = "https://host.example/";
const LAB = "https://lab.example/";
const HTML = "text/html; charset=utf-8";
const GENERATORS = fileURLToPath(new URL("generators/", import.meta.url));

/** Says that it is there, shows what it is asked, and answers it. */
const STAND_IN = `<!doctype html><html lang="en"><title>Stand-in</title><main><h1>Stand-in</h1></main><script>
  const host = new URLSearchParams(location.search).get("host");
  const main = document.querySelector("main");
  main.dataset.query = location.search;
  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== host || source !== parent || data.source !== "hellok8s-lab-host") return;
    if (["theme", "lang"].includes(data.type)) return;
    const shown = document.createElement("pre");
    shown.textContent = [data.type, data.file, data.text].filter((part) => part !== undefined).join("|");
    main.append(shown);
    if (data.id) parent.postMessage({ source: "hellok8s-lab", type: "result", id: data.id, output: "did " + data.type + "\\n" }, host);
  });
  parent.postMessage({ source: "hellok8s-lab", type: "ready", version: "0" }, host);
</script></html>`;

/** A chapter as its generator wrote it (support/take-chapters.mjs), and the attributes of its `<html>`. */
function chapter(name: string): { html: string; body: string } {
  const text = readFileSync(`${GENERATORS}${name}.html`, "utf8");
  const [, html = "", body = ""] = /^(?:<!-- .* -->\n)?<!-- html (.*?) -->\n([^]*)$/.exec(text)!;
  return { html, body };
}

/** Opens a page with strict policies whose lab is a stand-in of another origin. */
async function open(page: Page, body: string, html = 'lang="en"', asked = "?blocks=docked", head = "", policy = ""): Promise<void> {
  await page.route(`${LAB}**`, (route) => route.fulfill({ contentType: HTML, body: STAND_IN }));
  for (const file of ["embed.js", "embed-blocks.js"] as const) {
    await page.route(`${LAB}${file}*`, (route) => route.fulfill({ contentType: "text/javascript", body: joined(file) }));
  }
  await page.route(HOST, (route) =>
    route.fulfill({
      contentType: HTML,
      headers: { "content-security-policy": `default-src 'none'; script-src ${LAB}; frame-src ${LAB}; style-src 'unsafe-inline'${policy}` },
      body: `<!doctype html><html ${html}><head><meta charset="utf-8"><title>Host</title>${head}<script defer src="${LAB}embed.js${asked}"></script></head><body><main>${body}</main></body></html>`,
    }),
  );
  await page.goto(HOST);
}

const bars = (page: Page) => page.locator("hellok8s-block");
const asked = (page: Page) => page.frameLocator("hellok8s-dock iframe").locator("pre").allTextContents();
/** The page's own text: what is added has no text in the page's tree. */
const textOfPage = (page: Page) => page.locator("main").evaluate((main) => main.textContent);

const APPLY = "kubectl apply -f web.yaml\nkubectl get deployments \\\n  --no-headers\n";
const GET = "kubectl get pods -l app=web -o name\nkubectl scale deployment web \\\n    --replicas=3\n";

test("every generator of docs/embedding.md has a chapter", () => {
  const names = readdirSync(GENERATORS).map((file) => file.replace(".html", ""));
  expect(names.sort()).toEqual(["docusaurus", "hugo", "jekyll", "mdbook", "mkdocs-material", "plain", "vitepress"]);
});

for (const name of readdirSync(GENERATORS).map((file) => file.replace(".html", ""))) {
  test(`the blocks of a chapter by ${name} run in one cluster, in their order`, async ({ page }) => {
    const { html, body } = chapter(name);
    await open(page, body, html);
    await expect(bars(page)).toHaveCount(3);
    expect(await textOfPage(page)).toBe(await page.evaluate((body) => {
      const main = document.createElement("main");
      main.innerHTML = body;
      return main.textContent;
    }, body));
    // Each stands behind its block, and nothing is loaded before somebody asks for it.
    await expect(page.locator("iframe")).toHaveCount(0);
    await expect(bars(page).nth(0).getByRole("button", { name: "Run all until here" })).toBeHidden();
    await bars(page).nth(0).getByRole("button", { name: "Apply", exact: true }).click();
    await expect(bars(page).nth(0).getByRole("status")).toHaveText("did apply");
    const manifest = (await asked(page))[0];
    expect(manifest).toMatch(/^write\|web\.yaml\|apiVersion: apps\/v1\nkind: Deployment\n[^]*\n {8}image: guangzhengli\/hellok8s:v1\n$/);
    await bars(page).nth(2).getByRole("button", { name: "Run all until here" }).click();
    await expect(bars(page).nth(2).getByRole("status")).toHaveText("Done.");
    expect((await asked(page)).slice(1)).toEqual(["apply|web.yaml", `type|${APPLY}`, "settle", `type|${GET}`]);
    await expect(page.locator("iframe")).toHaveCount(1);
    await expect(bars(page).nth(2).getByRole("button", { name: "Run all until here" })).toBeHidden();
  });
}

test("a manifest that a later block applies is only written when all run", async ({ page }) => {
  const { html, body } = chapter("plain");
  await open(page, body, html);
  await bars(page).nth(1).getByRole("button", { name: "Run all until here" }).click();
  await expect(bars(page).nth(1).getByRole("status")).toHaveText("Done.");
  expect((await asked(page)).map((line) => line.split("|")[0])).toEqual(["write", "settle", "type"]);
  await page.locator("hellok8s-dock").getByRole("button", { name: "Begin anew" }).click();
  await expect(page.locator("iframe")).toHaveCount(0);
  await expect(bars(page).nth(1).getByRole("status")).toHaveText("");
});

const block = (text: string, around = "") => `<div ${around}><pre><code class="language-sh">${text}</code></pre></div>`;

test("groups have clusters of their own, a block may name the one that it needs, and some are left out", async ({ page }) => {
  const body =
    block("kubectl get a", 'data-lab-id="first"') +
    block("kubectl get b") +
    block("kubectl get c", 'data-lab-after="first"') +
    block("kubectl get d", 'data-lab-group="other"') +
    block("kubectl get e", 'data-lab="off"');
  await open(page, body);
  await expect(bars(page)).toHaveCount(4);
  await bars(page).nth(2).getByRole("button", { name: "Run all until here" }).click();
  await expect(bars(page).nth(2).getByRole("status")).toHaveText("Done.");
  expect(await asked(page)).toEqual(["type|kubectl get a\n", "settle", "type|kubectl get c\n"]);
  await bars(page).nth(3).getByRole("button", { name: "Run", exact: true }).click();
  await expect(bars(page).nth(3).getByRole("status")).toHaveText("Done.");
  await expect(page.locator("iframe")).toHaveCount(2);
  await expect(page.locator("hellok8s-dock hellok8s-lab:not([hidden])")).toHaveAttribute("data-group", "other");
});

test("a page's own wish goes before the site's, and output may stand beneath its block", async ({ page }) => {
  await open(page, block("kubectl get a"), 'lang="zh"', "?blocks=off", '<meta name="hellok8s-lab" content="blocks=beneath&start=running">');
  await bars(page).getByRole("button", { name: "运行", exact: true }).click();
  await expect(bars(page).locator(".output")).toHaveText("did type");
  await expect(page.frameLocator("iframe").locator("main")).toHaveAttribute("data-query", /start=running/);
  await open(page, block("kubectl get a"), 'lang="en"', "?blocks=off");
  await expect(page.locator("hellok8s-lab, hellok8s-block")).toHaveCount(0);
});

test("of a group of blocks the one that is shown runs, under the name on its tab", async ({ page }) => {
  const manifest = (name: string) =>
    `<div class="language-yaml"><pre><code>apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n</code></pre></div>`;
  const style = ".blocks .language-yaml { display: none } #a:checked ~ * .a .language-yaml, #b:checked ~ * .b .language-yaml { display: block }";
  await open(
    page,
    `<style>${style}</style><div class="vp-code-group"><input type="radio" name="g" id="a" checked><input type="radio" name="g" id="b">
    <div class="tabs"><label for="a">a.yaml</label><label for="b">b.yaml</label></div>
    <div class="blocks"><div class="a">${manifest("a")}</div><div class="b">${manifest("b")}</div></div></div>`,
  );
  await expect(bars(page)).toHaveCount(2);
  await expect(bars(page).nth(1)).toBeHidden();
  await page.getByText("b.yaml").click();
  await expect(bars(page).nth(0)).toBeHidden();
  await bars(page).nth(1).getByRole("button", { name: "Apply", exact: true }).click();
  await expect(bars(page).nth(1).getByRole("status")).toHaveText("did apply");
  expect((await asked(page)).map((line) => line.split("|").slice(0, 2).join("|"))).toEqual(["write|b.yaml", "apply|b.yaml"]);
});

test("blocks that come later run too, and take their bars along when they go", async ({ page }) => {
  await open(page, block("kubectl get a"));
  await expect(bars(page)).toHaveCount(1);
  await page.locator("main").evaluate((main, block) => main.insertAdjacentHTML("beforeend", block), block("kubectl get b"));
  await expect(bars(page)).toHaveCount(2);
  await page.locator("pre").first().evaluate((pre) => pre.remove());
  await expect(bars(page)).toHaveCount(1);
  await page.evaluate(() => {
    history.pushState(null, "", "/next");
    document.querySelector("main")!.innerHTML = "<p>Another page</p>";
  });
  await expect(bars(page)).toHaveCount(0);
});

for (const theme of ["light", "dark"]) {
  test(`what is added can be reached and read, ${theme}`, async ({ page }) => {
    const { body } = chapter("plain");
    // The host's own colours are not the matter here.
    await open(page, `<style>html[data-theme="dark"] { background: #111; color: #eee; }</style>${body}`, `lang="en" data-theme="${theme}"`);
    await bars(page).nth(0).getByRole("button", { name: "Apply", exact: true }).press("Enter");
    await expect(bars(page).nth(0).getByRole("status")).toHaveText("did apply");
    await expectAccessible(page, "hellok8s-block");
    await expectAccessible(page, "hellok8s-dock");
    const fold = page.locator("hellok8s-dock").getByRole("button", { name: "Fold" });
    await fold.press("Enter");
    await expect(page.locator("hellok8s-dock").getByRole("button", { name: "Unfold" })).toHaveAttribute("aria-expanded", "false");
    await expect(page.locator("hellok8s-dock iframe")).toBeHidden();
  });
}

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the page reads as before", async ({ page }) => {
    const { html, body } = chapter("plain");
    await open(page, body, html);
    await expect(page.locator("main > *")).toHaveCount((body.match(/<(?:h1|p|pre)>/g) ?? []).length);
  });
});

test("a page that demands Trusted Types has to allow one policy, and its blocks run", async ({ page }) => {
  const { html, body } = chapter("plain");
  await open(page, body, html, "?blocks=docked", "", "; require-trusted-types-for 'script'; trusted-types hellok8s-lab");
  expect(await page.evaluate(() => Reflect.get(window, "trustedTypes") !== undefined)).toBe(true);
  await bars(page).first().getByRole("button", { name: "Apply" }).click();
  await expect.poll(() => asked(page)).toContainEqual(expect.stringContaining("apply|web.yaml"));
});

test("with the lab itself, what a block does is seen by the next", async ({ page, baseURL }) => {
  const { html, body } = chapter("plain");
  await page.route("**/chapter.html", (route) =>
    route.fulfill({
      contentType: HTML,
      body: `<!doctype html><html ${html}><meta charset="utf-8"><title>Host</title><main>${body}</main><script defer src="${baseURL}embed.js?blocks=beneath"></script></html>`,
    }),
  );
  await page.goto("/chapter.html");
  await bars(page).nth(2).getByRole("button", { name: "Run all until here" }).click();
  await expect(bars(page).nth(1).locator(".output")).toHaveText(/^deployment\.apps\/web created\nweb {3}0\/2/);
  await expect(bars(page).nth(2).locator(".output")).toHaveText(/^pod\/web-\w+-\w+\npod\/web-\w+-\w+\ndeployment\.apps\/web scaled$/);
  const lab = page.frameLocator("iframe");
  await expect(lab.locator("[data-pod]")).toHaveCount(3);
  await expect(lab.getByTestId("terminal-log")).toContainText("kubectl scale deployment web");
  // A tab of its own shows what is there, and not the beginning.
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open the lab in its own tab" }).click();
  const tab = await opened;
  await expect(tab.locator('[data-pod^="web-"]')).toHaveCount(3, { timeout: 30_000 });
  await expect(tab.getByTestId("editor")).toHaveValue(/name: web\n/);
});

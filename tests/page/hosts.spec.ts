// embed.js in pages as the generators of sites write them, with a stand-in for the lab that shows what it is sent.
import type { Page } from "@playwright/test";
import { joined } from "../../.ci/join-embed.mjs";
import { expect, test } from "./support/lab";

/** Says that it is there, and shows every message. Its own script is inline: the host's policy is not its. */
const STAND_IN = `<!doctype html><html lang="en"><title>Stand-in</title><main></main><script>
  const host = new URLSearchParams(location.search).get("host");
  document.querySelector("main").dataset.query = location.search;
  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== host || source !== parent || data.source !== "hellok8s-lab-host") return;
    const shown = document.createElement("pre");
    shown.className = data.type;
    shown.textContent = data.text ?? data.theme ?? data.lang ?? data.line ?? data.speed ?? "";
    document.querySelector("main").append(shown);
  });
  parent.postMessage({ source: "hellok8s-lab", type: "ready", version: "0" }, host);
  parent.postMessage({ source: "hellok8s-lab", type: "resize", height: 333 }, host);
</script></html>`;

const HTML = "text/html; charset=utf-8";
const HOST = "https://host.example/";
const LAB = "https://lab.example/";

/** Opens a page with `body` in a strict policy of its own; the lab is of another origin. Nothing is asked of a network. */
async function openHost(page: Page, body: string, html = 'lang="en"', script = "defer"): Promise<void> {
  await page.route(`${LAB}**`, (route) => route.fulfill({ contentType: HTML, body: STAND_IN }));
  await page.route(`${LAB}nowhere/**`, (route) => route.abort());
  await page.route(`${LAB}embed.js`, (route) =>
    route.fulfill({
      contentType: "text/javascript",
      // A module needs it, a plain script does not.
      headers: script === "defer" ? {} : { "access-control-allow-origin": "*" },
      body: joined("embed.js"),
    }),
  );
  await page.route(HOST, (route) =>
    route.fulfill({
      contentType: HTML,
      headers: { "content-security-policy": `default-src 'none'; script-src ${LAB}; frame-src ${LAB}` },
      body: `<!doctype html><html ${html}><meta charset="utf-8"><title>Host</title><body><script ${script} src="${LAB}embed.js"></script>${body}</body></html>`,
    }),
  );
  await page.goto(HOST);
}

const element = (attributes = "") => `<hellok8s-lab ${attributes}><a href="${LAB}">Open the lab</a></hellok8s-lab>`;
const written = (page: Page) => page.frameLocator("iframe").locator(".write");

const BLOCKS = {
  "plain HTML and mdBook": '<pre><code class="language-yaml hljs">kind: Pod\nmetadata:\n  name: web</code></pre>',
  VitePress:
    '<div class="language-yaml line-numbers-mode"><button class="copy"></button><span class="lang">yaml</span><pre class="shiki"><code><span class="line"><span>kind: Pod</span></span>\n<span class="line diff remove"><span>replicas: 3</span></span>\n<span class="line"><span>metadata:</span></span>\n<span class="line"><span>  name: web</span></span></code></pre><div class="line-numbers-wrapper"><span class="line-number">1</span><br></div></div>',
  Docusaurus:
    '<div class="language-yaml codeBlockContainer"><div><pre class="prism-code language-yaml"><code><span class="token-line">kind: Pod<br></span><span class="token-line">metadata:<br></span><span class="token-line">  name: web<br></span></code></pre><div><button>Copy</button></div></div></div>',
  "Hugo with a table of line numbers":
    '<div class="highlight"><table><tr><td class="lntd"><pre><code><span class="lnt">1\n</span><span class="lnt">2\n</span></code></pre></td><td class="lntd"><pre><code class="language-yaml" data-lang="yaml"><span class="line">kind: Pod\n</span><span class="line">metadata:\n</span><span class="line">  name: web\n</span></code></pre></td></tr></table></div>',
};

for (const [generator, block] of Object.entries(BLOCKS)) {
  test(`a YAML block of ${generator} is read as its author wrote it`, async ({ page }) => {
    await openHost(page, `${block}<p>${element()}</p>`);
    await expect(written(page)).toHaveCount(1);
    expect(await written(page).textContent()).toBe("kind: Pod\nmetadata:\n  name: web\n");
    await expect(page.getByRole("button", { name: "Run this YAML" })).toBeVisible();
  });
}

test("other code and other text are no YAML, and the height is the page's wish", async ({ page }) => {
  await openHost(page, `<pre><code class="language-js">kind()</code></pre>${element()}`);
  await expect(page.frameLocator("iframe").locator("main")).toBeAttached();
  await expect.poll(() => page.locator("iframe").evaluate((frame) => frame.clientHeight)).toBe(333);
  await expect(page.getByRole("button", { name: "Run this YAML" })).toBeHidden();
  await expect(written(page)).toHaveCount(0);
});

test("attributes reach the lab, and an attached one knows that its button stands above", async ({ page }) => {
  const block = BLOCKS["plain HTML and mdBook"];
  await openHost(page, `${block}${element('start="running" speed="story" panels="stage"')}`);
  const lab = page.frameLocator("iframe").locator("main");
  await expect(lab).toHaveAttribute("data-query", /start=running&speed=story.*attached=1/);
  await expect(page.locator("iframe")).toHaveAttribute("allow", /fullscreen/);
  await page.locator("hellok8s-lab").evaluate((lab) => lab.setAttribute("start", "empty"));
  await expect(lab).toHaveAttribute("data-query", /start=empty/);
  await page.locator("hellok8s-lab").evaluate((lab) => (lab as unknown as { speed(pace: string): void }).speed("story"));
  await expect(page.frameLocator("iframe").locator(".speed")).toHaveText("story");
});

const THEMES = [
  ['class="dark"', "dark"],
  ['data-theme="dark"', "dark"],
  ['data-theme="light" class="dark-images"', "light"],
  ['class="coal js"', "dark"],
  ['class="rust js"', "light"],
  ['data-md-color-scheme="slate"', "dark"],
  ["", "light"],
] as const;

for (const [html, theme] of THEMES) {
  test(`a page with <html ${html}> is ${theme}`, async ({ page }) => {
    await openHost(page, element(), `lang="zh-CN" ${html}`);
    const query = page.frameLocator("iframe").locator("main");
    await expect(query).toHaveAttribute("data-query", new RegExp(`theme=${theme}`));
    await expect(query).toHaveAttribute("data-query", /lang=zh/);
  });
}

test("what is asked before the lab is there waits for it, as a module too", async ({ page }) => {
  await openHost(page, element(), 'lang="en"', 'type="module"');
  await page.evaluate(() => customElements.whenDefined("hellok8s-lab"));
  await page.locator("hellok8s-lab").evaluate((lab) => void (lab as unknown as { exec(line: string): void }).exec("kubectl get pods"));
  await expect(page.frameLocator("iframe").locator(".exec")).toHaveText("kubectl get pods");
});

test.describe("a lab that does not answer", () => {
  test.use({ expectedErrors: [/ERR_FAILED/] });

  test("leaves the author's own words and a link", async ({ page }) => {
    await page.clock.install();
    await openHost(page, element(`src="${LAB}nowhere/"`));
    const words = page.getByRole("link", { name: "Open the lab", exact: true });
    await expect(page.locator("iframe")).toHaveCount(1);
    await expect(words).toBeHidden();
    await page.clock.fastForward(31_000);
    await expect(words).toBeVisible();
    await expect(page.getByText("The lab does not answer here.")).toBeVisible();
  });
});

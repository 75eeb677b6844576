// The plugins for generators of sites: packed as the registry would get them, installed from their tarballs without a
// network, and used as their READMEs say.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";

const PACKAGES = fileURLToPath(new URL("../../packages/", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../../examples/vitepress/node_modules/", import.meta.url));
const VITEPRESS = join(EXAMPLE, "vitepress");
const LAB = "https://lab.example/lab/";

let site: string;
test.beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), "hellok8s-lab-packages-"));
});
test.afterEach(() => rmSync(site, { recursive: true, force: true }));

/** Packs a plugin, installs it into `site`, and answers the files that were packed. */
function install(name: string): string[] {
  const npm = (...options: string[]) => execFileSync("npm", options, { cwd: site, encoding: "utf8", timeout: 60_000 });
  const [packed] = JSON.parse(npm("pack", join(PACKAGES, name), "--json")) as [{ filename: string; files: { path: string }[] }];
  writeFileSync(join(site, "package.json"), '{"private": true, "type": "module"}');
  npm("install", "--offline", "--no-audit", "--no-fund", `./${packed.filename}`);
  return packed.files.map(({ path }) => path).sort();
}

const FILES = ["README.md", "index.d.ts", "index.js", "package.json"];

test("the VitePress plugin makes a site's blocks run with one line", async () => {
  test.skip(!existsSync(VITEPRESS), "VitePress is not installed: ./lab setup");
  expect(install("vitepress")).toEqual(FILES);
  for (const name of ["vitepress", "vue"]) {
    symlinkSync(join(EXAMPLE, name), join(site, "node_modules", name));
  }
  mkdirSync(join(site, ".vitepress"));
  writeFileSync(
    join(site, ".vitepress/config.mjs"),
    `import { defineConfig } from "vitepress";
    import hellok8sLab from "vitepress-plugin-hellok8s-lab";
    export default defineConfig({ extends: hellok8sLab({ lab: "${LAB}", start: "running" }), head: [["meta", { name: "own" }]] });`,
  );
  writeFileSync(join(site, "index.md"), "# A chapter\n\n```sh\nkubectl get pods\n```\n\n<hellok8s-lab lesson=\"scale\"></hellok8s-lab>\n");
  const said = execFileSync(process.execPath, [join(VITEPRESS, "bin/vitepress.js"), "build", site], { encoding: "utf8", timeout: 120_000 });
  expect(said).not.toContain("Failed to resolve component");
  const html = readFileSync(join(site, ".vitepress/dist/index.html"), "utf8");
  expect(html).toContain(`<script defer src="${LAB}embed.js?blocks=docked&start=running"></script>`.replace("&", "&amp;"));
  expect(html).toContain('<meta name="own">');
  expect(html).toContain('<hellok8s-lab lesson="scale"></hellok8s-lab>');
});

test("the VitePress plugin says what is wrong with its options", async () => {
  const { default: hellok8sLab } = (await import(pathToFileURL(join(PACKAGES, "vitepress/index.js")).href)) as {
    default: (options?: object) => { head: [string, { src: string }][] };
  };
  expect(() => hellok8sLab()).toThrow(/lab is undefined; it has to be a lab's address/);
  expect(() => hellok8sLab({ lab: "lab" })).toThrow(/lab is "lab"/);
  expect(() => hellok8sLab({ lab: LAB, blocks: "all" })).toThrow(/blocks is "all"/);
  expect(() => hellok8sLab({ lab: LAB, pannels: "stage" })).toThrow(/no option pannels/);
  expect(hellok8sLab({ lab: "https://lab.example/lab" }).head[0]?.[1].src).toBe(`${LAB}embed.js?blocks=docked`);
});

test("the Docusaurus plugin puts the lab into every page's head, and says what is wrong with its options", () => {
  expect(install("docusaurus")).toEqual(FILES);
  const plugin = createRequire(join(site, "index.js"))("docusaurus-plugin-hellok8s-lab");
  const validate = (options: object) => plugin.validateOptions({ options, validate: undefined });
  const made = plugin({}, validate({ lab: LAB, blocks: "beneath", id: "default" }));
  expect(made.name).toBe("docusaurus-plugin-hellok8s-lab");
  expect(made.injectHtmlTags({ content: undefined })).toEqual({
    headTags: [{ tagName: "script", attributes: { defer: true, src: `${LAB}embed.js?blocks=beneath` } }],
  });
  expect(() => validate({})).toThrow(/lab is undefined; it has to be a lab's address/);
  expect(() => validate({ lab: LAB, blocks: "all" })).toThrow(/blocks is "all"/);
  expect(() => validate({ lab: LAB, pannels: "stage" })).toThrow(/no option pannels/);
});

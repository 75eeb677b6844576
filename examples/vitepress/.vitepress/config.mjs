import { defineConfig } from "vitepress";

/** Where the lab is served. LAB_URL=http://127.0.0.1:8080/ npm run build takes one of this machine. */
const lab = new URL(process.env.LAB_URL ?? "https://YOUR-HOST/lab/");

export default defineConfig({
  title: "hellok8s",
  base: process.env.BASE ?? "/",
  outDir: process.env.OUT_DIR,
  cleanUrls: false,
  // All that the lab needs of a VitePress site: its script (the icon is ours), and that Vue leaves its element alone.
  head: [
    ["script", { defer: "", src: new URL("embed.js", lab).href }],
    ["link", { rel: "icon", type: "image/svg+xml", href: new URL("favicon.svg", lab).href }],
  ],
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === "hellok8s-lab" } } },
  markdown: { lineNumbers: true },
  locales: {
    root: { label: "中文", lang: "zh-CN", description: "滚动更新，边读边试", themeConfig: { outline: { label: "本页" } } },
    en: { label: "English", lang: "en", description: "Rolling updates, tried while reading" },
  },
  themeConfig: { socialLinks: [], sidebar: false },
});

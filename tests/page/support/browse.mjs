// For the scripts that measure or photograph dist/: the built page on a server of its own, and a browser.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";

/**
 * Hands a browser and the page's address to `use`, and ends both afterwards.
 * @param {(browser: import("@playwright/test").Browser, address: string) => Promise<void>} use
 */
export async function browse(use) {
  const port = 21_000 + (process.pid % 9_000);
  const server = spawn(process.execPath, [join(import.meta.dirname, "serve.mjs"), String(port)], { stdio: "ignore" });
  const debian = "/usr/bin/chromium";
  const browser = await chromium.launch({
    ...(existsSync(debian) && { executablePath: debian }),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  try {
    await use(browser, `http://127.0.0.1:${port}/`);
  } finally {
    await browser.close();
    server.kill();
  }
}

/**
 * A Deployment `web` with one container of hellok8s. `probe` is its probe's YAML, `spec` more of the Deployment's.
 * @param {{ replicas: number, tag: string, probe: string, spec?: string }} wanted
 */
export function web({ replicas, tag, probe, spec = "" }) {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
${spec}  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: app
          image: guangzhengli/hellok8s:${tag}
          ${probe}
`;
}

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";
// Each clone its own, so that several can be tested at once on one machine.
const place = createHash("sha256").update(import.meta.dirname).digest().readUInt16BE(0);
const port = Number(process.env.LAB_TEST_PORT ?? 20000 + (place % 10000));
const url = `http://127.0.0.1:${port}/`;
// The VitePress site that embeds the lab, on an origin of its own.
const exampleUrl = `http://127.0.0.1:${port + 10000}/`;

export default defineConfig<{ exampleUrl: string }>({
  testDir: ".",
  testMatch: "*.spec.ts",
  workers: 2,
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  reporter: [["list"]],
  use: {
    baseURL: url,
    exampleUrl,
    browserName: "chromium",
    locale: "en-GB",
    timezoneId: "UTC",
    // Would fetch all of the page once more in each test; app.spec.ts lets them work.
    serviceWorkers: "block",
    // Costs each test a third more time.
    trace: process.env.CI ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    launchOptions: {
      ...(existsSync(DEBIAN_CHROMIUM) && { executablePath: DEBIAN_CHROMIUM }),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    },
  },
  webServer: [
    { command: `node support/serve.mjs ${port}`, url, reuseExistingServer: false },
    {
      command: `node support/serve-example.mjs ${port + 10000} ${url}lab/`,
      url: exampleUrl,
      reuseExistingServer: false,
      // Builds the site first.
      timeout: 180_000,
    },
  ],
});

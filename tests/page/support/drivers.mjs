// Drives the browsers that Playwright cannot drive here: Debian's Firefox by Marionette, its own protocol, and WebKitGTK by
// WebDriver. Both understand the commands of the W3C's WebDriver; what a test needs of them is in `Session`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const FIREFOX = "/usr/bin/firefox-esr";
const WEBKIT = "/usr/bin/WebKitWebDriver";
const XVFB = "/usr/bin/Xvfb";
/** The name under which WebDriver hands out elements. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** The other browsers that this machine has, by name: each opens a `Session`. */
export const BROWSERS = {
  ...(existsSync(FIREFOX) ? { firefox } : {}),
  ...(existsSync(WEBKIT) && existsSync(XVFB) ? { webkit } : {}),
};

/**
 * Sends a command of WebDriver and resolves to its value, which is JSON.
 * @typedef {(command: string, parameters?: object) => Promise<unknown>} Call
 */

/** A browser with one window. */
class Session {
  #call;
  #end;

  /**
   * @param {Call} call
   * @param {() => Promise<void>} end
   */
  constructor(call, end) {
    this.#call = call;
    this.#end = end;
  }

  /** @param {string} url */
  async open(url) {
    await this.#call("Navigate", { url });
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  async resize(width, height) {
    // The window's own borders come on top.
    for (let round = 0; round < 2; round += 1) {
      const [x, y] = /** @type {[number, number]} */ (await this.run("return [outerWidth - innerWidth, outerHeight - innerHeight]"));
      await this.#call("SetWindowRect", { width: width + x, height: height + y });
      await wait(200);
    }
  }

  /**
   * Runs a function's body in the page, with `arguments`; what it returns, or a promise of it, as JSON.
   * @param {string} script
   * @param {unknown[]} args
   */
  run(script, ...args) {
    return this.#call("ExecuteScript", { script, args });
  }

  /**
   * What `script` returns, once it is true.
   * @param {string} script
   */
  async until(script, { timeout = 30_000 } = {}) {
    const end = Date.now() + timeout;
    for (;;) {
      const value = await this.run(script);
      if (value) {
        return value;
      }
      if (Date.now() > end) {
        throw new Error(`not so within ${timeout} ms: ${script}`);
      }
      await wait(100);
    }
  }

  /** @param {string} selector */
  async #find(selector) {
    const found = await this.#call("FindElement", { using: "css selector", value: selector });
    return /** @type {Record<string, string>} */ (found)[ELEMENT];
  }

  /** @param {string} selector */
  async click(selector) {
    await this.#call("ElementClick", { id: await this.#find(selector) });
  }

  /**
   * Types with the keyboard into what `selector` finds.
   * @param {string} selector
   * @param {string} text
   */
  async type(selector, text) {
    await this.#call("ElementSendKeys", { id: await this.#find(selector), text, value: [...text] });
  }

  /** @param {string} path */
  async picture(path) {
    writeFileSync(path, Buffer.from(String(await this.#call("TakeScreenshot", { full: false, hash: false })), "base64"));
  }

  async close() {
    await this.#end();
  }
}

/**
 * Starts a program whose end is `stop`, which also removes its folder.
 * @param {string} command
 * @param {(folder: string) => string[]} args
 * @param {Record<string, string>} env
 */
function start(command, args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), "lab-browser-"));
  const child = spawn(command, args(folder), { stdio: "ignore", detached: true, env: { ...process.env, HOME: folder, ...env } });
  child.on("error", () => {});
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return {
    folder,
    async stop() {
      try {
        process.kill(-Number(child.pid), "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * @template Value
 * @param {() => Promise<Value>} act
 */
async function retry(act, timeout = 30_000) {
  for (const end = Date.now() + timeout; ; await wait(200)) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

async function firefox() {
  const port = await freePort();
  const browser = start(FIREFOX, (folder) => {
    const preferences = {
      "marionette.port": port,
      "app.update.enabled": false,
      "browser.shell.checkDefaultBrowser": false,
      "datareporting.policy.dataSubmissionEnabled": false,
      "browser.startup.homepage_override.mstone": "ignore",
      "network.captive-portal-service.enabled": false,
      "intl.accept_languages": "en-GB",
    };
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    writeFileSync(join(folder, "user.js"), lines.join(""));
    return ["--headless", "--marionette", "--no-remote", "--profile", folder, "about:blank"];
  });
  try {
    /** @type {import("node:net").Socket} */
    const socket = await retry(() => new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
      socket.once("error", reject);
    }));
    const call = marionette(socket);
    await call("NewSession", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    return new Session(call, async () => {
      socket.destroy();
      await browser.stop();
    });
  } catch (error) {
    await browser.stop();
    throw error;
  }
}

/**
 * Marionette's messages are `LENGTH:[0, id, command, parameters]`, and the answers `LENGTH:[1, id, error, value]`.
 * @param {import("node:net").Socket} socket
 * @returns {Call}
 */
function marionette(socket) {
  /** @type {Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  /** @type {Buffer} */
  let received = Buffer.alloc(0);
  let last = 0;
  socket.on("error", (error) => waiting.forEach(({ reject }) => reject(error)));
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
    for (;;) {
      const colon = received.indexOf(":");
      const length = Number(received.subarray(0, Math.max(colon, 0)).toString());
      if (colon < 0 || received.length < colon + 1 + length) {
        return;
      }
      const message = JSON.parse(received.subarray(colon + 1, colon + 1 + length).toString());
      received = received.subarray(colon + 1 + length);
      // It greets first.
      if (Array.isArray(message)) {
        const [, id, error, value] = message;
        const asked = waiting.get(id);
        waiting.delete(id);
        if (error) asked?.reject(new Error(`${error.error}: ${error.message}`));
        else asked?.resolve(value && "value" in value ? value.value : value);
      }
    }
  });
  return (command, parameters) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    const text = JSON.stringify([0, last, `WebDriver:${command}`, parameters]);
    socket.write(`${Buffer.byteLength(text)}:${text}`);
  });
}

async function webkit() {
  const port = await freePort();
  const display = `:${1000 + (port % 10_000)}`;
  const screen = start(XVFB, () => [display, "-screen", "0", "2000x1200x24", "-nolisten", "tcp"]);
  const browser = start(WEBKIT, () => [`--port=${port}`], { DISPLAY: display, WEBKIT_DISABLE_COMPOSITING_MODE: "1", LANG: "en_GB.UTF-8" });
  const end = async () => {
    await browser.stop();
    await screen.stop();
  };
  /** @type {(method: string, path: string, body?: object) => Promise<unknown>} */
  const send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body ? JSON.stringify(body) : null });
    const { value } = await response.json();
    if (!response.ok) {
      throw new Error(`${value.error}: ${value.message}`);
    }
    return value;
  };
  try {
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] } } };
    const { sessionId } = /** @type {{ sessionId: string }} */ (await retry(() => send("POST", "/session", { capabilities })));
    const at = `/session/${sessionId}`;
    /** @type {Record<string, (parameters: { id?: string, text?: string }) => Promise<unknown>>} */
    const commands = {
      Navigate: (body) => send("POST", `${at}/url`, body),
      SetWindowRect: (body) => send("POST", `${at}/window/rect`, body),
      ExecuteScript: (body) => send("POST", `${at}/execute/sync`, body),
      FindElement: (body) => send("POST", `${at}/element`, body),
      ElementClick: ({ id }) => send("POST", `${at}/element/${id}/click`, {}),
      ElementSendKeys: ({ id, text }) => send("POST", `${at}/element/${id}/value`, { text }),
      TakeScreenshot: () => send("GET", `${at}/screenshot`),
    };
    const call = async (/** @type {string} */ name, /** @type {object} */ parameters = {}) => commands[name]?.(parameters);
    return new Session(call, async () => {
      await send("DELETE", at).catch(() => {});
      await end();
    });
  } catch (error) {
    await end();
    throw error;
  }
}

function miniBrowser() {
  const places = ["4.1", "4.0", "6.0"].map((version) => `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-${version}/MiniBrowser`);
  return places.find((path) => existsSync(path)) ?? "MiniBrowser";
}

// Serves a folder as a static host would: at / and, because the page must work under any path, at /lab/.
//
//   node support/serve.mjs [PORT] [FOLDER]
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

/** The built page; LAB_DIST names another folder, such as a copy that a build under way does not touch. */
export const DIST = process.env.LAB_DIST ?? fileURLToPath(new URL("../../../dist", import.meta.url));
/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
const COMPRESSED = new Set([".css", ".html", ".js", ".json", ".svg", ".wasm", ".webmanifest"]);

/**
 * The file that a request means, or undefined.
 * @param {string} folder
 * @param {string} url
 */
function fileFor(folder, url) {
  const path = decodeURIComponent(new URL(url, "http://localhost").pathname).replace(/^\/lab\//, "/");
  const file = normalize(join(folder, path.endsWith("/") ? `${path}index.html` : path));
  if (!file.startsWith(folder + sep)) {
    return undefined;
  }
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

/** As hosts do that compress: once a file, in brotli. */
function compressor() {
  /** @type {Map<string, Buffer>} */
  const known = new Map();
  /** @param {string} file */
  return (file) => {
    const key = `${file} ${statSync(file).mtimeMs}`;
    let bytes = known.get(key);
    if (!bytes) {
      bytes = brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
      known.set(key, bytes);
    }
    return bytes;
  };
}

/**
 * Where a server listens.
 * @param {import("node:http").Server} server
 */
export function portOf(server) {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/**
 * Serves `folder` on this machine; resolves to the server once it listens. Port 0 takes any free one.
 * `isOpen`: any site may read it, as on GitHub Pages. `compress`: in brotli, and what has a hash in its name may be kept for ever, as a good host does.
 * @param {string} folder
 * @param {number} port
 * @returns {Promise<import("node:http").Server>}
 */
export function serve(folder, port, { compress = false, isOpen = false } = {}) {
  const root = resolve(folder);
  const compressed = compressor();
  const server = createServer((request, response) => {
    let file;
    let status = 200;
    try {
      file = fileFor(root, request.url ?? "/");
      if (!file) {
        // As GitHub Pages does.
        status = 404;
        file = fileFor(root, "/404.html");
      }
    } catch {
      response.writeHead(400).end();
      return;
    }
    if (!file) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    const extension = extname(file);
    const headers = {
      "content-type": TYPES[extension] ?? "application/octet-stream",
      ...(isOpen && { "access-control-allow-origin": "*" }),
      "cache-control": compress && /-[0-9a-f]{16}/.test(file) ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (compress && COMPRESSED.has(extension) && /\bbr\b/.test(request.headers["accept-encoding"] ?? "")) {
      const bytes = compressed(file);
      response.writeHead(status, { ...headers, "content-encoding": "br", "content-length": bytes.length }).end(bytes);
      return;
    }
    response.writeHead(status, headers);
    createReadStream(file).pipe(response);
  });
  return new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => listening(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve(process.argv[3] ?? DIST, Number(process.argv[2] ?? 4173));
  console.log(`http://127.0.0.1:${portOf(server)}/`);
}

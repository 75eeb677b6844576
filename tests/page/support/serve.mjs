// Serves dist/ as a static host would: at / and, because the page must work under any path, at /lab/.
//
//   node support/serve.mjs [PORT] [DIST]
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const port = Number(process.argv[2] ?? 4173);
const dist = process.argv[3] ?? fileURLToPath(new URL("../../../dist", import.meta.url));
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

/** The file that a request means, or undefined. */
function fileFor(url) {
  const path = decodeURIComponent(new URL(url, "http://localhost").pathname).replace(/^\/lab\//, "/");
  const file = normalize(join(dist, path.endsWith("/") ? `${path}index.html` : path));
  if (!file.startsWith(dist + sep)) {
    return undefined;
  }
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

createServer((request, response) => {
  let file;
  try {
    file = fileFor(request.url);
  } catch {
    response.writeHead(400).end();
    return;
  }
  if (!file) {
    response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
    return;
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "cache-control": "no-cache",
  });
  createReadStream(file).pipe(response);
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/`));

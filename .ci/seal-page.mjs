// Trunk's post_build hook: moves every inline script of the built page into a file beside it, so that the
// content policy in index.html needs neither 'unsafe-inline' nor a hash that changes with each build.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) {
  throw new Error("seal-page.mjs is Trunk's post_build hook: TRUNK_STAGING_DIR is not set");
}

const page = join(staging, "index.html");
const html = readFileSync(page, "utf8");

const sealed = html.replace(/<script([^>]*)>([\s\S]*?)<\/script>/g, (whole, attributes, body) => {
  if (/\ssrc\s*=/.test(attributes)) {
    return whole;
  }
  // What Trunk's server would fill in only where it finds it in the HTML: its reload socket's address.
  const script = body
    .replace(/(['"`])\{\{__TRUNK_ADDRESS__\}\}\1/g, "window.location.host")
    .replace(/\{\{__TRUNK_WS_BASE__\}\}/g, "/");
  const sha384 = createHash("sha384").update(script).digest();
  const name = `start-${sha384.toString("hex").slice(0, 16)}.js`;
  writeFileSync(join(staging, name), script);
  return `<script${attributes} src="./${name}" integrity="sha384-${sha384.toString("base64")}"></script>`;
});

const rest = sealed.match(/<script(?![^>]*\ssrc=)|<style[\s>]|\sstyle=|\son[a-z]+=/i);
if (rest) {
  throw new Error(`index.html holds something the content policy forbids: ${rest[0]}`);
}
writeFileSync(page, sealed);

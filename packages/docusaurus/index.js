"use strict";

const NAME = "docusaurus-plugin-hellok8s-lab";
/** What the element may be told by the address of its script, besides `blocks`. */
const PARAMETERS = ["start", "seed", "k8s", "speed", "lesson", "panels"];

/**
 * The options as an author wrote them, and the name that Docusaurus gives the plugin.
 * @typedef {{ [Name in keyof import("./index.js").Options]: string } & { lab: string, blocks: string, id?: string | undefined }} Given
 */

/**
 * The plugin: puts the lab's script into the head of every page.
 * @param {unknown} _context
 * @param {Given} options as `validateOptions` answers them
 */
function hellok8sLab(_context, { lab, blocks, id: _id, ...others }) {
  const script = new URL("embed.js", lab.endsWith("/") ? lab : `${lab}/`);
  script.search = new URLSearchParams({ blocks, ...others }).toString();
  return {
    name: NAME,
    injectHtmlTags: () => ({ headTags: [{ tagName: "script", attributes: { defer: true, src: script.href } }] }),
  };
}

/**
 * Says what is wrong with the plugin's options before a page is built.
 * @param {{ options?: Partial<Given> }} site
 * @returns {Given}
 */
hellok8sLab.validateOptions = function validateOptions({ options }) {
  const { lab = "", blocks = "docked", id, ...others } = options ?? {};
  if (!URL.canParse(lab)) {
    throw new TypeError(`${NAME}: lab is ${JSON.stringify(options?.lab)}; it has to be a lab's address, such as "https://YOUR-HOST/lab/"`);
  }
  if (!["docked", "beneath", "off"].includes(blocks)) {
    throw new TypeError(`${NAME}: blocks is ${JSON.stringify(blocks)}; it has to be "docked", "beneath" or "off"`);
  }
  const unknown = Object.keys(others).find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${NAME}: there is no option ${unknown}: lab, blocks, ${PARAMETERS.join(", ")}`);
  }
  return { ...others, lab, blocks, id };
};

module.exports = hellok8sLab;

/** What the element may be told by the address of its script, besides `blocks`. */
const PARAMETERS = ["start", "seed", "k8s", "speed", "lesson", "panels"];

/**
 * A part of a VitePress configuration, for its `extends`.
 * @param {Partial<import("./index.js").Options>} options of which `lab` must be there
 */
export default function hellok8sLab({ lab, blocks = "docked", ...others } = {}) {
  if (lab === undefined || !URL.canParse(lab)) {
    throw new TypeError(`vitepress-plugin-hellok8s-lab: lab is ${JSON.stringify(lab)}; it has to be a lab's address, such as "https://YOUR-HOST/lab/"`);
  }
  if (!["docked", "beneath", "off"].includes(blocks)) {
    throw new TypeError(`vitepress-plugin-hellok8s-lab: blocks is ${JSON.stringify(blocks)}; it has to be "docked", "beneath" or "off"`);
  }
  const unknown = Object.keys(others).find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`vitepress-plugin-hellok8s-lab: there is no option ${unknown}: lab, blocks, ${PARAMETERS.join(", ")}`);
  }
  const script = new URL("embed.js", lab.endsWith("/") ? lab : `${lab}/`);
  script.search = new URLSearchParams({ blocks, ...others }).toString();
  return {
    head: [["script", { defer: "", src: script.href }]],
    // Vue leaves what it does not know alone only where it is told to.
    vue: { template: { compilerOptions: { isCustomElement: (/** @type {string} */ tag) => tag.startsWith("hellok8s-") } } },
  };
}

// What embed.js hands to the blocks, and what the page wishes.

/** The element's class, with what it hands on (`page`). */
export const Lab = /** @type {typeof import("../element.js").Hellok8sLab | undefined} */ (globalThis.customElements?.get("hellok8s-lab"));
export const { script, textOf, isYaml, langAround, themeAround, THEME_ATTRIBUTES } =
  /** @type {typeof import("../element.js").Hellok8sLab.page} */ (Lab?.page ?? {});

/** The page's own wish, which goes before the site's. */
const META = 'meta[name="hellok8s-lab"]';

/** What the page wishes: its own `<meta>`, else what stands behind `?` in the address of embed.js. */
export function wishes() {
  const own = document.querySelector(META)?.getAttribute("content");
  return new URLSearchParams(own ?? (script ? new URL(script).search : ""));
}

/** Where a site is built there is no browser. */
export const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

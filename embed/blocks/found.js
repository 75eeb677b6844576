// The page's blocks: which of them are for the lab, and what they hold.
import { isYaml, textOf } from "./lab.js";

const SHELLS = /^(?:(?:language|lang|brush|highlight-source|source)[-:])?(?:shell|bash|sh|zsh|console|shell-session|shellsession|terminal)$/i;
/** What the lab's terminal knows: a block without any of these is not for it. */
const KNOWN = /(?:^|[\s;&|(])(?:kubectl|k|minikube|docker|curl|watch|lab|hey)(?:\s|$)/m;
/**
 * A block that is for the lab. `file` is where a manifest goes, `after` the id of the block that has to run before it, `read`
 * answers its text.
 * @typedef {{ isManifest: boolean, file: string, group: string, after: string | undefined, id: string | undefined, read: () => string }} Block
 */

/** What generators put around a block. */
const WRAPPERS =
  'figure, .highlight, .chroma, .highlighter-rouge, .codehilite, .vp-code-group, .vp-code-group > .blocks, [class*="language-"], [class*="codeBlockContainer"], [class*="codeBlockContent"], table, tbody, tr, td, td > div';
/** Where line numbers stand beside a block. */
export const NUMBERS = ".linenos, .linenodiv, .gutter, .lntd:first-child";

/**
 * The element that its generator has made of a block: what is added stands behind it.
 * @param {HTMLElement} pre
 */
export function outermost(pre) {
  let outer = pre;
  for (let at = pre.parentElement; at?.matches(WRAPPERS); at = at.parentElement) {
    // A group of blocks is none.
    const others = [...at.querySelectorAll("pre")].filter((other) => other !== pre && !other.closest(NUMBERS));
    if (others.length > 0) {
      break;
    }
    outer = at;
  }
  return outer;
}

/** @param {HTMLElement} outer */
function isShell(outer) {
  return /** @type {HTMLElement[]} */ ([outer, ...outer.querySelectorAll("pre, code, div, figure")]).some((element) =>
    [element.dataset.lang ?? element.dataset.language ?? "", ...element.classList].some((name) => SHELLS.test(name)),
  );
}

/**
 * The file that a manifest is: by its title, its first line, or the words before it if they name exactly one.
 * @param {HTMLElement} outer
 * @param {string} text
 */
function fileOf(outer, text) {
  const isFile = /^[\w./-]+\.ya?ml$/;
  const title = /** @type {HTMLElement | null} */ (outer.querySelector('.filename, [class*="codeBlockTitle"], figcaption, .code-block-title, [data-title]'));
  const tabs = outer.closest(".vp-code-group");
  // VitePress names the blocks of a group in its tabs, in the same order.
  const own = outer.querySelector("pre");
  const tab = own && tabs?.querySelectorAll(".tabs label")[[...tabs.querySelectorAll("pre")].indexOf(own)];
  const told = [tab?.textContent, title?.dataset.title ?? title?.textContent, outer.dataset.title, /^#[^\S\n]*(\S+)[^\S\n]*(?:\n|$)/.exec(text)?.[1]];
  const named = told.map((name) => name?.trim() ?? "").find((name) => isFile.test(name));
  const before = new Set((outer.previousElementSibling?.textContent ?? "").match(/[\w./-]+\.ya?ml\b/g));
  return named ?? (before.size === 1 ? before.values().next().value : undefined) ?? "deployment.yaml";
}

/**
 * What a `<pre>` holds, if it is for the lab.
 * @param {HTMLElement} outer
 * @returns {Block | undefined}
 */
export function blockOf(outer) {
  const text = textOf(outer);
  /** @param {string} name */
  const around = (name) => outer.closest(`[${name}]`)?.getAttribute(name) ?? undefined;
  if (text === undefined || around("data-lab") === "off" || outer.nextElementSibling?.matches("hellok8s-lab")) {
    return undefined;
  }
  const isManifest = isYaml(outer) && /^apiVersion:/m.test(text) && /^kind:/m.test(text);
  if (!isManifest && !(isShell(outer) && KNOWN.test(text))) {
    return undefined;
  }
  return {
    isManifest,
    file: isManifest ? fileOf(outer, text) : "",
    group: around("data-lab-group") ?? "",
    after: around("data-lab-after"),
    id: around("data-lab-id") ?? (outer.id || undefined),
    // Read when it runs: pages change their blocks.
    read: () => textOf(outer) ?? "",
  };
}

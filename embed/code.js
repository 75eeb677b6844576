// Code blocks of the page around: their text as the author wrote it.

/** Line numbers, copy buttons, and lines that the author shows as removed. */
const NOT_TEXT = "button, .line-number, .linenos, .lineno, .lnt, .ln, .hljs-ln-numbers, .gutter, .diff.remove, [hidden]";

/**
 * The text of a code block as its author wrote it; undefined where `block` holds none.
 * @param {Element | null | undefined} block
 */
export function textOf(block) {
  const code = block?.matches("code") ? block : codeIn(block);
  if (!code) {
    return undefined;
  }
  let text = "";
  /** @param {Node} node */
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child instanceof Text) {
        text += child.data;
      } else if (child.nodeName === "BR") {
        text += "\n";
      } else if (child instanceof Element && !child.matches(NOT_TEXT)) {
        walk(child);
      } else if (child instanceof Element && child.matches(".line")) {
        // A line that is left out takes its line break along.
        text = text.replace(/\n$/, "");
      }
    }
  };
  walk(code);
  return `${text.replace(/\u00a0/g, " ").replace(/^\n+|\s+$/g, "")}\n`;
}

/**
 * The block's code; where a table puts line numbers beside it, the numbers are the first of two.
 * @param {Element | null | undefined} block
 */
function codeIn(block) {
  const found = block?.matches("pre") ? [block] : [...(block?.querySelectorAll("pre") ?? [])];
  const pre = found.at(-1);
  return pre?.querySelector("code") ?? pre;
}

/**
 * Whether the classes of `block`, or of the code in it, say that it is YAML.
 * @param {HTMLElement} block
 */
export function isYaml(block) {
  return /** @type {HTMLElement[]} */ ([block, ...block.querySelectorAll("pre, code, div, figure")]).some(
    (element) =>
      /^ya?ml$/i.test(element.dataset.lang ?? element.dataset.language ?? "") ||
      [...element.classList].some((name) => /^(?:(?:language|lang|brush|highlight-source|source)[-:])?ya?ml$/i.test(name)),
  );
}

/**
 * The YAML block that stands directly before `element`; Markdown may have put the element into a paragraph.
 * @param {HTMLElement} element
 */
export function blockBefore(element) {
  /** @type {Element} */
  let at = element;
  const parent = element.parentElement;
  if (parent?.matches("p") && [...parent.childNodes].every((node) => node === element || !node.textContent?.trim())) {
    at = parent;
  }
  const before = at.previousElementSibling;
  return before instanceof HTMLElement && codeIn(before) && isYaml(before) ? before : undefined;
}

// The page around the labs: its theme, its language, and when these change.

/**
 * The labs of this page that are in the document.
 * @type {Set<import("./element.js").Hellok8sLab>}
 */
export const labs = new Set();
let isWatching = false;
const systemDark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** A theme that fades in has its colours after this long, in milliseconds. */
const FADE_MS = 400;
/**
 * The look that is still to come.
 * @type {ReturnType<typeof setTimeout> | undefined}
 */
let later;

/** Tells every lab to look at its surroundings again, now and after the colours have faded in. */
function lookAgain() {
  for (const lab of labs) {
    lab.follow();
  }
  clearTimeout(later);
  later = setTimeout(() => labs.forEach((lab) => lab.follow()), FADE_MS);
}

export function watchSurroundings() {
  if (isWatching) {
    return;
  }
  isWatching = true;
  const themes = { attributes: true, attributeFilter: ["class", "style", ...THEME_ATTRIBUTES] };
  const themeWatch = new MutationObserver(lookAgain);
  themeWatch.observe(document.documentElement, themes);
  themeWatch.observe(document.body, themes);
  new MutationObserver(lookAgain).observe(document, { subtree: true, attributes: true, attributeFilter: ["lang"] });
  systemDark?.addEventListener("change", lookAgain);
  addEventListener("message", (event) => {
    for (const lab of labs) {
      lab.hear(event);
    }
  });
}

/** Docusaurus and many others, Bootstrap, Material for MkDocs, GitHub's. */
export const THEME_ATTRIBUTES = ["data-theme", "data-bs-theme", "data-md-color-scheme", "data-color-mode", "data-mode"];
const DARK_NAMES = new Set(["dark", "slate", "night", "coal", "navy", "ayu"]);
/** `rust` is mdBook's second light theme. */
const LIGHT_NAMES = new Set(["light", "default", "day", "rust"]);

/**
 * `dark` or `light`, as the page around looks where `element` is.
 * @param {Element} element
 */
export function themeAround(element) {
  for (const root of [document.documentElement, document.body]) {
    for (const name of [...THEME_ATTRIBUTES.map((attribute) => root.getAttribute(attribute) ?? ""), ...root.classList]) {
      const plain = name.toLowerCase().replace(/-(theme|mode)$/, "");
      if (DARK_NAMES.has(plain)) {
        return "dark";
      }
      // A class of the name `default` says nothing of colours; as an attribute's value it does.
      if (LIGHT_NAMES.has(plain) && !(plain === "default" && root.classList.contains(name))) {
        return "light";
      }
    }
  }
  return themeOfGround(element) ?? (systemDark?.matches && schemeOf(element).includes("dark") ? "dark" : "light");
}

/** @param {Element} element */
function schemeOf(element) {
  return getComputedStyle(element).colorScheme;
}

/**
 * By the first background that is not see-through: what no marker says, the colours do.
 * @param {Element} element
 */
function themeOfGround(element) {
  for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) {
    const parts = getComputedStyle(at).backgroundColor.match(/^rgba?\(([^)]+)\)/)?.[1]?.split(/[\s,/]+/).map(Number);
    const [red = 0, green = 0, blue = 0, alpha = 1] = parts ?? [0, 0, 0, 0];
    if (alpha > 0.5) {
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110 ? "dark" : "light";
    }
  }
  return undefined;
}

/**
 * `zh` or `en`, where the page around says a language at all.
 * @param {Element} element
 * @returns {"en" | "zh" | undefined}
 */
export function langAround(element) {
  const lang = element.closest("[lang]:not([lang=''])")?.getAttribute("lang");
  return lang ? (lang.toLowerCase().startsWith("zh") ? "zh" : "en") : undefined;
}

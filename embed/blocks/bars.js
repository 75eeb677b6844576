// The bars by the block that each stands behind: where they are missing, and what they say anew.
import { NUMBERS, blockOf, outermost } from "./found.js";
import { beginAnew } from "./groups.js";
import { wishes } from "./lab.js";

/**
 * The bars by the block that each stands behind.
 * @type {Map<HTMLElement, import("./bar.js").Bar>}
 */
const bars = new Map();
let shownPath = globalThis.location?.pathname;

export function scan() {
  if (location.pathname !== shownPath) {
    shownPath = location.pathname;
    beginAnew();
  }
  for (const [outer, bar] of bars) {
    // Frameworks move elements about; one that is gone takes its bar along.
    if (!outer.isConnected || outer.nextElementSibling !== bar) {
      bar.remove();
      bars.delete(outer);
    }
  }
  if (!["docked", "beneath"].includes(wishes().get("blocks") ?? "")) {
    bars.forEach((bar) => bar.remove());
    bars.clear();
    return;
  }
  for (const pre of document.querySelectorAll("pre")) {
    const outer = outermost(pre);
    const block = pre.closest(NUMBERS) || bars.has(outer) ? undefined : blockOf(outer);
    if (block) {
      const bar = document.createElement("hellok8s-block");
      bar.block = block;
      bars.set(outer, bar);
      outer.after(bar);
    }
  }
  lookAgain();
}

/**
 * The frame in which that is done next.
 * @type {number | undefined}
 */
let asked;

/** Labels every bar anew, once for all that happens now. */
export function lookAgain() {
  if (asked !== undefined) {
    return;
  }
  asked = requestAnimationFrame(() => {
    asked = undefined;
    bars.forEach((bar) => bar.isConnected && bar.label());
    document.querySelector("hellok8s-dock")?.label();
  });
}

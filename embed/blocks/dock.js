// The dock at the end of the window, which holds the labs.
import { beginAnew } from "./groups.js";
import { Base, themeAround, wishes } from "./lab.js";
import { DOCK_STYLE, make, sheetOf, words } from "./words.js";

/** Handed to the labs. */
const HANDED_ON = ["start", "seed", "k8s", "speed", "lesson"];

/** The page's labs at the end of the window. In the text it is as high as there, so that the text's end can be read. */
export class Dock extends Base {
  /** What stands in the element, made once. */
  #made = /** @type {{ dock: HTMLElement, title: HTMLElement, anew: HTMLButtonElement, fold: HTMLButtonElement, body: HTMLElement } | undefined} */ (undefined);
  #watch = /** @type {ResizeObserver | undefined} */ (undefined);

  get #parts() {
    this.#made ??= this.#build();
    return this.#made;
  }

  connectedCallback() {
    this.#watch = new ResizeObserver(() => (this.style.height = `${this.#parts.dock.offsetHeight}px`));
    this.#watch.observe(this.#parts.dock);
    this.label();
  }

  disconnectedCallback() {
    this.#watch?.disconnect();
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheetOf(DOCK_STYLE)];
    const section = make("section", "dock", root);
    const head = make("div", "head", section);
    const title = make("p", "title", head);
    const anew = make("button", "anew", head);
    const fold = make("button", "fold", head);
    const body = make("div", "body", section);
    body.id = "body";
    make("slot", "", body);
    for (const button of [anew, fold]) {
      button.type = "button";
    }
    fold.setAttribute("aria-controls", "body");
    anew.addEventListener("click", beginAnew);
    fold.addEventListener("click", () => this.open(body.hidden !== false));
    return { dock: section, title, anew, fold, body };
  }

  label() {
    const { dock, title, anew, fold, body } = this.#parts;
    const said = words(this);
    title.textContent = said.dock;
    dock.setAttribute("aria-label", said.dock);
    anew.textContent = said.anew;
    fold.textContent = body.hidden ? said.unfold : said.fold;
    fold.setAttribute("aria-expanded", String(!body.hidden));
    const theme = themeAround(document.body);
    dock.classList.toggle("dark", theme === "dark");
    dock.classList.toggle("light", theme !== "dark");
  }

  /**
   * A folded lab is not drawn, and so its time stands still.
   * @param {boolean} isOpen
   */
  open(isOpen) {
    this.#parts.body.hidden = !isOpen;
    this.label();
  }

  /**
   * The lab of a group, shown; it is made when it is asked for.
   * @param {string} name
   */
  labFor(name) {
    const labs = /** @type {import("../element.js").Hellok8sLab[]} */ ([...this.children]);
    let lab = labs.find((child) => child.dataset.group === name);
    if (!lab) {
      const asked = wishes();
      lab = document.createElement("hellok8s-lab");
      lab.dataset.group = name;
      lab.setAttribute("panels", asked.get("panels") ?? "stage,editor,terminal");
      for (const parameter of HANDED_ON) {
        const value = asked.get(parameter);
        if (value !== null) {
          lab.setAttribute(parameter, value);
        }
      }
      this.append(lab);
      lab.load();
    }
    for (const other of labs) {
      other.hidden = other !== lab;
    }
    this.open(true);
    return lab;
  }
}

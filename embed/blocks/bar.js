// The bar behind a block: its buttons, and what came of it.
import { lookAgain } from "./bars.js";
import { groupOf } from "./groups.js";
import { Base, wishes } from "./lab.js";
import { BAR_STYLE, make, sheetOf, words } from "./words.js";

export class Bar extends Base {
  /** What stands in the element, made once. */
  #made = /** @type {{ run: HTMLButtonElement, edit: HTMLButtonElement, all: HTMLButtonElement, note: HTMLElement, output: HTMLElement } | undefined} */ (undefined);
  #state = "";
  #block = /** @type {import("./found.js").Block | undefined} */ (undefined);

  /** What runs: its text, whether it is a manifest, and what it belongs to. It is told before the bar is in the page. */
  get block() {
    if (!this.#block) {
      throw new Error("hellok8s-block: of no block");
    }
    return this.#block;
  }

  set block(block) {
    this.#block = block;
  }

  get #parts() {
    this.#made ??= this.#build();
    return this.#made;
  }

  connectedCallback() {
    this.#made ??= this.#build();
    groupOf(this.block.group).bars.add(this);
    lookAgain();
  }

  disconnectedCallback() {
    groupOf(this.block.group).bars.delete(this);
    lookAgain();
  }

  get isDone() {
    return this.#state === "done";
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheetOf(BAR_STYLE)];
    const bar = make("div", "bar", root);
    /** @type {(className: string, act: () => void) => HTMLButtonElement} */
    const button = (className, act) => {
      const made = make("button", className, bar);
      made.type = "button";
      made.addEventListener("click", act);
      return made;
    };
    const run = button("run", () => void this.run());
    const edit = button("edit", () => this.edit());
    edit.hidden = !this.block.isManifest;
    const all = button("all", () => void this.runAll());
    const note = make("span", "note", bar);
    note.setAttribute("role", "status");
    const output = make("pre", "output", root);
    output.hidden = true;
    output.tabIndex = 0;
    return { run, edit, all, note, output };
  }

  label() {
    const { run, edit, all } = this.#parts;
    const said = words(this);
    // A block behind another tab takes its bar along.
    this.hidden = this.previousElementSibling?.checkVisibility?.() === false;
    const isRunning = this.#state === "running";
    run.textContent = isRunning ? said.runs : this.block.isManifest ? said.apply : said.run;
    run.disabled = isRunning;
    edit.textContent = said.edit;
    all.textContent = said.all;
    // Where nothing is missing there is nothing to offer.
    const before = groupOf(this.block.group).before(this);
    all.hidden = before.every((bar) => bar.isDone);
    all.title = said.waits;
    all.disabled = isRunning;
  }

  forget() {
    this.#state = "";
    const { note, output } = this.#parts;
    note.textContent = output.textContent = "";
    output.hidden = true;
    this.label();
  }

  /** Opens the manifest in the lab's editor. */
  edit() {
    groupOf(this.block.group).lab.write(this.block.file, this.block.read());
  }

  /** Runs this block alone; resolves once it has ended. `isWritten`: a later block applies it. */
  async run(isWritten = false) {
    const { lab } = groupOf(this.block.group);
    const text = this.block.read();
    this.#state = "running";
    lookAgain();
    let said = "";
    if (this.block.isManifest) {
      lab.write(this.block.file, text);
      said = isWritten ? "" : await lab.apply(this.block.file);
    } else {
      said = await lab.type(commandsOf(text));
    }
    // The reader may have begun anew meanwhile.
    if (this.#state === "running") {
      this.#state = "done";
      this.#say(said);
      lookAgain();
    }
  }

  /** Runs what comes before and has not run yet, each once the cluster has come to rest; then this one. */
  async runAll() {
    const group = groupOf(this.block.group);
    const waiting = [...group.before(this).filter((bar) => !bar.isDone), this];
    const { lab } = group;
    for (const [at, bar] of waiting.entries()) {
      const next = waiting[at + 1];
      await bar.run(bar !== this && Boolean(bar.block.isManifest && next && applies(next, bar.block.file)));
      if (group.element !== lab) {
        return;
      }
      if (next) {
        await lab.settle();
      }
    }
  }

  /** @param {string} text */
  #say(text) {
    const { note, output } = this.#parts;
    const isBeneath = wishes().get("blocks") === "beneath" && !this.block.isManifest;
    output.hidden = !isBeneath || text.trim() === "";
    output.textContent = isBeneath ? text.trimEnd() : "";
    note.textContent = this.block.isManifest && text ? text.trim() : words(this).done;
  }
}

/**
 * Whether a block of commands names a file: then the file need only be there.
 * @param {Bar} bar
 * @param {string} file
 */
function applies(bar, file) {
  return !bar.block.isManifest && bar.block.read().split(/\s+/).includes(file);
}

/**
 * The commands of a block. Where lines begin with `$ ` those are the commands, and the others what they print.
 * @param {string} text
 */
function commandsOf(text) {
  const lines = text.split("\n");
  if (!lines.some((line) => line.startsWith("$ "))) {
    return text;
  }
  /** @type {string[]} */
  const commands = [];
  let goesOn = false;
  for (const line of lines) {
    const isFirst = line.startsWith("$ ");
    if (isFirst || goesOn || (line.startsWith("> ") && commands.length > 0)) {
      commands.push(isFirst || line.startsWith("> ") ? line.slice(2) : line);
      goesOn = line.endsWith("\\");
    }
  }
  return `${commands.join("\n")}\n`;
}

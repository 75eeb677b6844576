// The code blocks of the page around, made to run: a ▷ below each block of commands and each manifest. embed.js brings
// this file along where its address says `?blocks=`; docs/embedding.md tells how a page asks for it.
//
// The blocks of a page share one cluster, in the order in which they are read. It is shown in a dock at the end of the
// window. Nothing of the author's text is changed: what is added are elements of their own behind the blocks.
"use strict";
{
  const Lab = globalThis.customElements?.get("hellok8s-lab");
  const { script, textOf, isYaml, langAround } = Lab?.page ?? {};

  /** Handed to the labs. */
  const HANDED_ON = ["start", "seed", "k8s", "speed", "lesson"];
  /** The page's own wish, which goes before the site's. */
  const META = 'meta[name="hellok8s-lab"]';
  const SHELLS = /^(?:(?:language|lang|brush|highlight-source|source)[-:])?(?:shell|bash|sh|zsh|console|shell-session|shellsession|terminal)$/i;
  /** What the lab's terminal knows: a block without any of these is not for it. */
  const KNOWN = /(?:^|[\s;&|(])(?:kubectl|k|minikube|docker|curl|watch|lab|hey)(?:\s|$)/m;
  /** What generators put around a block. */
  const WRAPPERS =
    'figure, .highlight, .chroma, .highlighter-rouge, .codehilite, .vp-code-group, .vp-code-group > .blocks, [class*="language-"], [class*="codeBlockContainer"], [class*="codeBlockContent"], table, tbody, tr, td, td > div';
  /** Where line numbers stand beside a block. */
  const NUMBERS = ".linenos, .linenodiv, .gutter, .lntd:first-child";
  /** After a page has changed its blocks are looked for when nothing has changed for so long, in milliseconds. */
  const QUIET_MS = 200;

  const WORDS = {
    en: {
      run: "Run",
      runs: "Running…",
      apply: "Apply",
      edit: "Open in the editor",
      all: "Run all until here",
      waits: "The blocks before this one have not run yet.",
      done: "Done.",
      dock: "This page's cluster",
      fold: "Fold",
      unfold: "Unfold",
      anew: "Begin anew",
    },
    zh: {
      run: "运行",
      runs: "运行中…",
      apply: "应用",
      edit: "在编辑器中打开",
      all: "从头运行到这里",
      waits: "前面的代码块还没有运行。",
      done: "已完成。",
      dock: "本页的集群",
      fold: "收起",
      unfold: "展开",
      anew: "重新开始",
    },
  };
  const words = (element) => WORDS[langAround(element) ?? (navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en")];

  const BUTTON = `
  button { font: inherit; min-height: 1.875rem; padding: .125rem .75rem; border: 1px solid rgb(128 128 128 / 60%); border-radius: .375rem; background: none; color: inherit; cursor: pointer; }
  button:focus-visible, pre:focus-visible { outline: 2px solid; outline-offset: 2px; }
  button:disabled { cursor: default; opacity: .6; }
  [hidden] { display: none !important; }`;
  const BAR_STYLE = `
  :host { display: block; margin-block: -.5rem 1rem; font-size: .8125rem; line-height: 1.25; }
  :host([hidden]) { display: none; }
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; }
  .run { font-weight: 600; background: #0b63ce; border-color: #0b63ce; color: #fff; }
  .run::before { content: "\\25B6\\FE0E\\00A0"; content: "\\25B6\\FE0E\\00A0" / ""; }
  .note { flex: 1 1 8rem; min-width: 0; overflow-wrap: anywhere; }
  .output { margin: .375rem 0 0; padding: .5rem .75rem; max-height: 20rem; overflow: auto; border: 1px solid rgb(128 128 128 / 35%); border-radius: .375rem; font: .8125rem/1.45 ui-monospace, monospace; white-space: pre; }
  @media print { :host { display: none; } }
  ${BUTTON}`;
  const DOCK_STYLE = `
  :host { display: block; color-scheme: inherit; }
  .dock { position: fixed; z-index: 90; inset-inline: 0; inset-block-end: 0; display: flex; flex-direction: column; background: Canvas; color: CanvasText; border-block-start: 1px solid rgb(128 128 128 / 60%); box-shadow: 0 -.25rem 1rem rgb(0 0 0 / 20%); font: .8125rem/1.25 system-ui, sans-serif; }
  .dock.dark { color-scheme: dark; } .dock.light { color-scheme: light; }
  .head { display: flex; align-items: center; gap: .5rem; padding: .25rem .75rem; }
  .title { flex: 1; margin: 0; font: inherit; font-weight: 600; }
  .body { overflow: auto; height: min(33rem, 55vh); }
  ::slotted(hellok8s-lab) { margin-block: 0 !important; }
  @media print { :host { display: none; } }
  ${BUTTON}`;

  function sheetOf(style) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    return sheet;
  }

  function make(name, className, parent) {
    const element = document.createElement(name);
    element.className = className;
    parent.append(element);
    return element;
  }

  /** What the page wishes: its own `<meta>`, else what stands behind `?` in the address of embed.js. */
  function wishes() {
    const own = document.querySelector(META)?.content;
    return new URLSearchParams(own ?? (script ? new URL(script).search : ""));
  }

  // ---- The clusters of the page ------------------------------------------------------------------------------------

  /** Blocks that share a cluster. */
  class Group {
    constructor(name) {
      this.name = name;
      this.bars = new Set();
    }

    /** The blocks in the order of the page. */
    inOrder() {
      const isBefore = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
      return [...this.bars].filter((bar) => bar.isConnected).sort((one, other) => (isBefore(one, other) ? -1 : 1));
    }

    /** The blocks that have to run before this one: those above it, or the one that it names with those before that. */
    before(bar, seen = new Set()) {
      const { after } = bar.block;
      if (after === undefined) {
        const all = this.inOrder().filter((other) => other.block.after === undefined);
        return all.slice(0, all.indexOf(bar));
      }
      const named = this.inOrder().find((other) => other.block.id === after);
      // A circle ends where it began.
      if (!named || seen.has(named)) {
        return [];
      }
      return [...this.before(named, seen.add(bar)), named];
    }

    get lab() {
      if (!this.element?.isConnected) {
        this.element = dock().labFor(this.name);
      }
      return this.element;
    }
  }

  /** The groups by their names. */
  const groups = new Map();

  function groupOf(name) {
    if (!groups.has(name)) {
      groups.set(name, new Group(name));
    }
    return groups.get(name);
  }

  /** Forgets all clusters: another page is shown, or the reader begins anew. */
  function beginAnew() {
    document.querySelector("hellok8s-dock")?.remove();
    for (const group of groups.values()) {
      group.element = undefined;
      group.bars.forEach((bar) => bar.forget());
    }
  }

  function dock() {
    const known = document.querySelector("hellok8s-dock");
    if (known) {
      return known;
    }
    const made = document.createElement("hellok8s-dock");
    document.body.append(made);
    return made;
  }

  // ---- The dock ----------------------------------------------------------------------------------------------------

  const Base = globalThis.HTMLElement ?? class {};

  /** The page's labs at the end of the window. In the text it is as high as there, so that the text's end can be read. */
  class Dock extends Base {
    #parts;
    #watch;

    connectedCallback() {
      if (!this.#parts) {
        this.#build();
      }
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
      fold.addEventListener("click", () => this.open(body.hidden));
      this.#parts = { dock: section, title, anew, fold, body };
    }

    label() {
      const { dock, title, anew, fold, body } = this.#parts;
      const said = words(this);
      title.textContent = said.dock;
      dock.setAttribute("aria-label", said.dock);
      anew.textContent = said.anew;
      fold.textContent = body.hidden ? said.unfold : said.fold;
      fold.setAttribute("aria-expanded", String(!body.hidden));
      const theme = Lab.page.themeAround(document.body);
      dock.classList.toggle("dark", theme === "dark");
      dock.classList.toggle("light", theme !== "dark");
    }

    /** A folded lab is not drawn, and so its time stands still. */
    open(isOpen) {
      this.#parts.body.hidden = !isOpen;
      this.label();
    }

    /** The lab of a group, shown; it is made when it is asked for. */
    labFor(name) {
      let lab = [...this.children].find((child) => child.dataset.group === name);
      if (!lab) {
        const asked = wishes();
        lab = document.createElement("hellok8s-lab");
        lab.dataset.group = name;
        lab.setAttribute("panels", asked.get("panels") ?? "stage,editor,terminal");
        for (const parameter of HANDED_ON.filter((parameter) => asked.has(parameter))) {
          lab.setAttribute(parameter, asked.get(parameter));
        }
        this.append(lab);
        lab.load();
      }
      for (const other of this.children) {
        other.hidden = other !== lab;
      }
      this.open(true);
      return lab;
    }
  }

  // ---- A block's bar -----------------------------------------------------------------------------------------------

  class Bar extends Base {
    #parts;
    #state = "";

    /** What runs: its text, whether it is a manifest, and what it belongs to. */
    block;

    connectedCallback() {
      if (!this.#parts) {
        this.#build();
      }
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
      this.#parts = { run, edit, all, note, output };
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

    #say(text) {
      const { note, output } = this.#parts;
      const isBeneath = wishes().get("blocks") === "beneath" && !this.block.isManifest;
      output.hidden = !isBeneath || text.trim() === "";
      output.textContent = isBeneath ? text.trimEnd() : "";
      note.textContent = this.block.isManifest && text ? text.trim() : words(this).done;
    }
  }

  /** Whether a block of commands names a file: then the file need only be there. */
  function applies(bar, file) {
    return !bar.block.isManifest && bar.block.read().split(/\s+/).includes(file);
  }

  /** The commands of a block. Where lines begin with `$ ` those are the commands, and the others what they print. */
  function commandsOf(text) {
    const lines = text.split("\n");
    if (!lines.some((line) => line.startsWith("$ "))) {
      return text;
    }
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

  // ---- The page's blocks -------------------------------------------------------------------------------------------

  /** The element that its generator has made of a block: what is added stands behind it. */
  function outermost(pre) {
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

  function isShell(outer) {
    return [outer, ...outer.querySelectorAll("pre, code, div, figure")].some((element) =>
      [element.dataset.lang ?? element.dataset.language ?? "", ...element.classList].some((name) => SHELLS.test(name)),
    );
  }

  /** The file that a manifest is: by its title, its first line, or the words before it if they name exactly one. */
  function fileOf(outer, text) {
    const isFile = /^[\w./-]+\.ya?ml$/;
    const title = outer.querySelector('.filename, [class*="codeBlockTitle"], figcaption, .code-block-title, [data-title]');
    const tabs = outer.closest(".vp-code-group");
    // VitePress names the blocks of a group in its tabs, in the same order.
    const tab = tabs?.querySelectorAll(".tabs label")[[...tabs.querySelectorAll("pre")].indexOf(outer.querySelector("pre"))];
    const told = [tab?.textContent, title?.dataset.title ?? title?.textContent, outer.dataset.title, /^#\s*(\S+)\s*$/m.exec(text.split("\n", 1)[0])?.[1]];
    const named = told.map((name) => name?.trim() ?? "").find((name) => isFile.test(name));
    const before = new Set((outer.previousElementSibling?.textContent ?? "").match(/[\w./-]+\.ya?ml\b/g));
    return named ?? (before.size === 1 ? [...before][0] : "deployment.yaml");
  }

  /** What a `<pre>` holds, if it is for the lab. */
  function blockOf(outer) {
    const text = textOf(outer);
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
      file: isManifest ? fileOf(outer, text) : undefined,
      group: around("data-lab-group") ?? "",
      after: around("data-lab-after"),
      id: around("data-lab-id") ?? (outer.id || undefined),
      // Read when it runs: pages change their blocks.
      read: () => textOf(outer),
    };
  }

  /** The bars by the block that each stands behind. */
  const bars = new Map();
  let shownPath = globalThis.location?.pathname;

  function scan() {
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
      const outer = pre.closest(NUMBERS) ? undefined : outermost(pre);
      const block = outer && !bars.has(outer) ? blockOf(outer) : undefined;
      if (block) {
        const bar = document.createElement("hellok8s-block");
        bar.block = block;
        bars.set(outer, bar);
        outer.after(bar);
      }
    }
    lookAgain();
  }

  /** Labels every bar anew, once for all that happens now. */
  function lookAgain() {
    lookAgain.asked ??= requestAnimationFrame(() => {
      lookAgain.asked = undefined;
      bars.forEach((bar) => bar.isConnected && bar.label());
      document.querySelector("hellok8s-dock")?.label();
    });
  }

  function begin() {
    scan();
    let quiet;
    const wait = () => {
      clearTimeout(quiet);
      quiet = setTimeout(scan, QUIET_MS);
    };
    new MutationObserver(wait).observe(document.documentElement, { childList: true, subtree: true });
    const themes = { attributes: true, attributeFilter: ["class", "lang", ...Lab.page.THEME_ATTRIBUTES] };
    new MutationObserver(lookAgain).observe(document.documentElement, themes);
    new MutationObserver(lookAgain).observe(document.body, themes);
    // The tabs of a group of blocks.
    addEventListener("change", lookAgain);
  }

  if (Lab && !customElements.get("hellok8s-block")) {
    customElements.define("hellok8s-block", Bar);
    customElements.define("hellok8s-dock", Dock);
    // What a framework takes over must be as the server wrote it until then.
    const soon = () => (globalThis.requestIdleCallback ?? setTimeout)(begin);
    if (document.readyState === "complete") {
      soon();
    } else {
      addEventListener("load", soon, { once: true });
    }
  }
}

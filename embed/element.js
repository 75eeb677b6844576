// The element: an iframe of the lab's page, and the messages to it.
import { blockBefore, isYaml, textOf } from "./code.js";
import { THEME_ATTRIBUTES, labs, langAround, themeAround, watchSurroundings } from "./surroundings.js";
import { STYLE, WORDS } from "./words.js";

/** This file's own address: a plain script is told of it, a module looks itself up. */
export const HERE =
  /** @type {HTMLScriptElement | null | undefined} */ (globalThis.document?.currentScript)?.src ??
  [...(globalThis.document?.scripts ?? [])].find((script) => /\/embed\.js(?:[?#]|$)/.test(script.src))?.src;
/** The page beside this file; `src` on the element overrules it, for copies of this file that live elsewhere. */
const HOME = HERE && new URL("./", HERE);

/** Handed to the page as its query parameters of the same names. A change loads the lab again. */
const PARAMETERS = ["lesson", "panels", "start", "speed", "seed", "k8s", "autoplay", "view"];
/** The page's messages, which the element fires again as events of the same names. */
const FROM_PAGE = new Set(["ready", "resize", "goal", "change", "stopped"]);
const SOURCE = { page: "hellok8s-lab", host: "hellok8s-lab-host" };
/** The least and the most height that the page may ask for, in CSS pixels. */
const HEIGHT = { least: 120, most: 4000 };
/** A lab that has not answered after this long is said to be unreachable, in milliseconds. */
const PATIENCE_MS = 30_000;
/** The attached block's text is written into this file, which the lab's editor shows first. */
const FILE = "deployment.yaml";

// Where a site is built there is no browser: the module can be imported there and does nothing.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/**
 * To the page: `type` and what belongs to it, as docs/embedding.md lists them.
 * @typedef {{ type: string } & Record<string, string | number>} Message
 * @typedef {{ silent: HTMLElement, silentText: HTMLElement, run: HTMLButtonElement, note: HTMLElement, apart: HTMLAnchorElement, frame: HTMLElement, room: HTMLElement }} Parts
 */

export class Hellok8sLab extends Base {
  /** What embed-blocks.js needs of this file. */
  static page = { script: HERE, textOf, isYaml, langAround, themeAround, THEME_ATTRIBUTES };
  static observedAttributes = [...PARAMETERS, "lang", "theme", "for", "height", "src", "title"];

  /** What stands in the element, made once. */
  #made = /** @type {Parts | undefined} */ (undefined);
  #frame = /** @type {HTMLIFrameElement | undefined} */ (undefined);
  #origin = "";
  #isReady = false;
  #said = /** @type {{ theme: string, lang: string | undefined }} */ ({ theme: "", lang: undefined });
  #waiting = /** @type {Message[]} */ ([]);
  #patience = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #sight = /** @type {IntersectionObserver | undefined} */ (undefined);
  /** Who waits for a command's output, by the message's id. */
  #asked = /** @type {Map<string, (output: string) => void>} */ (new Map());
  #questions = 0;

  connectedCallback() {
    labs.add(this);
    watchSurroundings();
    this.#made ??= this.#build();
    this.follow();
    this.#showRun();
    this.#sight = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.#load(),
      { rootMargin: "50% 0px" },
    );
    this.#sight.observe(this);
  }

  disconnectedCallback() {
    labs.delete(this);
    this.#sight?.disconnect();
    this.#unload();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (!this.#made || !this.isConnected || before === after) {
      return;
    }
    if (name === "height" || name === "title") {
      this.#fit();
      this.follow();
    } else if (name === "theme" || name === "lang") {
      this.follow();
    } else if (name === "for") {
      this.#showRun();
      this.#writeBlock();
    } else if (this.#frame) {
      // Several may change at once.
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => (this.#unload(), this.#load()));
    }
  }

  /** Opens the lab at once, also where nobody sees it yet. */
  load() {
    this.#load();
  }

  /**
   * Writes a file of the lab; the editor shows it when it is the open one.
   * @param {string} file
   * @param {string} text
   */
  write(file, text) {
    this.#send({ type: "write", file: String(file), text: String(text) });
  }

  /**
   * Applies the open file, or `file`; resolves to what kubectl answers.
   * @param {string} [file]
   */
  apply(file) {
    return this.#ask(file === undefined ? { type: "apply" } : { type: "apply", file: String(file) });
  }

  /**
   * Types a line into the lab's terminal; resolves to what it prints once it has ended.
   * @param {string} line
   */
  exec(line) {
    return this.#ask({ type: "exec", line: String(line) });
  }

  /**
   * Types the commands of a text, one after the other, in the reader's sight; resolves to what they print.
   * @param {string} text
   */
  type(text) {
    return this.#ask({ type: "type", text: String(text) });
  }

  /** The address under which anybody finds the lab as it is now; empty where there is too much for one. */
  link() {
    return this.#ask({ type: "link" });
  }

  /** Lets time go by at once until nothing changes any more; resolves then. */
  settle() {
    return this.#ask({ type: "settle" });
  }

  /** Lets time go on. */
  play() {
    this.#send({ type: "play" });
  }

  /** Lets time stand still. */
  pause() {
    this.#send({ type: "pause" });
  }

  /** Lets one event happen. */
  step() {
    this.#send({ type: "step" });
  }

  /**
   * How many times faster than the clock, or `story`: as slow as it takes to follow each decision.
   * @param {number | string} pace
   */
  speed(pace) {
    this.#send({ type: "speed", speed: pace === "story" ? pace : Number(pace) });
  }

  /**
   * Goes to a moment, in milliseconds of simulated time.
   * @param {number} ms
   */
  seek(ms) {
    this.#send({ type: "seek", ms: Number(ms) });
  }

  /** What `Run this YAML` does: hands the attached block to the cluster. False where there is no such block. */
  run() {
    const text = this.#text();
    if (text === undefined) {
      return false;
    }
    this.write(FILE, text);
    void this.apply(FILE).then((answer) => this.#note(answer.trim()));
    return true;
  }

  // What follows until #build is called by this module alone.

  follow() {
    if (!this.#made) {
      return;
    }
    const theme = this.#theme();
    const lang = langAround(this);
    if (this.#said.theme !== theme) {
      this.#said.theme = theme;
      this.#post({ type: "theme", theme });
    }
    if (this.#said.lang !== lang) {
      this.#said.lang = lang;
      if (lang) {
        this.#post({ type: "lang", lang });
      }
    }
    this.#label();
  }

  /** @param {MessageEvent} event */
  hear(event) {
    // Both: another frame of the same host is not this lab, and this frame may have been led elsewhere.
    if (!this.#frame || event.source !== this.#frame.contentWindow || event.origin !== this.#origin) {
      return;
    }
    const message = event.data;
    if (message === null || typeof message !== "object" || message.source !== SOURCE.page) {
      return;
    }
    if (message.type === "result") {
      this.#asked.get(message.id)?.(message.output);
      this.#asked.delete(message.id);
    }
    if (!FROM_PAGE.has(message.type)) {
      return;
    }
    if (message.type === "ready") {
      this.#begin();
    } else if (message.type === "resize") {
      this.#fit(message.height);
    }
    const { source, type, ...detail } = message;
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @returns {Parts} */
  get #parts() {
    if (!this.#made) {
      throw new Error("hellok8s-lab: not in a document yet");
    }
    return this.#made;
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    /**
     * @template {keyof HTMLElementTagNameMap} Name
     * @param {Name} name
     * @param {string} className
     * @param {Node} parent
     */
    const make = (name, className, parent) => {
      const element = document.createElement(name);
      element.className = className;
      parent.appendChild(element);
      return element;
    };
    const silent = make("div", "silent", root);
    silent.hidden = true;
    silent.setAttribute("role", "status");
    const silentText = make("span", "", silent);
    // What the author wrote between the tags is shown where the lab cannot be.
    make("slot", "", make("div", "", silent));
    const bar = make("div", "bar", root);
    const run = make("button", "run", bar);
    run.type = "button";
    run.addEventListener("click", () => this.#clickRun());
    const note = make("span", "note", bar);
    note.setAttribute("role", "status");
    const apart = make("a", "apart", bar);
    apart.target = "_blank";
    apart.rel = "noopener";
    apart.addEventListener("click", (event) => this.#openApart(event));
    const frame = make("div", "frame", root);
    const room = make("div", "room", frame);
    this.#made = { silent, silentText, run, note, apart, frame, room };
    this.#fit();
    return this.#made;
  }

  #theme() {
    const wanted = this.getAttribute("theme");
    return wanted === "light" || wanted === "dark" ? wanted : themeAround(this);
  }

  #words() {
    return WORDS[langAround(this) ?? (navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en")];
  }

  #label() {
    const words = this.#words();
    const { silentText, run, apart } = this.#parts;
    run.textContent = words.run;
    apart.textContent = words.apart;
    apart.href = this.#address(false).href;
    silentText.textContent = words.silent;
    if (this.#frame) {
      const lesson = this.getAttribute("lesson");
      this.#frame.title = this.getAttribute("title") ?? (lesson ? words.lesson(lesson) : words.title);
    }
  }

  /**
   * The page's address, `isEmbedded` or as a page of its own.
   * @param {boolean} isEmbedded
   */
  #address(isEmbedded) {
    const src = this.getAttribute("src");
    const url = new URL(src ?? HOME ?? "", document.baseURI);
    if (!/^https?:$/.test(url.protocol)) {
      throw new TypeError(`hellok8s-lab: src has to be a page's address, not ${url.protocol}`);
    }
    url.search = "";
    for (const name of PARAMETERS) {
      const value = this.getAttribute(name);
      if (value !== null) {
        // `autoplay` alone means yes.
        url.searchParams.set(name, value === "" && name === "autoplay" ? "1" : value);
      }
    }
    const lang = langAround(this);
    if (lang) {
      url.searchParams.set("lang", lang);
    }
    if (isEmbedded) {
      url.searchParams.set("theme", this.#theme());
      url.searchParams.set("embed", "1");
      // The lab then says that its reader begins with the block's button.
      if (this.#text() !== undefined) {
        url.searchParams.set("attached", "1");
      }
      url.searchParams.set("host", location.origin);
      // Under which the lab keeps its files apart from those of the site's others.
      const number = [...document.querySelectorAll("hellok8s-lab")].indexOf(this);
      url.searchParams.set("id", `${location.pathname}#${this.id || number}`);
    }
    return url;
  }

  #load() {
    if (this.#frame || !this.isConnected) {
      return;
    }
    this.#sight?.disconnect();
    const address = this.#address(true);
    this.#origin = address.origin;
    this.#said = { theme: this.#theme(), lang: langAround(this) };
    const frame = document.createElement("iframe");
    frame.loading = "lazy";
    frame.referrerPolicy = "strict-origin";
    frame.allow = "clipboard-write; fullscreen";
    frame.src = address.href;
    this.#frame = frame;
    this.#label();
    this.#fit();
    this.#parts.room.replaceWith(frame);
    this.#patience = setTimeout(() => (this.#parts.silent.hidden = false), PATIENCE_MS);
  }

  #unload() {
    clearTimeout(this.#patience);
    this.#frame?.replaceWith(this.#parts.room);
    this.#frame = undefined;
    this.#isReady = false;
  }

  /** The page is there. */
  #begin() {
    clearTimeout(this.#patience);
    this.#parts.silent.hidden = true;
    this.#isReady = true;
    // What changed around while the page was on its way.
    const { theme, lang } = this.#said;
    this.#post({ type: "theme", theme });
    if (lang) {
      this.#post({ type: "lang", lang });
    }
    this.#writeBlock();
    for (const message of this.#waiting.splice(0)) {
      this.#post(message);
    }
  }

  /**
   * Sends now, or once the page is there.
   * @param {Message} message
   */
  #send(message) {
    if (this.#isReady) {
      this.#post(message);
    } else {
      this.#waiting.push(message);
      this.#load();
    }
  }

  /**
   * @param {Message} message
   * @returns {Promise<string>}
   */
  #ask(message) {
    this.#questions += 1;
    const id = String(this.#questions);
    const answer = new Promise((/** @type {(output: string) => void} */ resolve) => this.#asked.set(id, resolve));
    this.#send({ ...message, id });
    return answer;
  }

  /** @param {Message} message */
  #post(message) {
    if (this.#isReady) {
      this.#frame?.contentWindow?.postMessage({ source: SOURCE.host, ...message }, this.#origin);
    }
  }

  /** @param {string} name */
  #shows(name) {
    const panels = this.getAttribute("panels")?.split(",");
    return !panels || panels.some((panel) => panel.trim() === name);
  }

  /** How high the page will be, so that nothing moves when it says so: style/embed.css in figures. */
  #guess() {
    const below = ["editor", "terminal", "lesson"].filter((name) => this.#shows(name)).length;
    const theatre = this.#shows("stage") ? (below > 0 ? 328 : 340) : 0;
    const hasTabs = below > 1 && this.clientWidth < (below > 2 ? 960 : 640);
    return theatre + (below > 0 ? 192 : 0) + (hasTabs ? 38 : 0);
  }

  /** @param {number} [asked] */
  #fit(asked) {
    const fixed = this.getAttribute("height");
    const isAsked = asked !== undefined && Number.isFinite(asked);
    const height = isAsked ? Math.min(Math.max(Math.ceil(asked), HEIGHT.least), HEIGHT.most) : this.#guess();
    for (const part of [this.#frame, this.#parts.room]) {
      if (!part) {
        continue;
      }
      // Styles set by script are no inline styles to a content policy.
      if (fixed !== null) {
        part.style.height = /^\d+$/.test(fixed) ? `${fixed}px` : fixed;
      } else if (isAsked || !part.style.height) {
        part.style.height = `${height + (part === this.#frame && isAsked ? 2 : 0)}px`;
      }
    }
  }

  #text() {
    const id = this.getAttribute("for");
    return textOf(id ? document.getElementById(id) : blockBefore(this));
  }

  #showRun() {
    this.#parts.run.hidden = this.#text() === undefined;
  }

  /** The lab opens with the block that its reader has just read. */
  #writeBlock() {
    const text = this.#text();
    if (text !== undefined && this.#isReady) {
      this.#post({ type: "write", file: FILE, text });
      this.#note(this.#shows("editor") ? this.#words().shown : "");
    }
  }

  /**
   * Tells something beside the button: what is refused is told at full length.
   * @param {string} text
   */
  #note(text) {
    const { note } = this.#parts;
    note.textContent = note.title = text;
    note.classList.toggle("wrong", /^error|\berror:|\bError from|is invalid/im.test(text));
  }

  /**
   * A tab of its own shows what is there now: the cluster, the files and the moment, not the attributes alone.
   * @param {MouseEvent} event
   */
  #openApart(event) {
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!this.#isReady || !isPlain) {
      return;
    }
    event.preventDefault();
    const { href } = this.#parts.apart;
    void this.link().then((link) => {
      // The link is the lab's word: it must lead to the lab.
      const isOurs = URL.canParse(link) && new URL(link).origin === this.#origin;
      const url = new URL(isOurs ? link : href);
      const lang = langAround(this);
      if (lang) {
        url.searchParams.set("lang", lang);
      }
      open(url.href, "_blank", "noopener");
    });
  }

  #clickRun() {
    if (this.run()) {
      // What was asked for is to be seen, and what is being read stays; a lab out of sight stands still, besides.
      this.scrollIntoView({ block: "nearest" });
    }
  }
}

// What the bars and the dock say, and how they look.
import { langAround } from "./lab.js";

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
/** @param {Element} element */
export const words = (element) => WORDS[langAround(element) ?? (navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en")];

const BUTTON = `
button { font: inherit; min-height: 1.875rem; padding: .125rem .75rem; border: 1px solid rgb(128 128 128 / 60%); border-radius: .375rem; background: none; color: inherit; cursor: pointer; }
button:focus-visible, pre:focus-visible { outline: 2px solid; outline-offset: 2px; }
button:disabled { cursor: default; opacity: .6; }
[hidden] { display: none !important; }`;
export const BAR_STYLE = `
:host { display: block; margin-block: -.5rem 1rem; font-size: .8125rem; line-height: 1.25; }
:host([hidden]) { display: none; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; }
.run { font-weight: 600; background: #0b63ce; border-color: #0b63ce; color: #fff; }
.run::before { content: "\\25B6\\FE0E\\00A0"; content: "\\25B6\\FE0E\\00A0" / ""; }
.note { flex: 1 1 8rem; min-width: 0; overflow-wrap: anywhere; }
.output { margin: .375rem 0 0; padding: .5rem .75rem; max-height: 20rem; overflow: auto; border: 1px solid rgb(128 128 128 / 35%); border-radius: .375rem; font: .8125rem/1.45 ui-monospace, monospace; white-space: pre; }
@media print { :host { display: none; } }
${BUTTON}`;
export const DOCK_STYLE = `
:host { display: block; color-scheme: inherit; }
.dock { position: fixed; z-index: 90; inset-inline: 0; inset-block-end: 0; display: flex; flex-direction: column; background: Canvas; color: CanvasText; border-block-start: 1px solid rgb(128 128 128 / 60%); box-shadow: 0 -.25rem 1rem rgb(0 0 0 / 20%); font: .8125rem/1.25 system-ui, sans-serif; }
.dock.dark { color-scheme: dark; } .dock.light { color-scheme: light; }
.head { display: flex; align-items: center; gap: .5rem; padding: .25rem .75rem; }
.title { flex: 1; margin: 0; font: inherit; font-weight: 600; }
.body { overflow: auto; height: min(33rem, 55vh); }
::slotted(hellok8s-lab) { margin-block: 0 !important; }
@media print { :host { display: none; } }
${BUTTON}`;

/** @param {string} style */
export function sheetOf(style) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  return sheet;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {Node} parent
 */
export function make(name, className, parent) {
  const element = document.createElement(name);
  element.className = className;
  parent.appendChild(element);
  return element;
}

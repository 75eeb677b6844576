// What the element says, and how it looks.

export const WORDS = {
  en: {
    title: "hellok8s-lab: a Kubernetes cluster to try things on",
    lesson: (/** @type {string} */ id) => `hellok8s-lab, lesson ${id}`,
    run: "Run this YAML",
    shown: "The block's text is in the lab's editor.",
    apart: "Open the lab in its own tab",
    silent: "The lab does not answer here.",
  },
  zh: {
    title: "hellok8s-lab：可以动手试的 Kubernetes 集群",
    lesson: (/** @type {string} */ id) => `hellok8s-lab，课程 ${id}`,
    run: "运行这段 YAML",
    shown: "这段 YAML 已经放进实验室的编辑器。",
    apart: "在新标签页里打开实验室",
    silent: "实验室在这里没有响应。",
  },
};

export const STYLE = `
:host { display: block; container-type: inline-size; margin-block: 1rem; scroll-margin-top: 5rem; color-scheme: inherit; }
:host([hidden]) { display: none; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; font-size: .8125rem; line-height: 1.25; margin-block-end: .375rem; }
.bar:not(:has(> :not([hidden]))) { display: none; }
.note { flex: 1 1 0; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.note.wrong { flex: 1 0 100%; order: 1; white-space: normal; overflow-wrap: anywhere; }
@container (width < 30rem) { .note:not(.wrong) { position: absolute; width: 1px; height: 1px; clip-path: inset(50%); } }
.apart { margin-inline-start: auto; color: inherit; }
button { font: inherit; font-weight: 600; min-height: 1.875rem; padding: .125rem .75rem; border: 1px solid; border-radius: .375rem; background: #0b63ce; border-color: #0b63ce; color: #fff; cursor: pointer; }
button::before { content: "\\25B6\\FE0E\\00A0"; content: "\\25B6\\FE0E\\00A0" / ""; }
button:focus-visible, a:focus-visible { outline: 2px solid; outline-offset: 2px; }
.frame { position: relative; }
iframe { display: block; box-sizing: border-box; width: 100%; border: 1px solid rgb(128 128 128 / 35%); border-radius: .625rem; background: none; }
.room { box-sizing: border-box; border: 1px dashed rgb(128 128 128 / 50%); border-radius: .625rem; }
.silent { padding: .75rem 1rem; border: 1px solid rgb(128 128 128 / 50%); border-radius: .625rem; margin-block-end: .375rem; }
[hidden] { display: none !important; }
@media print { .frame { display: none; } .apart::after { content: " <" attr(href) ">"; } }
`;

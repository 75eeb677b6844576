// What becomes of the page when its wasm stops: by a panic, with a memory or a stack that is full, or because the browser
// had to end it. A wasm that has stopped cannot be trusted with anything any more, so this script knows what is needed to
// go on: before every command the page tells it what was done so far (src/view/survival.rs). It says what has happened,
// whoever had called; the next load goes on without the command, or without what was opened when that did it.
// Like boot.js it is written for browsers older than the page needs.
(function () {
  "use strict";
  var root = document.documentElement;
  var PREFIX = "hellok8s-lab:";
  /** So often a session is tried with one command less before the page opens with nothing. */
  var TRIES = 3;
  /** Between two looks whether the browser has ended a script, in milliseconds. */
  var LOOK_MS = 500;

  var SAYS = {
    zh: {
      stopped: "模拟器遇到缺陷，停下了。你的文件、终端记录，以及此前做过的一切都还在。",
      during: "出错时正在执行：",
      link: "打开的链接或课程",
      recovered: "上次模拟器停下了；现在回到出错之前，没有再执行这一步：",
      bare: "上次页面在打开已保存的内容时停下了，所以这次没有打开它们。内容没有删除，可以存成文件，也可以放回去再试。",
      part: "页面的一部分没有下载下来，模拟器停下了。请检查网络，然后重新加载；你做过的一切都还在。",
      on: "不执行这一步，继续", again: "重新加载", copy: "复制报告", copied: "已复制", save: "存成文件", back: "放回去再试", close: "关闭",
      report: "报告"
    },
    en: {
      stopped: "The simulation has stopped because of a defect. Your files, the terminal and all that was done before are kept.",
      during: "It happened during: ",
      link: "opening a link or a lesson",
      recovered: "The simulation had stopped. This is the lab as it was before; left out was: ",
      bare: "The page had stopped while it opened what was kept, so it has opened without that. Nothing is deleted: save it as a file, or put it back and try again.",
      part: "A part of the page did not arrive, so the simulation has stopped. Check the network, then reload; all that was done is kept.",
      on: "Go on without it", again: "Reload the page", copy: "Copy a report", copied: "Copied", save: "Save as a file", back: "Put back and try again", close: "Close",
      report: "Report"
    }
  };

  // Storage that the browser refuses is storage that is empty.
  /** @type {Storage} */
  var NONE = {
    length: 0,
    key: function () { return null; },
    getItem: function () { return null; },
    setItem: function () {},
    removeItem: function () {},
    clear: function () {}
  };
  /**
   * @param {"localStorage" | "sessionStorage"} kind
   * @returns {Storage}
   */
  function stored(kind) {
    try {
      return window[kind] || NONE;
    } catch (_forbidden) {
      return NONE;
    }
  }
  /** @param {string} name */
  function recall(name) {
    try {
      return stored("sessionStorage").getItem(PREFIX + name);
    } catch (_forbidden) {
      return null;
    }
  }
  /**
   * @param {string} name
   * @param {string | null} value
   */
  function keep(name, value) {
    try {
      if (value === null) {
        stored("sessionStorage").removeItem(PREFIX + name);
      } else {
        stored("sessionStorage").setItem(PREFIX + name, value);
      }
    } catch (_full) {
      // Then a reload begins anew; what is typed is kept elsewhere.
    }
  }

  /**
   * What was done before the last command, as a session's text; that command; and how often it was tried to go on.
   * @typedef {{ before: string, attempt: string, tries: number, isGuest: boolean }} Box
   * @type {Box}
   */
  var box = { before: "", attempt: "", tries: 0, isGuest: false };
  /** How many calls of the wasm have not returned. */
  var depth = 0;
  /** Why it has stopped. */
  var why = "";

  window.labSurvival = {
    /** What the page is to begin with: a session's text. */
    recover: "",
    /** Whether the address's link, and what runs at the beginning, are left out. */
    isBare: false,
    /** Whether what is shown, or recovered, is a lesson's or somebody's. */
    isGuest: false,
    /** Before a command: what was done so far, and the command; "#" for opening a link or a lesson. */
    note: function (before, attempt) {
      box = { before: before, attempt: attempt, tries: 0, isGuest: window.labSurvival.isGuest };
      keep("box", JSON.stringify(box));
    }
  };

  // ---- Watching the wasm ----

  /**
   * WebAssembly, of which some browsers have only a part; what it makes here is what wasm-bindgen's script looks at.
   * @typedef {WebAssembly.Instance | { module: WebAssembly.Module, instance: { exports: WebAssembly.Exports, whole?: WebAssembly.Instance } }} Made
   * @typedef {(...all: unknown[]) => Promise<Made>} Making
   * @typedef {{ instantiate?: Making, instantiateStreaming?: Making }} Wasm
   */

  function Stopped() {
    var error = new Error("hellok8s-lab has stopped: reload the page");
    error.hasStopped = true;
    return error;
  }
  /**
   * What no wasm goes on after; what a script throws is not.
   * @param {unknown} error
   */
  function stops(error) {
    return error instanceof WebAssembly.RuntimeError || error instanceof RangeError || (error instanceof Error && error.name === "InternalError");
  }
  /** @param {WebAssembly.Exports} exports */
  function guarded(exports) {
    /** @type {WebAssembly.Exports} */
    var kept = {};
    Object.keys(exports).forEach(function (name) {
      var value = exports[name];
      if (typeof value !== "function") {
        if (value !== undefined) {
          kept[name] = value;
        }
        return;
      }
      var inner = value;
      kept[name] = function () {
        if (why) {
          throw Stopped();
        }
        var outer = depth;
        depth += 1;
        try {
          var answer = inner.apply(null, arguments);
          depth = outer;
          return answer;
        } catch (error) {
          // Not in a "finally": where the browser ends a script nothing of it runs, and the depth tells of that.
          depth = outer;
          if (stops(error)) {
            stop(error);
          }
          throw error;
        }
      };
    });
    return kept;
  }
  // The wasm is asked for by wasm-bindgen's script, which takes what it gets here.
  if (typeof WebAssembly === "object") {
    var wasm =
      /** @type {Wasm} */
      (
        /** @type {unknown} */
        (WebAssembly)
      );
    /** @type {("instantiate" | "instantiateStreaming")[]} */
    var names = ["instantiate", "instantiateStreaming"];
    names.forEach(function (name) {
      var real = wasm[name];
      if (typeof real === "function") {
        var known = real;
        wasm[name] = function () {
          return known.apply(wasm, Array.prototype.slice.call(arguments)).then(function (made) {
            // A module that is compiled already becomes an instance alone: the later part, which the first one calls.
            return "instance" in made ? { module: made.module, instance: { exports: guarded(made.instance.exports), whole: made.instance } } : made;
          });
        };
      }
    });
  }
  setInterval(function () {
    if (depth > 0 && !why) {
      stop(new Error("the browser has ended a script that took too long"));
    }
  }, LOOK_MS);

  /** @param {unknown} error */
  function stop(error) {
    if (why) {
      return;
    }
    why = String((error instanceof Error && error.stack) || error);
    keep("stopped", why.slice(0, 4000));
    if (/did not arrive/.test(why)) {
      tell("part", [["again", reload]]);
    } else if (root.getAttribute("data-start") !== "loading") {
      tell("stopped", [[box.attempt ? "on" : "again", reload], ["copy", copy]], box.attempt);
    } else {
      root.setAttribute("data-start", "unable");
      tell("stopped", [["again", reload], ["copy", copy]], box.attempt);
    }
    tellHost();
  }
  /** As src/view/host/embed.rs tells the page around this one. */
  function tellHost() {
    try {
      var asked = new URLSearchParams(location.search);
      if (window.parent !== window && asked.get("embed") === "1") {
        var host = new URL(asked.get("host") || document.referrer).origin;
        window.parent.postMessage({ source: "hellok8s-lab", type: "stopped" }, host);
      }
    } catch (_nobody) {
      // There is none that may be told.
    }
  }
  function reload() {
    location.reload();
  }

  // ---- After a load ----

  /**
   * A session's text without the last thing that was done in it.
   * @param {string} text
   */
  function withoutLast(text) {
    try {
      var session = JSON.parse(text);
      /** @type {(input: unknown) => boolean} */
      var isTime = function (input) {
        return typeof input === "number" || (input instanceof Array && (input[0] === "s" || input[0] === "g"));
      };
      while (session.i.length && isTime(session.i[session.i.length - 1])) {
        session.i.pop();
      }
      var last = session.i.pop();
      delete session.h;
      return { text: session.i.length ? JSON.stringify(session) : "", last: typeof last === "string" ? last : JSON.stringify(last || "") };
    } catch (_damaged) {
      return { text: "", last: "" };
    }
  }
  function isReload() {
    var entries = window.performance && performance.getEntriesByType ? performance.getEntriesByType("navigation") : [];
    var entry = entries[0];
    return entry !== undefined && "type" in entry && entry.type === "reload";
  }
  /**
   * The names of what is kept of the visitor's texts.
   * @param {string} prefix
   */
  function texts(prefix) {
    /** @type {string[]} */
    var names = [];
    var storage = stored("localStorage");
    try {
      for (var at = 0; at < storage.length; at += 1) {
        names.push(String(storage.key(at)));
      }
    } catch (_forbidden) {
      return [];
    }
    return names.filter(function (name) {
      return name.indexOf(PREFIX + prefix) === 0 && /(^|:)(file|session|shared|draft)(:|$)/.test(name.slice(PREFIX.length + prefix.length));
    });
  }
  /**
   * Gives what is kept other names, so that it is neither read nor lost.
   * @param {string} from
   * @param {string} to
   */
  function move(from, to) {
    texts(from).forEach(function (name) {
      try {
        var storage = stored("localStorage");
        var value = storage.getItem(name);
        storage.removeItem(name);
        storage.setItem(PREFIX + to + name.slice(PREFIX.length + from.length), String(value));
      } catch (_full) {
        // It was there a moment ago: there is room for it.
      }
    });
  }
  function save() {
    var all = texts("aside:").map(function (name) {
      return "# " + name.slice((PREFIX + "aside:").length) + "\n" + localStorage.getItem(name) + "\n";
    });
    var link = document.createElement("a");
    link.href = "data:text/plain;charset=utf-8," + encodeURIComponent(all.join("\n"));
    link.download = "hellok8s-lab.txt";
    link.click();
  }
  function putBack() {
    move("aside:", "");
    reload();
  }
  function withoutLink() {
    if (location.hash) {
      history.replaceState(null, "", location.pathname + location.search);
    }
  }

  /**
   * @param {string | null} text
   * @returns {Box | null}
   */
  function boxOf(text) {
    try {
      return text === null ? null : JSON.parse(text);
    } catch (_damaged) {
      return null;
    }
  }

  (function begin() {
    var told = recall("stopped");
    var hasDied = told !== null || (recall("alive") !== null && isReload());
    var last = boxOf(recall("box"));
    ["box", "stopped", "alive"].forEach(function (name) {
      keep(name, null);
    });
    if (!hasDied || /did not arrive/.test(told || "")) {
      return;
    }
    box = last || box;
    why = told || "";
    report = written();
    why = "";
    if (last && last.attempt && last.tries < TRIES) {
      var attempt = last.attempt;
      withoutLink();
      window.labSurvival.recover = last.before;
      window.labSurvival.isGuest = last.isGuest;
      var less = withoutLast(last.before);
      // Should this stop as well, the next load goes on with one command less.
      box = { before: less.text, attempt: less.last, tries: last.tries + 1, isGuest: last.isGuest };
      keep("box", JSON.stringify(box));
      whenStarted(function () {
        tell("recovered", [["copy", copy], ["close", close]], attempt);
      });
    } else {
      withoutLink();
      window.labSurvival.isBare = true;
      move("", "aside:");
      whenStarted(function () {
        var some = texts("aside:").length > 0;
        tell("bare", some ? [["save", save], ["back", putBack], ["copy", copy], ["close", close]] : [["copy", copy], ["close", close]]);
      });
    }
  })();
  /** @param {() => void} act */
  function whenStarted(act) {
    addEventListener("LabStarted", act);
  }
  // A page that is left says so; one that the browser had to end does not.
  /** @param {boolean} yes */
  function isHere(yes) {
    if (depth === 0 && !why) {
      keep("alive", yes ? "1" : null);
    }
  }
  isHere(!document.hidden);
  document.addEventListener("visibilitychange", function () {
    isHere(!document.hidden);
  });
  addEventListener("pagehide", function () {
    isHere(false);
  });
  addEventListener("pageshow", function () {
    isHere(!document.hidden);
  });

  // ---- What is said ----

  /**
   * What a button of the bar does: it is told the button, and the bar.
   * @typedef {(button: HTMLElement, place: Element) => void} Act
   * @typedef {keyof typeof SAYS.en} Name
   */

  /** The last report, which outlives a load. */
  var report = "";
  function written() {
    return [
      "hellok8s-lab " + location.href.split("#")[0],
      navigator.userAgent,
      "stopped: " + (why || "no word from the wasm: the browser ended it"),
      "during: " + (box.attempt || "-"),
      "session before it (its seed is \"s\", 1 without): " + (box.before || "-")
    ].join("\n");
  }
  /** @type {Act} */
  function copy(button, place) {
    var text = why ? written() : report || written();
    function byHand() {
      var area = document.createElement("textarea");
      area.readOnly = true;
      area.value = text;
      area.className = "broken-report";
      area.setAttribute("aria-label", says().report);
      place.appendChild(area);
      area.select();
    }
    if (!navigator.clipboard) {
      byHand();
      return;
    }
    navigator.clipboard.writeText(text).then(function () {
      button.textContent = says().copied;
    }, byHand);
  }
  function close() {
    root.removeAttribute("data-broken");
  }
  function says() {
    return SAYS[root.lang === "zh" ? "zh" : "en"];
  }
  /**
   * Shows the bar above the page: words, what was left out, and buttons as pairs of a name and what it does.
   * @param {Name} name
   * @param {[Name, Act][]} buttons
   * @param {string} [attempt]
   */
  function tell(name, buttons, attempt) {
    var bar = document.querySelector(".broken");
    if (!bar) {
      addEventListener("DOMContentLoaded", function () {
        tell(name, buttons, attempt);
      });
      return;
    }
    var place = bar;
    var words = document.createElement("p");
    words.textContent = says()[name];
    place.textContent = "";
    place.appendChild(words);
    if (attempt) {
      if (name === "stopped") {
        words.appendChild(document.createTextNode(" " + says().during));
      }
      var command = document.createElement(attempt === "#" ? "span" : "code");
      command.textContent = attempt === "#" ? says().link : attempt.slice(0, 300);
      words.appendChild(command);
    }
    buttons.forEach(function (pair) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "button small";
      button.textContent = says()[pair[0]];
      button.addEventListener("click", function () {
        pair[1](button, place);
      });
      place.appendChild(button);
    });
    root.setAttribute("data-broken", name);
  }
})();

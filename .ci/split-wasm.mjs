// Divides the page's wasm in two that share memory, tables and globals: what a first visit runs, and the later part,
// which follows when the page stands. .ci/later.js fetches the later part, .ci/later.txt says what belongs to it;
// docs/architecture.md tells the whole.
//
// What the first part calls of the later one goes through a table that the later part fills: a small function stands
// for each, which has the later part fetched at once should it not be there yet. The table through which closures and
// methods are called has gaps until the later part fills them, so the first part asks before each such call.
import { constant, FUNCTION, GLOBAL, MEMORY, numberOf, read, renumbered, signed, TABLE, unsigned, walkBody, withCallAtStart, write } from "./wasm.mjs";
import { links } from "./wasm-links.mjs";

/**
 * @typedef {import("./wasm.mjs").Module} Module
 * @typedef {import("./wasm.mjs").FunctionType} FunctionType
 * @typedef {import("./wasm.mjs").Elements} Elements
 * @typedef {import("./wasm.mjs").Segment} Segment
 * @typedef {NonNullable<ReturnType<typeof links>>} Links
 * @typedef {ReturnType<typeof planned>} Plan
 */

const I32 = 0x7f;
/** The module name under which later.js hands the parts what they need of it and of each other. */
const LINK = "later";
/** Where a function is this short, one that stands for it would be as long. In bytes. */
const SHORT = 14;
/**
 * `if` the global `there` is 0.
 * @param {number} there
 */
const UNLESS_THERE = (there) => [0x23, ...unsigned(there), 0x45, 0x04, 0x40];

/**
 * A function's name without what changes with the compiler: hashes of crates and of symbols.
 * @param {string} name
 */
export const plainName = (name) => name.replace(/\[[0-9a-f]{12,16}\]/g, "").replace(/h[0-9a-f]{16}/g, "");

/**
 * `name` in parts, which end where a part of its path does.
 * @param {string} name
 */
export const partsOf = (name) => name.match(/.+?(?:::|<|,| as\b|\{|$)/g) ?? [];

/**
 * Whether a plain name begins as one of the list's does: a line that is indented goes on where the one above it ends.
 * @param {string} list
 * @returns {(name: string) => boolean}
 */
export function matcher(list) {
  /** @typedef {Map<string, Node>} Node */
  /** @type {Node} */
  const tree = new Map();
  /** @type {Node[]} */
  const above = [];
  for (const line of list.split("\n").filter((line) => line && !line.startsWith("#"))) {
    const text = line.replace(/^\t*/, "");
    const depth = line.length - text.length;
    let node = above[depth - 1] ?? tree;
    for (const part of partsOf(text)) {
      const below = node.get(part) ?? new Map();
      node.set(part, below);
      node = below;
    }
    above[depth] = node;
  }
  return (name) => {
    let node = tree;
    for (const part of partsOf(name)) {
      const below = node.get(part);
      if (!below) return false;
      if (below.size === 0) return true;
      node = below;
    }
    return false;
  };
}

/**
 * @param {number[]} numbers
 * @param {number} index
 */
function numberAt(numbers, index) {
  const number = numbers[index];
  if (number === undefined) throw new Error(`there is no function ${index}`);
  return number;
}

/**
 * The module with the import `later.hit`, which each of `functions` calls with its place there when it begins.
 * @param {Uint8Array} bytes
 */
export function instrumented(bytes) {
  const module = read(bytes);
  const imported = module.imports.length;
  const functions = module.codes.map((body, index) => ({ name: plainName(module.names[imported + index] ?? ""), bytes: body.length }));
  /** @type {Map<number, number>} */
  const shifted = new Map();
  for (let index = 0; index < imported + module.functions.length; index += 1) shifted.set(index, index < imported ? index : index + 1);
  module.types.push({ parameters: 1, what: [0x60, 1, I32, 0] });
  module.imports.push({ module: LINK, name: "hit", kind: FUNCTION, what: unsigned(module.types.length - 1) });
  module.codes = module.codes.map((body, index) => withCallAtStart(renumbered(body, shifted), imported, index));
  for (const one of module.exports) if (one.kind === FUNCTION) one.index = numberOf(shifted, one.index);
  for (const segment of module.elements) segment.functions = segment.functions.map((index) => numberOf(shifted, index));
  return { wasm: write(module), functions };
}

// ---- What goes where ------------------------------------------------------------------------------------------

/**
 * For each function its callees, and what it holds as a value.
 * @param {Module} module
 * @param {number} imported
 */
function calleesOf(module, imported) {
  return module.codes.map((body) => {
    /** @type {Set<number>} */
    const found = new Set();
    walkBody(body, (kind, index) => kind === "function" && index >= imported && found.add(index - imported));
    return found;
  });
}

/**
 * The functions that the first part keeps, as a set: what can be reached without one that `isLater` names.
 * @param {Required<Module>} module
 * @param {number} imported
 * @param {Set<number>[]} callees
 * @param {(name: string) => boolean} isLater
 */
function kept(module, imported, callees, isLater) {
  const named = module.codes.map((_, index) => isLater(plainName(module.names[imported + index] ?? "")));
  /** @type {Set<number>} */
  const keep = new Set();
  /** @type {number[]} */
  const open = [];
  /** @param {number} index */
  const reach = (index) => {
    if (index >= 0 && !named[index] && !keep.has(index)) {
      keep.add(index);
      open.push(index);
    }
  };
  const entries = [
    ...module.exports.filter((one) => one.kind === FUNCTION).map((one) => one.index),
    ...module.elements.flatMap((segment) => segment.functions),
  ].map((index) => index - imported);
  entries.forEach(reach);
  for (let index = open.pop(); index !== undefined; index = open.pop()) callees[index]?.forEach(reach);
  // The short ones that the first part would need one for that stands for them.
  const used = new Set([...keep].flatMap((index) => [...(callees[index] ?? [])]));
  for (const index of used) {
    const [body, called] = [module.codes[index], callees[index]];
    if (body && called && body.length <= SHORT && [...called].every((callee) => keep.has(callee))) keep.add(index);
  }
  return keep;
}

// ---- Data -----------------------------------------------------------------------------------------------------

/**
 * How far from a number that lies in the data, and that no code named as an address, things still count as meant by it: the
 * optimiser may have added a number to an address. In bytes.
 */
const COMPUTED_REACH = 1024;
/** One past the greatest character, and the next one: what Rust writes for "no character". No addresses. */
const NO_CHARACTER = new Set([0x110000, 0x110001]);
/** What is shorter stays where it is: a segment of its own would weigh as much. In bytes. */
const WORTH_A_SEGMENT = 16;

/**
 * The addresses of the things of data that the first part may read: those whose address its code has (or one within them, or
 * that of their end, as loops have), and those whose addresses stand in such things.
 * @param {Uint8Array[]} codes
 * @param {Links} links
 */
function readFrom(codes, { ends, pointers, named }) {
  /** @type {Set<number>} */
  const used = new Set();
  /** @type {number[]} */
  const open = [];
  /** @param {number} thing */
  const use = (thing) => {
    if (ends.has(thing) && !used.has(thing)) {
      used.add(thing);
      open.push(thing);
    }
  };
  const [from, to] = extent(ends);
  /** @param {number} value */
  const useNumber = (value) => {
    if (value < from || value > to) return;
    const things = named.get(value);
    if (things) things.forEach(use);
    else if (!NO_CHARACTER.has(value)) [...ends].forEach(([address, end]) => address <= value + COMPUTED_REACH && end >= value - COMPUTED_REACH && use(address));
  };
  for (const body of codes) {
    walkBody(
      body,
      (kind, value) => {
        if (kind === "const" || kind === "offset") useNumber(value);
      },
      // An address and a length, say, which the optimiser has made one number of.
      (value) => [value & 0xffffffffn, value >> 32n].forEach((half) => useNumber(Number(half))),
    );
  }
  for (let thing = open.pop(); thing !== undefined; thing = open.pop()) {
    const end = ends.get(thing) ?? thing;
    for (const pointer of pointers.slice(firstFrom(pointers, thing), firstFrom(pointers, end))) use(pointer.to);
  }
  return used;
}

/**
 * Where the things of data begin and end, all together.
 * @param {Map<number, number>} ends
 * @returns {[number, number]}
 */
const extent = (ends) => [...ends].reduce(([from, to], [address, end]) => [Math.min(from, address), Math.max(to, end)], /** @type {[number, number]} */ ([Infinity, 0]));

/**
 * The place of the first of `pointers` that is not before `address`.
 * @param {Links["pointers"]} pointers
 * @param {number} address
 */
function firstFrom(pointers, address) {
  let [low, high] = [0, pointers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(pointers[middle]?.at) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * `data` in two, as segments `{ address, bytes }`: what the first part has from the beginning, and what only code that is not
 * among `codes`, the first part's, can read. Data that the linker has no notes of stays.
 * @param {Segment[]} data
 * @param {Uint8Array[]} codes
 * @param {Links | undefined} links
 */
export function dividedData(data, codes, links) {
  if (!links) return { first: data, later: [] };
  const used = readFrom(codes, links);
  const [from, to] = extent(links.ends);
  const moves = new Uint8Array(to - from);
  for (const [address, end] of links.ends) moves.fill(1, address - from, end - from);
  for (const address of used) moves.fill(0, address - from, (links.ends.get(address) ?? address) - from);

  /** @type {{ first: Segment[], later: Segment[] }} */
  const parts = { first: [], later: [] };
  for (const { address, bytes } of data) {
    let begin = 0;
    /** @type {(list: Segment[], end: number) => void} */
    const put = (list, end) => {
      if (end > begin) list.push({ address: address + begin, bytes: bytes.subarray(begin, end) });
      begin = end;
    };
    for (let at = 0; at < bytes.length; at += 1) {
      let end = at;
      while (end < bytes.length && moves[address + end - from] === 1) end += 1;
      if (end - at < WORTH_A_SEGMENT) continue;
      put(parts.first, at);
      put(parts.later, end);
      at = end;
    }
    put(parts.first, bytes.length);
  }
  return parts;
}

// ---- The two modules ------------------------------------------------------------------------------------------

/** Numbers for what is put in, in that order: old number, or a name → new one. */
class Numbering extends Map {
  /**
   * @param {number | string} index
   * @returns {number}
   */
  of(index) {
    const number = this.get(index) ?? this.size;
    this.set(index, number);
    return number;
  }
}

/**
 * The imported functions that `codes` call, and `more` of which not all need be imported.
 * @param {Module} module
 * @param {number} imported
 * @param {Uint8Array[]} codes
 * @param {number[]} more
 */
function importsUsed(module, imported, codes, more = []) {
  const used = new Set(more);
  for (const body of codes) walkBody(body, (kind, index) => kind === "function" && index < imported && used.add(index));
  return module.imports.map((_, index) => index).filter((index) => used.has(index));
}

/**
 * What the module's tables have at the places of the functions that are `mine`, under their new numbers.
 * @param {Module} module
 * @param {(index: number) => boolean} mine
 * @param {Map<unknown, number>} numbers
 */
function elementsOf(module, mine, numbers) {
  /** @type {Elements[]} */
  const segments = [];
  for (const { table, offset, functions } of module.elements) {
    if (table !== 0) throw new Error("functions in a second table are not known here");
    /** @type {Elements | undefined} */
    let segment;
    functions.forEach((index, place) => {
      if (!mine(index)) {
        segment = undefined;
        return;
      }
      if (!segment) {
        segment = { table, offset: offset + place, functions: [] };
        segments.push(segment);
      }
      segment.functions.push(numberOf(numbers, index));
    });
  }
  return segments;
}

/**
 * The function that stands for one of the later part's: it hands all on to what is at `slot` of table `link`.
 * @param {number} type
 * @param {FunctionType | undefined} signature
 * @param {number} slot
 * @param {number} ready
 * @param {number} link
 */
function standIn(type, signature, slot, ready, link) {
  const code = [0];
  for (let index = 0; index < (signature?.parameters ?? 0); index += 1) code.push(0x20, ...unsigned(index));
  code.push(0x41, ...signed(slot), 0x10, ...unsigned(ready), 0x11, ...unsigned(type), ...unsigned(link), 0x0b);
  return Uint8Array.from(code);
}

/**
 * Who goes where: everything that both modules are made from.
 * @param {Required<Module>} module
 * @param {(name: string) => boolean} isLater
 * @param {Links | undefined} links
 */
function planned(module, isLater, links) {
  const imported = module.imports.length;
  if (module.imports.some((one) => one.kind !== FUNCTION)) throw new Error("imports other than functions are not known here");
  const callees = calleesOf(module, imported);
  const keep = kept(module, imported, callees, isLater);
  /** @param {number} index */
  const typeOf = (index) => numberAt(module.functions, index);
  /** @param {number} index */
  const codeOf = (index) => module.codes[index] ?? new Uint8Array();
  /** @param {number} index */
  const calledBy = (index) => [...(callees[index] ?? [])];
  // Like beside like: a hundredth less after compression.
  const all = module.codes.map((_, index) => index).sort((a, b) => typeOf(a) - typeOf(b) || Buffer.compare(codeOf(a), codeOf(b)));
  const stays = all.filter((index) => keep.has(index));
  const goes = all.filter((index) => !keep.has(index));

  const exported = module.exports.filter((one) => one.kind === FUNCTION).map((one) => one.index - imported);
  const calledFromFirst = new Set([...exported, ...stays.flatMap(calledBy)]);
  const stoodFor = goes.filter((index) => calledFromFirst.has(index)).sort((a, b) => typeOf(a) - typeOf(b) || a - b);
  const calledFromLater = new Set(goes.flatMap(calledBy));
  const shared = stays.filter((index) => calledFromLater.has(index));
  const size = shared.length + stoodFor.length;
  return {
    module, imported, keep, stays, goes, stoodFor, shared, typeOf, codeOf,
    types: [...module.types, { parameters: 1, what: [0x60, 1, I32, 1, I32] }, { parameters: 0, what: [0x60, 0, 0] }],
    /** The table through which the parts call each other: what the later one calls of the first, and the other way round. */
    link: module.tables.length,
    tables: [...module.tables, Uint8Array.from([0x70, 1, ...unsigned(size), ...unsigned(size)])],
    data: dividedData(module.data, stays.map(codeOf), links),
  };
}

/** @param {Plan} plan */
function firstPart({ module, imported, keep, stays, stoodFor, shared, typeOf, codeOf, types, link, tables, data }) {
  const numbers = /** @type {Numbering & Map<unknown, number>} */ (new Numbering());
  const tabled = module.elements.flatMap((segment) => segment.functions);
  const imports = importsUsed(module, imported, stays.map(codeOf), tabled);
  imports.forEach((index) => numbers.of(index));
  const fetchLater = numbers.of("fetch");
  stays.forEach((index) => numbers.of(imported + index));
  const ready = numbers.of("ready");
  const filled = numbers.of("filled");
  stoodFor.forEach((index) => numbers.of(imported + index));
  const [same, nothing] = [types.length - 2, types.length - 1];
  const there = module.globals.length;
  // Both return what they are given: once the later part is there, or once there is a function at that place.
  const isReady = Uint8Array.from([0, ...UNLESS_THERE(there), 0x10, ...unsigned(fetchLater), 0x0b, 0x20, 0, 0x0b]);
  const isFilled = Uint8Array.from([0, ...UNLESS_THERE(there), 0x20, 0, 0x25, 0, 0xd1, 0x04, 0x40, 0x10, ...unsigned(fetchLater), 0x0b, 0x0b, 0x20, 0, 0x0b]);
  return write({
    types,
    imports: [...module.imports.filter((_, index) => imports.includes(index)), { module: LINK, name: "fetch", kind: FUNCTION, what: unsigned(nothing) }],
    functions: [...stays.map(typeOf), same, same, ...stoodFor.map(typeOf)],
    tables,
    memories: module.memories,
    globals: [...module.globals, { type: [I32, 1], value: constant(0) }],
    exports: [
      ...module.exports.map((one) => (one.kind === FUNCTION ? { ...one, index: numberOf(numbers, one.index) } : one)),
      ...tables.map((_, index) => ({ name: `$t${index}`, kind: TABLE, index })),
      ...module.globals.map((_, index) => ({ name: `$g${index}`, kind: GLOBAL, index })),
      { name: "$there", kind: GLOBAL, index: there },
      { name: "$link", kind: TABLE, index: link },
    ],
    elements: [
      ...elementsOf(module, (index) => index < imported || keep.has(index - imported), numbers),
      { table: link, offset: 0, functions: shared.map((index) => numberOf(numbers, imported + index)) },
    ],
    codes: [
      ...stays.map((index) => renumbered(codeOf(index), numbers, filled)),
      isReady,
      isFilled,
      ...stoodFor.map((index, place) => standIn(typeOf(index), types[typeOf(index)], shared.length + place, ready, link)),
    ],
    data: data.first,
  });
}

/** @param {Plan} plan */
function laterPart({ module, imported, keep, goes, stoodFor, shared, typeOf, codeOf, types, link, tables, data }) {
  const numbers = /** @type {Numbering & Map<unknown, number>} */ (new Numbering());
  const imports = importsUsed(module, imported, goes.map(codeOf));
  [...imports, ...[...shared, ...goes].map((index) => imported + index)].forEach((index) => numbers.of(index));
  return write({
    types,
    imports: [
      ...module.imports.filter((_, index) => imports.includes(index)),
      ...shared.map((index, place) => ({ module: LINK, name: place.toString(36), kind: FUNCTION, what: unsigned(typeOf(index)) })),
      ...tables.map((what, index) => ({ module: LINK, name: `$t${index}`, kind: TABLE, what })),
      ...module.memories.map((limits) => ({ module: LINK, name: "memory", kind: MEMORY, what: limits })),
      ...module.globals.map((global, index) => ({ module: LINK, name: `$g${index}`, kind: GLOBAL, what: global.type })),
    ],
    functions: goes.map(typeOf),
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    elements: [
      { table: link, offset: shared.length, functions: stoodFor.map((index) => numberOf(numbers, imported + index)) },
      ...elementsOf(module, (index) => index >= imported && !keep.has(index - imported), numbers),
    ],
    codes: goes.map((index) => renumbered(codeOf(index), numbers)),
    data: data.later,
  });
}

/**
 * Divides `bytes` (with names) into `{ first, later, … }`: two modules without names, how many functions the later one has,
 * and how many bytes of data. `linked` is the module as the linker wrote it; without its notes all data stays in the first.
 * @param {Uint8Array} bytes
 * @param {(name: string) => boolean} isLater
 * @param {Uint8Array} [linked]
 */
export function split(bytes, isLater, linked) {
  const plan = planned(read(bytes), isLater, linked ? links(linked) : undefined);
  const moved = plan.data.later.reduce((sum, segment) => sum + segment.bytes.length, 0);
  const parts = { first: firstPart(plan), later: laterPart(plan), functions: plan.goes.length, moved };
  for (const part of [parts.first, parts.later]) {
    if (!WebAssembly.validate(Uint8Array.from(part))) throw new Error("a part of the wasm is not valid");
  }
  return parts;
}

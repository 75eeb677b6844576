// Reads and writes WebAssembly's binary format, as much of it as the page's module uses (the MVP, and what wasm-bindgen
// adds: reference types, bulk memory, several tables). What it does not know it refuses.
const SECTIONS = { type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12 };
export const FUNCTION = 0;
export const TABLE = 1;
export const MEMORY = 2;
export const GLOBAL = 3;
const I32_CONST = 0x41;
const END = 0x0b;

/**
 * A module as plain values. Functions are numbered with the imported ones first, as everywhere in the format; `what` is what
 * stands in the binary.
 * @typedef {{ parameters: number, what: Bytes }} FunctionType
 * @typedef {{ module: string, name: string, kind: number, what: Bytes }} Import
 * @typedef {{ name: string, kind: number, index: number }} Export
 * @typedef {{ type: Bytes, value: Bytes }} Global
 * @typedef {{ table: number, offset: number, functions: number[] }} Elements
 * @typedef {{ address: number, bytes: Uint8Array }} Segment
 * @typedef {Object} Module
 * @property {FunctionType[]} types
 * @property {Import[]} imports
 * @property {number[]} functions their types
 * @property {Bytes[]} tables
 * @property {Bytes[]} memories
 * @property {Global[]} globals
 * @property {Export[]} exports
 * @property {Elements[]} elements
 * @property {Uint8Array[]} codes
 * @property {Segment[]} data
 * @property {string[]} [names] of functions, by their numbers
 *
 * @typedef {ArrayLike<number> & Iterable<number>} Bytes
 * @typedef {"function" | "type" | "table" | "global" | "const" | "offset" | "indirect"} Kind
 * @typedef {(kind: Kind, value: number, start: number, end: number) => void} Visit
 */

/** A place in bytes that moves on as it is read. */
export class Reader {
  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte() {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("the wasm ends in the middle of something");
    return byte;
  }
  unsigned() {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return value;
    }
  }
  skipNumber() {
    while (this.byte() >= 0x80);
  }
  /** An i32 as it is written in `i32.const`. */
  signed() {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return shift < 32 && byte & 0x40 ? value | (-1 << shift) : value;
    }
  }
  /** An i64 as it is written in `i64.const`, as one without a sign. */
  signed64() {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return BigInt.asUintN(64, byte & 0x40 ? value | (-1n << shift) : value);
    }
  }
  /** @param {number} length */
  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }
  name() {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }
  /**
   * @template Item
   * @param {(index: number) => Item} read
   */
  list(read) {
    return Array.from({ length: this.unsigned() }, (_, index) => read(index));
  }
  /** A segment of data and where it goes. */
  segment() {
    if (this.unsigned() !== 0) throw new Error("a data segment without a place is not known here");
    return { address: constantOf(expression(this)), bytes: this.take(this.unsigned()) };
  }
  limits() {
    const start = this.at;
    const flags = this.byte();
    this.skipNumber();
    if (flags & 1) this.skipNumber();
    return this.bytes.subarray(start, this.at);
  }
}

/** @param {number} value */
export function unsigned(value) {
  /** @type {number[]} */
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  return bytes;
}

/** @param {number} value */
export function signed(value) {
  /** @type {number[]} */
  const bytes = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** @param {string} text */
const named = (text) => {
  const bytes = new TextEncoder().encode(text);
  return [...unsigned(bytes.length), ...bytes];
};

// ---- Instructions ---------------------------------------------------------------------------------------------

/**
 * Tells `visit(kind, index, start, end)` of every function, table, global, type and constant in `code` from `at` to
 * its end, where `start` to `end` is where the number stands. Kinds: "function", "type", "table", "global", "const"
 * (an i32), "offset" (what a load or store adds to its address) and "indirect" (in front of a call through a table). Of an i64
 * constant it tells `wide` instead.
 * @param {Uint8Array} code
 * @param {number} at
 * @param {Visit} visit
 * @param {(value: bigint) => void} [wide]
 */
export function walk(code, at, visit, wide) {
  const reader = new Reader(code, at);
  /** @param {Kind} kind */
  const number = (kind) => {
    const start = reader.at;
    const value = kind === "const" ? reader.signed() : reader.unsigned();
    visit(kind, value, start, reader.at);
  };
  while (reader.at < code.length) {
    const op = reader.byte();
    if (op >= 0x02 && op <= 0x04) {
      const start = reader.at;
      if ((Number(code[start]) & 0xc0) === 0x40) reader.at += 1;
      else number("type");
    } else if (op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x22) || op === 0x3f || op === 0x40) {
      reader.skipNumber();
    } else if (op === 0x0e) {
      for (let left = reader.unsigned() + 1; left > 0; left -= 1) reader.skipNumber();
    } else if (op === 0x10 || op === 0x12 || op === 0xd2) {
      number("function");
    } else if (op === 0x11 || op === 0x13) {
      visit("indirect", 0, reader.at - 1, reader.at - 1);
      number("type");
      number("table");
    } else if (op === 0x1c) {
      reader.take(reader.unsigned());
    } else if (op === 0x23 || op === 0x24) {
      number("global");
    } else if (op === 0x25 || op === 0x26) {
      number("table");
    } else if (op >= 0x28 && op <= 0x3e) {
      if (reader.unsigned() >= 0x40) throw new Error("several memories are not known here");
      number("offset");
    } else if (op === I32_CONST) {
      number("const");
    } else if (op === 0x42) {
      const value = reader.signed64();
      wide?.(value);
    } else if (op === 0x43) {
      reader.take(4);
    } else if (op === 0x44) {
      reader.take(8);
    } else if (op === 0xd0) {
      reader.take(1);
    } else if (op === 0xfc) {
      const more = reader.unsigned();
      if (more === 10) reader.take(2);
      else if (more === 11) reader.take(1);
      else if (more >= 15 && more <= 17) number("table");
      else if (more === 14) [number("table"), number("table")];
      else if (more > 7) throw new Error(`instruction 0xfc ${more} is not known here`);
    } else if (!(op <= 0x01 || op === 0x05 || op === END || op === 0x0f || op === 0x1a || op === 0x1b || op === 0xd1 || (op >= 0x45 && op <= 0xc4))) {
      throw new Error(`instruction 0x${op.toString(16)} is not known here`);
    }
  }
}

/**
 * Where a function's instructions begin, behind its locals.
 * @param {Uint8Array} body
 */
function behindLocals(body) {
  const reader = new Reader(body);
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    reader.skipNumber();
    reader.take(1);
  }
  return reader.at;
}

/**
 * Like `walk`, over a function's body.
 * @param {Uint8Array} body
 * @param {Visit} visit
 * @param {(value: bigint) => void} [wide]
 */
export const walkBody = (body, visit, wide) => walk(body, behindLocals(body), visit, wide);

/**
 * The new number of a function.
 * @param {Map<unknown, number>} numbers
 * @param {unknown} index
 */
export function numberOf(numbers, index) {
  const number = numbers.get(index);
  if (number === undefined) throw new Error(`function ${index} is called and is not there`);
  return number;
}

/**
 * A function's body with other numbers of functions, as `numbers` has them (old → new). `before`, where given, is called
 * in front of each call through a table, with the place in the table, which it returns.
 * @param {Uint8Array} body
 * @param {Map<unknown, number>} numbers
 * @param {number} [before]
 */
export function renumbered(body, numbers, before) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let copied = 0;
  /** @type {(start: number, bytes: number[], end: number) => void} */
  const put = (start, bytes, end) => {
    parts.push(body.subarray(copied, start), Uint8Array.from(bytes));
    copied = end;
  };
  walkBody(body, (kind, index, start, end) => {
    if (kind === "function") {
      put(start, unsigned(numberOf(numbers, index)), end);
    } else if (kind === "indirect" && before !== undefined) {
      put(start, [0x10, ...unsigned(before)], end);
    }
  });
  return Buffer.concat([...parts, body.subarray(copied)]);
}

/**
 * `body` after a call of function `callee` with the number `argument`.
 * @param {Uint8Array} body
 * @param {number} callee
 * @param {number} argument
 */
export function withCallAtStart(body, callee, argument) {
  const start = behindLocals(body);
  const call = [I32_CONST, ...signed(argument), 0x10, ...unsigned(callee)];
  return Buffer.concat([body.subarray(0, start), Uint8Array.from(call), body.subarray(start)]);
}

// ---- Modules --------------------------------------------------------------------------------------------------

/**
 * A constant expression, with its end.
 * @param {Reader} reader
 */
function expression(reader) {
  const start = reader.at;
  const op = reader.byte();
  if (op === 0xd0) reader.take(1);
  else if (op === 0x43) reader.take(4);
  else if (op === 0x44) reader.take(8);
  else if (op === I32_CONST || op === 0x42 || op === 0x23 || op === 0xd2) reader.skipNumber();
  else throw new Error(`constant expression 0x${op.toString(16)} is not known here`);
  if (reader.byte() !== END) throw new Error("a constant expression of several instructions is not known here");
  return reader.bytes.subarray(start, reader.at);
}

/**
 * The number in a constant expression that is an `i32.const`.
 * @param {Uint8Array} code
 */
export function constantOf(code) {
  if (code[0] !== I32_CONST) throw new Error("an address that is not a constant is not known here");
  return new Reader(code, 1).signed();
}
/** @param {number} value */
export const constant = (value) => Uint8Array.from([I32_CONST, ...signed(value), END]);

/** @param {Reader} reader */
function readImport(reader) {
  const one = { module: reader.name(), name: reader.name(), kind: reader.byte() };
  const start = reader.at;
  if (one.kind === FUNCTION) reader.skipNumber();
  else if (one.kind === TABLE) [reader.take(1), reader.limits()];
  else if (one.kind === MEMORY) reader.limits();
  else reader.take(2);
  return { ...one, what: reader.bytes.subarray(start, reader.at) };
}

/**
 * Segments of functions, each `{ table, offset, functions }`.
 * @param {Reader} reader
 */
function readElements(reader) {
  const flags = reader.unsigned();
  if (flags !== 0 && flags !== 2) throw new Error(`an element segment of kind ${flags} is not known here`);
  const table = flags === 2 ? reader.unsigned() : 0;
  const offset = constantOf(expression(reader));
  if (flags === 2) reader.take(1);
  return { table, offset, functions: reader.list(() => reader.unsigned()) };
}

/** @param {Reader} reader */
function readType(reader) {
  const start = reader.at;
  if (reader.byte() !== 0x60) throw new Error("a type that is not a function's is not known here");
  const parameters = reader.take(reader.unsigned()).length;
  reader.take(reader.unsigned());
  return { parameters, what: reader.bytes.subarray(start, reader.at) };
}

/**
 * @param {Reader} reader
 * @param {number} end
 */
function readNames(reader, end) {
  /** @type {string[]} */
  const names = [];
  while (reader.at < end) {
    const kind = reader.byte();
    const size = reader.unsigned();
    if (kind === 1) reader.list(() => (names[reader.unsigned()] = reader.name()));
    else reader.take(size);
  }
  return names;
}

/**
 * The module's sections in their order: `{ id, name, at, end }`, a name being a custom one's, which `at` is behind.
 * @param {Uint8Array} bytes
 */
export function sections(bytes) {
  const reader = new Reader(bytes, 8);
  const all = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.at;
    const name = id === 0 ? reader.name() : "";
    all.push({ id, name, at: reader.at, end });
    reader.at = end;
  }
  return all;
}

/** @param {Uint8Array} bytes */
export function read(bytes) {
  /** @type {Required<Module>} */
  const module = { types: [], imports: [], functions: [], tables: [], memories: [], globals: [], exports: [], elements: [], codes: [], data: [], names: [] };
  const reader = new Reader(bytes, 8);
  /** @type {Record<number, () => void>} */
  const readers = {
    [SECTIONS.type]: () => (module.types = reader.list(() => readType(reader))),
    [SECTIONS.import]: () => (module.imports = reader.list(() => readImport(reader))),
    [SECTIONS.function]: () => (module.functions = reader.list(() => reader.unsigned())),
    [SECTIONS.table]: () =>
      (module.tables = reader.list(() => {
        const start = reader.at;
        if (reader.byte() < 0x60) throw new Error("a table with a value to begin with is not known here");
        reader.limits();
        return bytes.subarray(start, reader.at);
      })),
    [SECTIONS.memory]: () => (module.memories = reader.list(() => reader.limits())),
    [SECTIONS.global]: () => (module.globals = reader.list(() => ({ type: reader.take(2), value: expression(reader) }))),
    [SECTIONS.export]: () => (module.exports = reader.list(() => ({ name: reader.name(), kind: reader.byte(), index: reader.unsigned() }))),
    [SECTIONS.element]: () => (module.elements = reader.list(() => readElements(reader))),
    [SECTIONS.code]: () => (module.codes = reader.list(() => reader.take(reader.unsigned()))),
    [SECTIONS.data]: () => (module.data = reader.list(() => reader.segment())),
    [SECTIONS.dataCount]: () => reader.skipNumber(),
  };
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.at;
    if (id === 0) {
      if (reader.name() === "name") module.names = readNames(reader, end);
    } else {
      const readSection = readers[id];
      if (!readSection) throw new Error(`section ${id} is not known here`);
      readSection();
    }
    reader.at = end;
  }
  return module;
}

/**
 * The module's binary form, without its names.
 * @param {Module} module
 */
export function write(module) {
  const parts = [Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])];
  /** @type {(id: number, items: Bytes[]) => void} */
  const section = (id, items) => {
    if (items.length === 0) return;
    const content = Buffer.concat([Uint8Array.from(unsigned(items.length)), ...items.map((item) => Uint8Array.from(item))]);
    parts.push(Uint8Array.from([id, ...unsigned(content.length)]), content);
  };
  section(SECTIONS.type, module.types.map((type) => type.what));
  section(SECTIONS.import, module.imports.map((one) => [...named(one.module), ...named(one.name), one.kind, ...one.what]));
  section(SECTIONS.function, module.functions.map(unsigned));
  section(SECTIONS.table, module.tables);
  section(SECTIONS.memory, module.memories);
  section(SECTIONS.global, module.globals.map((global) => [...global.type, ...global.value]));
  section(SECTIONS.export, module.exports.map((one) => [...named(one.name), one.kind, ...unsigned(one.index)]));
  section(
    SECTIONS.element,
    module.elements.map(({ table, offset, functions }) => [
      ...(table === 0 ? [0, ...constant(offset)] : [2, ...unsigned(table), ...constant(offset), 0]),
      ...unsigned(functions.length),
      ...functions.flatMap(unsigned),
    ]),
  );
  section(SECTIONS.code, module.codes.map((code) => Buffer.concat([Uint8Array.from(unsigned(code.length)), code])));
  section(SECTIONS.data, module.data.map(({ address, bytes }) => Buffer.concat([Uint8Array.from([0, ...constant(address), ...unsigned(bytes.length)]), bytes])));
  return Buffer.concat(parts);
}

/**
 * `bytes` without their names and other sections that a browser does not read.
 * @param {Uint8Array} bytes
 */
export function withoutNames(bytes) {
  const reader = new Reader(bytes, 8);
  const parts = [bytes.subarray(0, 8)];
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = reader.byte();
    reader.take(reader.unsigned());
    if (id !== 0) parts.push(bytes.subarray(start, reader.at));
  }
  return Buffer.concat(parts);
}

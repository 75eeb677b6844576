// What the linker knows of a module's data (--emit-relocs, build.rs): where each thing begins and ends, and which of them
// has the address of which. With it .ci/split-wasm.mjs can tell what a part of the code cannot read.
// The format: https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md
import { Reader, sections } from "./wasm.mjs";

const CUSTOM = 0;
const CODE = 10;
const DATA = 11;
const SYMBOL_TABLE = 8;
const DATA_SYMBOL = 1;
const SECTION_SYMBOL = 3;
const UNDEFINED = 0x10;
const EXPLICIT_NAME = 0x40;
const ABSOLUTE = 0x200;
/** Relocations that hold an address of data. */
const OF_DATA = new Set([3, 4, 5, 11, 14, 15, 16, 17, 21, 23]);
/** Others that have an addend as well. */
const WITH_ADDEND = new Set([8, 9, 22]);

/**
 * The symbols of the section `linking`, by their numbers: those of data as `{ segment, offset, size }`, of others nothing.
 * @param {Reader} reader
 * @param {number} end
 */
function symbolsOf(reader, end) {
  const version = reader.unsigned();
  if (version !== 2) throw new Error(`version ${version} of the linker's notes is not known here`);
  while (reader.at < end) {
    const kind = reader.byte();
    const behind = reader.unsigned() + reader.at;
    if (kind === SYMBOL_TABLE) return reader.list(() => symbolOf(reader));
    reader.at = behind;
  }
  return [];
}

/** @param {Reader} reader */
function symbolOf(reader) {
  const kind = reader.byte();
  const flags = reader.unsigned();
  if (kind === DATA_SYMBOL) {
    reader.name();
    if (flags & UNDEFINED) return undefined;
    const symbol = { segment: reader.unsigned(), offset: reader.unsigned(), size: reader.unsigned() };
    return flags & ABSOLUTE ? undefined : symbol;
  }
  reader.skipNumber();
  if (kind !== SECTION_SYMBOL && (!(flags & UNDEFINED) || flags & EXPLICIT_NAME)) reader.name();
  return undefined;
}

/**
 * The relocations of data's addresses in a section `reloc.…`: `{ section, list: [{ offset, symbol, addend }] }`.
 * @param {Reader} reader
 */
function relocationsOf(reader) {
  const section = reader.unsigned();
  const list = reader.list(() => {
    const type = reader.byte();
    const one = { type, offset: reader.unsigned(), symbol: reader.unsigned(), addend: 0 };
    if (OF_DATA.has(type) || WITH_ADDEND.has(type)) one.addend = reader.signed();
    return one;
  });
  return { section, list: list.filter(({ type }) => OF_DATA.has(type)) };
}

/**
 * Of a module as the linker has written it, undefined where it has kept no notes:
 * - `ends`: of each thing of data, by its address, where it ends. Things may overlap: a text that ends as another is within it;
 * - `pointers`: `{ at, to }` of each address that stands in the data, in the order of `at`; `to` is a thing's address;
 * - `named`: of each address that code has, those of the things that it names with it.
 * @param {Uint8Array} bytes
 */
export function links(bytes) {
  const all = sections(bytes);
  const linking = all.find((one) => one.id === CUSTOM && one.name === "linking");
  const data = all.find(({ id }) => id === DATA);
  if (!linking || !data) return undefined;
  const symbols = symbolsOf(new Reader(bytes, linking.at), linking.end);
  const segments = segmentsOf(bytes, data);

  /** @param {{ segment: number, offset: number }} symbol */
  const addressOf = ({ segment, offset }) => Number(segments[segment]?.address) + offset;
  /** @type {Map<number, number>} */
  const ends = new Map();
  for (const symbol of symbols) {
    if (!symbol || symbol.size === 0) continue;
    const address = addressOf(symbol);
    ends.set(address, Math.max(ends.get(address) ?? 0, address + symbol.size));
  }

  /** @type {{ at: number, to: number }[]} */
  const pointers = [];
  /** @type {Map<number, Set<number>>} */
  const named = new Map();
  for (const { id, name, at } of all) {
    if (id !== CUSTOM || !name.startsWith("reloc.")) continue;
    const { section, list } = relocationsOf(new Reader(bytes, at));
    for (const { offset, symbol: number, addend } of list) {
      const symbol = symbols[number];
      if (!symbol) continue;
      const to = addressOf(symbol);
      if (all[section] === data) {
        const place = data.at + offset;
        const segment = segments.find(({ at, end }) => place >= at && place < end);
        if (!segment) throw new Error("an address stands in no segment of the data");
        pointers.push({ at: segment.address + place - segment.at, to });
      } else if (all[section]?.id === CODE) {
        named.set(to + addend, (named.get(to + addend) ?? new Set()).add(to));
      }
    }
  }
  pointers.sort((a, b) => a.at - b.at);
  return { ends, pointers, named };
}

/**
 * The segments of the section of data: `{ address, at, end }`, the latter two being places in the file.
 * @param {Uint8Array} bytes
 * @param {{ at: number }} section
 */
function segmentsOf(bytes, { at }) {
  const reader = new Reader(bytes, at);
  return reader.list(() => reader.segment()).map(({ address, bytes: content }) => {
    const begin = content.byteOffset - bytes.byteOffset;
    return { address, at: begin, end: begin + content.length };
  });
}

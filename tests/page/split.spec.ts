// The wasm in two parts, without a browser: which data goes with the later part.
import { expect, test } from "@playwright/test";
import { dividedData } from "../../.ci/split-wasm.mjs";

const I32_CONST = 0x41;
const I64_CONST = 0x42;
const DROP = 0x1a;
const END = 0x0b;

/** A number as instructions have it. */
function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = Number(value & 0x7fn);
    value >>= 7n;
    if ((value === 0n && !(byte & 0x40)) || (value === -1n && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** A function without locals that has `numbers`. */
const having = (...numbers: (number | bigint)[]) =>
  Uint8Array.from([0, ...numbers.flatMap((one) => [typeof one === "bigint" ? I64_CONST : I32_CONST, ...signed(BigInt(one)), DROP]), END]);

/** Three things of 32 bytes, far from each other, and who has whose address. */
const AT = [10_000, 20_000, 30_000] as const;
const data = AT.map((address, index) => ({ address, bytes: new Uint8Array(32).fill(index + 1) }));
const links = ({ ends = [] as [number, number][], pointers = [] as { at: number; to: number }[], named = [] as [number, Set<number>][] } = {}) => ({
  ends: new Map([...AT.map((address) => [address, address + 32] as [number, number]), ...ends]),
  pointers,
  named: new Map([...AT.map((address) => [address, new Set([address])] as [number, Set<number>]), ...named]),
});
const kept = (code: Uint8Array[], known = links()) => dividedData(data, code, known).first.map(({ address, bytes }) => [address, bytes.length]);

test("what no code of the first part has the address of goes, and each byte is in one part", () => {
  const parts = dividedData(data, [having(AT[1])], links());
  expect(parts.first.map(({ address }) => address)).toEqual([AT[1]]);
  expect(parts.later.map(({ address }) => address)).toEqual([AT[0], AT[2]]);
});

test("what stands in data that stays, stays", () => {
  const known = links({ pointers: [{ at: AT[0] + 4, to: AT[1] }, { at: AT[1] + 8, to: AT[2] }] });
  expect(kept([having(AT[0])], known)).toEqual(AT.map((address) => [address, 32]));
  expect(kept([having(AT[2])], known)).toEqual([[AT[2], 32]]);
});

test("an address may be half of a long number", () => {
  expect(kept([having((5n << 32n) | BigInt(AT[0]))])).toEqual([[AT[0], 32]]);
  expect(kept([having((BigInt(AT[2]) << 32n) | 7n)])).toEqual([[AT[2], 32]]);
});

test("an address outside of a thing means the thing that the linker knows it for", () => {
  expect(kept([having(AT[1] - 400)], links({ named: [[AT[1] - 400, new Set([AT[1]])]] }))).toEqual([[AT[1], 32]]);
});

test("a number that no code named is taken for all that is near", () => {
  expect(kept([having(AT[1] - 400)])).toEqual([[AT[1], 32]]);
  expect(kept([having(AT[1] - 4000)])).toEqual([]);
});

test("the number that stands for no character is no address, unless it is one", () => {
  const near: [number, number][] = [[0x110000 - 8, 0x110000 + 24]];
  const there = [{ address: 0x110000 - 8, bytes: new Uint8Array(32) }];
  const at = (named: [number, Set<number>][]) => dividedData(there, [having(0x110000)], links({ ends: near, named })).first.length;
  expect(at([])).toBe(0);
  expect(at([[0x110000, new Set([0x110000 - 8])]])).toBe(1);
});

test("a text that ends as another one does stays when the longer one goes", () => {
  const known = links({ ends: [[AT[0] + 24, AT[0] + 32]], named: [[AT[0] + 24, new Set([AT[0] + 24])]] });
  expect(kept([having(AT[0] + 24)], known)).toEqual([[AT[0] + 24, 8]]);
});

test("data without the linker's notes stays", () => {
  expect(dividedData(data, [], undefined)).toEqual({ first: data, later: [] });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { ArraysReader } from "./row-binary.ts";

/** An array as RowBinary has it. */
function written(values: ArrayBufferView, length: number): Uint8Array {
  const head: number[] = [];
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push(128 + (rest % 128));
  const body = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Uint8Array.from([...head, rest, ...body]);
}

test("arrays of every width are read as they were written, wherever they lie", () => {
  const any = fc.record({
    bytes: fc.uint8Array(),
    shorts: fc.uint16Array({ maxLength: 300 }),
    words: fc.uint32Array(),
    integers: fc.int32Array(),
    longs: fc.bigUint64Array(),
  });
  fc.assert(
    fc.property(any, (arrays) => {
      const { bytes, shorts, words, integers, longs } = arrays;
      const all = [bytes, shorts, words, integers, longs].map((each) => written(each, each.length));
      const reader = new ArraysReader(Buffer.concat(all));
      expect({
        bytes: reader.bytes(),
        shorts: reader.shorts(),
        words: reader.words(),
        integers: reader.integers(),
        longs: reader.longs(),
      }).toEqual(arrays);
    }),
  );
});

test("whatever comes in its place is arrays, or a column store that broke off", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const reader = new ArraysReader(bytes);
      try {
        for (let array = 0; array < 3; array++) expect(reader.longs().byteLength).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toMatchObject({ code: "COLUMNS_FAILED" });
      }
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { TsvWriter } from "./tsv.ts";

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
const LETTERS: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  "\\": "\\",
};

function unescaped(field: string): string {
  return field.replace(/\\(.)/gsu, (_, letter: string) => LETTERS[letter] ?? `unknown ${letter}`);
}

test("numbers are written as JavaScript writes them, whatever their size and sign", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.maxSafeInteger(), fc.integer()), { minLength: 1 }),
      fc.array(INT64),
      (numbers, bigints) => {
        const writer = new TsvWriter();
        for (const value of numbers) writer.number(value);
        for (const value of bigints) writer.bigint(value);
        for (const value of bigints) writer.repeated(value);
        writer.end();
        const expected = [...numbers.map((value) => (value === 0 ? 0 : value)), ...bigints, ...bigints];
        expect(writer.take().toString()).toBe(`${expected.join("\t")}\n`);
      },
    ),
  );
});

test("texts come back, and only a row's end is a newline", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (texts) => {
      const writer = new TsvWriter();
      for (const text of texts) {
        writer.text(text);
        writer.end();
      }
      expect(writer.rows).toBe(texts.length);
      const lines = writer.take().toString().split("\n");
      expect(lines.pop()).toBe("");
      expect(lines.map(unescaped)).toEqual(texts);
      expect([writer.rows, writer.length]).toEqual([0, 0]);
    }),
  );
});

test("bytes that were taken stay as they are while the writer goes on", () => {
  const writer = new TsvWriter();
  const write = (text: string) => {
    writer.text(text);
    writer.end();
    return writer.take();
  };
  const first = write("a".repeat(200_000));
  write("b".repeat(200_000));
  expect(first.toString()).toBe(`${"a".repeat(200_000)}\n`);
});

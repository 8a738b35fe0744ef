import fc from "fast-check";
import { expect, test } from "vitest";
import { csvRecords } from "../base/csv-reader.ts";
import { CsvStream } from "./csv-stream.ts";
import { JsonStream } from "./json-stream.ts";
import { RowProblem } from "./row.ts";

type Stream = CsvStream | JsonStream;

/** What a stream makes of a text that comes in pieces; up to what is wrong. */
function read(stream: Stream, text: string, cuts: readonly number[]): { records: unknown[]; problem: boolean } {
  const records: unknown[] = [];
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b).concat(text.length);
  try {
    let from = 0;
    for (const end of ends) {
      for (const record of stream.push(text.slice(from, end))) records.push(record);
      from = end;
    }
    for (const record of stream.end()) records.push(record);
    return { records, problem: false };
  } catch (error) {
    expect(error).toBeInstanceOf(RowProblem);
    return { records, problem: true };
  }
}

const cuts = fc.array(fc.nat(200), { maxLength: 6 });
const quoted = (cell: string): string => (/[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

test("CSV is read as it was written, however it comes, with its lines", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", "é", " ") });
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 4 })),
      fc.constantFrom("\n", "\r\n"),
      cuts,
      (rows, end, at) => {
        const text = rows.map((row) => row.map(quoted).join(",") + end).join("");
        let line = 1;
        const expected = rows.flatMap((fields) => {
          const record = { line, fields };
          line += 1 + fields.join("").split("\n").length - 1;
          return fields.length === 1 && fields[0] === "" ? [] : [record];
        });
        expect(read(new CsvStream(), text, at)).toEqual({ records: expected, problem: false });
      },
    ),
  );
});

test("any text is CSV, or wrong: as read whole, so read in pieces", () => {
  const text = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "b") });
  fc.assert(
    fc.property(text, cuts, (csv, at) => {
      const whole = [...csvRecords(csv, ",")];
      const sound = whole.filter(({ fields }) => fields !== undefined);
      const { records, problem } = read(new CsvStream(), csv, at);
      if (!csv.includes('"')) expect({ records, problem }).toEqual({ records: sound, problem: false });
      expect(read(new CsvStream(), csv, [])).toEqual({ records, problem });
    }),
    { numRuns: 500 },
  );
});

const value = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
const WRAPPERS: readonly ((objects: readonly string[]) => string)[] = [
  (objects) => objects.join("\n"),
  (objects) => `[${objects.join(",\n")}]`,
  (objects) => `{"access_logs": [${objects.join(",")}], "meta": {"has_more": false, "x": "}]"}, "n": 1}\n`,
];

test("JSON objects are read in each of their wrappings, however they come", () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 5 }),
      fc.constantFrom(...WRAPPERS),
      fc.nat(2),
      cuts,
      (objects, wrap, space, at) => {
        const text = wrap(objects.map((object) => JSON.stringify(object, undefined, space)));
        const { records, problem } = read(new JsonStream(), text, at);
        expect(problem).toBe(false);
        expect(records.map((record) => (record as { value: unknown }).value)).toEqual(
          objects.map((object) => JSON.parse(JSON.stringify(object)) as unknown),
        );
      },
    ),
  );
});

test("other text is a problem with a line, never a crash, and the same in pieces", () => {
  const text = fc.string({
    unit: fc.constantFrom("{", "}", '"', "\\", "[", "]", ",", "\n", "1", ":", "a", '{"access_logs":['),
  });
  fc.assert(
    fc.property(text, cuts, (json, at) => {
      expect(read(new JsonStream(), json, at)).toEqual(read(new JsonStream(), json, []));
    }),
    { numRuns: 1_000 },
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CopyRowFormat, CopyStripper } from "./copy-rows.ts";
import { encodeCopyData } from "./messages/copy-data.ts";

const VIOLATION = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });

const TEXT: CopyRowFormat = {
  format: "text",
  delimiter: 0x09,
  quote: 0x22,
  escape: 0x22,
  header: false,
  nullText: "\\N",
};
const CSV: CopyRowFormat = { ...TEXT, format: "csv", delimiter: 0x2c, nullText: "" };
const BINARY: CopyRowFormat = { ...TEXT, format: "binary" };

interface Stripped {
  readonly data: string;
  readonly companions: (string | null)[];
  readonly row: boolean;
}

function strip(stripper: CopyStripper, data: Buffer | string, gap = 0): Stripped {
  const message = Buffer.concat([Buffer.alloc(gap, 0xee), encodeCopyData(Buffer.from(data as string, "latin1"))]);
  const companions: (string | null)[] = [];
  const end = stripper.strip(message, gap, message.length, 0, {
    collect(index, buffer, from, to) {
      companions[index] = to === -1 ? null : buffer.toString("latin1", from, to);
    },
  });
  expect([message[0], message.readInt32BE(1)]).toEqual([0x64, end - 1]);
  return { data: message.toString("latin1", 5, end), companions, row: stripper.row };
}

const byte = (letter: string): number => letter.charCodeAt(0);

/** What PostgreSQL writes (COPY documentation): text format. */
function textField(value: string | null, delimiter: string, nullString: string): string {
  if (value === null) return nullString;
  const letters: Record<string, string> = { "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v" };
  return value.replaceAll(/[\s\S]/g, (one) => {
    const letter = letters[one];
    if (letter !== undefined) return `\\${one === delimiter ? one : letter}`;
    return one === "\\" || one === delimiter ? `\\${one}` : one;
  });
}

/** csv: quoted if it must be, or if `force`. */
function csvField(value: string | null, format: CopyRowFormat, nullString: string, force: boolean): string {
  if (value === null) return nullString;
  const [delimiter, quote, escape] = [format.delimiter, format.quote, format.escape].map((code) =>
    String.fromCharCode(code),
  );
  const must = value === nullString || [delimiter!, quote!, "\n", "\r"].some((one) => value.includes(one));
  if (!must && !force) return value;
  return quote + Array.from(value, (one) => (one === quote || one === escape ? escape + one : one)).join("") + quote;
}

const anyText = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 20,
});
const nasty = fc.oneof(
  anyText,
  fc.string({ unit: fc.constantFrom("\\", "\t", "\n", "\r", ",", '"', "N", "n", ".", "-", "="), maxLength: 8 }),
);
const companionText = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.uuid(),
  anyText.map((text) => `=${Buffer.from(text).toString("hex")}`),
  fc.array(fc.integer()).map((keys) => `{${keys.join(",")}}`),
  fc.constant(""),
);
const row = fc.tuple(
  fc.array(fc.option(nasty), { maxLength: 5 }),
  fc.array(fc.option(companionText), { minLength: 1, maxLength: 3 }),
);

describe("text", () => {
  test("the visible fields stay as they are, byte for byte, and companions come out unescaped", () => {
    const delimiter = fc.constantFrom("\t", "|", ",", "-", "=", "{", "}", "A", "Z", "\x01");
    fc.assert(
      fc.property(
        row,
        delimiter,
        fc.constantFrom("\\N", "NULL", "\\\\", "null \\x"),
        fc.nat(20),
        ([visible, companions], one, nullString, gap) => {
          fc.pre(!nullString.includes(one));
          const format = { ...TEXT, delimiter: byte(one), nullText: nullString };
          const write = (values: (string | null)[]): string =>
            values.map((value) => textField(value, one, nullString)).join(one);
          const stripper = new CopyStripper(format, visible.length, companions.length);
          const sent = `${write([...visible, ...companions])}\n`;
          expect(strip(stripper, sent, gap)).toEqual({ data: `${write(visible)}\n`, companions, row: true });
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["a column too few", "a\t1\n"],
    ["a column too many", "a\tb\t1\t2\n"],
    ["two rows", "a\tb\t1\na\tb\t2\n"],
    ["no newline", "a\tb\t1"],
    ["a newline in an escape", "a\tb\t1\\\n"],
    ["nothing", ""],
    ["a newline only", "\n"],
    ["an escaped letter in a key", "a\tb\t\\n\n"],
    ["the end marker", "\\.\n"],
  ])("%s is refused", (_, data) => {
    expect(() => strip(new CopyStripper(TEXT, 2, 1), data)).toThrow(VIOLATION);
  });

  test("a header loses its last names, and is no row", () => {
    const stripper = new CopyStripper({ ...TEXT, header: true }, 1, 1);
    expect(strip(stripper, "name\tid\n")).toEqual({ data: "name\n", companions: [], row: false });
    expect(strip(stripper, "a\t7\n")).toEqual({ data: "a\n", companions: ["7"], row: true });
  });

  test.each(["4711", "-", "a", "{}", "x\\"])("NULL %j cannot be told from a key", (nullString) => {
    expect(() => new CopyStripper({ ...TEXT, nullText: nullString }, 1, 1)).toThrow(
      expect.objectContaining({ code: "FEATURE_NOT_SUPPORTED" }),
    );
  });
});

test("in text with NULL '' an empty key is a row without key", () => {
  const stripper = new CopyStripper({ ...TEXT, nullText: "" }, 1, 1);
  expect(strip(stripper, "\t\n")).toEqual({ data: "\n", companions: [""], row: true });
});

describe("csv", () => {
  test("the visible fields stay as they are, byte for byte, and companions come out unquoted", () => {
    const formats = fc.record({
      delimiter: fc.constantFrom(",", ";", "\t", "-", "1", "|"),
      quote: fc.constantFrom('"', "'", "=", "2"),
      escape: fc.constantFrom('"', "\\", "'", "=", "3"),
      nullString: fc.constantFrom("", "NULL", "\\N", "4711"),
      force: fc.boolean(),
    });
    fc.assert(
      fc.property(
        row,
        formats,
        fc.nat(20),
        ([visible, companions], { delimiter, quote, escape, nullString, force }, gap) => {
          fc.pre((delimiter as string) !== quote && !nullString.includes(delimiter) && !nullString.includes(quote));
          const format: CopyRowFormat = {
            ...CSV,
            delimiter: byte(delimiter),
            quote: byte(quote),
            escape: byte(escape),
            nullText: nullString,
          };
          const write = (values: (string | null)[]): string =>
            values.map((value) => csvField(value, format, nullString, force)).join(delimiter);
          const stripper = new CopyStripper(format, visible.length, companions.length);
          const sent = `${write([...visible, ...companions])}\n`;
          expect(strip(stripper, sent, gap)).toEqual({ data: `${write(visible)}\n`, companions, row: true });
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["a column too few", "a,1\n"],
    ["a column too many", "a,b,1,2\n"],
    ["two rows", "a,b,1\na,b,2\n"],
    ["no newline", "a,b,1"],
    ["an open quote", 'a,b,"1\n'],
    ["a letter after a quote", 'a,"b"x,1\n'],
    ["a quote inside", 'a,b"c,1\n'],
    ["nothing", ""],
  ])("%s is refused", (_, data) => {
    expect(() => strip(new CopyStripper(CSV, 2, 1), data)).toThrow(VIOLATION);
  });

  test("a header loses its last names, quoted ones too", () => {
    const stripper = new CopyStripper({ ...CSV, header: true }, 1, 1);
    expect(strip(stripper, '"the, name","x\ny"\n')).toEqual({ data: '"the, name"\n', companions: [], row: false });
    expect(strip(stripper, "a,7\n").row).toBe(true);
  });
});

describe("binary", () => {
  const SIGNATURE = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
  const TRAILER = Buffer.from([0xff, 0xff]);

  function tuple(values: readonly (Buffer | null)[]): Buffer {
    const parts: Buffer[] = [Buffer.from([values.length >> 8, values.length])];
    for (const value of values) {
      const length = Buffer.alloc(4);
      length.writeInt32BE(value?.length ?? -1);
      parts.push(length, value ?? Buffer.alloc(0));
    }
    return Buffer.concat(parts);
  }

  const value = fc.option(fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)));

  test("header, tuples and trailer, however they are put into messages", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(value, { minLength: 2, maxLength: 2 }), fc.option(companionText)), { maxLength: 5 }),
        fc.boolean(),
        (rows, joined) => {
          const stripper = new CopyStripper(BINARY, 2, 1);
          const sent = rows.map(([visible, key]) => tuple([...visible, key === null ? null : Buffer.from(key)]));
          const shown = rows.map(([visible]) => tuple(visible));
          const withHeader = (list: Buffer[]): Buffer[] =>
            joined ? [Buffer.concat([SIGNATURE, list[0]!]), ...list.slice(1)] : [SIGNATURE, ...list];
          const results = withHeader([...sent, TRAILER]).map((data) => strip(stripper, data.toString("latin1")));
          expect(results.map(({ data }) => data)).toEqual(
            withHeader([...shown, TRAILER]).map((data) => data.toString("latin1")),
          );
          expect(results.filter((one) => one.row).map(({ companions }) => companions[0])).toEqual(
            rows.map(([, key]) => key),
          );
          expect(() => strip(stripper, TRAILER.toString("latin1"))).toThrow(VIOLATION);
        },
      ),
    );
  });

  const whole = tuple([Buffer.from("a"), null, Buffer.from("42")]);

  test("a message cut at any byte, or with one too many, is refused", () => {
    const message = Buffer.concat([SIGNATURE, whole]);
    for (let end = 0; end < message.length; end++) {
      if (end === SIGNATURE.length) continue;
      expect(() => strip(new CopyStripper(BINARY, 2, 1), message.subarray(0, end))).toThrow(VIOLATION);
    }
    expect(() => strip(new CopyStripper(BINARY, 2, 1), Buffer.concat([message, Buffer.of(0)]))).toThrow(VIOLATION);
    expect(() => strip(new CopyStripper(BINARY, 2, 1), Buffer.concat([message, whole]))).toThrow(VIOLATION);
    expect(() => strip(new CopyStripper(BINARY, 1, 1), message)).toThrow(VIOLATION);
  });

  test.each([
    ["another signature", 0, 0x51],
    ["flags", 12, 1],
    ["a negative extension", 15, 0xff],
    ["a long extension", 16, 0xff],
  ])("%s in the header is refused", (_, at, to) => {
    const message = Buffer.concat([SIGNATURE, whole]);
    message[at] = to;
    expect(() => strip(new CopyStripper(BINARY, 2, 1), message)).toThrow(VIOLATION);
  });
});

test("encodings whose characters may hold a delimiter or a backslash are for binary only", () => {
  for (const format of [TEXT, CSV]) {
    expect(() => new CopyStripper(format, 1, 1, { encoding: "SJIS" })).toThrow(
      expect.objectContaining({ code: "FEATURE_NOT_SUPPORTED" }),
    );
    expect(() => new CopyStripper(format, 1, 1, { encoding: "EUC_JP" })).not.toThrow();
  }
  expect(() => new CopyStripper(BINARY, 1, 1, { encoding: "SJIS" })).not.toThrow();
});

test("any bytes are stripped or refused, in every format", () => {
  const letters = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array));
  const special = fc
    .array(fc.constantFrom("\t", ",", '"', "\\", "\n", "a", "\\N", "7"), { maxLength: 12 })
    .map((parts) => Buffer.from(parts.join("")));
  fc.assert(
    fc.property(
      fc.oneof(letters, special),
      fc.constantFrom(TEXT, CSV, BINARY),
      fc.nat(2),
      fc.nat(2),
      (data, format, visible, companions) => {
        const message = encodeCopyData(data);
        const stripper = new CopyStripper(format, visible, companions);
        try {
          const end = stripper.strip(message, 0, message.length, 0, {
            collect(_index, buffer, from, to) {
              if (to !== -1) expect(from <= to && to <= buffer.length).toBe(true);
            },
          });
          expect(end).toBeLessThanOrEqual(message.length);
        } catch (error) {
          expect(error).toEqual(VIOLATION);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

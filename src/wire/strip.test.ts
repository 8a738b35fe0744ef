import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageReader } from "./framing.ts";
import { encodeCopyOutResponse } from "./messages/copy-response.ts";
import { encodeDataRow } from "./messages/data-row.ts";
import { type ColumnDescription, encodeRowDescription } from "./messages/row-description.ts";
import { type CompanionSink, stripCopyResponse, stripDataRow, stripRowDescription } from "./strip.ts";

const VIOLATION = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });
const IGNORE: CompanionSink = { collect: () => undefined };

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));
const value = fc.option(bytes, { freq: 4 });
const values = fc.array(value, { maxLength: 6 });

class Collected implements CompanionSink {
  readonly values: (string | null)[] = [];
  collect(index: number, buffer: Buffer, from: number, to: number): void {
    expect(index).toBeGreaterThanOrEqual(0);
    this.values.push(to === -1 ? null : buffer.toString("hex", from, to));
  }
}

const hex = (one: Buffer | null): string | null => (one === null ? null : one.toString("hex"));

describe("stripDataRow", () => {
  test("rows of a chunk are compacted to what the server would have sent without companions", () => {
    const shape = fc.tuple(fc.nat(5), fc.nat(3), fc.nat(20)).chain(([visible, companions, rows]) => {
      const row = fc.array(value, { minLength: visible + companions, maxLength: visible + companions });
      return fc.tuple(fc.constant(visible), fc.constant(companions), fc.array(row, { maxLength: rows }), fc.nat(30));
    });
    fc.assert(
      fc.property(shape, ([visible, companions, rows, gap]) => {
        const chunk = Buffer.concat([Buffer.alloc(gap), ...rows.map(encodeDataRow)]);
        const reader = new MessageReader({ maxBytes: 1 << 20 });
        reader.push(chunk.subarray(gap));
        let out = 0;
        const sink = new Collected();
        while (reader.next()) {
          out = stripDataRow(reader.buffer, reader.start, reader.end, visible, companions, out, sink);
        }
        const expected = Buffer.concat(rows.map((row) => encodeDataRow(row.slice(0, visible))));
        expect(reader.buffer.subarray(0, out).equals(expected) || rows.length === 0).toBe(true);
        expect(out).toBe(expected.length);
        expect(sink.values).toEqual(rows.flatMap((row) => row.slice(visible).map(hex)));
      }),
    );
  });

  test("another number of columns is refused, and nothing is written", () => {
    fc.assert(
      fc.property(values, fc.nat(6), fc.nat(3), (row, visible, companions) => {
        fc.pre(row.length !== visible + companions);
        const message = encodeDataRow(row);
        const before = Buffer.from(message);
        expect(() => stripDataRow(message, 0, message.length, visible, companions, 0, IGNORE)).toThrow(VIOLATION);
        expect(message.equals(before)).toBe(true);
      }),
    );
  });

  test("a row cut at any byte, or with any byte after it, is refused", () => {
    const message = encodeDataRow([Buffer.from("abc"), null, Buffer.from("42"), Buffer.from("")]);
    for (let end = 0; end < message.length; end++) {
      const cut = Buffer.from(message.subarray(0, end));
      expect(() => stripDataRow(cut, 0, end, 2, 2, 0, IGNORE), `cut at ${end}`).toThrow(VIOLATION);
      const inside = Buffer.from(message);
      expect(() => stripDataRow(inside, 0, end, 2, 2, 0, IGNORE), `end at ${end}`).toThrow(VIOLATION);
    }
    const longer = Buffer.concat([message, Buffer.alloc(1)]);
    expect(() => stripDataRow(longer, 0, longer.length, 2, 2, 0, IGNORE)).toThrow(VIOLATION);
  });

  test.each([-2, -0x80000000, 0x7fffffff, 0x7ffffffb, 100])(
    "a field of length %i is refused, visible or not",
    (length) => {
      for (const at of [7, 14]) {
        const message = encodeDataRow([Buffer.from("abc"), Buffer.from("abc")]);
        message.writeInt32BE(length, at);
        expect(() => stripDataRow(message, 0, message.length, 1, 1, 0, IGNORE)).toThrow(VIOLATION);
      }
    },
  );

  test("any bytes are stripped or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(3), fc.nat(3), (array, visible, companions) => {
        const message = Buffer.concat([Buffer.from([68, 0, 0, 0, 0, 0, visible + companions]), Buffer.from(array)]);
        const sink: CompanionSink = {
          collect(_index, _buffer, from, to) {
            if (to !== -1) expect(from <= to && to <= message.length).toBe(true);
          },
        };
        try {
          expect(stripDataRow(message, 0, message.length, visible, companions, 0, sink)).toBeLessThanOrEqual(
            message.length,
          );
        } catch (error) {
          expect(error).toEqual(VIOLATION);
        }
      }),
    );
  });
});

describe("descriptions", () => {
  const column = fc.record<ColumnDescription>({
    name: fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) }),
    tableOid: fc.nat(),
    attribute: fc.integer({ min: -10, max: 1600 }),
    typeOid: fc.nat(),
    typeBytes: fc.integer({ min: -2, max: 64 }),
    typeModifier: fc.integer({ min: -1, max: 1000 }),
    format: fc.constantFrom(0, 1),
  });

  test("a RowDescription without its last columns is the one of the visible columns", () => {
    fc.assert(
      fc.property(
        fc.array(column, { maxLength: 6 }),
        fc.array(column, { maxLength: 3 }),
        fc.nat(40),
        (shown, hidden, gap) => {
          const message = Buffer.concat([Buffer.alloc(gap), encodeRowDescription([...shown, ...hidden])]);
          const end = stripRowDescription(message, gap, message.length, shown.length, hidden.length, 0);
          expect(message.toString("hex", 0, end)).toBe(encodeRowDescription(shown).toString("hex"));
        },
      ),
    );
  });

  test("a RowDescription cut at any byte is refused", () => {
    const one = { name: "a", tableOid: 1, attribute: 1, typeOid: 25, typeBytes: -1, typeModifier: -1, format: 0 };
    const message = encodeRowDescription([one, one]);
    for (let end = 0; end < message.length; end++) {
      expect(() => stripRowDescription(Buffer.from(message), 0, end, 1, 1, 0)).toThrow(VIOLATION);
    }
    expect(() => stripRowDescription(Buffer.from(message), 0, message.length, 2, 1, 0)).toThrow(VIOLATION);
  });

  test("a CopyOutResponse loses the formats of its last columns", () => {
    const message = Buffer.concat([Buffer.alloc(9), encodeCopyOutResponse({ binary: true, columnFormats: [1, 1, 1] })]);
    const end = stripCopyResponse(message, 9, message.length, 1, 2, 3);
    expect(message.subarray(3, end).equals(encodeCopyOutResponse({ binary: true, columnFormats: [1] }))).toBe(true);
    const other = encodeCopyOutResponse({ binary: false, columnFormats: [0, 0, 0] });
    expect(() => stripCopyResponse(other, 0, other.length, 1, 1, 0)).toThrow(VIOLATION);
    for (let cut = 0; cut < other.length; cut++) {
      expect(() => stripCopyResponse(Buffer.from(other.subarray(0, cut)), 0, cut, 2, 1, 0)).toThrow(VIOLATION);
    }
  });
});

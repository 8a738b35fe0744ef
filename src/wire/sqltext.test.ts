import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { embedsAscii, sqlText } from "./sqltext.ts";
import { SINGLE_BYTE } from "./testing/single-byte.ts";

const UNREADABLE = expect.objectContaining({ code: "STATEMENT_UNREADABLE", sqlstate: "42601" });

const MULTIBYTE_EMBEDDING = ["SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "SHIFT_JIS_2004"];
const MULTIBYTE_OTHER = ["EUC_JP", "EUC_CN", "EUC_KR", "EUC_TW", "EUC_JIS_2004", "MULE_INTERNAL"];

const bytes = fc.uint8Array({ min: 1, maxLength: 60 }).map((array) => Buffer.from(array));

describe("statement bytes", () => {
  test("that are read are written back the same, in every encoding", () => {
    const encoding = fc.constantFrom(
      "UTF8",
      "SQL_ASCII",
      ...SINGLE_BYTE,
      ...MULTIBYTE_EMBEDDING,
      ...MULTIBYTE_OTHER,
      "nonsense",
    );
    const text = fc.oneof(
      bytes,
      fc.string({ unit: "binary" }).map((one) => Buffer.from(one.replaceAll("\0", ""))),
    );
    fc.assert(
      fc.property(text, encoding, (statement, name) => {
        try {
          const read = sqlText(statement, name);
          expect(read.encode(read.text).equals(statement)).toBe(true);
          const spliced = `SELECT ${read.text}, ($1)::text`;
          expect(
            read
              .encode(spliced)
              .equals(Buffer.concat([Buffer.from("SELECT "), statement, Buffer.from(", ($1)::text")])),
          ).toBe(true);
        } catch (error) {
          expect(error).toEqual(UNREADABLE);
          expect(statement.some((byte) => byte > 127)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(SINGLE_BYTE)("%s reads its letters, and never as ASCII", (encoding) => {
    let known = 0;
    for (let byte = 128; byte < 256; byte++) {
      try {
        const { text } = sqlText(Buffer.of(byte), encoding);
        expect(text.length).toBe(1);
        expect(text.charCodeAt(0)).toBeGreaterThan(127);
        known++;
      } catch (error) {
        expect(error).toEqual(UNREADABLE);
      }
    }
    expect(known).toBeGreaterThan(70);
  });

  test.each([
    ["UTF8", [0xc3, 0xa9], "\u00e9"],
    ["utf-8", [0xc3, 0xa9], "\u00e9"],
    ["UTF8", [0xef, 0xbb, 0xbf, 0x31], "\ufeff1"],
    ["SQL_ASCII", [0xc3, 0xa9], "\u00e9"],
    ["LATIN1", [0xe9], "\u00e9"],
    ["iso-8859-1", [0xe9], "\u00e9"],
    ["LATIN1", [0x80], "\u0080"],
    ["LATIN5", [0xfd, 0x80], "\u0131\u0080"],
    ["LATIN9", [0xa4], "\u20ac"],
    ["WIN1252", [0x80], "\u20ac"],
    ["windows-1252", [0x80], "\u20ac"],
    ["WIN1251", [0xe0], "\u0430"],
    ["KOI8R", [0xc1], "\u0430"],
    ["WIN866", [0xa0], "\u0430"],
    ["ISO_8859_5", [0xd0], "\u0430"],
  ])("%s %j is %j", (encoding, array, text) => {
    expect(sqlText(Buffer.from(array), encoding).text).toBe(text);
  });

  test.each([
    ["overlong", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["past the last code point", [0xf4, 0x90, 0x80, 0x80]],
    ["cut off", [0x61, 0xe2, 0x82]],
    ["Latin-1", [0xe9]],
  ])("UTF-8 that is %s is refused", (_, array) => {
    expect(() => sqlText(Buffer.from(array), "UTF8")).toThrow(UNREADABLE);
    expect(() => sqlText(Buffer.from(array), "SQL_ASCII")).toThrow(UNREADABLE);
  });

  test.each([...MULTIBYTE_EMBEDDING, ...MULTIBYTE_OTHER, "", "nonsense"])(
    "%s is read where it is ASCII only",
    (encoding) => {
      expect(sqlText(Buffer.from("SELECT 1"), encoding).text).toBe("SELECT 1");
      // In Shift-JIS the second byte of this character is a backslash.
      expect(() => sqlText(Buffer.from([0x95, 0x5c]), encoding)).toThrow(UNREADABLE);
      expect(embedsAscii(encoding)).toBe(MULTIBYTE_EMBEDDING.includes(encoding));
    },
  );

  test("a NUL is refused", () => {
    expect(() => sqlText(Buffer.from("SELECT\0 1"), "UTF8")).toThrow(UNREADABLE);
  });

  test("a text that the encoding cannot hold is not written", () => {
    expect(() => sqlText(Buffer.from("x"), "LATIN1").encode("\u20ac")).toThrow(UNREADABLE);
    expect(() => sqlText(Buffer.from("x"), "KOI8R").encode("\u20ac")).toThrow(UNREADABLE);
    expect(() => sqlText(Buffer.from("x"), "SJIS").encode("\u20ac")).toThrow(UNREADABLE);
    expect(sqlText(Buffer.from("x"), "UTF8").encode("\u20ac")).toEqual(Buffer.from([0xe2, 0x82, 0xac]));
  });
});

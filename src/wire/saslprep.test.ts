import fc from "fast-check";
import { expect, test } from "vitest";
import { saslprep } from "./saslprep.ts";
import { LEFT_TO_RIGHT, NON_ASCII_SPACES, PROHIBITED, RIGHT_TO_LEFT, UNASSIGNED, has } from "./stringprep-tables.ts";

const prepare = (text: string): string => saslprep(Buffer.from(text)).toString();

// The examples of RFC 4013, section 3, and what PostgreSQL does with those that it calls errors: the bytes as they are.
test.each([
  ["soft hyphen mapped to nothing", "I\u00adX", "IX"],
  ["no transformation", "user", "user"],
  ["case preserved", "USER", "USER"],
  ["NFKC: feminine ordinal", "\u00aa", "a"],
  ["NFKC: Roman numeral", "\u2168", "IX"],
  ["a space is a space", "a\u00a0b\u3000c", "a b c"],
  ["ASCII is not looked at", "\u0007", "\u0007"],
  ["prohibited", "\u00e9\u0007", "\u00e9\u0007"],
  ["mixed directions", "\u06271", "\u06271"],
  ["one direction", "\u0627\ufb2b1\u0627", "\u0627\u05e9\u05c21\u0627"],
  ["unassigned in Unicode 3.2", "\ufb01\u0221", "\ufb01\u0221"],
  ["nothing left", "\u00ad", "\u00ad"],
])("%s", (_, text, prepared) => {
  expect(prepare(text)).toBe(prepared);
});

test("the tables have the members that RFC 3454 names", () => {
  expect([0x9f, 0xa0, 0xa1].map((code) => has(NON_ASCII_SPACES, code))).toEqual([false, true, false]);
  expect([0x0220, 0x0221, 0x0222, 0x0233, 0x0234, 0x024f, 0x0250].map((code) => has(UNASSIGNED, code))).toEqual([
    false,
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
  expect(
    [0, 0x1f, 0x20, 0x7f, 0xd800, 0xdfff, 0xe000, 0x10fffd, 0x10ffff].map((code) => has(PROHIBITED, code)),
  ).toEqual([true, true, false, true, true, true, true, true, true]);
  expect([0x05be, 0x05bf, 0xfefc, 0xfefd].map((code) => has(RIGHT_TO_LEFT, code))).toEqual([true, false, true, false]);
  expect([0x40, 0x41, 0x5a, 0x5b, 0x100000].map((code) => has(LEFT_TO_RIGHT, code))).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
});

test("any bytes come out as bytes, ASCII and bad UTF-8 as they are", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (array) => {
      const bytes = Buffer.from(array);
      const prepared = saslprep(bytes);
      const text = bytes.toString("utf8");
      if (bytes.every((byte) => byte < 128) || text.includes("\ufffd")) expect(prepared).toEqual(bytes);
    }),
  );
});

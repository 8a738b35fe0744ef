import fc from "fast-check";
import { loadModule, scanSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { Source } from "./source.ts";
import { Splices } from "./splice.ts";
import { ACCEPTED } from "./testing/accepted.ts";
import { PASSED, REFUSED } from "./testing/corpus.ts";
import { tokenize, withoutLiterals } from "./tokens.ts";

beforeAll(() => loadModule());

/** Borders of tokens by PostgreSQL's own scanner, as UTF-16 positions; operators one character each. */
function scanned(text: string): string[] {
  const bytes = Buffer.from(text);
  const operators = new Set("+-*/<>=~!@#%^&|`?:.,;()[]");
  return scanSync(text).tokens.flatMap((token) => {
    if (token.tokenName === "SQL_COMMENT" || token.tokenName === "C_COMMENT") return [];
    const part = bytes.subarray(token.start, token.end).toString();
    return [...part].every((c) => operators.has(c)) ? [...part] : [part];
  });
}

function own(text: string): string[] {
  const { starts, ends } = tokenize(text);
  return starts.map((start, i) => text.slice(start, ends[i]));
}

const PIECES = [
  "select",
  "from",
  "a",
  '"b c"',
  '"d""e"',
  "'x'",
  "'it''s'",
  "E'a\\'b'",
  "e'x'\n'y\\''",
  "U&'a'",
  'u&"b"',
  "B'01'",
  "X'1F'",
  "N'n'",
  "$$a$$",
  "$t$ $$ $t$",
  "$1",
  "12",
  "1.5",
  ".5",
  "1e3",
  "1e-3",
  "0x1F",
  "1_000",
  "--c\n",
  "/* c */",
  "/* /* n */ */",
  "+",
  "-",
  "*",
  "/",
  "<=",
  "<>",
  "::",
  ":=",
  "->>",
  "@>",
  "||",
  "(",
  ")",
  "[",
  "]",
  ",",
  ";",
  ".",
  "..",
  "é",
  "a$b",
  "_x",
  "\n",
  "\t",
  " ",
  "🙂",
];

describe("token borders", () => {
  test.each(
    [...ACCEPTED.map(({ sql }) => sql), ...REFUSED.map(([sql]) => sql), ...PASSED].filter((sql) => sql.trim() !== ""),
  )("as PostgreSQL's scanner has them: %s", (sql) => {
    expect(own(sql)).toEqual(scanned(sql));
  });

  test("as PostgreSQL's scanner has them, for whatever it reads", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(" ", "", " ", "\n")), { maxLength: 25 }),
        (parts) => {
          const text = parts.map(([piece, gap]) => piece + gap).join("");
          let expected: string[];
          try {
            expected = scanned(text);
          } catch {
            return; // unterminated, or junk after a number: the parser refuses it as well
          }
          // The scanner joins strings over a newline (`'a' \n 'b'`); here each part is a token of its own.
          expect(
            own(text)
              .join("\u0001")
              .replace(/[\s\u0001]|--.*?\n/g, ""),
          ).toBe(expected.join("\u0001").replace(/[\s\u0001]|--.*?\n/g, ""));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("any text at all is cut up without a gap that is more than blanks and comments", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const { starts, ends } = tokenize(text);
        starts.forEach((start, i) => expect(start).toBeGreaterThanOrEqual(i === 0 ? 0 : (ends[i - 1] ?? 0)));
        starts.forEach((start, i) => expect(ends[i]).toBeGreaterThan(start));
      }),
    );
  });
});

describe("texts without literals", () => {
  test("no literal survives", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "'secret'",
            "E'sec\\'ret'",
            "$q$secret$q$",
            "-- secret\n",
            "/* secret */",
            "424242",
            "select",
            "a",
            "=",
            "(",
            ")",
            ",",
          ),
          { maxLength: 30 },
        ),
        (parts) => {
          const tokens = tokenize(parts.join(" "));
          expect(withoutLiterals(tokens, 0, tokens.kinds.length)).not.toMatch(/secret|424242/);
        },
      ),
    );
  });
});

describe("splices", () => {
  test("edited positions map back to where their text came from", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(40), fc.nat(3), fc.string({ maxLength: 5 })), { maxLength: 6 }),
        (text, wishes) => {
          const characters = [...text];
          const splices = new Splices();
          const index = (n: number) => characters.slice(0, n).join("").length;
          let free = 0;
          for (const [at, remove, insert] of wishes.sort((a, b) => a[0] - b[0])) {
            if (at < free || at + remove > characters.length) continue;
            splices.replace(index(at), index(at + remove), insert);
            free = at + remove + 1;
          }
          const edited = splices.apply(text);
          const after = [...edited.text];
          for (let position = 1; position <= after.length; position++) {
            const original = edited.originalPosition(position);
            expect(original).toBeGreaterThanOrEqual(1);
            expect(original).toBeLessThanOrEqual(characters.length + 1);
          }
          if (edited.edits.length === 0) expect(edited.text).toBe(text);
        },
      ),
    );
  });
});

describe("byte offsets", () => {
  test("of the parser lead to the same token in UTF-16", () => {
    const text = "select 'é€🙂', name from x";
    const source = new Source(tokenize(text));
    const byte = Buffer.byteLength(text.slice(0, text.indexOf("name")));
    expect(source.start(source.tokenAt(byte))).toBe(text.indexOf("name"));
    expect(() => source.tokenAt(byte + 1)).toThrow(/disagree/);
  });
});

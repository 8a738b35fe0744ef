/**
 * Our own reading of SQL against PostgreSQL's scanner and grammar, on texts made to be misread: borders of tokens, and
 * which texts the plan cache takes for one statement with other literals.
 */
import fc from "fast-check";
import { loadModule, parseSync, scanSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { WhosawError } from "../../src/base/errors.ts";
import { shapeOf } from "../../src/lineage/cache/shape.ts";
import { TOKEN, tokenize, type Tokens } from "../../src/lineage/tokens.ts";
import { sharedServer } from "../rig/shared.ts";

beforeAll(() => loadModule());

/** What a misreading is made of, one character or a few. */
const HOT = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...Array.from("'\"$\\/*-+<>=:.,;()[]~@#%^&|`?! \n\t\r\f\v_09aeEuUnNbBxXé\u00a0🙂\u212a"),
    ),
  },
  fc.constantFrom(
    ..."''|$$|$a$|$é$|$1|E'|e'|U&'|u&\"|N'|B'1'|X'f'|/*|*/|--|\\'|\\\\|0x|0b|0o|1_0|1.|.5|1e5|1e-5|::|:=|=>|<=|->>".split(
      "|",
    ),
  ),
  fc.constantFrom(" select ", " from ", " a ", " uescape '!' ", " in (", " values (", "'x'", " --c\n", "/* c */"),
);
const soup = fc.array(HOT, { maxLength: 40 }).map((parts) => parts.join(""));

interface Span {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** PostgreSQL's tokens in UTF-16 positions, without comments; undefined if it cannot cut the text up. */
function scanned(text: string): Span[] | undefined {
  const bytes = Buffer.from(text);
  const at = (offset: number): number => bytes.toString("utf8", 0, offset).length;
  try {
    return scanSync(text)
      .tokens.filter(({ tokenName }) => tokenName !== "SQL_COMMENT" && tokenName !== "C_COMMENT")
      .map(({ start, end, tokenName }) => ({ start: at(start), end: at(end), name: tokenName }));
  } catch {
    return undefined;
  }
}

/**
 * Ours in the same cut: operators are read by character, strings continued on a later line by part, and the N of N'...'
 * belongs to the string.
 */
function disagreement(tokens: Tokens, theirs: readonly Span[]): string | undefined {
  const { text, kinds, starts, ends } = tokens;
  let next = 0;
  for (let i = 0; i < theirs.length; i++) {
    const { start } = theirs[i]!;
    const national = /^n'/iu.test(text.slice(start)) && theirs[i]!.end === start + 1 && theirs[i + 1] !== undefined;
    const { end, name } = theirs[national ? ++i : i]!;
    const where = `${JSON.stringify(text.slice(start, end))} (${name}) at ${start}`;
    if (starts[next] !== start) return `${where}: ours begins at ${starts[next]}`;
    const first = next;
    while (next < kinds.length && ends[next]! <= end) next++;
    if (ends[next - 1] !== end) return `${where}: ours ends at ${ends[next - 1]}`;
    const parts = kinds.slice(first, next);
    const opens = text.charAt(start) === "'" || text.charAt(end - 1) === "'" || name === "SCONST";
    if (opens !== parts.every((kind) => kind === TOKEN.string))
      return `${where}: ours are of the kinds ${parts.join()}`;
    if ((name === "ICONST" || name === "FCONST") !== (parts[0] === TOKEN.number)) return `${where}: is it a number?`;
    if ((name === "PARAM") !== (parts[0] === TOKEN.param)) return `${where}: is it a parameter?`;
    if (parts.length > 1 && !opens && parts.some((kind) => kind !== TOKEN.symbol)) return `${where}: ours is in parts`;
  }
  return next === kinds.length ? undefined : `ours goes on with ${text.slice(starts[next], ends[next])}`;
}

function own(text: string): Tokens | undefined {
  try {
    return tokenize(text);
  } catch (error) {
    if (error instanceof WhosawError) return undefined;
    throw error;
  }
}

/** The library's scanner, made to return comments, does not join strings over one; the server does (tested below). */
const JOINED_OVER_A_COMMENT = /'\s*--/u;
/** A token of PL/pgSQL's, which SQL's grammar has nowhere. */
const DOT_DOT = /\.\./u;

describe("token borders", () => {
  test("are PostgreSQL's in whatever it can cut up", () => {
    let compared = 0;
    fc.assert(
      fc.property(soup, (text) => {
        const [ours, theirs] = [own(text), scanned(text)];
        if (ours === undefined || theirs === undefined || JOINED_OVER_A_COMMENT.test(text) || DOT_DOT.test(text))
          return;
        compared += 1;
        expect({ text, disagreement: disagreement(ours, theirs) }).toEqual({ text, disagreement: undefined });
      }),
      { numRuns: 20_000 },
    );
    expect(compared).toBeGreaterThan(3_000);
  });
});

/** The grammar's reading of a text without what literals are worth and where they stand; undefined if it has none. */
function reading(text: string): string | undefined {
  try {
    return JSON.stringify(parseSync(text).stmts, (name, value: unknown) => {
      if (
        name === "location" ||
        name === "stmt_location" ||
        name === "stmt_len" ||
        /_location$|list_(?:start|end)$/u.test(name)
      )
        return 0;
      if (name !== "A_Const") return value;
      const { ival, fval, sval, bsval, boolval } = value as Record<string, unknown>;
      if (ival !== undefined || fval !== undefined) return "number";
      return sval !== undefined ? "string" : bsval !== undefined ? "bits" : { boolval };
    });
  } catch {
    return undefined;
  }
}

/** Ways to write a literal, by what the cache may take for each other. */
const LITERALS = [
  "1 22 333 007".split(" "),
  "1.5 .5 0.25".split(" "),
  "2147483648 99999999999999999999".split(" "),
  "''|'a'|'it''s'|'--'|'/*'|'\\'|'é🙂'|'\n'".split("|"),
  "$$$$|$$a$$|$t$ $$ $t$|$é$'$é$".split("|"),
  "E'a'|e'b'|E'\\''|E'a'\n'b'".split("|"),
  "U&'a'|u&'b'|U&'\\0061'".split("|"),
  "N'n'|n'm'".split("|"),
  "B'1'|b'0'|X'F'|x'f'".split("|"),
  "1.|1e5|1_000|0x1F|0b1|- 1|-1|'a'\n'b'|null|true|$1|date '2026-01-01'|'a'::text|(1)|a".split("|"),
] as const;
const literal = fc.constantFrom(...LITERALS.flat());
/** Two for the same place, mostly of one kind. */
const literals = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .constantFrom(...LITERALS)
      .chain((some) => fc.tuple(fc.constantFrom(...some), fc.constantFrom(...some))),
  },
  fc.tuple(literal, literal),
);
const operator = fc.constantFrom(..."= <> != < > <= >= + - || -> ->> @> ~ !~ @= =- <=- *".split(" "));
const HOLE = "\u0001";
const gap = fc.constantFrom(" ", " ", " ", "", "\n", "/* ' */", " --'\n");

/** Expressions with holes for literals. */
const expression = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(HOLE, "a", "t.b", '"c"', "\u212a"),
    {
      weight: 5,
      arbitrary: fc.constantFrom(..."a = |b<|c >= |a = -|a like |a in (|a = f(|a[|a = (b = ".split("|")).map((head) => {
        const open = head.replaceAll(/[^[(]/gu, "").replace("(", ")").replace("[", "]");
        return head + HOLE + open;
      }),
    },
    fc.tuple(tie("any"), gap, operator, gap, tie("any")).map((parts) => parts.join("")),
    fc
      .tuple(tie("any"), fc.constantFrom("and", "or", "like", "ilike", "is distinct from"), tie("any"))
      .map((x) => x.join(" ")),
    fc.tuple(tie("any"), tie("any"), tie("any")).map(([a, b, c]) => `${a} between ${b} and ${c}`),
    fc
      .array(tie("any"), { minLength: 1, maxLength: 3 })
      .chain((list) =>
        fc.constantFrom(
          `a in (${list.join()})`,
          `f(${list.join()})`,
          `(${list.join()})`,
          `array[${list.join()}]`,
          `f(x => ${list[0]})`,
          `f(x := ${list[0]})`,
        ),
      ),
    tie("any").map((one) => `case when ${one} then ${HOLE} else ${HOLE} end`),
    tie("any").map((one) => `(select ${one} from t order by ${HOLE} limit ${HOLE})`),
    tie("any").map((one) => `(${one})::varchar(${HOLE})`),
    fc
      .tuple(tie("any"), fc.constantFrom('collate "C"', "escape '!'", "uescape '!'", "at time zone 'UTC'"))
      .map((x) => x.join(" ")),
  ),
})).any;
const tail = fc.constantFrom(
  "",
  ";",
  " order by 1",
  ` limit ${HOLE}`,
  ` group by a = ${HOLE}, ${HOLE}`,
  " for update",
  ` union select ${HOLE}`,
);
const statement = fc.oneof(
  fc.tuple(expression, expression, tail).map(([a, b, end]) => `select ${a} from t where ${b}${end}`),
  fc.tuple(expression, expression, tail).map(([a, b, end]) => `select distinct ${a} from t join u on ${b}${end}`),
  fc
    .tuple(expression, expression)
    .map(([a, b]) => `insert into t values (${a}, ${HOLE}), (${HOLE}, ${b}) returning ${HOLE}`),
  fc
    .tuple(expression, expression)
    .map(([a, b]) => `update t set a = ${a}, (b, c) = (${HOLE}, ${b}) where ${HOLE} = ${a}`),
  fc.tuple(expression, expression).map(([a, b]) => `with w as (values (${HOLE}, ${a})) delete from t where ${b}`),
  expression.map((a) => `select ${HOLE}; set x = ${HOLE}; select ${a}`),
);

describe("texts of one shape", () => {
  test("are one statement with other literals, in PostgreSQL's grammar too", () => {
    let merged = 0;
    // Mostly one literal differs: where several do, one that counts keeps the shapes apart.
    const texts = fc.tuple(statement, fc.array(literals, { minLength: 8, maxLength: 8 }), fc.nat(7), fc.boolean());
    fc.assert(
      fc.property(texts, ([frame, pairs, differs, all]) => {
        const fill = (side: 0 | 1): string => {
          let place = 0;
          return frame.replaceAll(HOLE, () => {
            const at = place++ % pairs.length;
            return pairs[at]![all || at === differs ? side : 0];
          });
        };
        const [a, b] = [fill(0), fill(1)];
        const [shapeA, shapeB] = [a, b].map((text) => shapeOf(tokenize(text)));
        const read = reading(a);
        if (a === b || shapeA === undefined || shapeA.key !== shapeB?.key || read === undefined) return;
        merged += 1;
        expect({ a, b, reading: reading(b) }).toEqual({ a, b, reading: read });
      }),
      { numRuns: 30_000 },
    );
    expect(merged).toBeGreaterThan(300);
  });

  test("keep their literal in front of a word that only looks like a keyword", () => {
    // KELVIN SIGN: its lower case is k, but not in PostgreSQL, which reads an identifier here.
    const tokens = tokenize("select a from t where b = li\u212ae '1'");
    expect(shapeOf(tokens)?.masked).not.toContain(1);
  });
});

/** Strings whose end depends on rules that the library does not have, or has for another version. */
describe.each([14, 18] as const)("strings of PostgreSQL %i", (version) => {
  test.each([
    ["E'a'\n'b\\''", "ab'"],
    ["E'a' -- c\n'b\\''", "ab'"],
    ["E'a' -- c'\n -- d\r 'b\\'' -- e\n''", "ab'"],
    ["E'a' /* c */\n'b'", undefined],
    ["'a'\n'b\\'", "ab\\"],
    ["'a\\' -- '\n'b'", "a\\b"],
    ["U&'a!0062' UESCAPE '!'", "ab"],
    ["B'1'\n'0'", "10"],
    ["B'1''0'", undefined],
    ["$\u00e9$'$\u00e9$", "'"],
    ["$a$$b$ab$a$", "$b$ab"],
    ["N'a''b'", "a'b"],
  ])("%j", async (text, value) => {
    const server = await sharedServer(version);
    const rows = await server.query(`SELECT (${text})::text AS value`).catch(() => [{ value: undefined }]);
    expect(rows).toEqual([{ value }]);
    // Read up to the same bracket: nothing of the string is taken for SQL, and nothing behind it for a string.
    const { kinds, ends } = tokenize(`(${text})`);
    expect(ends.at(-1)).toBe(text.length + 2);
    expect(kinds.at(-1)).toBe(TOKEN.symbol);
    const joined = value !== undefined && /^(?:e|b)/iu.test(text);
    if (joined) expect(kinds.slice(1, -1)).toEqual([TOKEN.string]);
  });
});

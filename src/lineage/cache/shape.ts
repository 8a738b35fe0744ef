/**
 * The shape of a SQL text: its tokens, with literals left out where their value cannot change a plan.
 *
 * Only literals that stand right after a comparison operator, or in the lists of IN and VALUES, are left out, and only if
 * what follows ends the expression. `ORDER BY 1` and `ORDER BY 2`, `LIMIT 1` and `LIMIT 2`, `'a'::regclass` and
 * `'b'::regclass` have different shapes. Texts of one shape have tokens in the same number, and a gap (blanks, comments)
 * between the same ones.
 */
import { lowerKeyword, TOKEN, type Tokens } from "../tokens.ts";

export interface Shape {
  readonly key: string;
  /** Tokens whose text is not part of the key: 1, else 0. */
  readonly masked: Uint8Array;
}

/** Statements in which a literal compared with is only a value. Others (SET, EXPLAIN, COPY, DECLARE ...) keep theirs. */
const MASKABLE_STATEMENTS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "with", "values"]);
const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
/** Words after which a comparison has ended. */
const FOLLOWERS: ReadonlySet<string> = new Set([
  "and",
  "or",
  "where",
  "from",
  "group",
  "having",
  "order",
  "limit",
  "offset",
  "fetch",
  "returning",
  "union",
  "intersect",
  "except",
  "for",
  "then",
  "on",
  "window",
  "join",
  "left",
  "right",
  "inner",
  "full",
  "cross",
]);

const WORD = {
  none: 0,
  list: 1,
  between: 2,
  and: 3,
  like: 4,
  on: 5,
  off: 6,
  values: 7,
  query: 8,
  distinct: 9,
  symmetric: 10,
} as const;
const WORDS: ReadonlyMap<string, number> = new Map<string, number>([
  ["in", WORD.list],
  ["between", WORD.between],
  ["and", WORD.and],
  ["like", WORD.like],
  ["ilike", WORD.like],
  ["values", WORD.values],
  ["symmetric", WORD.symmetric],
  ["asymmetric", WORD.symmetric],
  ["distinct", WORD.distinct],
  ...["select", "table", "with"].map((word) => [word, WORD.query] as const),
  ...["where", "having", "set", "on", "from", "returning", "using"].map((word) => [word, WORD.on] as const),
  ...["group", "order", "limit", "offset", "fetch", "partition", "window"].map((word) => [word, WORD.off] as const),
]);
const LONGEST_WORD = 10;

/** Bits of one level of brackets. */
const LIST = 1;
const VALUES = 2;
const BETWEEN = 4;
/** In a clause where positions count, or where expressions are matched with each other: nothing is left out. */
const OFF = 8;

const EXPECT = { nothing: 0, literal: 1, signed: 2 } as const;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const OPERATOR_CHARACTERS = "+-*/<>=~!@#%^&|`?";

/** The class of a literal whose value may be left out, as one letter; "" if it stays. */
function literalClass(text: string, start: number, end: number, kind: number): string {
  const first = text.charCodeAt(start);
  if (kind === TOKEN.number) {
    for (let i = start; i < end; i++) {
      const c = text.charCodeAt(i);
      if (isDigit(c)) continue;
      // Anything but digits and one point (exponents, 0x1F, 1_000) is rare, and stays.
      if (c !== 46 || (text.indexOf(".", i + 1) < end && text.includes(".", i + 1))) return "";
      return i + 1 < end && /^\d+$/.test(text.slice(i + 1, end)) ? "f" : "";
    }
    return end - start <= 9 ? "i" : "l";
  }
  if (end === text.length && !isTerminated(text, start)) return "";
  if (first === 39) return "s";
  if (first === 36) return "d";
  // With a prefix: E'' and U&'' with escapes can be malformed, which the parser would notice.
  const backslash = text.indexOf("\\", start);
  return backslash === -1 || backslash >= end ? text.charAt(start).toLowerCase() : "";
}

/** The string that reaches to the end of the text has a closing quote of its own. */
function isTerminated(text: string, start: number): boolean {
  if (text.charCodeAt(start) === 36) {
    const tag = text.slice(start, text.indexOf("$", start + 1) + 1);
    return text.length >= start + 2 * tag.length && text.endsWith(tag);
  }
  const open = text.indexOf("'", start);
  if (open === text.length - 1 || !text.endsWith("'")) return false;
  return !text
    .slice(open + 1, -1)
    .replaceAll("''", "")
    .includes("'");
}

/** After the last token: no comment that nobody closed. A false alarm costs one parse. */
function commentsClosed(gap: string): boolean {
  let depth = 0;
  for (const [mark] of gap.matchAll(/\/\*|\*\//g)) {
    depth += mark === "/*" ? 1 : -1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

class Masker {
  readonly #tokens: Tokens;
  readonly #masked: Uint8Array;
  #frames: number[] = [0];
  #expect: number = EXPECT.nothing;
  /** The statement's first word is still to come. */
  #starting = true;
  #maskable = false;
  #lastWord: number = WORD.none;
  #lastWasSelect = false;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
    this.#masked = new Uint8Array(tokens.kinds.length);
  }

  /** @returns undefined for texts whose shape is not worth a thought: strings continued on the next line, comments left open */
  shape(): Shape | undefined {
    const { text, kinds, starts, ends } = this.#tokens;
    let key = "";
    let previousEnd = -1;
    let previousKind = 0;
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i]!;
      const start = starts[i]!;
      const end = ends[i]!;
      if (kind === TOKEN.string && previousKind === TOKEN.string) return undefined;
      if (previousEnd !== -1 && start > previousEnd) key += " ";
      if (kind === TOKEN.string || kind === TOKEN.number) key += this.#literal(i, kind, start, end);
      else {
        key += text.slice(start, end);
        if (kind === TOKEN.word) this.#word(start, end);
        else if (kind === TOKEN.symbol) this.#symbol(i, start);
        else this.#expect = EXPECT.nothing;
      }
      previousEnd = end;
      previousKind = kind;
    }
    const complete = previousEnd === text.length || commentsClosed(text.slice(Math.max(previousEnd, 0)));
    return complete ? { key, masked: this.#masked } : undefined;
  }

  get #frame(): number {
    return this.#frames[this.#frames.length - 1]!;
  }
  set #frame(bits: number) {
    this.#frames[this.#frames.length - 1] = bits;
  }

  #literal(i: number, kind: number, start: number, end: number): string {
    const { text } = this.#tokens;
    const expected = this.#expect === EXPECT.literal || (this.#expect === EXPECT.signed && kind === TOKEN.number);
    this.#expect = EXPECT.nothing;
    this.#lastWord = WORD.none;
    if (expected && this.#maskable && (this.#frame & OFF) === 0 && this.#ends(i + 1, end)) {
      const letter = literalClass(text, start, end, kind);
      if (letter !== "") {
        this.#masked[i] = 1;
        // No text that PostgreSQL accepts holds this character.
        return `\0${letter}`;
      }
    }
    return text.slice(start, end);
  }

  /** What follows a literal leaves it a value of its own. */
  #ends(next: number, end: number): boolean {
    const { text, kinds, starts, ends } = this.#tokens;
    const kind = kinds[next];
    if (kind === undefined) return true;
    const start = starts[next]!;
    if (kind === TOKEN.symbol) {
      const c = text.charCodeAt(start);
      return c === 41 || c === 44 || c === 59;
    }
    return kind === TOKEN.word && start > end && FOLLOWERS.has(lowerKeyword(text.slice(start, ends[next])));
  }

  #word(start: number, end: number): void {
    const word = end - start <= LONGEST_WORD ? lowerKeyword(this.#tokens.text.slice(start, end)) : "";
    if (this.#starting) {
      this.#starting = false;
      this.#maskable = MASKABLE_STATEMENTS.has(word);
    }
    const meaning = WORDS.get(word) ?? WORD.none;
    const betweenBefore = this.#lastWord === WORD.between;
    const selectBefore = this.#lastWasSelect;
    this.#expect = EXPECT.nothing;
    this.#lastWord = meaning;
    this.#lastWasSelect = word === "select";
    let frame = this.#frame & ~VALUES;
    switch (meaning) {
      case WORD.between:
        frame |= BETWEEN;
        this.#expect = EXPECT.literal;
        break;
      case WORD.symmetric:
        if (betweenBefore) this.#expect = EXPECT.literal;
        break;
      case WORD.and:
        if ((frame & BETWEEN) !== 0) this.#expect = EXPECT.literal;
        frame &= ~BETWEEN;
        break;
      case WORD.like:
        this.#expect = EXPECT.literal;
        break;
      case WORD.values:
        frame = VALUES;
        break;
      case WORD.query:
        frame = 0;
        break;
      case WORD.distinct:
        if (selectBefore) frame |= OFF;
        break;
      case WORD.on:
        frame &= ~OFF;
        break;
      case WORD.off:
        frame |= OFF;
        break;
      default:
    }
    this.#frame = frame;
  }

  #symbol(i: number, start: number): void {
    const c = this.#tokens.text.charCodeAt(start);
    const wordBefore = this.#lastWord;
    const expected = this.#expect;
    this.#lastWord = WORD.none;
    this.#lastWasSelect = false;
    this.#expect = EXPECT.nothing;
    switch (c) {
      case 40: // (
      case 91: // [
        this.#open(c === 40 && this.#opensList(i, wordBefore));
        break;
      case 41: // )
      case 93: // ]
        if (this.#frames.length > 1) this.#frames.pop();
        break;
      case 44: // ,
        this.#frame &= ~BETWEEN;
        if ((this.#frame & LIST) !== 0) this.#expect = EXPECT.literal;
        break;
      case 59: // ;
        this.#frames = [0];
        this.#starting = true;
        this.#maskable = false;
        break;
      default:
        this.#expect = this.#operator(i, start, expected);
    }
  }

  #open(list: boolean): void {
    this.#frames.push((this.#frame & OFF) | (list ? LIST : 0));
    if (list) this.#expect = EXPECT.literal;
  }

  /** IN (, VALUES (, the further rows of VALUES, and rows inside of a list. */
  #opensList(i: number, wordBefore: number): boolean {
    if (wordBefore === WORD.list || wordBefore === WORD.values) return true;
    const { text, kinds, starts } = this.#tokens;
    if (i === 0 || kinds[i - 1] !== TOKEN.symbol) return false;
    const before = text.charCodeAt(starts[i - 1]!);
    if (before === 44) return (this.#frame & (LIST | VALUES)) !== 0;
    return before === 40 && (this.#frame & LIST) !== 0;
  }

  /** The operator that ends with this character, by PostgreSQL's rule of the longest match. */
  #operator(i: number, start: number, expected: number): number {
    const { text, kinds, starts, ends } = this.#tokens;
    const isOperator = (at: number) =>
      kinds[at] === TOKEN.symbol && OPERATOR_CHARACTERS.includes(text.charAt(starts[at]!));
    if (!isOperator(i)) return EXPECT.nothing;
    let first = i;
    while (first > 0 && ends[first - 1] === starts[first] && isOperator(first - 1)) first--;
    let last = i;
    while (starts[last + 1] === ends[last] && isOperator(last + 1)) last++;
    if (last === first && text.charAt(start) === "-" && expected === EXPECT.literal) return EXPECT.signed;
    const run = text.slice(starts[first], ends[last]);
    let operator = run;
    // A sign at the end belongs to what follows, unless the operator holds a character that standard SQL's do not.
    while (operator.length > 1 && /[+-]$/.test(operator) && !/[~!@#%^&|`?]/.test(operator))
      operator = operator.slice(0, -1);
    const named = first > 0 && ends[first - 1] === starts[first] && text.charAt(starts[first - 1]!) === ":"; // name := value
    if (named || !COMPARISONS.has(operator)) return EXPECT.nothing;
    const at = i - first + 1;
    if (at === operator.length && at === run.length) return EXPECT.literal;
    return at === run.length && run === `${operator}-` ? EXPECT.signed : EXPECT.nothing;
  }
}

/** @param tokens of a text without the character 0 */
export function shapeOf(tokens: Tokens): Shape | undefined {
  return new Masker(tokens).shape();
}

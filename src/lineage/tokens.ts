/**
 * PostgreSQL's lexical rules (src/backend/parser/scan.l), as far as token borders go: where literals, identifiers,
 * comments and brackets begin and end. One linear pass, no recursion, no regular expressions over the text.
 *
 * Used before the parser (limits), after it (ends of clauses) and for the ledger (texts without literals). Assumes
 * `standard_conforming_strings = on`, which the planner does not let a client turn off.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

export const TOKEN = { word: 1, quoted: 2, string: 3, number: 4, param: 5, symbol: 6 } as const;
export type TokenKind = (typeof TOKEN)[keyof typeof TOKEN];

export interface Tokens {
  readonly text: string;
  readonly kinds: readonly TokenKind[];
  /** UTF-16 positions; `ends` are exclusive. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const TAB = 9,
  NEWLINE = 10,
  RETURN = 13,
  SPACE = 32,
  QUOTE = 39,
  DOUBLE = 34,
  DOLLAR = 36,
  STAR = 42,
  DASH = 45,
  DOT = 46,
  SLASH = 47,
  BACKSLASH = 92,
  UNDERSCORE = 95;
const OPEN = 40,
  CLOSE = 41,
  OPEN_SQUARE = 91,
  CLOSE_SQUARE = 93,
  COMMA = 44,
  SEMICOLON = 59;

const isSpace = (c: number) => c === SPACE || (c >= TAB && c <= RETURN);
const isDigit = (c: number) => c >= 48 && c <= 57;
const isWordStart = (c: number) => (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === UNDERSCORE || c >= 128;
const isWordPart = (c: number) => isWordStart(c) || isDigit(c) || c === DOLLAR;

/** Words that nest the parser's stack: each starts or extends a chain. */
const CHAINING = new Set([
  "not",
  "case",
  "join",
  "union",
  "intersect",
  "except",
  "is",
  "collate",
  "at",
  "like",
  "ilike",
  "similar",
  "between",
  "in",
  "isnull",
  "notnull",
]);
const UNCHAINING = new Set(["and", "or", "where", "from", "then", "else", "when", "on", "set", "values", "returning"]);

/** Keeps the sum of open brackets and of the operators chained inside each of them under a limit. */
class DepthMeter {
  readonly #chains: number[] = [0];
  #total = 0;

  #add(count: number): void {
    const top = this.#chains.length - 1;
    this.#chains[top] = (this.#chains[top] ?? 0) + count;
    this.#total += count;
    if (this.#total > LIMITS.statementDepthMax) {
      throw new WhosawError(
        "STATEMENT_TOO_LARGE",
        `the statement is nested more than ${LIMITS.statementDepthMax} levels deep`,
        {
          hint: "split the statement, or write a list with IN (...) instead of a chain of operators",
        },
      );
    }
  }
  #drop(): void {
    const top = this.#chains.length - 1;
    this.#total -= this.#chains[top] ?? 0;
    this.#chains[top] = 0;
  }
  symbol(c: number): void {
    if (c === OPEN || c === OPEN_SQUARE) {
      this.#add(1);
      this.#chains.push(0);
    } else if (c === CLOSE || c === CLOSE_SQUARE) {
      if (this.#chains.length > 1) {
        this.#drop();
        this.#chains.pop();
        const top = this.#chains.length - 1;
        this.#chains[top] = (this.#chains[top] ?? 1) - 1;
        this.#total -= 1;
      }
    } else if (c === COMMA || c === SEMICOLON) this.#drop();
    else if (c !== DOT) this.#add(1);
  }
  word(word: string): void {
    if (CHAINING.has(word)) this.#add(1);
    else if (UNCHAINING.has(word)) this.#drop();
  }
}

/** The end of a string that began at `from` (after its opening quote). */
function stringEnd(text: string, from: number, quote: number, backslashes: boolean): number {
  let i = from;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (backslashes && c === BACKSLASH) i++;
    else if (c === quote) {
      if (text.charCodeAt(i + 1) !== quote) return i + 1;
      i++;
    }
  }
  return Math.min(i, text.length);
}

/** After an E'...' or bit string: the opening quote of its continuation on a later line, or -1. */
function continuation(text: string, from: number): number {
  let newline = false;
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === NEWLINE || c === RETURN) newline = true;
    else if (c === DASH && text.charCodeAt(i + 1) === DASH) {
      while (i + 1 < text.length && text.charCodeAt(i + 1) !== NEWLINE && text.charCodeAt(i + 1) !== RETURN) i++;
    } else if (c === QUOTE) return newline ? i : -1;
    else if (!isSpace(c)) return -1;
  }
  return -1;
}

const escapesEnd = (text: string, from: number): number => stringEnd(text, from, QUOTE, true);
/** In bit strings a quote is never doubled: the first one ends them. */
const bitsEnd = (text: string, from: number): number => text.indexOf("'", from) + 1 || text.length;

/** The end of a string whose parts, on this line and on later ones, all have its own rules. */
function continuedEnd(text: string, from: number, partEnd: (text: string, from: number) => number): number {
  let end = partEnd(text, from);
  for (let next = continuation(text, end); next !== -1; next = continuation(text, end)) end = partEnd(text, next + 1);
  return end;
}

/** The end of a comment at `i`, or -1 if there is none. Block comments nest. */
function commentEnd(text: string, i: number): number {
  const c = text.charCodeAt(i),
    d = text.charCodeAt(i + 1);
  if (c === DASH && d === DASH) {
    while (i < text.length && text.charCodeAt(i) !== NEWLINE && text.charCodeAt(i) !== RETURN) i++;
    return i;
  }
  if (c !== SLASH || d !== STAR) return -1;
  let depth = 1;
  for (i += 2; i < text.length && depth > 0; i++) {
    const e = text.charCodeAt(i),
      f = text.charCodeAt(i + 1);
    const opens = e === SLASH && f === STAR;
    if (!opens && !(e === STAR && f === SLASH)) continue;
    depth += opens ? 1 : -1;
    i++;
  }
  return i;
}

/** The end of `$tag$ ... $tag$` at `i`, or -1. */
function dollarEnd(text: string, i: number): number {
  let j = i + 1;
  if (isWordStart(text.charCodeAt(j))) while (isWordStart(text.charCodeAt(j)) || isDigit(text.charCodeAt(j))) j++;
  if (text.charCodeAt(j) !== DOLLAR) return -1;
  const tag = text.slice(i, j + 1);
  const close = text.indexOf(tag, j + 1);
  return close === -1 ? text.length : close + tag.length;
}

function numberEnd(text: string, i: number): number {
  const first = text.charCodeAt(i),
    second = text.charCodeAt(i + 1) | 32;
  if (first === 48 && (second === 120 || second === 111 || second === 98)) {
    i += 2;
    while (isWordPart(text.charCodeAt(i)) && text.charCodeAt(i) !== DOLLAR) i++;
    return i;
  }
  const digits = () => {
    while (isDigit(text.charCodeAt(i)) || (text.charCodeAt(i) === UNDERSCORE && isDigit(text.charCodeAt(i + 1)))) i++;
  };
  digits();
  // `1..10` is two dots, not a fraction.
  if (text.charCodeAt(i) === DOT && text.charCodeAt(i + 1) !== DOT) {
    i++;
    digits();
  }
  if ((text.charCodeAt(i) | 32) === 101) {
    const sign = text.charCodeAt(i + 1) === DASH || text.charCodeAt(i + 1) === 43 ? 1 : 0;
    if (isDigit(text.charCodeAt(i + 1 + sign))) {
      i += 1 + sign;
      digits();
    }
  }
  return i;
}

/** A letter and a quote: E'', B'', X'', N'', U&'' and U&"". Returns the token's kind and end, or undefined. */
function prefixed(text: string, i: number): [TokenKind, number] | undefined {
  const letter = text.charCodeAt(i) | 32,
    next = text.charCodeAt(i + 1);
  if (next === QUOTE) {
    if (letter === 101) return [TOKEN.string, continuedEnd(text, i + 2, escapesEnd)];
    if (letter === 110) return [TOKEN.string, stringEnd(text, i + 2, QUOTE, false)];
    if (letter === 98 || letter === 120) return [TOKEN.string, continuedEnd(text, i + 2, bitsEnd)];
  } else if (letter === 117 && next === 38) {
    if (text.charCodeAt(i + 2) === QUOTE) return [TOKEN.string, stringEnd(text, i + 3, QUOTE, false)];
    if (text.charCodeAt(i + 2) === DOUBLE) return [TOKEN.quoted, stringEnd(text, i + 3, DOUBLE, false)];
  }
  return undefined;
}

function token(text: string, i: number): [TokenKind, number] {
  const c = text.charCodeAt(i);
  if (isWordStart(c)) {
    const special = prefixed(text, i);
    if (special) return special;
    let end = i + 1;
    while (isWordPart(text.charCodeAt(end))) end++;
    return [TOKEN.word, end];
  }
  if (c === QUOTE) return [TOKEN.string, stringEnd(text, i + 1, QUOTE, false)];
  if (c === DOUBLE) return [TOKEN.quoted, stringEnd(text, i + 1, DOUBLE, false)];
  if (isDigit(c) || (c === DOT && isDigit(text.charCodeAt(i + 1)))) return [TOKEN.number, numberEnd(text, i)];
  if (c === DOLLAR) {
    if (isDigit(text.charCodeAt(i + 1))) {
      let end = i + 2;
      while (isDigit(text.charCodeAt(end))) end++;
      return [TOKEN.param, end];
    }
    const end = dollarEnd(text, i);
    if (end !== -1) return [TOKEN.string, end];
  }
  return [TOKEN.symbol, i + 1];
}

/**
 * Splits a SQL text into tokens; every operator character is a token of its own.
 * @throws WhosawError STATEMENT_TOO_LARGE past `statementTokensMax` tokens or `statementDepthMax` levels
 */
export function tokenize(text: string): Tokens {
  const kinds: TokenKind[] = [],
    starts: number[] = [],
    ends: number[] = [];
  const depth = new DepthMeter();
  for (let i = 0; i < text.length;) {
    const c = text.charCodeAt(i);
    if (isSpace(c)) {
      i++;
      continue;
    }
    const comment = c === DASH || c === SLASH ? commentEnd(text, i) : -1;
    if (comment !== -1) {
      i = comment;
      continue;
    }
    const [kind, end] = token(text, i);
    if (kind === TOKEN.symbol) depth.symbol(c);
    else if (kind === TOKEN.word && end - i <= 10) depth.word(lowerKeyword(text.slice(i, end)));
    if (kinds.length >= LIMITS.statementTokensMax) {
      throw new WhosawError("STATEMENT_TOO_LARGE", `the statement has more than ${LIMITS.statementTokensMax} tokens`, {
        hint: "split the statement",
      });
    }
    kinds.push(kind);
    starts.push(i);
    ends.push(end);
    i = end;
  }
  return { text, kinds, starts, ends };
}

/** A word in lower case as PostgreSQL lowers keywords, ASCII only. KELVIN SIGN alone would else become a letter of one. */
export function lowerKeyword(word: string): string {
  return word.includes("\u212a") ? word : word.toLowerCase();
}

/** The token as a keyword: lower case, or "" if it is not a plain word. */
export function keyword(tokens: Tokens, index: number): string {
  return tokens.kinds[index] === TOKEN.word
    ? lowerKeyword(tokens.text.slice(tokens.starts[index], tokens.ends[index]))
    : "";
}

/** The token is this one character. */
export function isSymbol(tokens: Tokens, index: number, symbol: string): boolean {
  return tokens.kinds[index] === TOKEN.symbol && tokens.text[tokens.starts[index] ?? 0] === symbol;
}

/** The text of tokens `from` up to `to` (exclusive): literals as `?`, lists of them as `?, ...`, comments gone, blanks as one. */
export function withoutLiterals(tokens: Tokens, from: number, to: number): string {
  let out = "";
  for (let i = from; i < to; i++) {
    const start = tokens.starts[i] ?? 0;
    if (i > from && start > (tokens.ends[i - 1] ?? 0)) out += " ";
    const kind = tokens.kinds[i];
    out += kind === TOKEN.string || kind === TOKEN.number ? "?" : tokens.text.slice(start, tokens.ends[i]);
    if (out.length > LIMITS.normalizedTextCharsMax * 2) break;
  }
  const folded = out
    .replace(/\?(?:, ?\?)+/g, "?, ...")
    .replace(/(\(\?(?:, \.\.\.)?\))(?:, ?\(\?(?:, \.\.\.)?\))+/g, "$1, ...");
  return folded.length > LIMITS.normalizedTextCharsMax
    ? `${folded.slice(0, LIMITS.normalizedTextCharsMax)}...`
    : folded;
}

/** A SQL text with its tokens: from the parser's byte offsets to tokens, and to the ends of clauses. */
import { assert } from "../base/assert.ts";
import { isSymbol, keyword, TOKEN, type Tokens } from "./tokens.ts";

/** Words that end a target list at its own bracket depth. All are reserved: none can be a bare column name. */
const TARGETS_END = new Set([
  "into",
  "from",
  "where",
  "group",
  "having",
  "window",
  "union",
  "intersect",
  "except",
  "order",
  "limit",
  "offset",
  "fetch",
  "for",
]);
/** Words that end FROM and WHERE. */
const ROWS_END = new Set([...TARGETS_END].filter((word) => word !== "from" && word !== "where"));
const WHERE = new Set(["where", ...ROWS_END]);
const NONE: ReadonlySet<string> = new Set();

export class Source {
  readonly tokens: Tokens;
  readonly text: string;
  /** UTF-16 index of each byte offset; absent for texts in ASCII, where they are equal. */
  readonly #indexes: Int32Array | undefined;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.text = tokens.text;
    this.#indexes = byteIndexes(tokens.text);
  }

  /** UTF-16 index of a byte offset of the parser. */
  index(byte: number): number {
    return this.#indexes ? (this.#indexes[byte] ?? this.text.length) : byte;
  }

  /** A byte offset of the parser as an error's position: characters, from 1. */
  position(byte: number | undefined): string {
    return String(Array.from(this.text.slice(0, this.index(byte ?? 0))).length + 1);
  }

  /** The token that begins at a byte offset. */
  tokenAt(byte: number | undefined): number {
    const token = this.firstToken(this.index(byte ?? 0));
    assert(this.tokens.starts[token] === this.index(byte ?? 0), "parser and tokenizer disagree about a token");
    return token;
  }

  /** The first token at or after a UTF-16 index. */
  firstToken(index: number): number {
    let low = 0,
      high = this.tokens.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.tokens.starts[middle] ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  start(token: number): number {
    return this.tokens.starts[token] ?? this.text.length;
  }
  end(token: number): number {
    return this.tokens.ends[token] ?? this.text.length;
  }

  /** A blank where a name put in before this token would run into it: `select 'a'from t`. */
  gapBefore(token: number): string {
    const next = this.tokens.kinds[token];
    return this.start(token) === this.end(token - 1) && next !== undefined && next !== TOKEN.symbol ? " " : "";
  }

  /** From a token of the last item of a target list: the first token after the list. */
  afterTargets(token: number): number {
    return this.#scan(token, TARGETS_END);
  }
  /** From a token of the last item of a RETURNING list: the first token after the list. */
  afterReturning(token: number): number {
    return this.#scan(token, NONE);
  }

  /** From the token FROM: the token WHERE, or what stands in its place. */
  afterFrom(token: number): number {
    return this.#scan(token, WHERE);
  }
  /** From the token after WHERE: the first token after the condition. */
  afterWhere(token: number): number {
    return this.#scan(token, ROWS_END);
  }

  /** From a token: the first of these words at its bracket depth, or where the brackets or the statement end. */
  next(token: number, ...words: string[]): number {
    return this.#scan(token, new Set(words));
  }

  #scan(token: number, stops: ReadonlySet<string>): number {
    let depth = 0;
    for (let i = token; i < this.tokens.kinds.length; i++) {
      if (isSymbol(this.tokens, i, "(") || isSymbol(this.tokens, i, "[")) depth++;
      else if (isSymbol(this.tokens, i, ")") || isSymbol(this.tokens, i, "]")) {
        if (depth === 0) return i;
        depth--;
      } else if (depth === 0) {
        if (isSymbol(this.tokens, i, ";")) return i;
        if (stops.has(keyword(this.tokens, i)) && !this.#isName(i)) return i;
      }
    }
    return this.tokens.kinds.length;
  }

  /** A keyword that is no keyword here: `a AS from`, `t.order`, `IS [NOT] DISTINCT FROM`, `WITHIN GROUP`. */
  #isName(i: number): boolean {
    const before = keyword(this.tokens, i - 1);
    if (before === "as" || isSymbol(this.tokens, i - 1, ".")) return true;
    const word = keyword(this.tokens, i);
    if (word === "group") return before === "within";
    if (word !== "from" || before !== "distinct") return false;
    const earlier = keyword(this.tokens, i - 2);
    return earlier === "is" || earlier === "not";
  }
}

function byteIndexes(text: string): Int32Array | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length) return undefined;
  const indexes = new Int32Array(bytes + 1);
  let byte = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.codePointAt(i) ?? 0;
    const width = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    indexes.fill(i, byte, byte + width);
    byte += width;
    if (width === 4) i++;
  }
  indexes[byte] = text.length;
  return indexes;
}

/** The words, strings and signs of a dump's SQL, of MySQL's and PostgreSQL's kind, from text in pieces. */
import { LIMITS } from "../../base/limits.ts";

export type SqlToken =
  | { readonly kind: "word"; readonly text: string }
  /** `'...'`, `"..."` or in back-quotes, without the quotes. */
  | { readonly kind: "string"; readonly text: string; readonly quote: string }
  | { readonly kind: "sign"; readonly text: string };

export interface SqlTokenOptions {
  /** Backslashes escape in every string, as in MySQL, and not in E'...' alone. */
  readonly backslashes: boolean;
  /** A value was longer than may be, and is kept up to there. */
  readonly onCut: () => void;
}

type State =
  | "between"
  | "word"
  | "string"
  | "quote"
  | "escape"
  | "dash"
  | "line-comment"
  | "slash"
  | "comment"
  | "star";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0", b: "\b", Z: "\u001a" };
const WORD = /[\p{L}\p{N}_$.+@-]/u;

export class SqlTokens {
  readonly #options: SqlTokenOptions;
  readonly #take: (token: SqlToken) => void;
  #state: State = "between";
  #text = "";
  #quote = "";
  #backslashes = false;
  #cut = false;

  constructor(options: SqlTokenOptions, take: (token: SqlToken) => void) {
    this.#options = options;
    this.#take = take;
  }

  /** One character. */
  put(character: string): void {
    switch (this.#state) {
      case "between":
        this.#between(character);
        break;
      case "word":
        this.#word(character);
        break;
      case "string":
        this.#string(character);
        break;
      case "escape":
        this.#add(ESCAPES[character] ?? character);
        this.#state = "string";
        break;
      case "quote":
        this.#afterQuote(character);
        break;
      case "dash":
        this.#afterDash(character);
        break;
      case "line-comment":
        if (character === "\n") this.#state = "between";
        break;
      case "slash":
        this.#afterSlash(character);
        break;
      case "comment":
        if (character === "*") this.#state = "star";
        break;
      case "star":
        this.#afterStar(character);
        break;
    }
  }

  /** Inside a string: everything up to its next quote or backslash may be given at once. */
  get stringEnds(): string | undefined {
    return this.#state === "string" ? this.#quote : undefined;
  }

  putRun(text: string): void {
    this.#add(text);
  }

  end(): void {
    if (this.#state === "word") this.#emitWord();
    else if (this.#state === "quote") this.#emitString();
  }

  #between(character: string): void {
    this.#text = "";
    if (character === "'" || character === '"' || character === "`") this.#open(character, "");
    else if (character === "-") this.#state = "dash";
    else if (character === "/") this.#state = "slash";
    else if (character === "#") this.#state = "line-comment";
    else if (WORD.test(character)) {
      this.#text = character;
      this.#state = "word";
    } else if (character.trim() !== "") this.#take({ kind: "sign", text: character });
  }

  #open(quote: string, prefix: string): void {
    this.#quote = quote;
    this.#text = "";
    this.#state = "string";
    this.#backslashes = quote !== "`" && (this.#options.backslashes || prefix.toUpperCase() === "E");
  }

  #word(character: string): void {
    if (WORD.test(character)) {
      this.#add(character);
    } else if (character === "'" && /^(?:[enbx]|_\w+)$/iu.test(this.#text)) this.#open(character, this.#text);
    else {
      this.#emitWord();
      this.#between(character);
    }
  }

  #string(character: string): void {
    if (character === "\\" && this.#backslashes) this.#state = "escape";
    else if (character === this.#quote) this.#state = "quote";
    else this.#add(character);
  }

  /** Doubled, it was one of the string. */
  #afterQuote(character: string): void {
    if (character === this.#quote) {
      this.#add(character);
      this.#state = "string";
      return;
    }
    this.#emitString();
    this.#between(character);
  }

  #afterDash(character: string): void {
    if (character === "-") this.#state = "line-comment";
    else if (WORD.test(character)) {
      this.#text = `-${character}`;
      this.#state = "word";
    } else {
      this.#state = "between";
      this.#take({ kind: "sign", text: "-" });
      this.#between(character);
    }
  }

  /** What MySQL hides from others, in comments of its own, is hidden from us too: settings, no rows. */
  #afterSlash(character: string): void {
    if (character === "*") {
      this.#state = "comment";
      return;
    }
    this.#state = "between";
    this.#between(character);
  }

  #afterStar(character: string): void {
    if (character === "/") this.#state = "between";
    else if (character !== "*") this.#state = "comment";
  }

  #add(text: string): void {
    const room = LIMITS.foundValueCharsMax - this.#text.length;
    if (text.length > room) this.#cut = true;
    this.#text += text.length > room ? text.slice(0, Math.max(0, room)) : text;
  }

  #emitWord(): void {
    this.#emit({ kind: "word", text: this.#text });
  }

  #emitString(): void {
    this.#emit({ kind: "string", text: this.#text, quote: this.#quote });
  }

  #emit(token: SqlToken): void {
    if (this.#cut) this.#options.onCut();
    this.#cut = false;
    this.#state = "between";
    this.#text = "";
    this.#take(token);
  }
}

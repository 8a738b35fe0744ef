/**
 * Objects of a JSON text as they arrive, whether one stands on each line, all in one array, or in an array called
 * `access_logs`, as Zendesk answers page by page. An object is held whole, and no more than one.
 */
import { LIMITS } from "../base/limits.ts";
import { RowProblem } from "./row.ts";

export interface JsonLine {
  /** Where it begins; 1 is the first line. */
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** How a page of objects begins. */
const PAGE = /\{\s*"access_logs"\s*:\s*\[/uy;
/** Of `PAGE`, generously: so much must be there before it can be told. */
const PAGE_CHARS = 256;

export class JsonStream {
  #rest = "";
  #line = 1;
  /** Inside an object: how deep, and where in `#rest` the search goes on. */
  #depth = 0;
  #inText = false;
  #at = 0;
  /** Inside a page; behind its array the rest of it is of no interest. */
  #page: "no" | "array" | "rest" = "no";

  /** @throws RowProblem for what is no JSON: nobody can say where the next object begins */
  *push(text: string): Generator<JsonLine, void, undefined> {
    this.#rest += text;
    yield* this.#objects(false);
    if (this.#rest.length > LIMITS.importRecordCharsMax) throw new RowProblem(this.#line, "It is too long.", true);
  }

  /** @throws RowProblem for an object that does not end */
  *end(): Generator<JsonLine, void, undefined> {
    yield* this.#objects(true);
    if (this.#rest !== "" || this.#page !== "no")
      throw new RowProblem(this.#line, "It is no JSON object, or does not end.", true);
  }

  *#objects(last: boolean): Generator<JsonLine, void, undefined> {
    for (;;) {
      if (this.#depth === 0 && !this.#begin(last)) return;
      if (!this.#finish()) return;
      const text = this.#rest.slice(0, this.#at);
      const line = this.#line;
      this.#drop(this.#at);
      if (this.#page !== "rest") yield { line, value: parsed(text, line) };
    }
  }

  /** Goes up to the next object. @returns false if there is none yet */
  #begin(last: boolean): boolean {
    for (;;) {
      const at = this.#rest.search(/[^\s,]/u);
      if (at === -1) this.#drop(this.#rest.length);
      else this.#drop(at);
      const next = this.#rest[0];
      if (next === undefined) return false;
      if (this.#page === "rest") {
        // Whatever else the page says: texts, numbers, and objects, which are skipped.
        if (next === "}") this.#page = "no";
        if (next === "{") return this.#enter();
        if (next === '"') {
          const end = /"(?:[^"\\]|\\.)*"/uy.exec(this.#rest)?.[0].length;
          if (end === undefined) return false;
          this.#drop(end);
        } else this.#drop(1);
      } else if (next === "{") {
        if (this.#page === "no") {
          if (this.#rest.length < PAGE_CHARS && !last && !this.#rest.includes("\n")) return false;
          PAGE.lastIndex = 0;
          const page = PAGE.exec(this.#rest)?.[0];
          if (page !== undefined) {
            this.#drop(page.length);
            this.#page = "array";
            continue;
          }
        }
        return this.#enter();
      } else if (next === "]" && this.#page === "array") {
        this.#drop(1);
        this.#page = "rest";
      } else if (this.#page === "no" && (next === "[" || next === "]")) this.#drop(1);
      else throw new RowProblem(this.#line, "It is no JSON object.", true);
    }
  }

  #enter(): true {
    [this.#depth, this.#at] = [1, 1];
    return true;
  }

  /** Goes up to the end of the object. @returns false if it does not end yet */
  #finish(): boolean {
    const text = this.#rest;
    for (;;) {
      const found = this.#inText ? nextOf(/["\\]/gu, text, this.#at) : nextOf(/["{}]/gu, text, this.#at);
      if (found === -1) {
        this.#at = text.length;
        return false;
      }
      const character = text[found];
      if (character === "\\") {
        // What it stands before may not be here yet.
        this.#at = found + 1 < text.length ? found + 2 : found;
        if (this.#at === found) return false;
        continue;
      }
      this.#at = found + 1;
      if (character === '"') this.#inText = !this.#inText;
      else if (character === "{") this.#depth += 1;
      else this.#depth -= 1;
      if (this.#depth === 0) return true;
    }
  }

  /** Forgets what comes before, and counts its lines. */
  #drop(characters: number): void {
    const gone = this.#rest.slice(0, characters);
    for (let at = gone.indexOf("\n"); at !== -1; at = gone.indexOf("\n", at + 1)) this.#line += 1;
    this.#rest = this.#rest.slice(characters);
    this.#at = 0;
  }
}

function nextOf(what: RegExp, text: string, from: number): number {
  what.lastIndex = from;
  return what.exec(text)?.index ?? -1;
}

function parsed(text: string, line: number): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new RowProblem(line, "It is no JSON object.");
  }
}

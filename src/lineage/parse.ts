/** PostgreSQL's own grammar behind a guard: bounded, and never throwing anything but coded errors. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { loadModule, parseSync, type RawStmt, type SqlError } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

type ParseFunction = typeof parseSync;

/** A parser that can be replaced after it died: a wasm module that ran out of stack is not to be trusted again. */
export class Parser {
  #parseText: ParseFunction;
  #healthy = true;

  private constructor(parseText: ParseFunction) {
    this.#parseText = parseText;
  }

  static async create(): Promise<Parser> {
    await loadModule();
    return new Parser(parseSync);
  }

  /**
   * @throws WhosawError STATEMENT_UNREADABLE with PostgreSQL's own wording and position for a syntax error,
   * STATEMENT_TOO_LARGE when a limit is passed or the parser gave up
   */
  parse(text: string): readonly RawStmt[] {
    if (text.includes("\0"))
      throw new WhosawError("STATEMENT_UNREADABLE", 'invalid byte sequence for encoding "UTF8": 0x00');
    if (text.length > LIMITS.statementBytesMax || Buffer.byteLength(text) > LIMITS.statementBytesMax) {
      throw new WhosawError("STATEMENT_TOO_LARGE", `the statement is longer than ${LIMITS.statementBytesMax} bytes`, {
        hint: "split it, or load data with COPY FROM STDIN",
      });
    }
    if (text.trim() === "") return [];
    if (!this.#healthy)
      throw new WhosawError("STATEMENT_TOO_LARGE", "the statement cannot be read right now", {
        hint: "try again in a second",
      });
    try {
      const statements = this.#parseText(text).stmts ?? [];
      if (statements.length > LIMITS.statementsPerQueryMax)
        throw new WhosawError(
          "STATEMENT_TOO_LARGE",
          `more than ${LIMITS.statementsPerQueryMax} statements in one query`,
          { hint: "split the query" },
        );
      return statements;
    } catch (error) {
      if (error instanceof WhosawError) throw error;
      if (error instanceof Error && error.name === "SqlError") throw unreadable(error);
      this.#replace();
      throw new WhosawError("STATEMENT_TOO_LARGE", "the statement is too complex to be read", {
        hint: "split the statement",
        cause: error,
      });
    }
  }

  /** Loads the module a second time, past the module cache; until it is there, everything is refused. */
  #replace(): void {
    this.#healthy = false;
    const require = createRequire(import.meta.url);
    const entry = require.resolve("libpg-query");
    for (const path of Object.keys(require.cache)) if (path.startsWith(dirname(entry))) delete require.cache[path];
    const module = require(entry) as { loadModule(): Promise<void>; parseSync: ParseFunction };
    void module.loadModule().then(() => {
      this.#parseText = module.parseSync;
      this.#healthy = true;
    });
  }
}

/** A syntax error as the server would report it. The parser counts characters from 0, the protocol from 1. */
function unreadable(error: Error): WhosawError {
  const fields: Record<string, string> = {};
  // Not `instanceof`: after a replacement the error is of another copy of the module.
  const details = (error as SqlError).sqlDetails;
  if (details?.cursorPosition !== undefined) fields["P"] = String(details.cursorPosition + 1);
  if (details?.fileName !== undefined) fields["F"] = details.fileName;
  if (details?.functionName !== undefined) fields["R"] = details.functionName;
  return new WhosawError("STATEMENT_UNREADABLE", error.message, { fields, cause: error });
}

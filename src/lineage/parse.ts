/** PostgreSQL's own grammar behind a guard: bounded, and never throwing anything but coded errors. */
import { loadModule, parseSync, SqlError, type RawStmt } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

type ParseFunction = typeof parseSync;

/** A parser that can be replaced after it died: a wasm module that ran out of stack is not to be trusted again. */
export class Parser {
  private parseText: ParseFunction;
  private generation = 0;
  private healthy = true;

  private constructor(parseText: ParseFunction) {
    this.parseText = parseText;
  }

  static async create(): Promise<Parser> {
    await loadModule();
    return new Parser(parseSync);
  }

  /**
   * @throws WhosawError STATEMENT_UNREADABLE with PostgreSQL's own wording for a syntax error (`position` in its hint is
   * left to the server's format), STATEMENT_TOO_LARGE when a limit is passed or the parser gave up
   */
  parse(text: string): readonly RawStmt[] {
    if (text.includes("\0")) throw new WhosawError("STATEMENT_UNREADABLE", "invalid byte sequence for encoding \"UTF8\": 0x00");
    if (text.length > LIMITS.statementBytesMax || Buffer.byteLength(text) > LIMITS.statementBytesMax) {
      throw new WhosawError("STATEMENT_TOO_LARGE", `the statement is longer than ${LIMITS.statementBytesMax} bytes`, { hint: "split it, or load data with COPY FROM STDIN" });
    }
    if (text.trim() === "") return [];
    if (!this.healthy) throw new WhosawError("STATEMENT_TOO_LARGE", "the statement cannot be read right now", { hint: "try again in a second" });
    try {
      const statements = this.parseText(text).stmts ?? [];
      if (statements.length > LIMITS.statementsPerQueryMax) throw new WhosawError("STATEMENT_TOO_LARGE", `more than ${LIMITS.statementsPerQueryMax} statements in one query`, { hint: "split the query" });
      return statements;
    } catch (error) {
      if (error instanceof WhosawError) throw error;
      if (error instanceof SqlError || (error instanceof Error && error.name === "SqlError")) throw new WhosawError("STATEMENT_UNREADABLE", error.message, { cause: error });
      this.replace();
      throw new WhosawError("STATEMENT_TOO_LARGE", "the statement is too complex to be read", { hint: "split the statement", cause: error });
    }
  }

  /** A fresh module instance under a URL of its own; until it is there, everything is refused. */
  private replace(): void {
    this.healthy = false;
    this.generation += 1;
    const url = `${import.meta.resolve("libpg-query")}?instance=${this.generation}`;
    void import(url).then(async (module: { loadModule(): Promise<void>; parseSync: ParseFunction }) => {
      await module.loadModule();
      this.parseText = module.parseSync;
      this.healthy = true;
    });
  }
}

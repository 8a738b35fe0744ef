/** What a driver in this process saw, as text; see places.ts for how it is compared. */
import { inspect } from "node:util";

/** Fields of PostgreSQL's errors that say where in the server's source they were raised; and the stack of ours. */
const LEFT_OUT = new Set(["file", "line", "routine", "length", "stack", "query", "parameters", "args", "types"]);

export class Transcript {
  #lines: string[] = [];

  get text(): string {
    return this.#lines.join("\n");
  }

  section(name: string): void {
    this.#lines.push(`== ${name}`);
  }

  line(...values: readonly unknown[]): void {
    const words = values.map((value) =>
      typeof value === "string" ? value : inspect(value, { depth: 9, breakLength: Infinity, maxStringLength: 10_000 }),
    );
    this.#lines.push(words.join(" "));
  }

  /** Every field that the driver gives an error. */
  error(error: unknown): void {
    const fields = Object.entries(error as object).filter(
      ([name, value]) => !LEFT_OUT.has(name) && value !== undefined,
    );
    this.line("error", error instanceof Error ? error.message : inspect(error), Object.fromEntries(fields));
  }
}

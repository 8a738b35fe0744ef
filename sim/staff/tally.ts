/** What the staff has done so far. Errors are counted by what they say, none is swallowed. */
import type { StaffMember } from "./roster.ts";

export class Tally {
  statements = 0;
  rows = 0;
  /** Statements that the gateway refused, as whoever typed them might have known. */
  refusals = 0;
  readonly #errors = new Map<string, number>();

  /** All that went wrong: name of the person, what happened, how often. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  get errorCount(): number {
    return [...this.#errors.values()].reduce((sum, times) => sum + times, 0);
  }

  wentWrong(person: StaffMember, error: unknown): void {
    const code = error instanceof Error && "code" in error ? `${String(error.code)} ` : "";
    const what = `${person.name}: ${code}${error instanceof Error ? error.message : String(error)}`;
    this.#errors.set(what, (this.#errors.get(what) ?? 0) + 1);
  }
}

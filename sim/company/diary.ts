import { DAY_MS } from "../../src/base/clock.ts";
import type { Recording } from "./recording.ts";
import { type CompanyDay, type Probe, type Statement, Statements } from "./statements.ts";

/** What is recorded on which day, some days ahead: a ticket handed on today is opened tomorrow. */
export class Diary {
  readonly #recording: Recording;
  readonly #days = new Map<number, Statements>();
  #last: Statements | undefined;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** One customer opened. @param statement whose and when it truly was */
  opened(statement: Statement, subject: number): void {
    this.statement(statement);
    this.row(subject);
  }

  /** A statement that shows nobody until {@link row} says whom. */
  statement(statement: Statement): void {
    this.recorded(this.#recording.of(statement));
  }

  /** A statement under the account and at the time that stand in the record. */
  recorded(statement: Statement): void {
    this.#last = this.#of(Math.floor(statement.at / DAY_MS));
    this.#last.add(statement);
  }

  /** One more customer that the last statement shows. */
  row(subject: number): void {
    this.#last?.row(subject);
  }

  /** A look-up that shows nobody. */
  probe(probe: Probe): void {
    const recorded = this.#recording.of(probe);
    this.#of(Math.floor(recorded.at / DAY_MS)).probe(recorded);
  }

  /** The day as recorded; nothing may be added to it any more. */
  close(day: number): CompanyDay {
    const statements = this.#of(day);
    this.#days.delete(day);
    return statements.inOrder();
  }

  #of(day: number): Statements {
    let statements = this.#days.get(day);
    if (statements === undefined) {
      statements = new Statements(day);
      this.#days.set(day, statements);
    }
    return statements;
  }
}

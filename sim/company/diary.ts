import { DAY_MS } from "../../src/base/clock.ts";
import { type CompanyDay, type Statement, Statements } from "./statements.ts";

/** What is recorded on which day, some days ahead: a ticket handed on today is opened tomorrow. */
export class Diary {
  readonly #aheadMs: (staff: number) => number;
  readonly #days = new Map<number, Statements>();
  #last: Statements | undefined;

  /** @param aheadMs how far the clock of the gateway that somebody works through is ahead, milliseconds, not negative */
  constructor(aheadMs: (staff: number) => number) {
    this.#aheadMs = aheadMs;
  }

  /** One customer opened. @param statement its time as it truly was */
  opened(statement: Statement, subject: number): void {
    this.statement(statement);
    this.row(subject);
  }

  /** A statement that shows nobody until {@link row} says whom. */
  statement(statement: Statement): void {
    const ahead = this.#aheadMs(statement.staff);
    const recorded = ahead === 0 ? statement : { ...statement, at: statement.at + ahead };
    this.#last = this.#of(Math.floor(recorded.at / DAY_MS));
    this.#last.add(recorded);
  }

  /** One more customer that the last statement shows. */
  row(subject: number): void {
    this.#last?.row(subject);
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

/** Groups that subjects are counted in (kind customer, name country, value FR), and the number of each in columns. */
import { sql } from "kysely";
import { WhosawError } from "../base/errors.ts";
import type { Session } from "./connection.ts";
import { SCHEMA } from "./tables.ts";

export interface Stratum {
  /** Below 2^53, made from the three others (columns/numbers.ts): columns rebuilt anew have the same. */
  readonly number: number;
  readonly kind: string;
  readonly name: string;
  readonly value: string;
}

export class Strata {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Of one kind, or all. */
  list(kind?: string): Promise<Stratum[]> {
    return this.#session.run((db) => {
      const all = db.selectFrom("strata").selectAll().orderBy("kind").orderBy("name").orderBy("value");
      return (kind === undefined ? all : all.where("kind", "=", kind)).execute();
    });
  }

  /**
   * Adds those that are not known yet, all or none.
   * @throws {WhosawError} STORE_MISMATCH when a number stands for something else already
   */
  learn(strata: readonly Stratum[]): Promise<void> {
    if (strata.length === 0) return Promise.resolve();
    const numbers = JSON.stringify(strata.map(({ number, kind, name, value }) => ({ number, kind, name, value })));
    return this.#session.atomically(async (db) => {
      // As one value, or a thousand of them would be four thousand parameters.
      const given = sql<Stratum>`json_to_recordset(${numbers}::json) as given(number int8, kind text, name text, value text)`;
      await sql`insert into ${sql.id(SCHEMA, "strata")} (number, kind, name, value)
        select distinct number, kind, name, value from ${given} on conflict do nothing`.execute(db);
      const { rows } = await sql<Stratum>`select given.* from ${given}
        where not exists (select from ${sql.id(SCHEMA, "strata")} s
          where (s.number, s.kind, s.name, s.value) = (given.number, given.kind, given.name, given.value))
        limit 1`.execute(db);
      if (rows[0] !== undefined) throw otherwise(rows[0]);
    });
  }
}

function otherwise({ kind, name, value }: Stratum): WhosawError {
  return new WhosawError(
    "STORE_MISMATCH",
    `The stratum ${name} = ${value} of ${kind} has a number that the state knows for another one, or the other way round.`,
    { hint: "Leave that column out of strata: in whosaw.yaml, and report this: numbers should not meet." },
  );
}

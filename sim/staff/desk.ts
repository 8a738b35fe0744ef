/** One person's connection through the gateway: real SQL, as their program would send it. */
import pg from "pg";
import type { StaffMember } from "./roster.ts";
import type { Tally } from "./tally.ts";

export interface Statement {
  /** Also the name under which applications prepare it. */
  readonly name: string;
  /** With $1, $2, ... where values go. */
  readonly text: string;
}

export type Values = readonly (string | number)[];

/** A statement that was answered: who sent it, and what came back. */
export interface Answered {
  readonly person: StaffMember;
  readonly statement: Statement;
  readonly rows: readonly pg.QueryResultRow[];
}

export interface DeskOptions {
  readonly person: StaffMember;
  /** Of the gateway, with the person's sign-in. */
  readonly url: string;
  readonly tally: Tally;
  readonly onAnswer?: ((answered: Answered) => void) | undefined;
}

const REFUSED = "42501";
const INT8_OID = pg.types.builtins.INT8;

export class Desk {
  readonly #options: DeskOptions;
  readonly #client: pg.Client;

  private constructor(options: DeskOptions, client: pg.Client) {
    this.#options = options;
    this.#client = client;
  }

  /** Signs in. */
  static async open(options: DeskOptions): Promise<Desk> {
    const client = new pg.Client({ connectionString: options.url, types: { getTypeParser: parserOf } });
    // A connection that breaks fails the statement at hand, or the next one; that is where it is told.
    client.on("error", () => {});
    await client.connect();
    return new Desk(options, client);
  }

  /** Sends one statement. @returns its rows, the subjects' numbers as numbers */
  async ask<Row extends pg.QueryResultRow>(statement: Statement, values: Values = []): Promise<Row[]> {
    const { person, tally, onAnswer } = this.#options;
    tally.statements += 1;
    const { rows } = await this.#client.query<Row>(
      person.tool === "psql" ? typed(statement, values) : { ...statement, values: [...values] },
    );
    tally.rows += rows.length;
    onAnswer?.({ person, statement, rows });
    return rows;
  }

  /** Sends statements of which all happen, or none. If one fails, signing off takes the others back. */
  async together(work: () => Promise<void>): Promise<void> {
    await this.#client.query("BEGIN");
    await work();
    await this.#client.query("COMMIT");
  }

  /** Sends what the gateway does not let pass. @throws Error if it did */
  async askInVain(statement: Statement): Promise<void> {
    const refusal: unknown = await this.ask(statement).then(
      () => new Error(`${statement.name} was not refused`),
      (error: unknown) => error,
    );
    const asMeant = refusal instanceof pg.DatabaseError && refusal.code === REFUSED && refusal.hint !== undefined;
    if (!asMeant) throw refusal;
    this.#options.tally.refusals += 1;
  }

  /** Signs off. */
  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** As somebody types it: values in their places, one simple query. */
function typed({ text }: Statement, values: Values): string {
  return text.replace(/\$(\d+)/gu, (_, number: string) => {
    const value = values[Number(number) - 1];
    return typeof value === "number" ? String(value) : pg.escapeLiteral(value ?? "");
  });
}

/** Keys as numbers: the support database's are far below 2^53. */
const parserOf: pg.CustomTypesConfig["getTypeParser"] = (oid, format) =>
  oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format);

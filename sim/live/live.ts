/** A history lived through a gateway: every statement as SQL, by the person who sent it, on a connection of that person's. */
import pg from "pg";
import {
  type History,
  type HistoryDay,
  type HistoryProbe,
  type HistoryStatement,
  keyOfSubject,
  type Run,
  statementsOf,
} from "../write/history.ts";
import { pageSql, PROBE, shapeNumber, shapeOf } from "../write/pages.ts";

export interface LiveOptions {
  /** The gateway's URL with somebody's sign-in, by the id of the staff member. */
  readonly url: (staff: string) => string;
  /** Told after each day. */
  readonly progress?: (done: Lived) => void;
  /** Aborted, no further statement is sent. */
  readonly signal?: AbortSignal;
  /** What a probe asks for. @param key undefined: an address that nobody has */
  readonly emailOf: (key: number | undefined) => string;
}

export interface Lived {
  readonly days: number;
  readonly statements: number;
  readonly rows: number;
}

/** So many people send statements at once. */
const LANES = 8;
/** Connections that one lane keeps; the gateway has one to the database for each. */
const CONNECTIONS_PER_LANE = 6;

/**
 * Days pass as fast as they go; what everybody does stays in its order.
 * @returns how much was asked and answered
 * @throws {Error} the first error that anybody was given, or the signal's reason
 */
export async function liveHistory(history: History, options: LiveOptions): Promise<Lived> {
  const lanes = Array.from({ length: LANES }, () => new Lane(history, options));
  let lived: Lived = { days: 0, statements: 0, rows: 0 };
  try {
    for (const day of history.days()) {
      const shares: HistoryStatement[][] = lanes.map(() => []);
      for (const statement of statementsOf(day)) shares[senderOf(day, statement) % LANES]!.push(statement);
      await Promise.all(lanes.map((lane, number) => lane.work(day, shares[number]!)));
      lived = {
        days: lived.days + 1,
        statements: lanes.reduce((sum, lane) => sum + lane.statements, 0),
        rows: lanes.reduce((sum, lane) => sum + lane.rows, 0),
      };
      options.progress?.(lived);
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
  return lived;
}

function senderOf(day: HistoryDay, statement: HistoryStatement): number {
  return "probe" in statement ? statement.probe.staff : day.staff[statement.from]!;
}

/** A statement and its one parameter. */
interface Sent {
  readonly sql: string;
  readonly value: string | number | readonly number[];
}

function page(day: HistoryDay, { from, to }: Run): Sent {
  const shape = shapeOf(shapeNumber(day.fields[from]!, day.listed[from] === 1, to - from));
  const keys = Array.from(day.subject.subarray(from, to), keyOfSubject);
  return { sql: pageSql(shape), value: shape.many ? keys : keys[0]! };
}

/** Some of the staff, one statement at a time. */
class Lane {
  statements = 0;
  rows = 0;
  readonly #history: History;
  readonly #options: LiveOptions;
  /** By place of the staff; who spoke last stands last. */
  readonly #clients = new Map<number, pg.Client>();

  constructor(history: History, options: LiveOptions) {
    this.#history = history;
    this.#options = options;
  }

  async work(day: HistoryDay, statements: readonly HistoryStatement[]): Promise<void> {
    for (const statement of statements) {
      this.#options.signal?.throwIfAborted();
      const client = await this.#clientOf(senderOf(day, statement));
      const { sql, value } = "probe" in statement ? this.#probe(statement.probe) : page(day, statement);
      const { rows } = await client.query(sql, [value]);
      this.statements += 1;
      this.rows += rows.length;
    }
  }

  #probe({ subject }: HistoryProbe): Sent {
    const key = subject < 0 ? undefined : keyOfSubject(subject);
    return { sql: pageSql(shapeOf(PROBE)), value: this.#options.emailOf(key) };
  }

  async #clientOf(staff: number): Promise<pg.Client> {
    const known = this.#clients.get(staff);
    this.#clients.delete(staff);
    const client = known ?? (await this.#signIn(staff));
    this.#clients.set(staff, client);
    return client;
  }

  async #signIn(staff: number): Promise<pg.Client> {
    for (const [who, idle] of this.#clients) {
      if (this.#clients.size < CONNECTIONS_PER_LANE) break;
      this.#clients.delete(who);
      await idle.end();
    }
    const client = new pg.Client({ connectionString: this.#options.url(this.#history.staff[staff]!.id) });
    // A connection that breaks fails the statement at hand, or the next one; that is where it is told.
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.end();
    this.#clients.clear();
  }
}

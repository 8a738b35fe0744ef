/**
 * The same disclosures into audit tables of PostgreSQL: what a team writes that has no ledger. One connection writes for
 * everybody: whatever arrived during a commit goes out with the next, in one INSERT, as the ledger does it.
 */
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { ownMicroseconds, serverMicroseconds } from "../processes.ts";
import { ACTOR_UUID, askWhoSaw, Draw, FIELDS, type Load, type Sample, TABLE, type Way } from "./load.ts";

/** Durable as PostgreSQL is by default; checkpoints bounded so that the disk is. */
const SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "256MB",
  max_wal_size: "1GB",
  // Vacuumed once after the last entry, outside the measured time: the same in every round.
  autovacuum: "off",
};

interface Design {
  readonly name: string;
  readonly create: string;
  /** Whether statement, table and fields stand in audit.form once, and $4 is that row's id; else they are $4, $5, $6. */
  readonly forms: boolean;
  /** $1 time, $2 actor, $3 an array of subjects for each entry, as texts. */
  readonly insert: string;
  /** $1 subject. */
  readonly ask: string;
}

const CREATE_FORM = `CREATE TABLE audit.form (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, statement text NOT NULL, "table" text NOT NULL, fields text[] NOT NULL)`;
const ASK_WITH_FORM = `SELECT at, actor, statement, "table", fields
    FROM audit.disclosure d JOIN audit.form f ON f.id = d.form`;

/** From the first that comes to mind to the tightest that still answers who-saw by an index. */
const DESIGNS: readonly Design[] = [
  {
    name: "table, each row says all",
    create: `CREATE TABLE audit.disclosure (at timestamptz NOT NULL, actor uuid NOT NULL, statement text NOT NULL,
        "table" text NOT NULL, subject bigint NOT NULL, fields text[] NOT NULL);
      CREATE INDEX ON audit.disclosure (subject)`,
    forms: false,
    insert: `INSERT INTO audit.disclosure (at, actor, statement, "table", subject, fields)
      SELECT $1, $2, $4, $5, unnest(entry::bigint[]), $6::text[] FROM unnest($3::text[]) entry`,
    ask: `SELECT at, actor, statement, "table", fields FROM audit.disclosure WHERE subject = $1`,
  },
  {
    name: "table, statements apart",
    create: `${CREATE_FORM};
      CREATE TABLE audit.disclosure (at timestamptz NOT NULL, actor uuid NOT NULL, form int NOT NULL, subject bigint NOT NULL);
      CREATE INDEX ON audit.disclosure (subject)`,
    forms: true,
    insert: `INSERT INTO audit.disclosure (at, actor, form, subject)
      SELECT $1, $2, $4, unnest(entry::bigint[]) FROM unnest($3::text[]) entry`,
    ask: `${ASK_WITH_FORM} WHERE subject = $1`,
  },
  {
    name: "table, arrays and GIN",
    create: `${CREATE_FORM};
      CREATE TABLE audit.disclosure (at timestamptz NOT NULL, actor uuid NOT NULL, form int NOT NULL, subjects bigint[] NOT NULL);
      CREATE INDEX ON audit.disclosure USING gin (subjects)`,
    forms: true,
    insert: `INSERT INTO audit.disclosure (at, actor, form, subjects)
      SELECT $1, $2, $4, entry::bigint[] FROM unnest($3::text[]) entry`,
    ask: `${ASK_WITH_FORM} WHERE subjects @> ARRAY[$1::bigint]`,
  },
];

/** A server with nothing but audit tables. */
export class AuditTables {
  readonly ways: readonly Way[];
  readonly #server: EmbeddedPostgres;
  readonly #client: pg.Client;

  private constructor(server: EmbeddedPostgres, client: pg.Client) {
    this.#server = server;
    this.#client = client;
    this.ways = DESIGNS.map((design) => ({
      name: design.name,
      runsStatements: false,
      record: (load) => this.#record(design, load),
    }));
  }

  static async open(): Promise<AuditTables> {
    const server = await startEmbeddedPostgres({ version: 15, settings: SETTINGS });
    const client = new pg.Client({ connectionString: server.superuserUrl });
    try {
      await client.connect();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return new AuditTables(server, client);
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#server.stop();
  }

  async #record(design: Design, load: Load): Promise<Sample> {
    await this.#client.query(`CREATE SCHEMA audit; ${design.create}`);
    await this.#client.query("CHECKPOINT");
    const draw = new Draw(load);
    const spent = async (): Promise<number> => ownMicroseconds() + (await serverMicroseconds(this.#server.pid));
    const processor = await spent();
    const start = performance.now();
    await this.#write(design, load, draw);
    const seconds = (performance.now() - start) / 1_000;
    const processorMicroseconds = ((await spent()) - processor) / load.entries;
    await this.#client.query("VACUUM ANALYZE audit.disclosure");
    const whoSaw = await askWhoSaw(draw.asked, async (subject) => {
      const { rows } = await this.#client.query({ name: `ask ${design.name}`, text: design.ask, values: [subject] });
      return rows.length > 0;
    });
    const bytesPerEntry = (await this.#bytes()) / load.entries;
    await this.#client.query("DROP SCHEMA audit CASCADE");
    return { perSecond: load.entries / seconds, processorMicroseconds, bytesPerEntry, whoSaw };
  }

  /** Every client has one statement open, so that each commit carries one of each. */
  async #write(design: Design, load: Load, draw: Draw): Promise<void> {
    const form = [load.text, TABLE, FIELDS];
    const last = design.forms ? [await this.#addForm(form)] : form;
    for (let written = 0; written < load.entries; written += load.clients) {
      const count = Math.min(load.clients, load.entries - written);
      const entries = Array.from({ length: count }, () => `{${draw.next().join(",")}}`);
      const values = [new Date(), ACTOR_UUID, entries, ...last];
      await this.#client.query({ name: `insert ${design.name}`, text: design.insert, values });
    }
  }

  async #addForm(form: readonly unknown[]): Promise<number | undefined> {
    const insert = `INSERT INTO audit.form (statement, "table", fields) VALUES ($1, $2, $3) RETURNING id`;
    return (await this.#client.query<{ id: number }>(insert, [...form])).rows[0]?.id;
  }

  async #bytes(): Promise<number> {
    const { rows } = await this.#client.query<{ bytes: string }>(
      `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'audit'::regnamespace`,
    );
    return Number(rows[0]?.bytes);
  }
}

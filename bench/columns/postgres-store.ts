/** The same disclosures in PostgreSQL, with an index for each of the two questions. */
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { number32, number64 } from "../../src/columns/numbers.ts";
import type { ColumnsStore } from "./columns-store.ts";
import { forgetFiles } from "./page-cache.ts";
import type { ActorWindow, Asked, Store } from "./store.ts";
import { ACTORS, formNumber, FORMS, LOGS, type World } from "./world.ts";

/** As much memory as columns may take. */
const SETTINGS = {
  shared_buffers: "512MB",
  work_mem: "256MB",
  maintenance_work_mem: "512MB",
  max_wal_size: "2GB",
  autovacuum: "off",
};

interface Design {
  readonly name: string;
  /** Of `disclosure`, with its indexes. */
  readonly create: string;
  /** SELECT of its rows, from our columns. */
  readonly rows: string;
  /** How actors, forms and logs are numbered. */
  readonly actor: (name: string) => bigint | number;
  readonly form: (index: number) => bigint | number;
  readonly log: (name: string) => number;
}

const actors = ACTORS.map((name) => `toUInt64(${number64(name)})`).join(", ");
const forms = Array.from({ length: FORMS }, (_, index) => `toUInt64(${formNumber(index)})`).join(", ");
const logs = LOGS.map((name) => `toUInt32(${number32(name)})`).join(", ");

export const DESIGNS: readonly Design[] = [
  {
    name: "PostgreSQL, the same columns",
    create: `CREATE TABLE disclosure (kind bigint NOT NULL, subject bigint NOT NULL, subject2 bigint NOT NULL, at bigint NOT NULL,
        actor bigint NOT NULL, entry bigint NOT NULL, form bigint NOT NULL, log bigint NOT NULL, after int NOT NULL,
        key_type smallint NOT NULL, use smallint NOT NULL, grade smallint NOT NULL, listed boolean NOT NULL);
      %copy;
      CREATE INDEX ON disclosure (kind, key_type, subject, subject2);
      CREATE INDEX ON disclosure (actor, at)`,
    rows: "SELECT kind, subject, subject2, at, reinterpretAsInt64(actor), entry, reinterpretAsInt64(form), log, after, key_type, use, grade, listed FROM disclosures WHERE %slice ORDER BY entry",
    actor: (name) => BigInt.asIntN(64, number64(name)),
    form: (index) => BigInt.asIntN(64, formNumber(index)),
    log: number32,
  },
  {
    name: "PostgreSQL, as tight as it gets",
    create: `CREATE TABLE disclosure (subject bigint NOT NULL, at bigint NOT NULL, entry int NOT NULL, after smallint NOT NULL,
        actor smallint NOT NULL, form smallint NOT NULL, log smallint NOT NULL, kind smallint NOT NULL, key_type smallint NOT NULL,
        use smallint NOT NULL, grade smallint NOT NULL, listed boolean NOT NULL);
      %copy;
      CREATE INDEX ON disclosure (subject);
      CREATE INDEX ON disclosure (actor, at)`,
    rows: `SELECT subject, at, entry, after, indexOf([${actors}], actor), indexOf([${forms}], form), indexOf([${logs}], log), 1, key_type, use, grade, listed FROM disclosures WHERE %slice ORDER BY entry`,
    actor: (name) => ACTORS.indexOf(name) + 1,
    form: (index) => index + 1,
    log: (name) => LOGS.indexOf(name) + 1,
  },
];

/** Rows come in the order of time, in slices that are sorted in memory. */
const SLICES = 20;
const STATEMENTS = `SELECT %log, entry, ticket FROM statements WHERE %slice ORDER BY log, entry`;

export class PostgresStore implements Store {
  readonly name: string;
  readonly world: World;
  readonly #design: Design;
  readonly #server: EmbeddedPostgres;
  #client: pg.Client;

  private constructor(design: Design, world: World, server: EmbeddedPostgres, client: pg.Client) {
    this.name = design.name;
    this.world = world;
    this.#design = design;
    this.#server = server;
    this.#client = client;
  }

  /** A server filled with what `columns` hold. */
  static async fill(design: Design, columns: ColumnsStore): Promise<PostgresStore> {
    const server = await startEmbeddedPostgres({ settings: SETTINGS });
    const store = new PostgresStore(design, columns.world, server, await connect(server));
    try {
      await store.#fill(columns);
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  async coldStart(): Promise<void> {
    const { rows } = await this.#client.query<{ dir: string }>(
      "SELECT setting AS dir FROM pg_settings WHERE name = 'data_directory'",
    );
    await this.#client.end();
    await this.#server.restart();
    await forgetFiles(rows[0]?.dir ?? "");
    this.#client = await connect(this.#server);
  }

  whoSaw(subject: number): Promise<Asked> {
    return this.#timed(
      `SELECT d.at, a.name, f.text, d.entry, d.log, d.grade, d.listed, s.ticket FROM disclosure d
        JOIN actor a ON a.id = d.actor JOIN form f ON f.id = d.form
        LEFT JOIN statement s ON s.log = d.log AND s.entry = d.entry - d.after
        WHERE d.subject = $1 ${this.#ofKind} ORDER BY d.at`,
      [subject],
    );
  }

  seenBy({ actor, fromMs, toMs }: ActorWindow): Promise<Asked> {
    return this.#timed(
      `SELECT d.at, d.subject, f.text, d.entry, d.log, d.grade, d.listed, s.ticket FROM disclosure d
        JOIN form f ON f.id = d.form LEFT JOIN statement s ON s.log = d.log AND s.entry = d.entry - d.after
        WHERE d.actor = $1 AND d.at >= $2 AND d.at < $3 ORDER BY d.at`,
      [this.#design.actor(actor), fromMs, toMs],
    );
  }

  scope({ actor, fromMs, toMs }: ActorWindow): Promise<Asked> {
    return this.#timed(
      `SELECT kind, subject, min(first), max(last), sum(n), bool_and(listed), array_agg(form) FROM (
          SELECT kind, subject, form, min(at) AS first, max(at) AS last, count(*) AS n, bool_and(listed) AS listed
          FROM disclosure WHERE actor = $1 AND at >= $2 AND at < $3 GROUP BY kind, subject, form) d
        GROUP BY kind, subject`,
      [this.#design.actor(actor), fromMs, toMs],
    );
  }

  async bytesPerDisclosure(): Promise<number> {
    const { rows } = await this.#client.query<{ bytes: string }>(
      "SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    return Number(rows[0]?.bytes) / this.world.disclosures;
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#server.stop();
  }

  /** The wider design keys its index by kind first. */
  get #ofKind(): string {
    return this.#design.create.includes("subject2")
      ? `AND d.kind = ${number32("customer")} AND d.key_type = 0 AND d.subject2 = 0`
      : "";
  }

  async #fill(columns: ColumnsStore): Promise<void> {
    const { create, rows, actor, form, log } = this.#design;
    const [before = "", after = ""] = create.split("%copy;");
    await this.#client.query(
      `CREATE TABLE actor (id bigint PRIMARY KEY, name text); CREATE TABLE form (id bigint PRIMARY KEY, text text);
        CREATE TABLE statement (log bigint, entry bigint, ticket text); ${before}`,
    );
    for (const name of ACTORS) await this.#client.query("INSERT INTO actor VALUES ($1, $2)", [actor(name), name]);
    for (let index = 0; index < FORMS; index += 1)
      await this.#client.query("INSERT INTO form VALUES ($1, $2)", [form(index), `SELECT ${index}`]);
    await this.#copy(columns, "disclosure", rows);
    const numbered = `arrayElement([${LOGS.map(log).join(", ")}], indexOf([${logs}], log))`;
    await this.#copy(columns, "statement", STATEMENTS.replace("%log", numbered));
    await this.#client.query(`${after}; CREATE UNIQUE INDEX ON statement (log, entry)`);
    await this.#client.query("VACUUM (ANALYZE, FREEZE)");
  }

  async #copy(columns: ColumnsStore, table: string, select: string): Promise<void> {
    const dir = await mkdtemp(join(tmpdir(), "whosaw-bench-rows-"));
    const [edges = []] = await columns.sql("SELECT min(at) AS a, max(at) AS b FROM disclosures");
    const [first, last] = edges.map(Number) as [number, number];
    const length = Math.ceil((last + 1 - first) / SLICES);
    try {
      for (let slice = 0; slice < SLICES; slice += 1) {
        const file = join(dir, `${table}-${slice}.tsv`);
        const from = first + slice * length;
        const sliced = select.replace("%slice", `at >= ${from} AND at < ${from + length}`);
        await columns.command(`INSERT INTO FUNCTION file('${file}', 'TabSeparated') ${sliced}`);
        await pipeline(createReadStream(file), this.#client.query(copyFrom(`COPY ${table} FROM STDIN`)));
        await rm(file);
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  }

  async #timed(text: string, values: readonly unknown[]): Promise<Asked> {
    const start = performance.now();
    const { rows } = await this.#client.query({ text, values: [...values], rowMode: "array" });
    return { milliseconds: performance.now() - start, rows: rows.length };
  }
}

async function connect(server: EmbeddedPostgres): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.superuserUrl });
  await client.connect();
  return client;
}

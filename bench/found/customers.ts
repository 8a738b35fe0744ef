/** Millions of customers with addresses and numbers, made by the database itself; and a thief's messy file of some of them. */
import pg from "pg";
import { createHash } from "node:crypto";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";

/** A server that has to read and to index a great table. */
const SETTINGS = {
  shared_buffers: "512MB",
  maintenance_work_mem: "512MB",
  max_wal_size: "4GB",
  autovacuum: "off",
  fsync: "off",
};

const word = (seed: string): string => `initcap(substr(translate(md5(${seed}), '0123456789', 'aeioulmnrt'), 1, 7))`;

const FILL = (customers: number): string => `CREATE SCHEMA support;
CREATE TABLE support.customers AS SELECT id,
    ${word("'first' || id % 5000")} || ' ' || ${word("'last' || id % 90001")} AS name,
    lower(${word("'mail' || id")}) || '.' || id || '@example.com' AS email,
    '+351 9' || lpad((id * 7919 % 100000000)::text, 8, '0') AS phone,
    timestamptz '2024-12-01' + id * interval '2 seconds' AS created_at,
    timestamptz '2025-01-01' + (id * 7907 % 365) * interval '1 day' AS updated_at
  FROM generate_series(1::bigint, ${customers}) AS id;
ALTER TABLE support.customers ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON support.customers (email);
CREATE INDEX ON support.customers (phone);
ANALYZE support.customers`;

export class Customers {
  readonly #server: EmbeddedPostgres;
  readonly #client: pg.Client;

  private constructor(server: EmbeddedPostgres, client: pg.Client) {
    this.#server = server;
    this.#client = client;
  }

  static async fill(customers: number): Promise<Customers> {
    const server = await startEmbeddedPostgres({ settings: SETTINGS });
    const client = new pg.Client({ connectionString: server.superuserUrl });
    await client.connect();
    for (const statement of FILL(customers).split(";\n")) await client.query(statement);
    return new Customers(server, client);
  }

  config(): Config {
    const yaml = `upstream: {url: ${JSON.stringify(this.#server.superuserUrl)}}
listen: {postgres: "127.0.0.1:0"}
ledger: {dir: ./ledger, origin: support.example/gw-1}
subjects:
  customer:
    tables:
      support.customers:
        key: {column: id}
        fields: {name: identity, email: contact, phone: contact}
        public: [created_at, updated_at]
roles: {agent: {}}
`;
    return parseConfig(Buffer.from(yaml), "/whosaw.yaml", { env: {}, shownAs: "whosaw.yaml" });
  }

  /** Without keys; addresses and numbers spelt otherwise, some changed, one row in fifty made up. */
  async messyFile(ids: readonly number[]): Promise<Buffer> {
    const { rows } = await this.#client.query<{ name: string; email: string; phone: string }>(
      "SELECT name, email, phone FROM support.customers WHERE id = ANY($1)",
      [ids],
    );
    const lines = rows.map(({ name, email, phone }, i) => {
      const address = i % 2 === 0 ? email.toUpperCase() : email;
      const number = i % 3 === 0 ? phone.replace("+351 ", "") : phone.replace("+", "00");
      const invented = `Nobody;${createHash("sha256").update(email).digest("hex").slice(0, 12)}@nowhere.example;\r\n`;
      return `"${name}"; ${address};${number}\r\n${i % 50 === 0 ? invented : ""}`;
    });
    return Buffer.from(`\ufeffName;E-Mail;Phone\r\n${lines.join("")}`);
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#server.stop();
  }
}

/**
 * A helpdesk of twelve customers and four callers, in which every protected text is a token of its own, and the worlds
 * that the oracle looks at: all rows, and all but those of some subjects.
 */
import type pg from "pg";
import type { Classification } from "../../src/lineage/classification.ts";
import { Random } from "../../sim/support-database/random.ts";

/** `customer:4711`. Keys as in companions. */
export type Subject = string;

export const CLASSIFICATION: Classification = {
  subjects: {
    customer: {
      tables: {
        "support.customers": {
          key: { column: "id" },
          nullable: false,
          fields: { email: "contact" },
          public: ["country"],
        },
        "support.tickets": {
          key: { column: "customer_id" },
          nullable: false,
          fields: { number: "ticket" },
          public: ["status", "product_id"],
        },
        "support.messages": {
          key: { path: ["ticket_id", "support.tickets.customer_id"] },
          nullable: false,
          fields: {},
          public: ["author"],
        },
        "support.people": {
          key: { sql: "case when not is_staff then id end" },
          nullable: true,
          fields: {},
          public: ["is_staff"],
        },
        "support.group_tickets": { key: { column: "requestors" }, nullable: true, fields: {}, public: ["channel"] },
      },
    },
    caller: {
      tables: { "support.notes": { key: { column: "external_id" }, nullable: false, fields: {}, public: ["author"] } },
    },
  },
  public: ["support.teams", "support.products"],
};

const SCHEMA = `
CREATE SCHEMA support;
CREATE TABLE support.teams (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE support.products (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE support.customers (id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, phone text, country text NOT NULL, balance int NOT NULL);
CREATE TABLE support.tickets (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES support.customers,
  number text NOT NULL UNIQUE, body text, status text NOT NULL, product_id int NOT NULL REFERENCES support.products);
CREATE TABLE support.messages (id bigint PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES support.tickets, author text NOT NULL, body text NOT NULL);
CREATE TABLE support.people (id bigint PRIMARY KEY, is_staff boolean NOT NULL, display_name text NOT NULL, team_id int);
CREATE TABLE support.group_tickets (id bigint PRIMARY KEY, requestors bigint[] NOT NULL, subject text NOT NULL, channel text NOT NULL);
CREATE TABLE support.notes (id bigint PRIMARY KEY, external_id text NOT NULL, body text NOT NULL, author text NOT NULL);
CREATE TABLE support.outbox (id bigint PRIMARY KEY, payload text NOT NULL);
CREATE VIEW support.open_tickets AS SELECT id, customer_id, number FROM support.tickets WHERE status = 'open';
`;

export interface World {
  readonly subjects: readonly Subject[];
  /** Of each protected token: the table and column that hold it, and the subjects whose row it is in (none: staff). */
  readonly tokens: ReadonlyMap<string, { readonly place: string; readonly subjects: readonly Subject[] }>;
  /** Values to compare with, by type. */
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

/** Tokens and ids are of a form that nothing else in a result has. */
export const TOKEN_PATTERN = /tk[0-9a-z]{9}|\b[1-9]\d{8}\b/g;

class Filler {
  readonly #random: Random;
  readonly tokens = new Map<string, { place: string; subjects: Subject[] }>();
  readonly statements: string[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  pick<T>(choices: readonly T[]): T {
    return this.#random.pick(choices);
  }

  below(limit: number): number {
    return this.#random.between(0, limit - 1);
  }

  token(place: string, subjects: Subject[]): string {
    const token = `tk${this.#random
      .between(0, 36 ** 9 - 1)
      .toString(36)
      .padStart(9, "0")}`;
    this.tokens.set(token, { place, subjects });
    return token;
  }

  /** Ids are tokens of their subject too. `place` is empty where other tables repeat the id. */
  id(place: string, subjects: Subject[] = []): number {
    const id = this.#random.between(100_000_000, 999_999_998);
    this.tokens.set(String(id), { place, subjects });
    return id;
  }

  insert(table: string, ...values: (string | number | boolean | null)[]): void {
    const list = values.map((value) => (typeof value === "string" ? `'${value}'` : String(value))).join(", ");
    this.statements.push(`INSERT INTO support.${table} VALUES (${list})`);
  }
}

function fillCustomer(fill: Filler, id: number): void {
  const subject = [`customer:${id}`];
  const token = (place: string) => fill.token(place, subject);
  const phone = fill.below(4) === 0 ? null : token("support.customers.phone");
  fill.insert(
    "customers",
    id,
    token("support.customers.name"),
    token("support.customers.email"),
    phone,
    fill.pick(["de", "fr", "jp"]),
    fill.below(4),
  );
  for (let tickets = fill.below(3); tickets > 0; tickets--) {
    const ticket = fill.id("", subject);
    const body = fill.below(3) === 0 ? null : token("support.tickets.body");
    fill.insert(
      "tickets",
      ticket,
      id,
      token("support.tickets.number"),
      body,
      fill.pick(["open", "closed"]),
      1 + fill.below(3),
    );
    for (let messages = fill.below(3); messages > 0; messages--) {
      fill.insert(
        "messages",
        fill.id("support.messages.id", subject),
        ticket,
        fill.pick(["ann", "bob"]),
        token("support.messages.body"),
      );
    }
  }
  if (fill.below(2) === 0) fill.insert("people", id, false, token("support.people.display_name"), 1 + fill.below(3));
}

/** Makes the schema and its rows. The same seed makes the same world. */
export async function makeWorld(client: pg.Client, seed: number): Promise<World> {
  const fill = new Filler(seed);
  for (let n = 1; n <= 3; n++) {
    fill.insert("teams", n, `team ${n}`);
    fill.insert("products", n, `product ${n}`);
  }
  const customers: number[] = [];
  for (let n = 0; n < 12; n++) {
    const id = fill.id("");
    fill.tokens.set(String(id), { place: "", subjects: [`customer:${id}`] });
    customers.push(id);
    fillCustomer(fill, id);
  }
  for (let n = 0; n < 3; n++)
    fill.insert("people", fill.id(""), true, fill.token("support.people.display_name", []), 1 + fill.below(3));
  for (let n = 0; n < 6; n++) {
    const requestors =
      n === 0 ? [] : [...new Set(Array.from({ length: 1 + fill.below(3) }, () => fill.pick(customers)))];
    const subjects = requestors.map((id) => `customer:${id}`);
    const subject = fill.token("support.group_tickets.subject", subjects);
    fill.insert(
      "group_tickets",
      fill.id("support.group_tickets.id", subjects),
      `{${requestors.join(",")}}`,
      subject,
      fill.pick(["mail", "web"]),
    );
  }
  const callers: string[] = [];
  for (let n = 0; n < 4; n++) {
    const name = fill.token("", []);
    fill.tokens.set(name, { place: "", subjects: [`caller:${name}`] });
    callers.push(name);
    for (let notes = 1 + fill.below(2); notes > 0; notes--) {
      const subject = [`caller:${name}`];
      fill.insert(
        "notes",
        fill.id("support.notes.id", subject),
        name,
        fill.token("support.notes.body", subject),
        fill.pick(["ann", "bob"]),
      );
    }
  }
  await client.query(SCHEMA);
  await client.query(fill.statements.join(";"));
  await client.query("ANALYZE");
  const names = [...fill.tokens.keys()];
  return {
    subjects: [...customers.map((id) => `customer:${id}`), ...callers.map((name) => `caller:${name}`)],
    tokens: fill.tokens,
    texts: names.filter((name) => name.startsWith("tk")),
    numbers: names.filter((name) => !name.startsWith("tk")).map(Number),
  };
}

/** Removes every protected row of these subjects; a row of several goes with any of them. */
export function removal(subjects: readonly Subject[]): string {
  const of = (kind: string) =>
    subjects.filter((subject) => subject.startsWith(kind)).map((subject) => subject.slice(kind.length + 1));
  const ids = `'{${of("customer").join(",")}}'::bigint[]`;
  return `DELETE FROM support.messages m USING support.tickets t WHERE t.id = m.ticket_id AND t.customer_id = ANY (${ids});
    DELETE FROM support.tickets WHERE customer_id = ANY (${ids});
    DELETE FROM support.people WHERE id = ANY (${ids}) AND NOT is_staff;
    DELETE FROM support.group_tickets WHERE requestors && ${ids};
    DELETE FROM support.customers WHERE id = ANY (${ids});
    DELETE FROM support.notes WHERE external_id = ANY ('{${of("caller").join(",")}}'::text[])`;
}

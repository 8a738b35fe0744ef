/**
 * Schemas of public products, shortened by hand: true names of tables and columns, the keys and foreign keys that the products
 * declare, and invented rows. What is right for each table was decided by reading what the product does with it.
 */

/** `public`, or `TABLE: KEY`: the table whose rows are the subjects, and the key as keyText has it. Several may be right. */
export type Truth = "public" | readonly [string, ...string[]];

export interface Product {
  readonly name: string;
  /** Tables and rows, for an empty database. */
  readonly sql: string;
  /** Table to what is right for it. `personal`: it holds people's data and no column says whose; only `unsure` is right. */
  readonly truth: Readonly<Record<string, Truth | "personal">>;
  /** What its application asks all day; each must be accounted for once suggestions are taken. */
  readonly queries: readonly string[];
}

const WORDS = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken"];
const NAMES = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson"];

const pick = (list: readonly string[], from: string): string =>
  `(ARRAY[${list.map((word) => `'${word}'`).join(",")}])[1 + (${from}) % ${list.length}]`;

/** SQL expressions over the number `n` of a generated row. */
export const made = {
  first: pick(WORDS, "n"),
  last: pick(NAMES, "n / 3"),
  full: `${pick(WORDS, "n")} || ' ' || ${pick(NAMES, "n / 3")}`,
  email: `'person' || n || '@example.com'`,
  phone: `'+33 1 55 50 ' || (1000 + n)`,
  street: `n || ' Example Street'`,
  ip: `'192.0.2.' || (n % 250)`,
  text: `'Hello, my protection stopped working this morning and I do not know why, number ' || n`,
} as const;

/** Audit columns of Rails. */
export const stamps = "created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now()";

/** @param values SQL expressions over n, by column */
export function fill(table: string, rows: number, values: Readonly<Record<string, string>>): string {
  const columns = Object.keys(values).map((name) => `"${name}"`);
  return `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${Object.values(values).join(", ")} FROM generate_series(1, ${rows}) AS n;`;
}

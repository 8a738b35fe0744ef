/** Random statements over the helpdesk, from a small grammar. */
import type { Random } from "../../sim/support-database/random.ts";
import type { World } from "./world.ts";

export interface Statement {
  /** What the statement is made of, for the table of precision. */
  readonly construct: string;
  readonly sql: string;
  /** Its rows have one order only. */
  readonly ordered: boolean;
  /** It must be planned, not refused. */
  readonly must?: boolean;
}

type Type = "int" | "text" | "bool" | "ints";
interface Column {
  readonly name: string;
  readonly type: Type;
}
interface Item {
  readonly alias: string;
  readonly columns: readonly Column[];
}

const columns = (text: string): Column[] =>
  text.split(" ").map((part) => {
    const [name, type] = part.split(":") as [string, Type];
    return { name, type };
  });

const TABLES: Readonly<Record<string, readonly Column[]>> = {
  customers: columns("id:int name:text email:text phone:text country:text balance:int"),
  tickets: columns("id:int customer_id:int number:text body:text status:text product_id:int"),
  messages: columns("id:int ticket_id:int author:text body:text"),
  people: columns("id:int is_staff:bool display_name:text team_id:int"),
  group_tickets: columns("id:int requestors:ints subject:text channel:text"),
  notes: columns("id:int external_id:text body:text author:text"),
  teams: columns("id:int name:text"),
  products: columns("id:int name:text"),
};
const TABLE_NAMES = Object.keys(TABLES);
const PROTECTED = TABLE_NAMES.slice(0, 6);
/** Joins that find something. */
const LINKS: readonly (readonly [string, string, string, string])[] = [
  ["customers", "id", "tickets", "customer_id"],
  ["tickets", "id", "messages", "ticket_id"],
  ["tickets", "product_id", "products", "id"],
  ["people", "team_id", "teams", "id"],
  ["customers", "id", "people", "id"],
  ["customers", "country", "customers", "country"],
  ["messages", "author", "notes", "author"],
];

export class Generator {
  readonly #random: Random;
  readonly #world: World;
  #aliases = 0;
  #constructs = new Set<string>();

  constructor(random: Random, world: World) {
    this.#random = random;
    this.#world = world;
  }

  statement(): Statement {
    this.#constructs = new Set();
    this.#aliases = 0;
    const random = this.#random;
    const roll = random.next();
    let sql: string;
    let ordered = false;
    if (roll < 0.08) sql = this.#write();
    else if (roll < 0.18) sql = this.#setOperation();
    else if (roll < 0.26) sql = this.#aggregate();
    else if (roll < 0.31) sql = this.#derivedPage();
    else ({ sql, ordered } = this.#select(2));
    return this.#finish(sql, ordered);
  }

  /** Queries only. */
  query(): Statement {
    this.#constructs = new Set();
    this.#aliases = 0;
    const { sql, ordered } = this.#random.chance(0.2) ? { sql: this.#setOperation(), ordered: false } : this.#select(2);
    return this.#finish(sql, ordered);
  }

  #finish(sql: string, ordered: boolean): Statement {
    const construct = [...this.#constructs].sort().join(" + ") || "plain";
    return { construct, sql, ordered };
  }

  /** A query and its WHERE's three parts: together they must record what the query records without. */
  partition(): { readonly whole: string; readonly parts: readonly string[] } {
    this.#aliases = 0;
    const { from, items } = this.#from(1);
    const predicate = this.#predicate(items, 1);
    const select = `SELECT ${this.#targets(items)} FROM ${from}`;
    return {
      whole: select,
      parts: [
        `${select} WHERE ${predicate}`,
        `${select} WHERE NOT (${predicate})`,
        `${select} WHERE (${predicate}) IS NULL`,
      ],
    };
  }

  #alias(): string {
    return `${this.#random.pick(["a", "b", "c", "t"])}${++this.#aliases}`;
  }

  #table(names: readonly string[] = TABLE_NAMES): { sql: string; item: Item; table: string } {
    const table = this.#random.pick(names);
    const alias = this.#alias();
    const schema = this.#random.chance(0.5) ? "support." : "";
    const as = this.#random.chance(0.5) ? " AS" : "";
    return { sql: `${schema}${table}${as} ${alias}`, item: { alias, columns: TABLES[table]! }, table };
  }

  #from(depth: number): { from: string; items: Item[] } {
    const random = this.#random;
    if (depth > 0 && random.chance(0.15)) return this.#derived(depth);
    if (random.chance(0.45)) return this.#join(depth);
    const { sql, item } = this.#table(random.chance(0.9) ? PROTECTED : TABLE_NAMES);
    return { from: sql, items: [item] };
  }

  /** A subquery in FROM, its columns renamed at times. */
  #derived(depth: number): { from: string; items: Item[] } {
    this.#constructs.add("derived");
    const inner = this.#from(depth - 1);
    const picked = inner.items.flatMap((item) => item.columns.map((column) => ({ item, column })));
    const chosen = Array.from({ length: this.#random.between(1, 3) }, () => this.#random.pick(picked));
    const alias = this.#alias();
    const list = chosen.map(({ item, column }, n) => `${item.alias}.${column.name} AS x${n}`).join(", ");
    const where = this.#random.chance(0.5) ? ` WHERE ${this.#predicate(inner.items, 0)}` : "";
    const outer: Item = { alias, columns: chosen.map(({ column }, n) => ({ name: `x${n}`, type: column.type })) };
    return { from: `(SELECT ${list} FROM ${inner.from}${where}) ${alias}`, items: [outer] };
  }

  /** A page of a subquery in FROM, in the order of its ids, which are shown for the reason given at {@link #tail}. */
  #derivedPage(): string {
    const random = this.#random;
    this.#constructs.add("derived offset");
    const { from, items } = this.#from(0);
    const ids = items.map(({ alias, columns: [first] }) => `${alias}.${first!.name}`);
    const alias = this.#alias();
    const where = random.chance(0.5) ? ` WHERE ${this.#predicate(items, 1)}` : "";
    const limit = random.chance(0.6) ? ` LIMIT ${random.between(1, 4)}` : "";
    const page = `SELECT ${ids.map((id, n) => `${id} AS i${n}`).join(", ")}, ${this.#expression(items, "text", 1)} AS x FROM ${from}${where} ORDER BY ${ids.join(", ")}${limit} OFFSET ${random.between(0, 4)}`;
    const other = this.#table();
    const item: Item = {
      alias,
      columns: [...ids.map((_, n): Column => ({ name: `i${n}`, type: "int" })), { name: "x", type: "text" }],
    };
    const join = random.chance(0.4) ? ` LEFT JOIN ${other.sql} ON ${this.#predicate([item, other.item], 0)}` : "";
    const more = join === "" ? "" : `, ${this.#expression([other.item], "text", 1)}`;
    return `SELECT ${alias}.*${more} FROM (${page}) ${alias}${join}`;
  }

  #join(depth: number): { from: string; items: Item[] } {
    const random = this.#random;
    const kind = random.pick(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", ","]);
    this.#constructs.add(kind === "," || kind === "CROSS JOIN" ? "cross join" : kind.toLowerCase());
    const [left, leftColumn, right, rightColumn] = random.pick(LINKS);
    const first = this.#table([left]);
    const second = this.#table([right]);
    const items = [first.item, second.item];
    if (kind === "," || kind === "CROSS JOIN") return { from: `${first.sql} ${kind} ${second.sql}`, items };
    const on = `${first.item.alias}.${leftColumn} = ${second.item.alias}.${rightColumn}`;
    const joined = { from: `${first.sql} ${kind} ${second.sql} ON ${on}`, items };
    if (depth === 0 || !random.chance(0.25)) return joined;
    const third = this.#table();
    const more = random.pick(["JOIN", "LEFT JOIN"]);
    this.#constructs.add(more.toLowerCase());
    const all = [...items, third.item];
    // FULL JOIN knows only conditions that can be merged or hashed; these two know all.
    return { from: `${joined.from} ${more} ${third.sql} ON ${this.#predicate(all, 0)}`, items: all };
  }

  #column(items: readonly Item[], type?: Type): string | undefined {
    const fitting = items.flatMap((item) =>
      item.columns
        .filter((column) => type === undefined || column.type === type)
        .map((column) => `${item.alias}.${column.name}`),
    );
    return fitting.length === 0 ? undefined : this.#random.pick(fitting);
  }

  #literal(type: Type): string {
    const random = this.#random;
    if (type === "bool") return random.pick(["true", "false"]);
    if (type === "int") return String(random.chance(0.5) ? random.between(0, 3) : random.pick(this.#world.numbers));
    return `'${random.pick([...this.#world.texts, "de", "fr", "open", "closed", "ann", "bob", "mail"])}'`;
  }

  #expression(items: readonly Item[], type: Type, depth: number): string {
    const random = this.#random;
    const column = this.#column(items, type);
    if (depth === 0 || random.chance(0.6))
      return column !== undefined && random.chance(0.9) ? column : this.#literal(type);
    const inner = () => this.#expression(items, type, depth - 1);
    if (random.chance(0.2)) return `CASE WHEN ${this.#predicate(items, 0)} THEN ${inner()} ELSE ${inner()} END`;
    if (random.chance(0.2)) return `coalesce(${inner()}, ${inner()})`;
    if (type === "text")
      return random.pick([
        `upper(${inner()})`,
        `(${inner()} || ${inner()})`,
        `lower(${inner()})`,
        `substr(${inner()}, 1, 4)`,
      ]);
    if (type === "int")
      return random.pick([
        `(${inner()} + ${inner()})`,
        `length(${this.#expression(items, "text", depth - 1)})`,
        `abs(${inner()})`,
      ]);
    return inner();
  }

  #predicate(items: readonly Item[], depth: number): string {
    const random = this.#random;
    const roll = random.next();
    if (depth > 0 && roll < 0.3) {
      const [left, right] = [this.#predicate(items, depth - 1), this.#predicate(items, depth - 1)];
      return random.pick([`(${left} AND ${right})`, `(${left} OR ${right})`, `NOT (${left})`]);
    }
    if (depth > 0 && roll < 0.42) return this.#subqueryPredicate(items);
    const type: Type = random.pick(["int", "text", "text"]);
    const left = this.#expression(items, type, 0);
    if (roll < 0.5) return `${left} IS ${random.pick(["", "NOT "])}NULL`;
    if (roll < 0.6) return `${left} IN (${this.#literal(type)}, ${this.#literal(type)}, ${this.#literal(type)})`;
    if (type === "text" && roll < 0.7) return `${left} LIKE '%${random.pick(["a", "b", "1", "open"])}%'`;
    if (roll < 0.76) return `${left} BETWEEN ${this.#literal(type)} AND ${this.#literal(type)}`;
    return `${left} ${random.pick(["=", "=", "<>", "<", ">="])} ${this.#expression(items, type, 0)}`;
  }

  #subqueryPredicate(items: readonly Item[]): string {
    const random = this.#random;
    const { sql, item } = this.#table();
    const type: Type = random.pick(["int", "text"]);
    const [outer, inner] = [this.#column(items, type), this.#column([item], type)];
    if (outer === undefined || inner === undefined) return "true";
    const not = random.pick(["", "", "NOT "]);
    this.#constructs.add(not === "" ? "exists/in" : "anti-join");
    if (random.chance(0.5)) return `${not}EXISTS (SELECT 1 FROM ${sql} WHERE ${inner} = ${outer})`;
    return `${outer} ${not}IN (SELECT ${inner} FROM ${sql})`;
  }

  #targets(items: readonly Item[]): string {
    const random = this.#random;
    if (random.chance(0.12)) return "*";
    if (random.chance(0.12)) return `${random.pick(items).alias}.*`;
    return Array.from({ length: random.between(1, 3) }, () => {
      const expression = this.#expression(items, random.pick(["text", "text", "int"] as const), 1);
      return random.chance(0.25) ? `${expression} AS y${++this.#aliases}` : expression;
    }).join(", ");
  }

  #select(depth: number): { sql: string; ordered: boolean } {
    const random = this.#random;
    const { from, items } = this.#from(depth);
    let targets = this.#targets(items);
    if (random.chance(0.1)) {
      this.#constructs.add("scalar subquery");
      const { sql, item } = this.#table(PROTECTED);
      const [outer, inner] = [this.#column(items, "int"), this.#column([item], "int")];
      targets += outer === undefined ? "" : `, (SELECT min(${inner}) FROM ${sql} WHERE ${inner} <= ${outer})`;
    }
    if (random.chance(0.06)) {
      this.#constructs.add("window");
      targets += `, row_number() OVER (ORDER BY ${this.#column(items, "int") ?? "1"})`;
    }
    const where = random.chance(0.7) ? ` WHERE ${this.#predicate(items, 2)}` : "";
    if (random.chance(0.1)) {
      this.#constructs.add("distinct");
      return this.#with(`SELECT DISTINCT ${targets} FROM ${from}${where}`, false);
    }
    const tail = this.#tail(items);
    return this.#with(`SELECT ${targets}${tail.identity} FROM ${from}${where}${tail.sql}`, tail.ordered);
  }

  #with(sql: string, ordered: boolean): { sql: string; ordered: boolean } {
    const random = this.#random;
    if (!random.chance(0.08)) return { sql, ordered };
    this.#constructs.add("with");
    const { sql: table, item } = this.#table();
    const name = `w${++this.#aliases}`;
    const materialized = random.pick(["", "MATERIALIZED ", "NOT MATERIALIZED "]);
    const column = random.pick(item.columns).name;
    return {
      sql: `WITH ${name} AS ${materialized}(SELECT ${column} AS z, ${item.columns[0]!.name} AS zz FROM ${table} WHERE ${this.#predicate([item], 1)}) SELECT ${name}.z, ${name}.* FROM ${name}`,
      ordered: false,
    };
  }

  /**
   * LIMIT only where the ids of all tables make the order total, and with the ids among the outputs: two rows that look the
   * same could take each other's place, which is the scope entry's business.
   */
  #tail(items: readonly Item[]): { sql: string; ordered: boolean; identity: string } {
    const random = this.#random;
    if (!random.chance(0.3)) return { sql: "", ordered: false, identity: "" };
    const ids = items.map((item) =>
      item.columns.some((column) => column.name === "id") ? `${item.alias}.id` : undefined,
    );
    if (ids.includes(undefined)) return { sql: "", ordered: false, identity: "" };
    this.#constructs.add("order by");
    // Where somebody's row goes, a row without a partner may come: first of all, it would push others off the page.
    const outer = ["left join", "right join", "full join"].some((join) => this.#constructs.has(join));
    const orders = outer ? ["", "DESC NULLS LAST"] : ["", "DESC", "NULLS FIRST"];
    const first = random.chance(0.4) ? [`${this.#column(items)} ${random.pick(orders)}`] : [];
    let sql = ` ORDER BY ${[...first, ...ids].join(", ")}`;
    if (random.chance(0.5)) {
      this.#constructs.add("limit");
      sql += ` LIMIT ${random.between(1, 4)}`;
    }
    if (random.chance(0.35)) {
      this.#constructs.add("offset");
      const skipped = random.pick([...Array(6).keys()].map(String).concat("1 + 1", "'2'", "NULL"));
      sql = random.chance(0.2) ? sql.replace(/( LIMIT .*)?$/, ` OFFSET ${skipped}$1`) : `${sql} OFFSET ${skipped}`;
    }
    return { sql, ordered: true, identity: / LIMIT | OFFSET /.test(sql) ? `, ${ids.join(", ")}` : "" };
  }

  #setOperation(): string {
    const random = this.#random;
    const operator = random.pick(["UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"]);
    this.#constructs.add(operator.toLowerCase());
    const branch = () => {
      const { from, items } = this.#from(1);
      const where = random.chance(0.6) ? ` WHERE ${this.#predicate(items, 1)}` : "";
      return `SELECT ${this.#expression(items, "text", 1)}, ${this.#expression(items, "int", 0)} FROM ${from}${where}`;
    };
    const sql = `${branch()} ${operator} ${branch()}`;
    return random.chance(0.2) ? `${sql} ${operator} ${branch()}` : sql;
  }

  #aggregate(): string {
    const random = this.#random;
    const { from, items } = this.#from(1);
    const grouped = random.chance(0.6) ? this.#column(items) : undefined;
    this.#constructs.add(grouped === undefined ? "aggregate" : "group by");
    const aggregate = random.pick([
      "count(*)",
      `count(DISTINCT ${this.#column(items)})`,
      `max(${this.#column(items, "text") ?? "1"})`,
      `sum(${this.#column(items, "int") ?? "1"})`,
      this.#joined(items),
      `count(*) FILTER (WHERE ${this.#predicate(items, 0)})`,
    ]);
    const where = random.chance(0.5) ? ` WHERE ${this.#predicate(items, 1)}` : "";
    if (grouped === undefined) return `SELECT ${aggregate} FROM ${from}${where}`;
    const having = random.chance(0.3) ? ` HAVING count(*) > ${random.between(0, 2)}` : "";
    return `SELECT ${grouped}, ${aggregate} FROM ${from}${where} GROUP BY ${grouped}${having}`;
  }

  /** In one order: SQL leaves it open otherwise. */
  #joined(items: readonly Item[]): string {
    const text = this.#column(items, "text") ?? "'x'";
    return `string_agg(${text}, ',' ORDER BY ${text})`;
  }

  #write(): string {
    const random = this.#random;
    const table = random.pick(["customers", "tickets", "messages", "notes"]);
    const alias = this.#alias();
    const item: Item = { alias, columns: TABLES[table]! };
    const returning = random.chance(0.5)
      ? ` RETURNING ${random.chance(0.3) ? "*" : this.#expression([item], "text", 1)}`
      : "";
    const where = ` WHERE ${this.#predicate([item], 1)}`;
    if (random.chance(0.3) && table !== "customers" && table !== "tickets") {
      this.#constructs.add("delete");
      return `DELETE FROM support.${table} ${alias}${where}${returning}`;
    }
    this.#constructs.add("update");
    const set = {
      customers: "balance = balance + 1",
      tickets: "status = 'closed'",
      messages: "author = 'cat'",
      notes: "author = 'cat'",
    }[table]!;
    return `UPDATE support.${table} AS ${alias} SET ${set}${where}${returning}`;
  }
}

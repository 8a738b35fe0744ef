/** A helpdesk's schema as a catalog in memory, for tests of the planner. */
import type { CatalogSnapshot, Column, ProtectedRelation, Relation, RelationKind, Standing } from "../catalog.ts";
import type { PlanContext } from "../planner.ts";

const TYPES = { bigint: 20, text: 25, boolean: 16, timestamptz: 1184, jsonb: 3802, "bigint[]": 1016 } as const;
type TypeName = keyof typeof TYPES;

/** `name type [!]`, where ! is NOT NULL. */
function columns(definition: string): Column[] {
  return definition.split(",").map((part, i): Column => {
    const [name = "", type = "text", mark] = part.trim().split(/\s+/);
    return { name, number: i + 1, typeOid: TYPES[type as TypeName], notNull: mark === "!" };
  });
}

interface Definition {
  readonly table: string;
  readonly columns: string;
  readonly kind?: RelationKind;
  readonly rules?: boolean;
  readonly reads?: readonly string[];
}

const RELATIONS: readonly Definition[] = [
  {
    table: "support.customers",
    columns: "id bigint !, name text, email text, phone text, country text, created_at timestamptz",
  },
  {
    table: "support.tickets",
    columns: "id bigint !, customer_id bigint !, number text, subject text, body text, status text, assignee bigint",
  },
  { table: "support.messages", columns: "id bigint !, ticket_id bigint !, body text, sent_at timestamptz" },
  { table: "support.people", columns: "id bigint !, is_staff boolean !, name text" },
  { table: "support.notes", columns: "id bigint !, customer_ref text !, body text" },
  { table: "support.ticket_requestors", columns: "ticket_id bigint !, requestors bigint[], note text" },
  { table: "support.ruled", columns: "id bigint !, name text", rules: true },
  { table: "support.teams", columns: "id bigint !, name text, info jsonb" },
  { table: "support.products", columns: "id bigint !, name text, team_id bigint" },
  { table: "support.outbox", columns: "id bigint !, payload jsonb" },
  { table: "support.team_names", columns: "id bigint, name text", kind: "view", reads: ["support.teams"] },
  { table: "support.customer_names", columns: "id bigint, name text", kind: "view", reads: ["support.customers"] },
  { table: "archive.customers", columns: "id bigint !, name text" },
  { table: "other.hidden", columns: "id bigint !" },
  { table: "support.customers_id_seq", columns: "last_value bigint", kind: "sequence" },
  { table: "pg_catalog.pg_class", columns: "oid bigint !, relname text, relnamespace bigint" },
  { table: "pg_catalog.pg_stats", columns: "tablename text, most_common_vals text" },
];

const PUBLIC = new Set(["support.teams", "support.products", "archive.customers", "support.team_names"]);
const USER_FUNCTIONS = new Set(["find_customer", "weight"]);

function relation(definition: Definition, oid: number, oids: ReadonlyMap<string, number>): Relation {
  const [schema = "", name = ""] = definition.table.split(".");
  return {
    oid,
    schema,
    name,
    kind: definition.kind ?? "table",
    columns: columns(definition.columns),
    parents: [],
    hasRules: definition.rules ?? false,
    hasRowSecurity: false,
    hasInheritors: false,
    viewReads: (definition.reads ?? []).map((read) => oids.get(read) ?? 0),
  };
}

type Key = Pick<ProtectedRelation, "keyType" | "array" | "nullable" | "keyNeverNull" | "keySql" | "keyColumns"> & {
  readonly public?: readonly string[];
};

const plainKey = (column: string, isPublic: readonly string[] = []): Key => ({
  keyType: "int",
  array: false,
  nullable: false,
  keyNeverNull: true,
  keySql: (alias) => `${alias}."${column}"`,
  keyColumns: [column],
  public: isPublic,
});

const KEYS: Readonly<Record<string, Key>> = {
  "support.customers": plainKey("id", ["country", "created_at"]),
  "support.tickets": plainKey("customer_id"),
  "support.ruled": plainKey("id"),
  "support.messages": {
    keyType: "int",
    array: false,
    nullable: false,
    keyNeverNull: false,
    keyColumns: ["ticket_id"],
    keySql: (alias) =>
      `(select whosaw_path.customer_id from support.tickets as whosaw_path where whosaw_path.id OPERATOR(pg_catalog.=) ${alias}."ticket_id")`,
  },
  "support.people": {
    keyType: "int",
    array: false,
    nullable: true,
    keyNeverNull: false,
    keyColumns: ["id", "is_staff"],
    keySql: (alias) => `case when not ${alias}."is_staff" then ${alias}."id" end`,
  },
  "support.notes": {
    keyType: "text",
    array: false,
    nullable: false,
    keyNeverNull: true,
    keyColumns: ["customer_ref"],
    keySql: (alias) => `${alias}."customer_ref"`,
  },
  "support.ticket_requestors": {
    keyType: "int",
    array: true,
    nullable: true,
    keyNeverNull: false,
    keyColumns: ["requestors"],
    keySql: (alias) => `${alias}."requestors"`,
  },
};

export class HelpdeskCatalog implements CatalogSnapshot {
  readonly digest = "helpdesk";
  readonly serverVersion: number;
  /** Columns that the role must not read, as `schema.table.column`. */
  readonly denied: ReadonlySet<string>;
  readonly #byOid = new Map<number, Relation>();
  readonly #byTable = new Map<string, Relation>();

  constructor(options: { serverVersion?: number; denied?: readonly string[] } = {}) {
    this.serverVersion = options.serverVersion ?? 180_000;
    this.denied = new Set(options.denied);
    const oids = new Map(RELATIONS.map((definition, i): [string, number] => [definition.table, 16_384 + i]));
    RELATIONS.forEach((definition, i) => {
      const made = relation(definition, 16_384 + i, oids);
      this.#byOid.set(made.oid, made);
      this.#byTable.set(definition.table, made);
    });
  }

  relation(oid: number): Relation | undefined {
    return this.#byOid.get(oid);
  }
  find(schema: string, name: string): Relation | undefined {
    return this.#byTable.get(`${schema}.${name}`);
  }
  named(name: string): readonly Relation[] {
    return [...this.#byOid.values()].filter((of) => of.name === name);
  }
  standing(of: Relation): Standing {
    const table = `${of.schema}.${of.name}`;
    const key = KEYS[table];
    if (key)
      return {
        kind: "protected",
        table: {
          ...key,
          table,
          relation: of,
          subjectKind: "customer",
          pathReads:
            table === "support.messages" ? [{ oid: this.#oid("support.tickets"), columns: ["id", "customer_id"] }] : [],
          publicColumns: new Set(key.public),
        },
      };
    if (of.schema === "pg_catalog") return { kind: "system", allowed: of.name !== "pg_stats" };
    return PUBLIC.has(table) ? { kind: "public" } : { kind: "unclassified" };
  }
  #oid(table: string): number {
    return this.#byTable.get(table)?.oid ?? 0;
  }
  hasUserFunction(name: string): boolean {
    return USER_FUNCTIONS.has(name);
  }
  overloadsBuiltIn(name: string): boolean {
    return USER_FUNCTIONS.has(name);
  }
  hasUserOperator(name: string): boolean {
    return name === "@@@";
  }
  typeRunsCode(type: string | number): boolean {
    return type === "guess";
  }
  maySelect(_role: string, oid: number, names: readonly string[]): boolean {
    const of = this.#byOid.get(oid);
    return of !== undefined && !names.some((name) => this.denied.has(`${of.schema}.${of.name}.${name}`));
  }
}

/** The same schema as SQL, for a real server. */
export function helpdeskSql(): string {
  const statements = ["create schema support; create schema archive; create schema other"];
  for (const { table, columns: definition, kind, reads } of RELATIONS) {
    if (table.startsWith("pg_catalog.")) continue;
    if (kind === "sequence") statements.push(`create sequence ${table}`);
    else if (kind === "view") statements.push(`create view ${table} as select id, name from ${reads?.[0] ?? ""}`);
    else
      statements.push(
        `create table ${table} (${definition.replaceAll("!", "not null").replace(/^id bigint/, "id bigint primary key")})`,
      );
  }
  return `${statements.join(";\n")};`;
}

/** An agent's, in enforce mode, unless something else is said. */
export function helpdeskContext(over: Partial<PlanContext> = {}): PlanContext {
  return {
    catalog: new HelpdeskCatalog(),
    searchPath: ["pg_catalog", "support"],
    role: "agent",
    mode: "enforce",
    migrate: false,
    tempTables: new Set(),
    ...over,
  };
}

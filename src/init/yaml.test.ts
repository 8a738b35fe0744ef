import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { configName, type TableFacts } from "./database.ts";
import type { ProposedTable, Proposal } from "./proposal.ts";
import { classificationOf } from "./propose.ts";
import { configText } from "./yaml.ts";

/** Whatever PostgreSQL takes for a name. */
const name = fc.oneof(
  fc.constantFrom(
    "order",
    "user",
    "a.b",
    'say "hi"',
    "${HOME}",
    "$${x}",
    "__proto__",
    "constructor",
    "null",
    "yes",
    "1",
    "~",
    "- a",
    "#",
    ":",
    "línea",
    "顧客",
    "'",
    "\\",
    "\n",
    "\u2028",
    "{}",
    "a: b",
    "*x",
    "&a",
    "!b",
    "%",
    "@",
    "`",
  ),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => !text.includes("\0")),
);

function tableOf(schema: string, table: string, columns: readonly string[]): TableFacts {
  return {
    relation: {
      oid: 1,
      schema,
      name: table,
      kind: "table",
      columns: [],
      parents: [],
      hasRules: false,
      hasRowSecurity: false,
      hasInheritors: false,
      viewReads: [],
    },
    name: configName(schema, table),
    comment: "",
    columns: columns.map((column) => ({
      name: column,
      nature: "text",
      comment: "",
      notNull: true,
      key: undefined,
      unique: false,
      nullFraction: undefined,
    })),
    primaryKey: columns[0],
    foreignKeys: [],
    rows: 1,
    readable: true,
  };
}

const proposed: fc.Arbitrary<ProposedTable> = fc
  .record({
    schema: name,
    table: name.filter((text) => text !== "*"),
    columns: fc.uniqueArray(name, { minLength: 3, maxLength: 5 }),
    verdict: fc.constantFrom("protected", "public", "unsure"),
    way: fc.constantFrom("column", "path"),
    why: fc.string(),
  })
  .map(({ schema, table, columns, verdict, way, why }) => {
    const [key = "", field = "", ...open] = columns;
    const fields = Object.create(null) as Record<string, "contact">;
    if (field !== "__proto__") fields[field] = "contact";
    const path = [configName(key), configName(schema, table, field)] as const;
    const rule = {
      kind: "customer",
      key: way === "column" ? { column: key } : { path },
      nullable: false,
      fields,
      public: open,
    } satisfies ProposedTable["rule"];
    return {
      table: tableOf(schema, table, columns),
      verdict,
      why,
      decide: undefined,
      rule: verdict === "public" ? undefined : rule,
    };
  });

test("any catalog of odd names gives a configuration that says what was proposed", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(proposed, { maxLength: 8, selector: ({ table }) => table.name }),
      fc.uniqueArray(name, { maxLength: 3 }),
      name,
      (tables, roles, database) => {
        const proposal: Proposal = {
          kinds: [{ name: "customer", table: "", strata: {} }],
          tables,
          publicViews: [],
          otherViews: [],
        };
        const text = configText(proposal, {
          upstream: {
            host: "::1",
            port: 5432,
            user: "me",
            password: "secret of mine",
            database: database.replace("/", "-"),
            sslmode: "disable",
          },
          gatewayUser: "whosaw_gw",
          origin: "example.com/gw-1",
          listen: "127.0.0.1:6432",
          roles: { roles: roles.map((upstreamRole, index) => ({ name: `role-${index}`, upstreamRole })), sql: [] },
        });
        const config = parseConfig(Buffer.from(text), "/x/whosaw.yaml", {
          env: { GW_PASSWORD: "p" },
          shownAs: "whosaw.yaml",
        });
        expect(text).not.toContain("secret of mine");
        expect(config.upstream).toMatchObject({ password: "p", host: "::1", user: "whosaw_gw" });
        expect([...config.roles.values()].map(({ upstreamRole }) => upstreamRole)).toEqual(roles);
        expect(plain(config.classification)).toEqual(plain(classificationOf(proposal)));
      },
    ),
  );
});

/** Fields in no order, without prototypes. */
function plain({ subjects, public: open }: ReturnType<typeof classificationOf>): unknown {
  const tables = Object.values(subjects).flatMap(({ tables: own }) =>
    Object.entries(own).map(([table, rule]) => [
      table,
      rule.key,
      rule.nullable,
      Object.entries(rule.fields),
      rule.public,
    ]),
  );
  return { tables: tables.toSorted((a, b) => (JSON.stringify(a[0]) < JSON.stringify(b[0]) ? -1 : 1)), open };
}

/** The control plane's socket, state, columns and strata in whosaw.yaml: defaults, and what is said of mistakes. */
import { expect, test } from "vitest";
import type { Config } from "./config.ts";
import { parseConfig } from "./load.ts";
import { ConfigError } from "./problem.ts";

const GOOD = `upstream: {url: "postgres://gw@db.example/support"}
listen: {postgres: 127.0.0.1:6432}
ledger: {dir: ./ledger, origin: acme.example/gw-1}
`;

function parsed(text: string): Config {
  return parseConfig(Buffer.from(text), "/etc/whosaw/whosaw.yaml", { env: {}, shownAs: "whosaw.yaml" });
}

function problemsOf(text: string): string[] {
  try {
    parsed(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(
      ({ line, column, path, message }) => `whosaw.yaml:${line}:${column}: ${path}: ${message}`,
    );
  }
}

test("what is left out is embedded, in one folder beside the file", () => {
  expect(parsed(GOOD)).toMatchObject({
    listen: { http: undefined },
    control: { socket: "/etc/whosaw/whosaw-data/control.sock", graceMs: 30_000, continueUnleased: false },
    state: { kind: "embedded", dir: "/etc/whosaw/whosaw-data/state" },
    columns: { kind: "embedded", dir: "/etc/whosaw/whosaw-data/columns" },
    strata: [],
  });
});

test("servers by URL, and columns that make strata", () => {
  const config = parsed(`${GOOD}state: "postgres://whosaw:p%40ss@state.example/whosaw"
columns: {url: "https://whosaw:secret@columns.example:8443/audit", cluster: main}
subjects:
  customer:
    strata: {country: country, language: lang}
    tables: {s.messages: {key: {path: [t, s.tickets.c]}}, s.customers: {key: {column: id}}}
`);
  expect(config.state).toMatchObject({ kind: "server", host: "state.example", user: "whosaw", password: "p@ss" });
  expect(config.columns).toEqual({
    kind: "server",
    url: "https://columns.example:8443",
    user: "whosaw",
    password: "secret",
    database: "audit",
    cluster: "main",
  });
  const columns = new Map([
    ["country", "country"],
    ["language", "lang"],
  ]);
  expect(config.strata).toEqual([{ kind: "customer", table: "s.customers", key: "id", columns }]);
});

const WRONG: [string, string, ...string[]][] = [
  [
    "a length of time",
    `${GOOD}control: {grace: 30}\n`,
    "whosaw.yaml:4:18: control.grace: expected a length of time. Write for example grace: 30s.",
  ],
  [
    "a length of time without a unit",
    `${GOOD}control: {grace: "30"}\n`,
    "whosaw.yaml:4:18: control.grace: is not a length of time. Write a number and ms, s, m, h or d, for example 30s.",
  ],
  [
    "stores that are none",
    `${GOOD}state: mysql://h/d\ncolumns: somewhere\n`,
    "whosaw.yaml:4:8: state: is not a PostgreSQL URL. Write for example postgres://whosaw_gw:${GW_PASSWORD}@db.example/support. Or write embedded.",
    "whosaw.yaml:5:10: columns: is neither embedded nor the URL of a ClickHouse server. Write for example https://whosaw:${COLUMNS_PASSWORD}@columns.example:8443/whosaw.",
  ],
  [
    "strata of a kind without a table of its own",
    `${GOOD}subjects: {customer: {strata: {country: country}, tables: {s.a: {key: {sql: id}}}}}\n`,
    "whosaw.yaml:4:23: subjects.customer.strata: needs a table of this kind with key: {column: ...} to be read from. Add one, or remove strata.",
  ],
  [
    "strata of one person each",
    `${GOOD}subjects: {customer: {strata: {a: id, b: email, c: land}, tables: {s.a: {key: {column: id}, fields: {email: contact, land: region}}}}}\n`,
    "whosaw.yaml:4:35: subjects.customer.strata.a: names a column that tells one person from another: the key, or a field of identity, contact, content or secret. Choose one that many share, such as the country.",
    "whosaw.yaml:4:42: subjects.customer.strata.b: names a column that tells one person from another: the key, or a field of identity, contact, content or secret. Choose one that many share, such as the country.",
  ],
];

test.each(WRONG)("%s", (_name, text, ...problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

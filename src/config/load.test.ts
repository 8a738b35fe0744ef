import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "./config.ts";
import { loadConfig, parseConfig } from "./load.ts";
import { policyHash } from "./policy-hash.ts";
import { ConfigError } from "./problem.ts";

const GOOD = `upstream: {url: "postgres://gw:secret@127.0.0.1/support"}
listen: {postgres: 127.0.0.1:6432}
ledger: {dir: ./ledger, origin: example.com/gw-1}
`;
const ENV = { GW_PASSWORD: "p@ss/w:rd%?#é", WHOLE_URL: "postgres://u:p@h/d" };

function parse(text: string | Uint8Array, env: Readonly<Record<string, string>> = ENV): Config {
  return parseConfig(typeof text === "string" ? Buffer.from(text) : text, "/etc/whosaw/whosaw.yaml", {
    env,
    shownAs: "whosaw.yaml",
  });
}

function problemsOf(text: string | Uint8Array): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

/** GOOD with a line replaced or lines added at the end. */
function changed(change: { readonly [key in "upstream" | "listen" | "ledger"]?: string }, added = ""): string {
  const lines = GOOD.split("\n").map((line) => {
    const name = line.split(":")[0] as keyof typeof change;
    return change[name] ?? line;
  });
  return `${lines.join("\n")}${added}`;
}

const KEY_HELP = "Write for example key: {column: customer_id}.";
const PATH_HELP = "Write for example path: [ticket_id, support.tickets.customer_id].";
const URL_HELP = "Write for example postgres://whosaw_gw:${GW_PASSWORD}@db.example/support.";

/** Each wrong configuration, and exactly what is said about it. */
const WRONG: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  [
    "an empty file",
    "",
    'whosaw.yaml:1:1: upstream: is missing. Write for example upstream: {url: "postgres://whosaw_gw:${GW_PASSWORD}@db.example/support"}.',
    "whosaw.yaml:1:1: listen: is missing. Write for example listen: {postgres: 127.0.0.1:6432}.",
    "whosaw.yaml:1:1: ledger: is missing. Write for example ledger: {dir: ./ledger, origin: example.com/gw-1}.",
  ],
  [
    "not a mapping",
    "just text",
    "whosaw.yaml:1:1: expected a configuration. Write for example upstream, listen and ledger.",
  ],
  ["an unknown key", `${GOOD}mod: observe\n`, "whosaw.yaml:4:1: mod: is not a known key. Did you mean mode?"],
  [
    "an unknown key far from any",
    changed({ listen: "listen: {postgres: 127.0.0.1:6432, carrier-pigeon: 7}" }),
    "whosaw.yaml:2:36: listen.carrier-pigeon: is not a known key. Known here: postgres, http, tls.",
  ],
  [
    "a key of a later version",
    `${GOOD}smtp: {url: x}\n`,
    "whosaw.yaml:4:1: smtp: is not a known key. Known here: upstream, listen, ledger, gateways, control, data, state, columns, mode, subjects, public, roles, actors.",
  ],
  [
    "a wrong mode",
    `${GOOD}mode: enfroce\n`,
    "whosaw.yaml:4:7: mode: expected observe or enforce. Write for example mode: observe.",
  ],
  [
    "a table with a wrong key",
    `${GOOD}subjects:\n  customer:\n    tables:\n      support.tickets:\n        key: {colum: customer_id}\n`,
    `whosaw.yaml:8:14: subjects.customer.tables.support.tickets.key: expected one of column, path or sql. ${KEY_HELP}`,
  ],
  [
    "a table without a key",
    `${GOOD}subjects: {customer: {tables: {support.tickets: {nullable: true}}}}\n`,
    `whosaw.yaml:4:32: subjects.customer.tables.support.tickets.key: is missing. ${KEY_HELP}`,
  ],
  [
    "a key by two ways",
    `${GOOD}subjects: {customer: {tables: {support.tickets: {key: {column: a, sql: b}}}}}\n`,
    `whosaw.yaml:4:55: subjects.customer.tables.support.tickets.key: expected one of column, path or sql. ${KEY_HELP}`,
  ],
  [
    "a short path and a path to nowhere",
    `${GOOD}subjects: {customer: {tables: {s.a: {key: {path: [ticket_id]}}, s.b: {key: {path: [ticket_id, tickets.id]}}}}}\n`,
    `whosaw.yaml:4:50: subjects.customer.tables.s.a.key.path: must name a column of this table and then at least one schema.table.column. ${PATH_HELP}`,
    `whosaw.yaml:4:95: subjects.customer.tables.s.b.key.path.1: is not schema.table.column. ${PATH_HELP}`,
  ],
  [
    "a table without a schema",
    `${GOOD}subjects: {customer: {tables: {tickets: {key: {column: id}}}}}\npublic: [teams]\n`,
    "whosaw.yaml:4:32: subjects.customer.tables.tickets: is not schema.table. Write for example support.tickets.",
    "whosaw.yaml:5:10: public.0: is not schema.table. Write for example support.teams, or support.* for all of a schema.",
  ],
  [
    "a table in two places, a column too",
    `${GOOD}subjects: {customer: {tables: {s.a: {key: {column: id}, fields: {b: x}, public: [b]}}}, employee: {tables: {s.a: {key: {column: id}}}}}\npublic: [s.a]\n`,
    "whosaw.yaml:4:82: subjects.customer.tables.s.a.public.0: stands under fields too. Remove it from one of the two.",
    "whosaw.yaml:4:109: subjects.employee.tables.s.a: is already a table of customer. Keep it under one kind of subject.",
    "whosaw.yaml:5:10: public.0: stands under subjects too. Remove it from one of the two.",
  ],
  [
    "a kind with a wrong name",
    `${GOOD}subjects: {The Customer: {tables: {}}}\n`,
    "whosaw.yaml:4:12: subjects.The Customer: is not a name for a kind of subject. Use up to 32 lower-case letters, digits and hyphens, such as customer.",
  ],
  [
    "no URL",
    changed({ upstream: "upstream: {url: db.example}" }),
    `whosaw.yaml:1:17: upstream.url: is not a PostgreSQL URL. ${URL_HELP}`,
  ],
  [
    "another URL",
    changed({ upstream: "upstream: {url: 'mysql://u@h/d'}" }),
    `whosaw.yaml:1:17: upstream.url: is not a PostgreSQL URL. ${URL_HELP}`,
  ],
  [
    "no user",
    changed({ upstream: "upstream: {url: 'postgres://h/d'}" }),
    `whosaw.yaml:1:17: upstream.url: names no user. ${URL_HELP}`,
  ],
  [
    "no database",
    changed({ upstream: "upstream: {url: 'postgres://u@h'}" }),
    `whosaw.yaml:1:17: upstream.url: names no database. ${URL_HELP}`,
  ],
  [
    "no host",
    changed({ upstream: "upstream: {url: 'postgres://u@/d'}" }),
    `whosaw.yaml:1:17: upstream.url: is not a PostgreSQL URL. ${URL_HELP}`,
  ],
  [
    "a percent sign alone",
    changed({ upstream: "upstream: {url: 'postgres://u:100%@h/d'}" }),
    "whosaw.yaml:1:17: upstream.url: has a % that does not stand for a character. Write a plain % as %25, or take the value from ${VARIABLE}.",
  ],
  [
    "a mode that falls back to plain text",
    changed({ upstream: "upstream: {url: 'postgres://u@h/d?sslmode=prefer'}" }),
    "whosaw.yaml:1:17: upstream.url: has an sslmode that is not supported. Write one of disable, require, verify-ca, verify-full.",
  ],
  [
    "another URL parameter",
    changed({ upstream: "upstream: {url: 'postgres://u@h/d?options=-crole%3Dx'}" }),
    "whosaw.yaml:1:17: upstream.url: has a parameter other than sslmode. Remove it; ca, cert and key stand beside url.",
  ],
  [
    "an authority that nobody looks at, and a certificate without key",
    changed({ upstream: "upstream: {url: 'postgres://u@h/d?sslmode=require', ca: ca.pem, cert: c.pem}" }),
    "whosaw.yaml:1:53: upstream.ca: is not looked at with sslmode require. Add ?sslmode=verify-full to the url, or remove ca.",
    "whosaw.yaml:1:65: upstream.cert: has no key beside it. Add key: with the private key of this certificate.",
  ],
  [
    "a port too high",
    changed({ listen: "listen: {postgres: 127.0.0.1:65536}" }),
    "whosaw.yaml:2:20: listen.postgres: expected host:port. Write for example 127.0.0.1:6432.",
  ],
  [
    "a port alone",
    changed({ listen: "listen: {postgres: 6432}" }),
    "whosaw.yaml:2:20: listen.postgres: expected host:port. Write for example postgres: 127.0.0.1:6432.",
  ],
  [
    "a certificate without key",
    changed({ listen: "listen: {postgres: 127.0.0.1:6432, tls: {cert: a.pem}}" }),
    "whosaw.yaml:2:36: listen.tls.key: is missing. Write for example key: ./gateway-key.pem.",
  ],
  [
    "an origin with a space",
    changed({ ledger: "ledger: {dir: ./ledger, origin: my log}" }),
    "whosaw.yaml:3:33: ledger.origin: must be a short name without spaces and plus signs. Write for example example.com/gw-1.",
  ],
  [
    "keys inside the ledger",
    changed({ ledger: "ledger: {dir: ./ledger, origin: a, keys: ./ledger/keys, witness: ./w, console: ./w}" }),
    "whosaw.yaml:3:42: ledger.keys: lies in ledger.dir. Give each its own directory: who can restore the one must not restore the other.",
    "whosaw.yaml:3:80: ledger.console: lies in ledger.witness. Give each its own directory: who can restore the one must not restore the other.",
  ],
  [
    "a role that nobody declared",
    `${GOOD}roles: {agent: {}}\nactors: {service-accounts: {helpdesk: {role: agnet}}}\n`,
    "whosaw.yaml:5:46: actors.service-accounts.helpdesk.role: names no role under roles (agent). Add it there or name another.",
  ],
  [
    "a service account with both",
    `${GOOD}actors: {service-accounts: {helpdesk: {role: a, upstream-role: b}}}\n`,
    "whosaw.yaml:4:39: actors.service-accounts.helpdesk: expected one of role or upstream-role. Write for example service-accounts: {helpdesk: {role: agent}}.",
  ],
  [
    "a reserved role",
    `${GOOD}roles: {"svc:x": {}}\n`,
    "whosaw.yaml:4:9: roles.svc:x: begins with svc:, which is kept for service accounts. Choose another name.",
  ],
  [
    "a role that is text",
    `${GOOD}roles: {agent: {migrate: maybe}}\n`,
    "whosaw.yaml:4:26: roles.agent.migrate: expected true or false. Write for example migrate: true.",
  ],
  [
    "a variable that is not set",
    changed({ upstream: 'upstream: {url: "postgres://u:${NOT_SET}@h/d"}' }),
    "whosaw.yaml:1:17: needs the environment variable NOT_SET, which is not set. Set it and start again.",
  ],
  [
    "a variable without a name",
    changed({ upstream: 'upstream: {url: "postgres://u:${}@h/d"}' }),
    "whosaw.yaml:1:17: has ${...} without the name of an environment variable. Write ${NAME}, or $${ for a plain ${.",
  ],
  [
    "a name twice",
    `${GOOD}mode: observe\nmode: enforce\n`,
    "whosaw.yaml:5:1: this name stands twice in the same mapping. Remove one of them.",
  ],
  [
    "an open bracket",
    "upstream: {url: x\n",
    "whosaw.yaml:2:1: the indentation does not fit the lines above, or a bracket there is still open. Align it, or close the bracket.",
  ],
  [
    "an unknown alias",
    `${GOOD}mode: *nothing\n`,
    "whosaw.yaml:4:7: this alias has no anchor above it. Write out the value.",
  ],
  [
    "a second document",
    `${GOOD}---\nmode: observe\n`,
    "whosaw.yaml:4:1: a second document begins here. Keep one document in the file.",
  ],
];

test.each(WRONG)("%s", (_name, text, ...problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test("bytes that are not UTF-8", () => {
  expect(problemsOf(Uint8Array.of(0x6d, 0xff, 0xfe))).toEqual([
    "whosaw.yaml:1:1: is not UTF-8 text. Save it as UTF-8.",
  ]);
});

test("the example is right, and its paths are relative to its folder", async () => {
  const config = await loadConfig("examples/whosaw.yaml", { env: ENV });
  expect(config.upstream).toEqual({
    host: "127.0.0.1",
    port: 5432,
    user: "whosaw_gw",
    password: ENV.GW_PASSWORD,
    database: "support",
    sslmode: "disable",
    ca: undefined,
    cert: undefined,
    key: undefined,
  });
  const folder = join(process.cwd(), "examples");
  expect(config.ledger).toEqual({
    dir: join(folder, "ledger"),
    imports: join(folder, "ledger-imports"),
    keys: join(folder, "ledger-keys"),
    witness: join(folder, "ledger-witness"),
    console: join(folder, "ledger-console"),
    origin: "example.com/gw-1",
  });
  expect(config.actors.file).toBe(join(folder, "whosaw-actors.json"));
  expect(config.actors.serviceAccounts.get("helpdesk")).toBe("svc:helpdesk");
  expect(config.roles.get("svc:helpdesk")).toEqual({ upstreamRole: "helpdesk_app", migrate: false });
  expect(config.classification.subjects["customer"]?.tables["support.messages"]?.key).toEqual({
    path: ["ticket_id", "support.tickets.customer_id"],
  });
  expect(config.classification.public).toEqual(["support.teams", "support.products"]);
});

test("the certificate is verified in full unless the database is on this machine", () => {
  const sslmode = (url: string): string => parse(changed({ upstream: `upstream: {url: "${url}"}` })).upstream.sslmode;
  expect(sslmode("postgres://u@db.example/d")).toBe("verify-full");
  expect(sslmode("postgres://u@127.1.2.3/d")).toBe("disable");
  expect(sslmode("postgres://u@[::1]:7/d")).toBe("disable");
  expect(sslmode("postgres://u@127.example/d")).toBe("verify-full");
  expect(sslmode("postgres://u@localhost/d?sslmode=verify-ca")).toBe("verify-ca");
});

test("a variable may be a whole value, and $${ is a plain ${", () => {
  const config = parse(
    changed({ upstream: 'upstream: {url: "${WHOLE_URL}"}', ledger: 'ledger: {dir: "./$${x}", origin: a}' }),
  );
  expect(config.upstream).toMatchObject({ user: "u", password: "p", host: "h", database: "d" });
  expect(config.ledger.dir).toBe("/etc/whosaw/${x}");
});

test("a missing file says what to do", async () => {
  const error = await loadConfig("no-such.yaml", { cwd: tmpdir() }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WhosawError);
  expect(error).toMatchObject({
    code: "CONFIG_INVALID",
    message: "The configuration no-such.yaml does not exist.",
    hint: "Write one, or name another with --config FILE.",
  });
});

test("a configuration may come from a pipe", async () => {
  const folder = await mkdtemp(join(tmpdir(), "whosaw-config-"));
  try {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const [config] = await Promise.all([loadConfig(pipe), writeFile(pipe, GOOD)]);
    expect(config.ledger.dir).toBe(join(folder, "ledger"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a file over the limit is not read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "whosaw-config-"));
  try {
    const file = join(folder, "whosaw.yaml");
    await writeFile(file, `${GOOD}#${"x".repeat(LIMITS.configBytesMax)}`);
    await expect(loadConfig(file)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`larger than ${LIMITS.configBytesMax} bytes`) as string,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the policy version follows the rules, and nothing else", () => {
  const version = (text: string): string => Buffer.from(policyHash(parse(text))).toString("hex");
  const before = version(`${GOOD}roles: {a: {}, b: {migrate: true}}\n`);
  expect(before).toMatch(/^[0-9a-f]{64}$/u);
  expect(
    version(
      changed(
        {
          upstream: 'upstream: {url: "postgres://gw:other@127.0.0.1/support"}',
          listen: "listen: {postgres: localhost:1}",
        },
        "roles: {b: {migrate: true}, a: {}}\n",
      ),
    ),
  ).toBe(before);
  expect(version(`${GOOD}roles: {a: {}, b: {migrate: false}}\n`)).not.toBe(before);
  expect(version(`${GOOD}roles: {a: {}, b: {migrate: true}}\nmode: enforce\n`)).not.toBe(before);
});

test("secrets are in no message", () => {
  const secret = "hunter2-hunter2";
  fc.assert(
    fc.property(
      fc.constantFrom("upstream.url", "listen.postgres", "ledger.origin", "mode", "public", "roles", "actors.file"),
      fc.constantFrom("${S}", "[{a: '${S}'}]", "{x: '${S}', y: ['${S}']}"),
      (place, value) => {
        const [section = "", leaf] = place.split(".");
        const text =
          leaf === undefined
            ? `${GOOD}${section}: ${value}\n`
            : changed({ [section]: `${section}: {${leaf}: ${value.startsWith("$") ? `'${value}'` : value}}` });
        const result = (() => {
          try {
            parse(text, { S: secret });
            return "";
          } catch (error) {
            return error instanceof Error ? error.message : String(error);
          }
        })();
        expect(result).not.toContain(secret);
      },
    ),
  );
});

/** Whatever the bytes: a Config or a ConfigError whose problems all have a place in the file. */
function survives(bytes: Uint8Array): void {
  try {
    parse(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const lines = Buffer.from(bytes)
      .toString("utf8")
      .split(/\r\n|\r|\n/u).length;
    for (const problem of (error as ConfigError).problems) {
      expect(problem.line).toBeGreaterThanOrEqual(1);
      expect(problem.line).toBeLessThanOrEqual(lines + 1);
      expect(problem.column).toBeGreaterThanOrEqual(1);
    }
    expect((error as ConfigError).problems.length).toBeGreaterThan(0);
  }
}

test("any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(bytes)),
    { numRuns: 300 },
  );
});

test("any YAML, on its own and in each place of a good file", () => {
  const anything = fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" });
  const place = fc.constantFrom(
    "upstream",
    "listen",
    "ledger",
    "control",
    "data",
    "state",
    "columns",
    "mode",
    "subjects",
    "public",
    "roles",
    "actors",
  );
  fc.assert(
    fc.property(place, anything, (name, value) => {
      survives(Buffer.from(stringify(value)));
      survives(
        Buffer.from(
          stringify({
            upstream: { url: "postgres://u@h/d" },
            listen: { postgres: "h:1" },
            ledger: { dir: "d", origin: "o" },
            [name]: value,
          }),
        ),
      );
      survives(
        Buffer.from(
          stringify({
            upstream: { url: "postgres://u@h/d" },
            listen: { postgres: "h:1" },
            ledger: { dir: "d", origin: "o" },
            subjects: { customer: { tables: { "a.b": value } } },
          }),
        ),
      );
    }),
    { numRuns: 200 },
  );
});

test("the example with any bytes of it changed", async () => {
  const example = await readFile("examples/whosaw.yaml");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(example.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (edits) => {
        const bytes = Uint8Array.from(example);
        for (const [at, byte] of edits) bytes[at] = byte;
        survives(bytes);
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  ["brackets without end", "[".repeat(100_000)],
  ["mappings without end", "{a: ".repeat(50_000)],
  ["indentation without end", Array.from({ length: 600 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  [
    "aliases that multiply",
    [
      "a: &a [1,1,1,1,1,1,1,1,1]",
      ...Array.from("bcdefghij").map(
        (name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[at]}`).join(",")}]`,
      ),
    ].join("\n"),
  ],
  [
    "names of the prototype",
    `${GOOD}__proto__: {x: 1}\nroles: {__proto__: {migrate: true}, constructor: {}}\nsubjects: {__proto__: {tables: {__proto__: {key: {column: id}}}}}\n`,
  ],
])("%s", (_name, text) => {
  survives(Buffer.from(text));
});

/** Strata from a real database into real columns and a real state: what is read, what changes, and what is said when it cannot be. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { supportConfig } from "../../sim/support-database/config.ts";
import { type SupportDatabase, supportDatabase } from "../../test/rig/shared.ts";
import { subjectReadings, subjectTarget } from "../asks/subject.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { number32 } from "../columns/numbers.ts";
import { stratumText } from "../columns/stratum.ts";
import { type HeldStratum, heldStrata } from "../columns/queries/strata.ts";
import { embeddedStore } from "../columns/testing/stores.ts";
import type { Config } from "../config/config.ts";
import { parseConfig } from "../config/load.ts";
import { deriveSubjectKey } from "../ledger/keys-block.ts";
import { createKeys } from "../ledger/keys-file.ts";
import type { State } from "../state/state.ts";
import { Cleanup, emptyDatabase, opened, temporaryDir } from "../state/testing/places.ts";
import { StrataDatabase } from "./strata-database.ts";
import { fillStrata, type StrataFilled } from "./strata-fill.ts";
import { healthOf } from "./health.ts";
import { FollowedStrata } from "./strata.ts";
import { strataNames } from "./strata-names.ts";

const MASTER_KEY = Buffer.alloc(32, 7);
const CUSTOMERS = 800;

let database: SupportDatabase;
let columns: Columns;
let state: State;
const cleanup = new Cleanup();

beforeAll(async () => {
  database = await supportDatabase();
  cleanup.add(() => database.drop());
  const store = embeddedStore();
  cleanup.add(() => store.end());
  columns = await store.open();
  cleanup.add(() => columns.close());
  state = await opened(await emptyDatabase(cleanup), cleanup);
});

afterAll(() => cleanup.run());

afterEach(() => database.query("DROP TABLE IF EXISTS support.devices"));

/** @param kinds replaces what the support database has */
function configured(kinds?: string): Config {
  const yaml = supportConfig({ upstreamUrl: database.gatewayUrl });
  const text = kinds === undefined ? yaml : yaml.replace(/^subjects:[^]*?(?=^#)/mu, `subjects: ${kinds}\n`);
  return parseConfig(Buffer.from(text), "/srv/whosaw.yaml", { env: {}, shownAs: "whosaw.yaml" });
}

async function fill(config: Config): Promise<StrataFilled> {
  const source = await StrataDatabase.connect(config);
  try {
    const [strata] = config.strata;
    if (strata === undefined) throw new Error("no strata are configured");
    return await fillStrata(strata, source.pages(strata), {
      columns,
      learn: (named) => state.strata.learn(named),
      subjectKey: deriveSubjectKey(MASTER_KEY),
      // A clock that stands still: what was read last counts all the same.
      nowMs: () => 1_800_000_000_000,
    });
  } finally {
    await source.close();
  }
}

async function held(kind: string): Promise<HeldStratum[]> {
  const found: HeldStratum[] = [];
  for await (const rows of heldStrata(columns, number32(kind), -(2n ** 63n) + 1n, 2n ** 63n - 1n)) found.push(...rows);
  return found;
}

/** The latest of a subject by name, as an answer would print it. */
async function nameOf(kind: string, key: string): Promise<string | undefined> {
  const readings = subjectReadings(subjectTarget(MASTER_KEY, kind, key));
  const rows = (await held(kind)).filter((row) =>
    readings.some(({ subject, subject2 }) => row.subject === subject && row.subject2 === subject2),
  );
  const latest = rows.toSorted((a, b) => b.atMs - a.atMs)[0];
  const named = latest && (await strataNames(state.strata)).get(latest.stratum);
  return named && stratumText(named);
}

test("country and language are one stratum; only what has changed is inserted again", async () => {
  const config = configured();
  expect(await fill(config)).toEqual({ subjects: CUSTOMERS, changed: CUSTOMERS });
  const [row] = await database.query("SELECT country, language FROM support.customers WHERE id = 4711");
  expect(await nameOf("customer", "4711")).toBe(
    `country=${String(row?.["country"])}, language=${String(row?.["language"])}`,
  );
  expect(await fill(config)).toEqual({ subjects: CUSTOMERS, changed: 0 });
  for (const country of ["XX", "YY", "XX"]) {
    await database.query(`UPDATE support.customers SET country = '${country}' WHERE id = 4711`);
    expect(await fill(config)).toEqual({ subjects: CUSTOMERS, changed: 1 });
    expect(await nameOf("customer", "4711")).toBe(`country=${country}, language=${String(row?.["language"])}`);
  }
  await database.query("SET session_replication_role = replica; DELETE FROM support.customers WHERE id = 4711");
  expect(await fill(config)).toEqual({ subjects: CUSTOMERS - 1, changed: 0 });
  expect(await nameOf("customer", "4711")).toContain("country=XX");
});

test.each([
  ["device-by-text", "text", "'dev''ice ' || n"],
  ["device-by-uuid", "uuid", "md5(n::text)::uuid"],
  ["device-by-int", "bigint", "n * 400000000000000 - 4000000000000000000"],
])("pages of keys: %s", async (kind, type, key) => {
  const rows = 2 * LIMITS.strataPageRows + 1;
  await database.query(`CREATE TABLE support.devices (id ${type} PRIMARY KEY, make text);
    INSERT INTO support.devices SELECT ${key}, nullif('make ' || n % 3, 'make 0') FROM generate_series(1, ${rows}) n;
    GRANT SELECT ON support.devices TO helpdesk_agent`);
  const config = configured(`{${kind}: {strata: {make: make}, tables: {support.devices: {key: {column: id}}}}}`);
  expect(await fill(config)).toEqual({ subjects: rows, changed: rows });
  expect(await fill(config)).toEqual({ subjects: rows, changed: 0 });
  for (const [n, name] of [
    [3, "make unknown"],
    [rows, `make=make ${rows % 3}`],
  ] as const) {
    const [found] = await database.query(`SELECT (${key})::text AS key FROM (SELECT ${n}::bigint AS n) one`);
    expect(await nameOf(kind, String(found?.["key"]))).toBe(name);
  }
});

test.each([
  ["no such column", "id bigint PRIMARY KEY", "has no column make"],
  ["no index", "id bigint, make text", "has no unique index on id alone"],
  ["an index on more", "id bigint, make text, UNIQUE (id, make)", "has no unique index on id alone"],
  ["an array", "id bigint[] PRIMARY KEY, make text", "is an array"],
])("what keeps strata from being read is said: %s", async (_name, shape, said) => {
  await database.query(`CREATE TABLE support.devices (${shape}); GRANT SELECT ON support.devices TO helpdesk_agent`);
  const config = configured("{device: {strata: {make: make}, tables: {support.devices: {key: {column: id}}}}}");
  await expect(fill(config)).rejects.toMatchObject({
    code: "CATALOG_MISMATCH",
    message: expect.stringContaining(said),
  });
});

test("without a grant, the grant is said; with it, the upstream user reads by itself", async () => {
  await database.query(`CREATE TABLE support.devices (id bigint PRIMARY KEY, make text, owner text);
    INSERT INTO support.devices VALUES (1, 'a', 'x')`);
  const config = configured("{granted: {strata: {make: make}, tables: {support.devices: {key: {column: id}}}}}");
  const error: { hint: string } = await fill(config).then(
    () => ({ hint: "" }),
    (reason) => reason,
  );
  const [sql] = /GRANT [^]*(?=\.$)/u.exec(error.hint) ?? [];
  await database.query(sql ?? "");
  expect(await fill(config)).toEqual({ subjects: 1, changed: 1 });
});

test("a column with too many values sorts nobody, and no value of it is kept", async () => {
  await database.query(`CREATE TABLE support.devices (id bigint PRIMARY KEY, make text);
    INSERT INTO support.devices SELECT n, 'owner ' || n FROM generate_series(1, ${LIMITS.strataOfKindMax + 1}) n;
    GRANT SELECT ON support.devices TO helpdesk_agent`);
  const config = configured("{many: {strata: {make: make}, tables: {support.devices: {key: {column: id}}}}}");
  await expect(fill(config)).rejects.toMatchObject({ message: expect.stringContaining("are no groups") });
  expect([await state.strata.list("many"), await held("many")]).toEqual([[], []]);
  await database.query(`DELETE FROM support.devices WHERE id > 1; UPDATE support.devices SET make = repeat('x', 101)`);
  await expect(fill(config)).rejects.toMatchObject({ message: expect.stringContaining("longer than 100 characters") });
});

test("a database that is down is told as such", async () => {
  const { upstream } = configured();
  await expect(StrataDatabase.connect({ ...configured(), upstream: { ...upstream, port: 1 } })).rejects.toMatchObject({
    code: "UPSTREAM_UNREACHABLE",
  });
});

test("followed: a database that is away is a warning of health, which stays green, until it is there again", async () => {
  const keys = await temporaryDir(cleanup);
  await createKeys(keys);
  const there = configured(
    "{followed: {strata: {country: country}, tables: {support.customers: {key: {column: id}}}}}",
  );
  const withKeys = { ...there, ledger: { ...there.ledger, keys } };
  let config: Config = { ...withKeys, upstream: { ...there.upstream, port: 1 } };
  const told: (string | undefined)[] = [];
  let tell = (): void => undefined;
  const followed = new FollowedStrata({
    config: () => config,
    columns: () => columns,
    names: () => state.strata,
    onFilled: (kind) => void told.push(kind),
    onProblem: (problem) => {
      told.push(problem?.code);
      tell();
    },
  });
  const toldNext = async (): Promise<void> => {
    const telling = new Promise<void>((resolve) => (tell = resolve));
    followed.follow();
    await telling;
  };
  await toldNext();
  expect(followed.problem?.code).toBe("UPSTREAM_UNREACHABLE");
  const health = healthOf({
    policy: "",
    origins: [],
    gateways: [],
    stores: new Map(),
    opening: [],
    strata: followed.problem,
    aggregates: undefined,
  });
  expect(health).toMatchObject({
    status: "green",
    problems: [],
    warnings: [{ of: "strata", code: "UPSTREAM_UNREACHABLE" }],
  });
  config = withKeys;
  await toldNext();
  await followed.close();
  expect([followed.problem, told]).toEqual([undefined, ["UPSTREAM_UNREACHABLE", "followed", undefined]]);
});

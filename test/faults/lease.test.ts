/** Without a control lease: protected rows wait, then fail; everything else goes on. */
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LIMITS } from "../../src/base/limits.ts";
import { ControlLease } from "../../src/gateway/lease.ts";
import { readEntries } from "../../src/ledger/read.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

/** Real time, and a lease that the test grants; `begun` says that rows pass unleased. */
function manualLease(graceMs: number, continueUnleased: boolean): ControlLease {
  return new ControlLease({
    graceMs,
    continueUnleased,
    monotonicMs: () => performance.now(),
    schedule: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    onUnleased: (unleased) => gateway.running.alert("CONTROL_UNREACHABLE", unleased ? "begins" : "ends"),
  });
}

const grant = (lease: ControlLease): void => lease.grant(performance.now(), LIMITS.leaseMs);
const LONG_GRACE_MS = 600_000;

let database: SupportDatabase;
let gateway: TestGateway;
let client: pg.Client;
let lease: ControlLease;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

async function start(graceMs: number, continueUnleased = false): Promise<void> {
  lease = manualLease(graceMs, continueUnleased);
  gateway = await startTestGateway({ database, lease });
  client = await gateway.client();
}

afterEach(async () => {
  await client.end();
  await gateway.stop();
});

const PROTECTED = "select id, name from support.customers order by id limit 3";
const OPEN = "select count(*)::int as teams from support.teams";

test("protected rows wait for the lease and come with it; other statements do not wait", async () => {
  await start(LONG_GRACE_MS);
  const other = await gateway.client();
  let answered = false;
  const waiting = client.query(PROTECTED).then((result) => {
    answered = true;
    return result;
  });
  expect((await other.query(OPEN)).rows).toHaveLength(1);
  expect(answered).toBe(false);
  grant(lease);
  expect((await waiting).rows).toHaveLength(3);
  await other.end();
});

test("after the grace the statement fails with 57P03 and its rows are recorded; the session goes on", async () => {
  await start(0);
  for (const query of [PROTECTED, { text: `${PROTECTED} offset $1`, values: [0] }]) {
    await expect(client.query(query as string)).rejects.toMatchObject({ code: "57P03" });
    expect((await client.query(OPEN)).rows).toHaveLength(1);
  }
  grant(lease);
  expect((await client.query(PROTECTED)).rows).toHaveLength(3);
  const { config, keys } = gateway;
  let statements = 0;
  for await (const { entry } of readEntries(config.ledger.dir, keys)) {
    if (entry?.kind === "statement" && entry.blocks.length > 0) statements++;
  }
  expect(statements).toBe(3);
  expect(gateway.running.standing().counts.errors).toMatchObject({ NO_LEASE: 2 });
});

test("a result in the middle stops: rows beyond the lease never leave, and the statement fails", async () => {
  await start(0);
  grant(lease);
  const rows: unknown[] = [];
  const query = client.query(
    new pg.Query("select c.id, m.body, repeat('x', 2000) from support.customers c, support.messages m"),
  );
  query.on("row", (row) => rows.push(row));
  // The lease is not renewed; reading takes longer than it lasts.
  const error = await new Promise<Error>((resolve) => query.once("error", resolve));
  expect(error).toMatchObject({ code: "57P03" });
  const had = rows.length;
  expect((await client.query(OPEN)).rows).toHaveLength(1);
  expect(rows).toHaveLength(had);
});

test("with continue-unleased rows pass after the grace, between two alerts", async () => {
  await start(0, true);
  expect((await client.query(PROTECTED)).rows).toHaveLength(3);
  grant(lease);
  expect((await client.query(PROTECTED)).rows).toHaveLength(3);
  const kinds: string[] = [];
  for await (const { entry } of readEntries(gateway.config.ledger.dir, gateway.keys)) {
    if (entry?.kind === "alert") kinds.push(entry.detail);
    if (entry?.kind === "statement" && entry.blocks.length > 0) kinds.push("rows");
  }
  // The first rows were recorded before anybody knew that there would be no lease for them.
  expect(kinds).toEqual(["rows", "begins", "ends", "rows"]);
});

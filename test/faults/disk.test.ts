/** The ledger's disk fails under a gateway at work: no row leaves, the client is told why, and nothing is lost. */
import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { type RawClient } from "../rig/raw-client.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { DiskFaults, SmallDisk } from "./disk-faults.ts";
import { Installation, type ServedGateway } from "./installation.ts";
import { recordedSessions } from "./sessions.ts";

const EXIT_ENVIRONMENT = 4;
const POINT = "SELECT name, email FROM support.customers WHERE id = 4711";

let database: SupportDatabase;
let installation: Installation;
let faults: DiskFaults;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  faults = new DiskFaults();
  installation = await Installation.create({ database });
});

afterEach(async () => {
  await installation.remove();
  faults.remove();
});

/** Asks for a protected row; what came back, message by message, until the end of the answer or of the connection. */
async function askRaw(client: RawClient): Promise<string[]> {
  await client.send(encodeQuery(POINT));
  return (await client.hearUntilReady()).map(({ name, text }) => (name === "ErrorResponse" ? `${name} ${text}` : name));
}

/** A full disk may have room in its last page: the answer to the first look-up that did not find any. */
async function askUntilRefused(client: RawClient): Promise<string[]> {
  for (;;) {
    const answer = await askRaw(client);
    if (!answer.includes("DataRow") || client.socket.destroyed) return answer;
  }
}

const rawClient = (gateway: ServedGateway): Promise<RawClient> => gateway.rawClient("alice", database);

async function expectFatal(sqlstate: string, ask: Promise<string[]>): Promise<void> {
  const [message, ...more] = await ask;
  expect(more).toEqual([]);
  expect(message).toMatch(/^ErrorResponse .*\["S","FATAL"\]/u);
  expect(message).toContain(`["C","${sqlstate}"]`);
}

async function expectVerified(): Promise<void> {
  expect((await installation.verify()).findings).toEqual([]);
}

/** What the first client received is still there. */
async function expectDisclosed(): Promise<void> {
  const { sessions } = await recordedSessions(installation, 0);
  expect(sessions[0]?.disclosed).toContain("support.customers 4711");
}

/** The disk is broken, then whole again, without a restart of the gateway. */
async function outage(
  gateway: ServedGateway,
  sqlstate: string,
  breakIt: () => void,
  mendIt: () => void,
): Promise<void> {
  const client = await rawClient(gateway);
  expect(await askRaw(client)).toContain("DataRow");
  const red = gateway.says('"health":"red"');
  breakIt();
  await expectFatal(sqlstate, askUntilRefused(client));
  expect(await red).toContain(sqlstate === "53100" ? '"code":"LEDGER_DISK_FULL"' : '"code":"LEDGER_IO"');
  await expect(gateway.client("alice", database)).rejects.toMatchObject({ code: sqlstate, severity: "FATAL" });
  const green = gateway.says('"health":"green"');
  mendIt();
  const again = await rawClient(gateway);
  expect(await askRaw(again)).toContain("DataRow");
  await green;
  await again.close();
  expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  await expectVerified();
  await expectDisclosed();
}

describe("while the gateway runs", () => {
  const small = SmallDisk.mount();
  afterAll(() => small?.unmount());

  test.skipIf(small === undefined)("a full disk: 53100, red, and on it goes once there is space", async () => {
    const disk = small as SmallDisk;
    await installation.remove();
    installation = await Installation.create({ database, ledgerDir: join(disk.path, "ledger") });
    const gateway = await installation.ready();
    await outage(
      gateway,
      "53100",
      () => disk.fill(),
      () => disk.free(),
    );

    disk.remount("ro");
    const refused = installation.serve();
    expect(await refused.exit).toEqual({ code: EXIT_ENVIRONMENT, signal: null });
    expect(refused.output).toMatch(
      /"code":"LEDGER_IO","message":"[^"]*EROFS[^"]*","hint":"Make the ledger's directory writable/u,
    );
    disk.remount("rw");
    expect(await (await installation.ready()).kill("SIGTERM")).toEqual({ code: 0, signal: null });
    await expectVerified();
  });

  test.each([
    ["ENOSPC", "53100"],
    ["EROFS", "58030"],
    ["EIO", "58030"],
  ] as const)("writes that fail with %s: %s, red, and on it goes once they succeed", async (code, sqlstate) => {
    const gateway = await installation.ready(faults.file);
    await outage(
      gateway,
      sqlstate,
      () => faults.set({ fail: { writeSync: code } }),
      () => faults.set({}),
    );
  });

  test("a sync that fails: 58030, the process ends, and the next one recovers", async () => {
    const gateway = await installation.ready(faults.file);
    const [client, idle] = [await rawClient(gateway), await rawClient(gateway)];
    expect(await askRaw(client)).toContain("DataRow");
    faults.set({ fail: { fdatasync: "EIO" } });
    await expectFatal("58030", askRaw(client));
    await expectFatal(
      "58030",
      idle.hearUntilReady().then((messages) => messages.map(({ name, text }) => `${name} ${text}`)),
    );
    expect(await gateway.exit).toEqual({ code: EXIT_ENVIRONMENT, signal: null });
    expect(gateway.output).toContain('"code":"LEDGER_IO"');
    faults.set({});
    const again = await installation.ready();
    await expectVerified();
    await expectDisclosed();
    expect(await again.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

describe("an older copy of the ledger's directory was restored", () => {
  test("no start, one sentence and what to do; the newest copy starts", async () => {
    const { dir } = installation.config.ledger;
    const look = async (): Promise<void> => {
      const gateway = await installation.ready();
      const client = await gateway.client("alice", database);
      await client.query(POINT);
      await client.end();
      await gateway.kill("SIGTERM");
    };
    await look();
    cpSync(dir, `${dir}-older`, { recursive: true });
    await look();
    renameSync(dir, `${dir}-newest`);
    renameSync(`${dir}-older`, dir);

    const refused = installation.serve();
    expect(await refused.exit).toEqual({ code: EXIT_ENVIRONMENT, signal: null });
    expect(refused.output).toMatch(
      /"code":"LEDGER_BEHIND_WITNESS","message":"The ledger has \d+ entries and does not extend[^"]*","hint":"An older copy was restored\. Put the newest one back/u,
    );

    rmSync(dir, { recursive: true });
    renameSync(`${dir}-newest`, dir);
    await look();
    await expectVerified();
  });
});

describe("the order: durable, then released", () => {
  test("while the disk takes its time nothing that depends on protected rows reaches a client, and everything else does", async () => {
    const gateway = await installation.ready(faults.file);
    const texts = {
      rows: POINT,
      tag: "UPDATE support.tickets SET status = status WHERE customer_id = 4711",
      error: "SELECT name::int FROM support.customers WHERE id = 4711",
      refusal: "SELECT * FROM support.outbox",
      copy: "COPY (SELECT name FROM support.customers ORDER BY id) TO STDOUT",
      bulk: "SELECT name, repeat('x', 10000) FROM support.customers",
    };
    const held = await Promise.all(Object.values(texts).map(() => rawClient(gateway)));
    const free = await gateway.client("helpdesk", database);
    const heard = held.map((client) => {
      const counter = { bytes: 0 };
      client.socket.on("data", (chunk: Buffer) => (counter.bytes += chunk.length));
      return counter;
    });
    faults.set({ hold: true });
    Object.values(texts).forEach((text, i) => void held[i]?.send(encodeQuery(text)));
    await serverHasAnswered(Object.keys(texts).length);
    for (let i = 0; i < 20; i++) expect((await free.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    expect(heard.map(({ bytes }) => bytes)).toEqual(heard.map(() => 0));

    faults.set({});
    const answers = await Promise.all(held.map((client) => client.hearUntilReady()));
    expect(answers.map((messages) => messages.at(-2)?.name)).toEqual([
      "CommandComplete",
      "CommandComplete",
      "ErrorResponse",
      "ErrorResponse",
      "CommandComplete",
      "CommandComplete",
    ]);
    await Promise.all([...held.map((client) => client.close()), free.end()]);
  });
});

/** Until every session of the gateway has run a statement of its client to the end, or waits for the gateway to read. */
async function serverHasAnswered(sessions: number): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query(
        "SELECT count(*)::int AS done FROM pg_stat_activity WHERE usename = 'whosaw_gw' AND datname = current_database() AND query !~ 'current_schemas|pg_class' AND (state LIKE 'idle%' OR wait_event = 'ClientWrite')",
      );
      if (Number(rows[0]?.done) >= sessions) return;
    }
  } finally {
    await client.end();
  }
}

/** Servers that die, clients that vanish, that idle by the hundred, that read slowly: no crash, no leak, no hang. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { changeActor } from "../../src/actors/register.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { type Heard, type RawClient } from "../rig/raw-client.ts";
import { DiskFaults } from "./disk-faults.ts";
import { Installation, type ServedGateway } from "./installation.ts";
import { Leftovers, socketInodes } from "./leftovers.ts";
import { type OwnDatabase, ownDatabase } from "./own-database.ts";
import { recordedSessions } from "./sessions.ts";

const IDLE_CLIENTS = Number(process.env["WHOSAW_IDLE_CLIENTS"] ?? 200);
const RESULT_MB = Number(process.env["WHOSAW_RESULT_MB"] ?? 300);
const CONNECT_AT_ONCE = 20;
const RESIDENT_MB_MAX = 200;
/** More than the buffers on the way hold: the server blocks if nobody reads. */
const LARGE = "SELECT id, repeat(name, 200) FROM support.customers, generate_series(1, 100) ORDER BY id";

let own: OwnDatabase;
let installation: Installation;
let gateway: ServedGateway;
let leftovers: Leftovers;

beforeAll(async () => {
  own = await ownDatabase({ settings: { max_connections: String(IDLE_CLIENTS + 50) } });
});

afterAll(() => own.cluster.stop());

beforeEach(async () => {
  installation = await Installation.create({ database: own.database });
  gateway = await installation.ready();
  leftovers = await Leftovers.of(gateway, own.database);
});

afterEach(async () => {
  await leftovers.close();
  await installation.remove();
});

const rawClient = (): Promise<RawClient> => gateway.rawClient("helpdesk", own.database);

/** A client that has asked for a large result, has got some of it, and reads no more. */
async function stuckReader(): Promise<RawClient> {
  const client = await rawClient();
  await client.send(encodeQuery(LARGE));
  await client.hearUntil("DataRow");
  client.socket.pause();
  return client;
}

async function expectServing(): Promise<void> {
  const client = await gateway.client("alice", own.database);
  expect((await client.query("SELECT name FROM support.customers WHERE id = 4711")).rows).toHaveLength(1);
  await client.end();
  expect(gateway.output).not.toMatch(/INTERNAL|"level":60/u);
}

async function expectAllRecorded(received: readonly Heard[]): Promise<void> {
  const { sessions } = await recordedSessions(installation, 0);
  const recorded = new Set(sessions.flatMap(({ disclosed }) => [...disclosed]));
  const keys = received
    .filter(({ name }) => name === "DataRow")
    .map(({ bytes }) => bytes.toString("latin1", 11, 11 + bytes.readInt32BE(7)));
  expect(keys.length).toBeGreaterThan(0);
  expect([...new Set(keys)].filter((key) => !recorded.has(`support.customers ${key}`))).toEqual([]);
}

describe("the database", () => {
  test("is killed in the middle of a result: the session ends, what was received is recorded, and on it goes", async () => {
    const client = await rawClient();
    await client.send(encodeQuery(LARGE));
    const first = await client.hearUntil("DataRow");
    client.socket.pause();
    await leftovers.waiting("ClientWrite", 1);
    const hungUp = once(client.socket, "close");
    await own.cluster.kill();
    client.socket.resume();
    await hungUp;
    const rest = await client.hearUntilReady();
    expect(rest.filter(({ name }) => name === "CommandComplete")).toEqual([]);
    await expectAllRecorded([...first, ...rest]);
    await expect(gateway.client("alice", own.database)).rejects.toMatchObject({
      code: expect.stringMatching(/^(08001|57P03)$/u) as string,
    });
    await own.cluster.start();
    await expectServing();
  });

  test("is killed while a login is being recorded: the client is told, and not left waiting", async () => {
    await leftovers.close();
    await gateway.kill();
    const faults = new DiskFaults();
    gateway = await installation.ready(faults.file);
    leftovers = await Leftovers.of(gateway, own.database);
    faults.set({ hold: true });
    const client = gateway.client("alice", own.database).then(
      () => "signed in",
      () => "turned away",
    );
    await leftovers.settled(({ upstreamSessions }) => upstreamSessions === 2);
    await own.cluster.kill();
    faults.set({});
    expect(await client).toBe("turned away");
    await own.cluster.start();
    await expectServing();
    faults.remove();
  });

  test("is restarted: idle and busy clients hear why in its own words", async () => {
    const [idle, busy] = [await rawClient(), await rawClient()];
    const blocker = new pg.Client({ connectionString: own.database.url });
    blocker.on("error", () => undefined);
    await blocker.connect();
    await blocker.query("BEGIN; LOCK support.teams IN ACCESS EXCLUSIVE MODE");
    await busy.send(encodeQuery("SELECT name FROM support.teams"));
    const answers = Promise.all([idle.hearUntilReady(), busy.hearUntilReady()]);
    await leftovers.waiting("Lock", 1);
    await own.cluster.restart();
    for (const answer of await answers) {
      const last = answer.at(-1);
      expect(last?.name).toBe("ErrorResponse");
      expect(last?.text).toContain('["C","57P01"]');
      expect(last?.text).toContain("terminating connection due to administrator command");
    }
    await blocker.end().catch(() => undefined);
    await expectServing();
  });
});

/** The others are woken, or every later test waits for them; a process that has ended meanwhile needs neither. */
function signal(pid: number, how: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, how);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

describe("a database that neither answers nor hangs up", () => {
  test("is not trusted for long, and does not keep the gateway from stopping", async () => {
    const client = await rawClient();
    await leftovers.close();
    const frozen = processesOf(own.cluster.pid);
    try {
      for (const pid of frozen) signal(pid, "SIGSTOP");
      await gateway.says("the database's catalog could not be read");
      await client.send(encodeQuery("SELECT 1"));
      expect((await gateway.kill("SIGTERM")).code).toBe(0);
      expect(gateway.output).toContain('"msg":"stopped"');
    } finally {
      for (const pid of frozen) signal(pid, "SIGCONT");
    }
  });
});

describe("clients that vanish in the middle of a large result", () => {
  test.each(["reset", "close"] as const)("by %s: sessions, sockets and memory are given back", async (how) => {
    await expectServing();
    const before = await leftovers.settled(({ upstreamSessions }) => upstreamSessions === 1);
    const residentBefore = gateway.residentBytes();
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(Array.from({ length: 10 }, stuckReader));
      await leftovers.waiting("ClientWrite", 10);
      for (const { socket } of clients) {
        if (how === "reset") socket.resetAndDestroy();
        else socket.destroy();
      }
      await leftovers.settled((held) => held.upstreamSessions === 1 && held.sockets <= before.sockets);
    }
    await expectServing();
    expect(gateway.residentBytes() - residentBefore).toBeLessThan(64 << 20);
  });

  test("of an account that is disabled, and never read: nothing is kept for them", async () => {
    await expectServing();
    const before = await leftovers.settled(({ upstreamSessions }) => upstreamSessions === 1);
    const client = await stuckReader();
    await leftovers.waiting("ClientWrite", 1);
    await changeActor(installation.config.actors.file, "helpdesk", { disabled: true });
    await leftovers.settled((held) => held.upstreamSessions === 1 && held.sockets <= before.sockets);
    await expectServing();
    client.socket.destroy();
  });

  test("and one who never reads does not keep the gateway from stopping", async () => {
    const client = await stuckReader();
    await leftovers.waiting("ClientWrite", 1);
    expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(gateway.output).toContain('"msg":"stopped"');
    client.socket.destroy();
  });
});

test("connections are kept alive, so that a client whose machine died is noticed in the end", async () => {
  const client = await gateway.client("alice", own.database);
  const { port } = await gateway.address;
  // While bytes are on their way another timer runs in its place.
  await expect.poll(() => keepAliveTimers(port)).toBe(1);
  await expect.poll(() => keepAliveTimers(own.cluster.port, gateway.pid)).toBe(2);
  await client.end();
});

describe("many and slow", () => {
  test(
    `${IDLE_CLIENTS} idle clients: little memory each, and every one still works`,
    async () => {
      await expectServing();
      const before = gateway.residentBytes();
      const clients: pg.Client[] = [];
      while (clients.length < IDLE_CLIENTS) {
        const missing = Math.min(CONNECT_AT_ONCE, IDLE_CLIENTS - clients.length);
        clients.push(
          ...(await Promise.all(Array.from({ length: missing }, () => gateway.client("helpdesk", own.database)))),
        );
      }
      const kilobytesEach = (gateway.residentBytes() - before) / 1024 / IDLE_CLIENTS;
      report(
        `${IDLE_CLIENTS} idle clients: ${kilobytesEach.toFixed(0)} kB each, ${megabytes(gateway.residentBytes())} MB in all`,
      );
      expect(kilobytesEach).toBeLessThan(200);
      const answers = await Promise.all(
        clients.map((client) => client.query("SELECT name FROM support.customers WHERE id = 4711")),
      );
      expect(answers.every(({ rowCount }) => rowCount === 1)).toBe(true);
      await Promise.all(clients.map((client) => client.end()));
      await leftovers.settled(({ upstreamSessions }) => upstreamSessions === 1);
    },
    30_000 + IDLE_CLIENTS * 100,
  );

  test(
    `a slow client and ${RESULT_MB} MB of protected rows: memory stays flat`,
    async () => {
      await expectServing();
      const rows = Math.ceil((RESULT_MB * 1_000_000) / 10_000 / 720);
      const text = `SELECT c.id, rpad(c.name, 10000) FROM generate_series(1, ${rows}), support.customers c`;
      const client = await rawClient();
      client.socket.removeAllListeners("data");
      let [bytes, highest, stalls] = [0, 0, 0];
      const ready = Buffer.from([0x5a, 0, 0, 0, 5]);
      await client.send(encodeQuery(text));
      for await (const chunk of client.socket as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        // Now and then it reads nothing until everything on the way is full; what is left must be more than fits there.
        if (bytes > (stalls + 1) * ((RESULT_MB * 1_000_000) / 12) && stalls < 9) {
          stalls += 1;
          await leftovers.waiting("ClientWrite", 1);
        }
        highest = Math.max(highest, gateway.residentBytes());
        if (chunk.length >= 6 && chunk.subarray(-6, -1).equals(ready)) break;
      }
      report(`${megabytes(bytes)} MB to a slow client: at most ${megabytes(highest)} MB resident`);
      expect(stalls).toBe(9);
      expect(bytes).toBeGreaterThan(rows * 720 * 10_000);
      expect(highest).toBeLessThan(RESIDENT_MB_MAX * 1_000_000);
    },
    60_000 + RESULT_MB * 200,
  );
});

/** Established connections whose kernel timer is that of keep-alive, on the side of the gateway. */
function keepAliveTimers(port: number, pid?: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const ours = pid === undefined ? undefined : socketInodes(pid);
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, local, remote, state, , timer, , , , inode]) => {
      const end = ours === undefined ? local : remote;
      return state === "01" && end?.endsWith(`:${hex}`) && timer?.startsWith("02:") && (ours?.has(inode ?? "") ?? true);
    }).length;
}

/** A process and its children. */
function processesOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").map(Number))];
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(0);

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

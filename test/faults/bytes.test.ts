/** Bytes that come one by one, that end too soon, that mean nothing: no crash, no leak, no hang, whoever sends them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../sim/support-database/random.ts";
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { COPY_DONE, SYNC, TERMINATE } from "../../src/wire/messages/empty.ts";
import { encodeCopyData } from "../../src/wire/messages/copy-data.ts";
import { encodeDescribe } from "../../src/wire/messages/describe.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { encodeStartup, SSL_REQUEST } from "../../src/wire/startup.ts";
import { FRONTEND } from "../../src/wire/types.ts";
import { issueServer, makeAuthority } from "../rig/certs.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { Installation, type ServedGateway } from "./installation.ts";
import { Leftovers } from "./leftovers.ts";
import { oneByOne, Proxy } from "./proxy.ts";
import { type Heard, HungUp, RawClient } from "../rig/raw-client.ts";

/** 1 cuts at every byte; tests of every change take a sample. */
const CUT_EVERY = Number(process.env["WHOSAW_CUT_EVERY"] ?? 23);
const RANDOM_CLIENTS = Number(process.env["WHOSAW_RANDOM_CLIENTS"] ?? 60);
const SEED = Number(process.env["WHOSAW_BYTES_SEED"] ?? 1);
const AT_ONCE = 8;

const folder = mkdtempSync(join(tmpdir(), "whosaw-bytes-"));
let database: SupportDatabase;
let proxy: Proxy;
let installation: Installation;
let gateway: ServedGateway;
let leftovers: Leftovers;

beforeAll(async () => {
  database = await supportDatabase();
  proxy = await Proxy.start(Number(new URL(database.gatewayUrl).port));
  const authority = await makeAuthority();
  const { cert, key } = await issueServer(authority);
  const pem = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const tls = `tls: {cert: ${pem("cert.pem", cert)}, key: ${pem("key.pem", key)}}`;
  installation = await Installation.create({
    database: { ...database, gatewayUrl: throughProxy(database.gatewayUrl) },
    edit: (yaml) => yaml.replace('listen: {postgres: "127.0.0.1:0"}', `listen: {postgres: "127.0.0.1:0", ${tls}}`),
  });
  gateway = await installation.ready();
  leftovers = await Leftovers.of(gateway, database);
});

afterAll(async () => {
  await leftovers.close();
  await installation.remove();
  proxy.close();
  rmSync(folder, { recursive: true });
  await database.drop();
});

function throughProxy(url: string): string {
  const there = new URL(url);
  there.port = String(proxy.port);
  return there.href;
}

/** One long conversation: every kind of message that a client sends. */
async function converse(wire: RawClient): Promise<Heard[]> {
  await wire.signIn("helpdesk", database.name);
  const heard: Heard[] = [];
  const ask = async (...frames: readonly Buffer[]): Promise<void> => {
    for (const frame of frames) await wire.send(frame);
    heard.push(...(await wire.hearUntilReady()));
    if (heard.at(-1)?.name !== "ReadyForQuery") throw new HungUp();
  };
  await ask(encodeQuery("SELECT name, email FROM support.customers WHERE id = 4711; SELECT 1"));
  await ask(
    encodeParse("s", "SELECT id, name FROM support.customers WHERE id < $1 ORDER BY id", []),
    encodeDescribe({ kind: "statement", name: "s" }),
    encodeBind({ portal: "p", statement: "s", paramFormats: [], params: [Buffer.from("4004")], resultFormats: [1, 0] }),
    encodeDescribe({ kind: "portal", name: "p" }),
    encodeExecute({ portal: "p", maxRows: 2 }),
    encodeExecute({ portal: "p", maxRows: 0 }),
    SYNC,
  );
  await ask(encodeQuery("SELECT * FROM support.outbox"));
  await ask(encodeParse("", "SELECT nonsense", []), encodeExecute({ portal: "", maxRows: 0 }), SYNC);
  await wire.send(encodeQuery("CREATE TEMP TABLE IF NOT EXISTS words (word text); COPY words FROM STDIN"));
  await ask(encodeCopyData(Buffer.from("one\ntwo\n")), COPY_DONE);
  await ask(encodeQuery("COPY (SELECT name FROM support.customers WHERE id < 4003 ORDER BY id) TO STDOUT"));
  await wire.send(TERMINATE);
  return heard;
}

/** Names and texts, without what differs from session to session. */
const comparable = (heard: readonly Heard[]): string[] => heard.map(({ name, text }) => `${name} ${text}`);

async function expectNothingLeft(): Promise<void> {
  const client = await gateway.client("alice", database);
  expect((await client.query("SELECT name FROM support.customers WHERE id = 4711")).rows).toHaveLength(1);
  await client.end();
  const held = await leftovers.settled(
    ({ upstreamSessions, sockets }) => upstreamSessions === 1 && sockets <= socketsAtRest,
  );
  expect(held.upstreamSessions).toBe(1);
  expect(gateway.output).not.toMatch(/INTERNAL|ran into a bug/u);
}

let socketsAtRest = Infinity;

test("a first conversation", async () => {
  const heard = await converse(await RawClient.connect(await gateway.address));
  expect(heard.filter(({ name }) => name === "DataRow")).toHaveLength(5);
  expect(heard.filter(({ name }) => name === "CopyData")).toHaveLength(2);
  expect(heard.filter(({ name }) => name === "ErrorResponse")).toHaveLength(2);
  ({ sockets: socketsAtRest } = await leftovers.settled(({ upstreamSessions }) => upstreamSessions === 1));
  await expectNothingLeft();
});

describe("a client", () => {
  test("whose bytes come one by one hears the same", async () => {
    const whole = await converse(await RawClient.connect(await gateway.address));
    const wire = await RawClient.connect(await gateway.address);
    wire.send = (bytes) => oneByOne(wire.socket, bytes);
    expect(comparable(await converse(wire))).toEqual(comparable(whole));
    await expectNothingLeft();
  });

  test(
    "that hangs up after any number of bytes leaves nothing behind",
    async () => {
      const total = await conversationBytes();
      for (const cuts of batches(sample(total), AT_ONCE)) await Promise.all(cuts.map(hangUpAfter));
      await expectNothingLeft();
    },
    30_000 + (30_000 / CUT_EVERY) * 10,
  );
});

async function conversationBytes(): Promise<number> {
  const wire = await RawClient.connect(await gateway.address);
  let total = 0;
  wire.send = (bytes) => {
    total += bytes.length;
    wire.socket.write(bytes);
  };
  await converse(wire);
  return total;
}

async function hangUpAfter(bytes: number): Promise<void> {
  const wire = await RawClient.connect(await gateway.address);
  let left = bytes;
  wire.send = (message) => {
    if (left > 0) wire.socket.write(message.subarray(0, left));
    left -= message.length;
    // Alternately with and without a goodbye of TCP.
    if (left <= 0) return bytes % 2 === 0 ? wire.hangUp() : void wire.socket.resetAndDestroy();
  };
  await converse(wire).catch((error: unknown) => {
    if (!(error instanceof HungUp)) throw error;
  });
}

describe("the database", () => {
  test("whose bytes come one by one is heard the same", async () => {
    const whole = await converse(await RawClient.connect(await gateway.address));
    proxy.byByte = true;
    const slow = await converse(await RawClient.connect(await gateway.address));
    proxy.byByte = false;
    expect(comparable(slow)).toEqual(comparable(whole));
    await expectNothingLeft();
  });

  test(
    "that hangs up after any number of bytes ends the session, and no more",
    async () => {
      // Sign-in, greeting and the answers of the conversation.
      for (const cut of sample(2_600)) {
        proxy.cutAfter = cut;
        const wire = await RawClient.connect(await gateway.address);
        await converse(wire).catch((error: unknown) => {
          if (!(error instanceof HungUp)) throw error;
        });
        await wire.hangUp();
      }
      await expectNothingLeft();
    },
    30_000 + (60_000 / CUT_EVERY) * 10,
  );
});

describe("random bytes", () => {
  const random = (client: number): Random => new Random(SEED, client);

  test("instead of a startup packet", async () => {
    await clients(async (client) => {
      const wire = await RawClient.connect(await gateway.address);
      const bytes = noise(random(client), 1_500);
      if (client % 3 > 0) bytes.writeInt32BE(client % 3 === 1 ? bytes.length : 8 + client, 0);
      if (client % 6 === 4) bytes.writeInt32BE(3 << 16, 4);
      wire.socket.write(bytes);
      await wire.hangUp();
    });
    await expectNothingLeft();
  });

  test("instead of a password", async () => {
    await clients(async (client) => {
      const wire = await RawClient.connect(await gateway.address);
      wire.socket.write(
        encodeStartup(
          new Map([
            ["user", "alice"],
            ["database", database.name],
          ]),
        ),
      );
      await wire.hear();
      const from = random(client);
      wire.socket.write(client % 2 === 0 ? noise(from, 1_000) : framed(FRONTEND.Password, noise(from, 500)));
      await wire.hangUp();
    });
    await expectNothingLeft();
  });

  test("after the sign-in, framed and not", async () => {
    const types = Object.values(FRONTEND);
    await clients(async (client) => {
      const wire = await RawClient.connect(await gateway.address);
      await wire.signIn("helpdesk", database.name);
      const from = random(client);
      if (client % 3 === 0) wire.socket.write(noise(from, 3_000));
      else {
        for (let i = 0; i < 20; i++)
          wire.socket.write(
            framed(types[from.between(0, types.length - 1)] as number, noise(from, client % 3 === 1 ? 60 : 3)),
          );
      }
      await wire.hangUp();
    });
    await expectNothingLeft();
  });

  test("instead of a TLS handshake, and in place of its end", async () => {
    await clients(async (client) => {
      const wire = await RawClient.connect(await gateway.address);
      expect(await wire.ask(SSL_REQUEST)).toBe("S");
      const from = random(client);
      const hello = Buffer.from("160301020001000", "hex");
      wire.socket.write(client % 2 === 0 ? noise(from, 2_000) : Buffer.concat([hello, noise(from, 600)]));
      await wire.hangUp();
    });
    await expectNothingLeft();
  });
});

async function clients(one: (client: number) => Promise<void>): Promise<void> {
  const all = Array.from({ length: RANDOM_CLIENTS }, (_, client) => client);
  for (const some of batches(all, AT_ONCE)) await Promise.all(some.map(one));
}

function noise(random: Random, bytesMax: number): Buffer {
  return Buffer.from(Array.from({ length: random.between(8, bytesMax) }, () => random.between(0, 255)));
}

function framed(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = type;
  header.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
}

/** Every CUT_EVERYth number below `total`, beginning somewhere. */
function sample(total: number): number[] {
  const first = SEED % CUT_EVERY;
  return Array.from({ length: Math.ceil((total - first) / CUT_EVERY) }, (_, i) => first + i * CUT_EVERY);
}

function batches<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

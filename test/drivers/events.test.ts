/** What comes to a client without being asked for: cancelled statements, ended sessions, a server that restarts. */
import { once } from "node:events";
import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";
import { encodeCancelRequest, SSL_REQUEST } from "../../src/wire/startup.ts";
import { type Certificate, issueServer, makeAuthority } from "../rig/certs.ts";
import { type Cluster, startCluster } from "../rig/cluster.ts";
import { AGENT_PASSWORD, startTestGateway, type TestGateway } from "../rig/gateway.ts";

const LOOKUP = "SELECT name FROM support.customers WHERE id = 4001";
const SLOW = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";
const PASSWORD = "gateway password of these tests";

interface Keys {
  readonly processID: number;
  readonly secretKey: number;
}

let cluster: Cluster;
let gateway: TestGateway;
let dir: string;
let certificate: Certificate;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "whosaw-events-"));
  const authority = await makeAuthority();
  certificate = await issueServer(authority);
  await writeFile(join(dir, "cert.pem"), certificate.cert);
  await writeFile(join(dir, "key.pem"), certificate.key);
  cluster = await startCluster({ version: 15 });
  await cluster.query("CREATE DATABASE support");
  await createSupportRoles(cluster.superuserUrl, PASSWORD);
  await fillSupportDatabase(cluster.url({ database: "support" }), { customers: 20 });
  const gatewayUrl = cluster.url({ database: "support", user: "whosaw_gw", password: PASSWORD });
  const database = { ...(await cluster.createDatabase()), server: cluster, gatewayUrl, name: "support" };
  gateway = await startTestGateway({
    database,
    edit: (yaml) =>
      yaml.replace(
        'listen: {postgres: "127.0.0.1:0"}',
        `listen: {postgres: "127.0.0.1:0", tls: {cert: ${join(dir, "cert.pem")}, key: ${join(dir, "key.pem")}}}`,
      ),
  });
});

afterAll(async () => {
  await gateway?.stop();
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function direct(): Promise<pg.Client> {
  const { host, port } = cluster;
  const place = { host, port, user: "whosaw_gw", password: PASSWORD, database: "support" };
  return connected({ ...place, options: "-c role=helpdesk_app" });
}

async function through(more: pg.ClientConfig = {}): Promise<pg.Client> {
  const { host, port } = gateway;
  return connected({ host, port, user: "helpdesk", password: AGENT_PASSWORD, database: "support", ...more });
}

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

const keysOf = (client: pg.Client): Keys => client as pg.Client & Keys;

/** Asks to cancel, and waits until the other side has hung up. */
async function cancel(socket: Socket, { processID, secretKey }: Keys): Promise<void> {
  const secret = Buffer.alloc(4);
  secret.writeInt32BE(secretKey);
  socket.on("error", () => undefined);
  socket.end(encodeCancelRequest(processID, secret));
  socket.resume();
  await once(socket, "close");
}

async function overTls(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.write(SSL_REQUEST);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toBe("S");
  const ca = certificate.cert;
  const secure = connectTls({ socket, ca, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  return secure;
}

/** Waits until the server shows so many sessions that run this statement. */
async function underWay(sql: string, sessions: number): Promise<void> {
  const active = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query = $1";
  for (;;) {
    const [row] = await cluster.query(active, [sql]);
    if (row?.["n"] === sessions) return;
  }
}

test.each([
  ["in the clear", async () => connect(gateway.port, "127.0.0.1")],
  ["over TLS", () => overTls(gateway.port)],
])("a statement is cancelled by the gateway's key, %s", async (_name, open) => {
  const ssl = { ca: await readFile(join(dir, "cert.pem"), "utf8"), rejectUnauthorized: false };
  const client = await through({ ssl });
  const answer = client.query(SLOW).catch((error: unknown) => (error as pg.DatabaseError).code);
  await underWay(SLOW, 1);
  await cancel(await open(), keysOf(client));
  expect(await answer).toBe("57014");
  expect((await client.query(LOOKUP)).rows).toHaveLength(1);
  await client.end();
});

test("the key's process is the server's own; its secret is worth nothing at the server", async () => {
  const client = await through();
  const keys = keysOf(client);
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  expect(rows[0]?.pid).toBe(keys.processID);
  const running = client.query("SELECT count(*) FROM generate_series(1, 3000000)");
  // The server hangs up once it has looked the key up.
  for (let n = 0; n < 5; n++) await cancel(connect(cluster.port, "127.0.0.1"), keys);
  expect((await running).rows).toEqual([{ count: "3000000" }]);
  await client.end();
});

test("a wrong secret cancels nothing, and is an alert", async () => {
  const client = await through();
  const keys = keysOf(client);
  const running = client.query("SELECT count(*) FROM generate_series(1, 1000000)");
  await cancel(connect(gateway.port, "127.0.0.1"), { ...keys, secretKey: keys.secretKey ^ 1 });
  expect((await running).rows).toEqual([{ count: "1000000" }]);
  expect(gateway.complaints.splice(0).join()).toContain("CANCEL_UNMATCHED");
  await client.end();
});

/** All errors of a client, by code and message, until its connection is over. */
async function lastWords(client: pg.Client, work: (client: pg.Client) => Promise<unknown>): Promise<string[]> {
  const words: string[] = [];
  const note = (error: unknown): void => {
    const { severity, code, message } = error as pg.DatabaseError;
    words.push(`${severity} ${code} ${message}`);
  };
  client.on("error", note);
  const over = new Promise((resolve) => client.once("end", resolve));
  await work(client).catch(note);
  await over;
  return words.map((word) => word.replace(/Connection terminated unexpectedly|ECONNRESET.*/u, "connection lost"));
}

const statement = (sql: string) => async (client: pg.Client) => client.query(sql);

test.each<[string, (client: pg.Client) => Promise<unknown>]>([
  [
    "idle in transaction",
    async (client) =>
      client.query(
        "SET idle_in_transaction_session_timeout = 100; BEGIN; SELECT name FROM support.customers WHERE id = 4001",
      ),
  ],
  ["idle session", statement("SET idle_session_timeout = 100")],
])("%s: the server's last words reach the client", async (_name, work) => {
  expect(await lastWords(await through(), work)).toEqual(await lastWords(await direct(), work));
});

test.each<[string, (client: pg.Client) => Promise<unknown>, () => Promise<void>]>([
  ["idle", async () => undefined, async () => undefined],
  ["in the middle of a statement", statement(SLOW), () => underWay(SLOW, 1)],
])("a session that an administrator ends, %s", async (_name, work, begun) => {
  const ended = async (client: pg.Client): Promise<string[]> => {
    expect((await client.query(LOOKUP)).rows).toHaveLength(1);
    const words = lastWords(client, work);
    await begun();
    await cluster.query("SELECT pg_terminate_backend($1)", [keysOf(client).processID]);
    return words;
  };
  const expected = await ended(await direct());
  expect(expected.join()).toContain("57P01");
  expect(await ended(await through())).toEqual(expected);
});

test("the server restarts: 57P01 to everybody, no one gets in meanwhile, and then all is as before", async () => {
  const clients = [await direct(), await through()];
  const words = clients.map((client) => lastWords(client, statement(SLOW)));
  const idle = [await direct(), await through()].map((client) => lastWords(client, async () => undefined));
  await underWay(SLOW, 2);
  await cluster.restart();
  const [fromServer, fromGateway] = await Promise.all(words);
  expect(fromServer?.join()).toContain("FATAL 57P01 terminating connection due to administrator command");
  expect(fromGateway).toEqual(fromServer);
  const [idleServer, idleGateway] = await Promise.all(idle);
  expect(idleServer?.join()).toContain("57P01");
  expect(idleGateway).toEqual(idleServer);
  const again = await through();
  expect((await again.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await again.end();
});

test("the server is away: 08001, and the gateway lives", async () => {
  await cluster.kill();
  await expect(through()).rejects.toMatchObject({ code: "08001", severity: "FATAL" });
  await cluster.start();
  const client = await through();
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await client.end();
});

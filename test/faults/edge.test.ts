/** What is refused at the edge of the protocol, in words that a driver shows, and what of it leaves an entry. */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeCopyData } from "../../src/wire/messages/copy-data.ts";
import { SYNC } from "../../src/wire/messages/empty.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeSaslInitialResponse, encodeSaslResponse } from "../../src/wire/messages/password.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { clientKey, hmac, saltedPassword, SCRAM_ITERATIONS_DEFAULT, sha256, xor } from "../../src/wire/scram.ts";
import { encodeCancelRequest, encodeStartup, GSSENC_REQUEST, SSL_REQUEST } from "../../src/wire/startup.ts";
import { endPointHash } from "../../src/wire/tls-binding.ts";
import { FRONTEND } from "../../src/wire/types.ts";
import { entriesOf } from "../e2e/recorded.ts";
import { issueServer, makeAuthority } from "../rig/certs.ts";
import { AGENT_PASSWORD, startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { type Address, type Heard, RawClient } from "../rig/raw-client.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-edge-"));
let database: SupportDatabase;
let plain: TestGateway;
let tls: TestGateway;
/** Of the gateway's certificate. */
let certificateHash: Buffer;

beforeAll(async () => {
  database = await supportDatabase();
  const { cert, key } = await issueServer(await makeAuthority());
  certificateHash = endPointHash(new X509Certificate(cert).raw)!;
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key);
  const files = `tls: {cert: ${join(folder, "cert.pem")}, key: ${join(folder, "key.pem")}}`;
  plain = await startTestGateway({ database });
  tls = await startTestGateway({
    database,
    edit: (yaml) => yaml.replace('listen: {postgres: "127.0.0.1:0"}', `listen: {postgres: "127.0.0.1:0", ${files}}`),
  });
});

afterAll(async () => {
  await plain.stop();
  await tls.stop();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const direct = (): Address => ({ host: database.server.host, port: database.server.port });

async function refusal(wire: RawClient, ...packets: readonly Buffer[]): Promise<Heard> {
  wire.socket.write(Buffer.concat(packets));
  const heard = await wire.hearToTheEnd();
  expect(heard.map(({ name }) => name)).toEqual(["ErrorResponse"]);
  expect(heard[0]?.text).toContain('["S","FATAL"]');
  return heard[0] as Heard;
}

const startup = (more: readonly [string, string][] = []): Buffer =>
  encodeStartup(new Map([["user", "alice"], ["database", database.name], ...more]));

function packet(code: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt32BE(8 + payload.length, 0);
  header.writeInt32BE(code, 4);
  return Buffer.concat([header, payload]);
}

describe("before the sign-in", () => {
  test("encryption that is not there: N to each request once, then in the clear as with PostgreSQL", async () => {
    const wire = await RawClient.connect(plain);
    expect(await wire.ask(GSSENC_REQUEST)).toBe("N");
    expect(await wire.ask(SSL_REQUEST)).toBe("N");
    await wire.signIn("alice", database.name);
    await wire.hangUp();
  });

  test("GSSAPI is not spoken, TLS is", async () => {
    const wire = await RawClient.connect(tls);
    expect(await wire.ask(GSSENC_REQUEST)).toBe("N");
    expect(await wire.ask(SSL_REQUEST)).toBe("S");
    await wire.hangUp();
  });

  test.each([
    ["TLS", SSL_REQUEST],
    ["GSSAPI", GSSENC_REQUEST],
  ])("a second request for %s", async (_name, request) => {
    for (const at of [plain, direct()]) {
      const wire = await RawClient.connect(at);
      expect(await wire.ask(request)).toBe("N");
      expect((await refusal(wire, request)).text).toContain('["C","0A000"]');
    }
  });

  test("a second request for TLS, inside of TLS", async () => {
    const wire = await RawClient.connect(tls);
    await wire.startTls();
    expect((await refusal(wire, SSL_REQUEST)).text).toContain('["C","0A000"]');
  });

  test("plain text behind the request for TLS is not taken for encrypted (CVE-2021-23214)", async () => {
    const wire = await RawClient.connect(tls);
    expect((await refusal(wire, Buffer.concat([SSL_REQUEST, startup()]))).text).toContain('["C","08P01"]');
  });

  test.each<[string, () => Buffer]>([
    ["protocol 4.0", () => packet(4 << 16, Buffer.from("user\0alice\0\0"))],
    ["a startup packet of 10,005 bytes", () => packet(3 << 16, Buffer.alloc(10_005 - 8))],
    ["a startup packet of 2 GB", () => Buffer.from("7fffffff00030000", "hex")],
    ["a negative length", () => Buffer.from("ffffffff00030000", "hex")],
    ["a startup packet without a user", () => packet(3 << 16, Buffer.from("database\0x\0\0"))],
    ["a startup packet without its end", () => packet(3 << 16, Buffer.from("user\0alice\0"))],
  ])("%s is answered as PostgreSQL does", async (_name, bytes) => {
    const answers = [plain, direct()].map(async (at) => {
      const wire = await RawClient.connect(at);
      wire.socket.write(bytes());
      const heard = await wire.hearToTheEnd();
      return heard.map(({ name, text }) => `${name} ${/"C","(\w{5})"/u.exec(text)?.[1]}`);
    });
    const [through, directly] = await Promise.all(answers);
    expect(through).toEqual(directly);
    expect(through?.join() ?? "").toMatch(/^(?:|ErrorResponse \w{5})$/u);
  });

  test("protocol 2.0 is not spoken", async () => {
    expect((await refusal(await RawClient.connect(plain), packet(2 << 16, Buffer.alloc(288)))).text).toContain(
      '["C","0A000"]',
    );
  });

  test("a newer minor version is negotiated down", async () => {
    const wire = await RawClient.connect(plain);
    const newer = startup();
    newer.writeInt32BE((3 << 16) | 2, 4);
    wire.socket.write(newer);
    expect((await wire.hear()).name).toBe("NegotiateProtocolVersion");
    expect((await wire.hear()).name).toBe("Authentication");
    await wire.hangUp();
  });

  test.each(["true", "database", "on", "1"])("replication=%s, with what to do instead", async (replication) => {
    const wire = await RawClient.connect(plain);
    const send = wire.send;
    let first = true;
    wire.send = (bytes) => {
      const chosen = first ? startup([["replication", replication]]) : bytes;
      first = false;
      return send(chosen);
    };
    const refused = await wire.signIn("alice", database.name).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeDefined();
    expect(wire.last.text).toMatch(/\["C","0A000"\].*replication connections do not pass.*\["H","/u);
  });
});

/** What goes in and comes out of a sign-in whose client is not honest, or not alone. */
describe("during the sign-in", () => {
  const NONCE = "0123456789";
  const sasl = (mechanism: string, first: string): Buffer =>
    encodeSaslInitialResponse({ mechanism, data: Buffer.from(first) });

  async function begun(at: TestGateway, encrypted: boolean): Promise<{ wire: RawClient; offered: readonly string[] }> {
    const wire = await RawClient.connect(at);
    if (encrypted) await wire.startTls();
    await wire.send(startup());
    const asked = await wire.hearAuthentication();
    return { wire, offered: asked.kind === "sasl" ? asked.mechanisms : [] };
  }

  test("the channel can be bound inside of TLS only", async () => {
    for (const [encrypted, expected] of [
      [true, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]],
      [false, ["SCRAM-SHA-256"]],
    ] as const) {
      const { wire, offered } = await begun(tls, encrypted);
      expect(offered).toEqual(expected);
      await wire.hangUp();
    }
  });

  test.each([
    ["that could bind, and was told that it cannot", true, "SCRAM-SHA-256", "y,,"],
    ["that binds without saying so", true, "SCRAM-SHA-256", "p=tls-server-end-point,,"],
    ["that says to bind and does not", true, "SCRAM-SHA-256-PLUS", "n,,"],
    ["that says to bind and thinks that it cannot", true, "SCRAM-SHA-256-PLUS", "y,,"],
    ["that binds to something else", true, "SCRAM-SHA-256-PLUS", "p=tls-unique,,"],
    ["that binds to nothing", false, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,"],
    ["that wants to be somebody else", false, "SCRAM-SHA-256", "n,a=root,"],
    ["of an older mechanism", false, "SCRAM-SHA-1", "n,,"],
  ])("a client %s is turned away at its first message", async (_name, encrypted, mechanism, header) => {
    const { wire } = await begun(tls, encrypted);
    expect((await refusal(wire, sasl(mechanism, `${header}n=,r=${NONCE}`))).text).toContain('["C","28P01"]');
  });

  test("a client that does not bind, and may not, gets its challenge", async () => {
    const { wire } = await begun(tls, true);
    await wire.send(sasl("SCRAM-SHA-256", `n,,n=,r=${NONCE}`));
    expect(await wire.hearAuthentication()).toMatchObject({ kind: "sasl-continue" });
    await wire.hangUp();
  });

  const bound = (channel: Buffer): string =>
    Buffer.concat([Buffer.from("p=tls-server-end-point,,"), channel]).toString("base64");

  /** Signs in with a final message of the test's own, and the proof that belongs to it. */
  async function proved(without: (nonce: string) => string): Promise<{ wire: RawClient; response: Buffer }> {
    const { wire } = await begun(tls, true);
    const bare = `n=,r=${NONCE}`;
    await wire.send(sasl("SCRAM-SHA-256-PLUS", `p=tls-server-end-point,,${bare}`));
    const challenge = await wire.hearAuthentication();
    if (challenge.kind !== "sasl-continue") throw new Error("no challenge came");
    const said = challenge.data.toString();
    const [, nonce = "", salt = "", count = ""] = /^r=(.*),s=(.*),i=(.*)$/u.exec(said) ?? [];
    expect(nonce.startsWith(NONCE) && nonce.length > NONCE.length).toBe(true);
    // The same count for everybody, who exists or not.
    expect(count).toBe(String(SCRAM_ITERATIONS_DEFAULT));
    const final = without(nonce);
    const key = clientKey(await saltedPassword(AGENT_PASSWORD, Buffer.from(salt, "base64"), Number(count)));
    const proof = xor(key, hmac(sha256(key), `${bare},${said},${final}`));
    return { wire, response: encodeSaslResponse(Buffer.from(`${final},p=${proof.toString("base64")}`)) };
  }

  test("a final message with this certificate and this nonce gets in", async () => {
    const { wire, response } = await proved((nonce) => `c=${bound(certificateHash)},r=${nonce}`);
    await wire.send(response);
    expect(await wire.hearAuthentication()).toMatchObject({ kind: "sasl-final" });
    expect(await wire.hearAuthentication()).toEqual({ kind: "ok" });
    await wire.hangUp();
  });

  test.each<[string, (nonce: string) => string]>([
    ["another certificate", (nonce) => `c=${bound(Buffer.alloc(32, 1))},r=${nonce}`],
    ["no certificate", (nonce) => `c=${bound(Buffer.alloc(0))},r=${nonce}`],
    ["another header", (nonce) => `c=biws,r=${nonce}`],
    ["its own nonce, not extended", () => `c=${bound(certificateHash)},r=${NONCE}`],
    ["a nonce cut by one", (nonce) => `c=${bound(certificateHash)},r=${nonce.slice(0, -1)}`],
    ["a nonce of its own making", (nonce) => `c=${bound(certificateHash)},r=${nonce}x`],
  ])("a final message with %s and the proof that belongs to it does not", async (_name, without) => {
    const { wire, response } = await proved(without);
    expect((await refusal(wire, response)).text).toContain('["C","28P01"]');
  });

  test.each<[string, readonly Buffer[]]>([
    ["a query", [encodeQuery("SELECT email FROM support.customers")]],
    ["Parse and Sync", [encodeParse("", "SELECT 1", []), SYNC]],
    ["COPY data", [encodeCopyData(Buffer.from("1\n"))]],
    ["a function call", [framed(FRONTEND.FunctionCall, Buffer.alloc(10))]],
    ["a second startup packet", [encodeStartup(new Map([["user", "alice"]]))]],
    ["a password longer than any", [Buffer.from("707fffffff", "hex")]],
    ["an empty password message", [framed(FRONTEND.Password, Buffer.alloc(0))]],
  ])("%s instead of the password ends the connection, and reaches nobody", async (_name, frames) => {
    const { wire } = await begun(plain, false);
    wire.socket.write(Buffer.concat([...frames, encodeQuery("SELECT 1")]));
    const heard = await wire.hearToTheEnd();
    expect(heard.filter(({ name }) => name !== "ErrorResponse")).toEqual([]);
    expect(heard.every(({ text }) => /\["C","(?:08P01|28P01)"\]/u.test(text))).toBe(true);
  });

  test("a query right behind a wrong proof is not heard", async () => {
    const { wire } = await begun(plain, false);
    await wire.send(sasl("SCRAM-SHA-256", `n,,n=,r=${NONCE}`));
    const challenge = await wire.hearAuthentication();
    if (challenge.kind !== "sasl-continue") throw new Error("no challenge came");
    const nonce = /^r=([^,]*)/u.exec(challenge.data.toString())?.[1] ?? "";
    const proof = Buffer.alloc(32).toString("base64");
    const wrong = encodeSaslResponse(Buffer.from(`c=biws,r=${nonce},p=${proof}`));
    const answer = await refusal(wire, wrong, encodeQuery("SELECT email FROM support.customers WHERE id = 4711"));
    expect(answer.text).toContain('["C","28P01"]');
  });
});

describe("cancel requests", () => {
  test("with a wrong key cancel nothing and leave an alert; with the right one they cancel", async () => {
    const busy = await RawClient.connect(plain);
    const key = await busy.signIn("alice", database.name);
    const blocker = await blockTeams();
    busy.socket.write(encodeQuery("SELECT name FROM support.teams"));
    const wrong = Buffer.from(key.secret);
    wrong[0] = (wrong[0] as number) ^ 1;
    for (const request of [
      encodeCancelRequest(key.processId, wrong),
      encodeCancelRequest(key.processId + 1, key.secret),
      encodeCancelRequest(key.processId, Buffer.alloc(256)),
    ]) {
      const wire = await RawClient.connect(plain);
      wire.socket.write(request);
      expect(await wire.hearToTheEnd()).toEqual([]);
    }
    await expect
      .poll(async () => (await entriesOf(plain)).find((entry) => entry.kind === "alert"))
      .toEqual({ kind: "alert", code: "CANCEL_UNMATCHED", detail: "from 127.0.0.1" });
    await serverWaits();
    const wire = await RawClient.connect(plain);
    wire.socket.write(encodeCancelRequest(key.processId, key.secret));
    expect(await wire.hearToTheEnd()).toEqual([]);
    const answer = await busy.hearUntilReady();
    expect(answer.find(({ name }) => name === "ErrorResponse")?.text).toContain('["C","57014"]');
    await busy.hangUp();
    await blocker.end();
  });
});

describe("after the sign-in", () => {
  test("function calls are refused with what to do instead, and the session goes on", async () => {
    const wire = await RawClient.connect(plain);
    await wire.signIn("alice", database.name);
    const payload = Buffer.alloc(10);
    payload.writeInt32BE(1598, 0);
    wire.socket.write(framed(FRONTEND.FunctionCall, payload));
    const [error, ready] = await wire.hearUntilReady();
    expect(error?.text).toMatch(/\["S","ERROR"\].*\["C","0A000"\].*\["H","call the function with SELECT"\]/u);
    expect(ready?.name).toBe("ReadyForQuery");
    wire.socket.write(encodeQuery("SELECT 1"));
    expect((await wire.hearUntilReady()).map(({ name }) => name)).toContain("DataRow");
    await wire.hangUp();
  });

  test.each([0x00, 0x21, 0x7a, 0xff])("message type %i ends the session, as PostgreSQL does", async (type) => {
    const wire = await RawClient.connect(plain);
    await wire.signIn("alice", database.name);
    expect((await refusal(wire, framed(type, Buffer.alloc(4)))).text).toContain('["C","08P01"]');
  });

  test.each([
    ["a length below four", Buffer.from("5100000003", "hex")],
    ["a length over every limit", Buffer.from("517fffffff", "hex")],
    ["a Query without its end", framed(FRONTEND.Query, Buffer.from("SELECT 1"))],
    ["a Bind that ends in the middle", framed(FRONTEND.Bind, Buffer.from("\0\0\0"))],
    ["a Describe of neither", framed(FRONTEND.Describe, Buffer.from("X\0"))],
  ])("%s ends the session", async (_name, bytes) => {
    const wire = await RawClient.connect(plain);
    await wire.signIn("alice", database.name);
    expect((await refusal(wire, bytes)).text).toContain('["C","08P01"]');
  });
});

test("nothing of all this was a bug", async () => {
  const client = await plain.client("alice");
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await client.end();
  expect([...plain.complaints, ...tls.complaints].filter((line) => /INTERNAL|bug/u.test(line))).toEqual([]);
});

/** A lock for which whoever reads support.teams must wait, for as long as the client is connected. */
async function blockTeams(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("BEGIN; LOCK support.teams IN ACCESS EXCLUSIVE MODE");
  return client;
}

/** Until somebody does. */
async function serverWaits(): Promise<void> {
  const waiting =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
  await expect.poll(async () => (await database.query(waiting))[0]?.["n"]).toBe(1);
}

function framed(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = type;
  header.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
}

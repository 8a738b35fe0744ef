/** What the first bytes of a connection bring, directly and through the gateway: drivers also say strange things. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MessageReader } from "../../src/wire/framing.ts";
import { decodeErrorFields } from "../../src/wire/messages/error-response.ts";
import { decodeNegotiateProtocolVersion } from "../../src/wire/messages/negotiate-protocol-version.ts";
import { GSSENC_REQUEST, SSL_REQUEST } from "../../src/wire/startup.ts";
import { BACKEND, backendName } from "../../src/wire/types.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

let database: SupportDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await supportDatabase(15);
  gateway = await startTestGateway({ database });
});

afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

/** A packet of that protocol version, or with that request code. */
function packet(code: number, text = ""): Buffer {
  const body = Buffer.from(text, "latin1");
  const header = Buffer.alloc(8);
  header.writeInt32BE(8 + body.length, 0);
  header.writeInt32BE(code, 4);
  return Buffer.concat([header, body]);
}

/** Sends bytes and says goodbye; returns what comes until the other side hangs up. */
async function answer(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.end(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks);
}

/** Messages by name; of errors severity and SQLSTATE, since the wording is ours; of a negotiation what is offered. */
function described(bytes: Buffer): string[] {
  const reader = new MessageReader({ maxBytes: 1 << 20 });
  reader.push(bytes);
  const messages: string[] = [];
  while (reader.next()) {
    const { type, buffer, payload, end } = reader;
    let detail = "";
    if (type === BACKEND.ErrorResponse) {
      const fields = decodeErrorFields(buffer, payload, end);
      detail = ` ${fields.get("V")} ${fields.get("C")}`;
    } else if (type === BACKEND.NegotiateProtocolVersion) {
      detail = ` ${JSON.stringify(decodeNegotiateProtocolVersion(buffer, payload, end))}`;
    }
    messages.push(`${backendName(type)}${detail}`);
  }
  return messages;
}

const PROTOCOL_3_2 = (3 << 16) | 2;
const user = (more = ""): string => `user\0whosaw_gw\0database\0nowhere\0${more}\0`;

describe("as PostgreSQL", () => {
  test.each([
    ["Terminate before anything else", Buffer.from("5800000004", "hex")],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["half a length", Buffer.from("0000", "hex")],
    ["a length of seven", Buffer.from("00000007000000", "hex")],
    ["a packet that stops in the middle", packet(3 << 16, user()).subarray(0, 20)],
    ["a request for TLS, and then nothing", SSL_REQUEST],
    ["a request for GSSAPI encryption, and then nothing", GSSENC_REQUEST],
  ])("%s: the same bytes", async (_name, bytes) => {
    const direct = await answer(database.server.port, bytes);
    expect(await answer(gateway.port, bytes)).toEqual(direct);
  });

  test.each([
    ["protocol 4", packet(4 << 16, user())],
    ["no user", packet(3 << 16, "database\0nowhere\0\0")],
    ["no terminator", packet(3 << 16, "user\0whosaw_gw\0database")],
    ["protocol 3.2", packet(PROTOCOL_3_2, user())],
    ["protocol 3.2 with an option nobody knows", packet(PROTOCOL_3_2, user("_pq_.nope\0on\0"))],
    ["protocol 3.0 with an option nobody knows", packet(3 << 16, user("_pq_.nope\0on\0"))],
  ])("%s: the same messages", async (_name, bytes) => {
    const direct = described(await answer(database.server.port, bytes));
    expect(described(await answer(gateway.port, bytes))).toEqual(direct);
  });
});

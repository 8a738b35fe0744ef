/** What can go wrong between us and a ClickHouse server. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../sim/free-port.ts";
import { WhosawError } from "../base/errors.ts";
import type { ClickhousePlace } from "./clickhouse.ts";
import { openColumns } from "./open.ts";
import { serverMissing, startClickhouse } from "./testing/clickhouse-server.ts";

const missing = serverMissing();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

function placeAt(port: number): { readonly kind: "server" } & ClickhousePlace {
  return {
    kind: "server",
    url: `http://127.0.0.1:${port}`,
    user: "u",
    password: "p",
    database: "whosaw",
    cluster: undefined,
  };
}

describe.skipIf(missing !== undefined)("a ClickHouse server", () => {
  test("tells a wrong password and an unknown user from a server that is down", async () => {
    const { place, kill } = await startClickhouse();
    const wrong = { code: "COLUMNS_UNREACHABLE", message: expect.stringContaining("refuses the password") as string };
    await expect(openColumns({ ...place, password: "wrong" })).rejects.toMatchObject(wrong);
    await expect(openColumns({ ...place, user: "nobody" })).rejects.toMatchObject(wrong);
    const columns = await openColumns(place);
    await kill();
    const down = { code: "COLUMNS_UNREACHABLE", message: expect.stringContaining("does not answer") as string };
    await expect(columns.select("SELECT 1 AS one")).rejects.toMatchObject(down);
    await expect(columns.insert("shipped", Buffer.from("1\t1\t1\n"))).rejects.toMatchObject(down);
    await expect(columns.stream("SELECT 1 AS one")[Symbol.asyncIterator]().next()).rejects.toMatchObject(down);
    await columns.close();
  });
});

test("nobody listens", async () => {
  const port = await freePort();
  await expect(openColumns(placeAt(port))).rejects.toMatchObject({
    code: "COLUMNS_UNREACHABLE",
    message: `The ClickHouse server at http://127.0.0.1:${port} does not answer: nobody listens there.`,
  });
});

test("whatever a server that is no ClickHouse answers is an error of ours", async () => {
  let answer = { status: 200, body: Buffer.alloc(0) };
  const server = createServer((_, response) => void response.writeHead(answer.status).end(answer.body)).listen(
    0,
    "127.0.0.1",
  );
  servers.push(server);
  await once(server, "listening");
  const place = placeAt((server.address() as AddressInfo).port);
  const anyAnswer = fc.record({
    status: fc.constantFrom(200, 204, 301, 401, 404, 500, 503),
    body: fc.oneof(fc.string(), fc.json(), fc.constant('{"name":1}\n')).map((text) => Buffer.from(text)),
  });
  await expect(openColumns(place)).rejects.toMatchObject({
    message: expect.stringContaining("no ClickHouse") as string,
  });
  await fc.assert(
    fc.asyncProperty(anyAnswer, async (next) => {
      answer = next;
      const opened = await openColumns(place).catch((error: unknown) => error);
      if (opened instanceof Error) expect(opened).toBeInstanceOf(WhosawError);
      else await (opened as { close(): Promise<void> }).close();
    }),
    { numRuns: 60 },
  );
});

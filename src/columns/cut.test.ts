/** What stays of an INSERT when the connection to the server is cut in the middle of it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { openColumns } from "./open.ts";
import { serverMissing, startClickhouse } from "./testing/clickhouse-server.ts";

const ROWS = 2_000;
const row = (index: number): string =>
  `1\t${index}\t1700000000000\t1\t1\t1\tticket\t${createHash("sha256").update(String(index)).digest("hex")}\n`;

interface CuttingProxy {
  readonly port: number;
  cutAfter(bytes: number): void;
  close(): void;
}

/** Lets connections through until so many bytes have come from the client, then ends them. */
async function cuttingProxy(port: number): Promise<CuttingProxy> {
  let left = Infinity;
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
    upstream.pipe(client);
    client.on("data", (bytes: Buffer) => {
      upstream.write(bytes.subarray(0, Math.max(0, Math.min(left, bytes.length))));
      left -= bytes.length;
      if (left > 0) return;
      upstream.end();
      client.destroy();
    });
    client.on("close", () => upstream.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter: (bytes) => void (left = bytes),
    close: () => void server.close(),
  };
}

test.skipIf(serverMissing() !== undefined)(
  "an INSERT that is cut off leaves nothing, wherever the cut falls",
  async () => {
    const { place, kill } = await startClickhouse();
    const direct = await openColumns(place);
    const proxy = await cuttingProxy(Number(new URL(place.url).port));
    const rows = Buffer.from(Array.from({ length: ROWS }, (_, index) => row(index)).join(""));
    // The last field and the end of a row are where a cut could pass for the end of the text.
    for (let cut = 0; cut < row(1_000).length; cut += 1) {
      const columns = await openColumns({ ...place, url: `http://127.0.0.1:${proxy.port}` });
      proxy.cutAfter(700 + cut);
      await expect(columns.insert("statements", rows)).rejects.toMatchObject({ code: "COLUMNS_UNREACHABLE" });
      proxy.cutAfter(Infinity);
      await columns.close();
    }
    const count = async (): Promise<number> =>
      Number((await direct.select("SELECT count() AS n FROM statements"))[0]?.[0]);
    expect(await count()).toBe(0);
    await direct.insert("statements", rows);
    expect(await count()).toBe(ROWS);
    proxy.close();
    await direct.close();
    await kill();
  },
);

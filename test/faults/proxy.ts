/** What stands between a gateway and its database when the network is to blame. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Between the gateway and its database: passes single bytes, or hangs up after so many of the server's. */
export class Proxy {
  readonly port: number;
  readonly #server: Server;
  /** For the next connections. */
  byByte = false;
  /** For the next connection. */
  cutAfter: number | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(to: number): Promise<Proxy> {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const made = new Proxy(server, (server.address() as { port: number }).port);
    server.on("connection", (near) => made.#pass(near, connect({ port: to, host: "127.0.0.1", noDelay: true })));
    return made;
  }

  close(): void {
    this.#server.close();
  }

  #pass(near: Socket, far: Socket): void {
    const { byByte } = this;
    let left = this.cutAfter ?? Infinity;
    this.cutAfter = undefined;
    near.setNoDelay(true);
    const end = (): void => void (near.destroy(), far.destroy());
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    near.on("data", (chunk: Buffer) => far.write(chunk));
    far.on("data", (chunk: Buffer) => {
      const passed = chunk.subarray(0, left);
      left -= chunk.length;
      if (byByte) void oneByOne(near, passed, far);
      else near.write(passed);
      if (left <= 0) near.end(() => end());
    });
  }
}

/** Writes each byte by itself, with a pause behind it. */
export async function oneByOne(to: Socket, bytes: Buffer, from?: Socket): Promise<void> {
  from?.pause();
  for (let i = 0; i < bytes.length && to.writable; i++) {
    to.write(bytes.subarray(i, i + 1));
    // The pause is what is tried here.
    await delay(0);
  }
  from?.resume();
}

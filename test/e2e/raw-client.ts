/** A client that sends bytes and keeps the bytes that come back: what drivers would hide is what is compared here. */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { UpstreamConfig } from "../../src/config/config.ts";
import { connectUpstream } from "../../src/gateway/upstream.ts";
import { MessageReader } from "../../src/wire/framing.ts";
import { decodeErrorFields } from "../../src/wire/messages/error-response.ts";
import { BACKEND, backendName } from "../../src/wire/types.ts";

export interface RawMessage {
  readonly name: string;
  /** The whole message, as latin1. */
  readonly bytes: string;
}

export class RawClient {
  readonly socket: Socket;
  readonly #reader = new MessageReader({ maxBytes: 1 << 30 });
  readonly #messages: RawMessage[] = [];
  #ready = 0;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("close", () => this.#wake());
    socket.on("error", () => undefined);
    socket.resume();
  }

  static async connect(
    config: UpstreamConfig,
    parameters: ReadonlyMap<string, string> = new Map(),
  ): Promise<RawClient> {
    const { socket } = await connectUpstream(config, parameters);
    return new RawClient(socket);
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Everything that comes until so many ReadyForQuery have come, or the server hangs up. */
  async until(ready: number): Promise<RawMessage[]> {
    while (this.#ready < ready && !this.socket.destroyed) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#ready -= ready;
    return this.#messages.splice(0);
  }

  /** Everything that comes until a message of that name has come. */
  async untilMessage(name: string): Promise<RawMessage[]> {
    while (!this.#messages.some((message) => message.name === name) && !this.socket.destroyed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#ready = 0;
    return this.#messages.splice(0);
  }

  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    await once(this.socket, "close");
  }

  #take(chunk: Buffer): void {
    this.#reader.push(Buffer.from(chunk));
    while (this.#reader.next()) {
      const { type, buffer, start, payload, end } = this.#reader;
      const name = backendName(type) ?? `unknown ${type}`;
      const bytes =
        type === BACKEND.ErrorResponse || type === BACKEND.NoticeResponse
          ? errorText(buffer, payload, end)
          : buffer.toString("latin1", start, end);
      this.#messages.push({ name, bytes });
      if (type === BACKEND.ReadyForQuery) this.#ready += 1;
    }
    this.#wake();
  }
}

/** Fields by letter; the line number in the server's source is left out. */
function errorText(buffer: Buffer, payload: number, end: number): string {
  const fields = decodeErrorFields(buffer, payload, end);
  return JSON.stringify([...fields].filter(([letter]) => letter !== "L"));
}

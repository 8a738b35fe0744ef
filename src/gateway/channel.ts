/**
 * A socket during its handshake: one side waits for the next message of the other. Once the handshake is over the
 * socket is taken out and relayed by callbacks; promises are too dear for rows.
 */
import type { Socket } from "node:net";
import type { WhosawError } from "../base/errors.ts";
import { MessageReader } from "../wire/framing.ts";

export interface Message {
  readonly type: number;
  readonly buffer: Buffer;
  readonly start: number;
  readonly payload: number;
  readonly end: number;
}

export class Channel {
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #lost: () => WhosawError;
  #waiting: { resolve: () => void; reject: (error: WhosawError) => void } | undefined;
  #closed = false;

  /**
   * @param bytesMax largest message of this handshake
   * @param lost what to say when the other side goes away in the middle
   */
  constructor(socket: Socket, bytesMax: number, lost: () => WhosawError) {
    this.#socket = socket;
    this.#reader = new MessageReader({ maxBytes: bytesMax });
    this.#lost = lost;
    socket.on("data", this.#onData);
    socket.on("close", this.#onClose);
    socket.on("error", this.#onClose);
  }

  /** The next message. @throws WhosawError when the other side has gone, or breaks the protocol */
  async message(): Promise<Message> {
    while (!this.#reader.next()) await this.#more();
    const { type, buffer, start, payload, end } = this.#reader;
    return { type, buffer, start, payload, end };
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Ends the handshake: the socket is paused, and what it had sent beyond the handshake is returned. */
  detach(): Buffer {
    this.#socket.pause();
    this.#socket.off("data", this.#onData);
    this.#socket.off("close", this.#onClose);
    this.#socket.off("error", this.#onClose);
    return this.#reader.takeRest();
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) reject(this.#lost());
      else this.#waiting = { resolve, reject };
    });
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#reader.push(chunk);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
  };

  readonly #onClose = (): void => {
    this.#closed = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#lost());
  };
}

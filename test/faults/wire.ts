/** A client below drivers: whoever holds the socket decides which bytes leave, and when. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WhosawError } from "../../src/base/errors.ts";
import { Channel } from "../../src/gateway/channel.ts";
import { decodeAuthentication } from "../../src/wire/messages/authentication.ts";
import { type BackendKeyData, decodeBackendKeyData } from "../../src/wire/messages/backend-key-data.ts";
import { decodeErrorFields } from "../../src/wire/messages/error-response.ts";
import { encodeSaslInitialResponse, encodeSaslResponse } from "../../src/wire/messages/password.ts";
import { ScramClient } from "../../src/wire/scram-client.ts";
import { encodeStartup } from "../../src/wire/startup.ts";
import { BACKEND, backendName } from "../../src/wire/types.ts";
import { AGENT_PASSWORD } from "../rig/gateway.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The server's words: a name, and the message without its header; of errors their fields in order. */
export interface Heard {
  readonly name: string;
  readonly text: string;
}

export class HungUp extends Error {}

export class Wire {
  readonly socket: Socket;
  /** Made when messages are expected: before, single bytes answer. */
  #messages: Channel | undefined;
  /** What was heard last. */
  last: Heard = { name: "", text: "" };
  /** How bytes leave; replaced by tests that cut them. */
  send: (bytes: Buffer) => Promise<void> | void;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined);
    this.send = (bytes) => void (socket.writable && socket.write(bytes));
  }

  static async connect({ host, port }: Address): Promise<Wire> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new Wire(socket);
  }

  /** Sends a request for encryption. @returns the single byte that answers it */
  async ask(request: Buffer): Promise<string> {
    const answered = once(this.socket, "data") as Promise<[Buffer]>;
    this.socket.write(request);
    this.socket.resume();
    const [answer] = await answered;
    this.socket.pause();
    return answer.toString("latin1");
  }

  /** @throws HungUp */
  async hear(): Promise<Heard> {
    try {
      const { type, buffer, payload, end } = await this.#channel().message();
      const name = backendName(type) ?? `unknown ${type}`;
      const isError = type === BACKEND.ErrorResponse;
      const text = isError
        ? JSON.stringify([...decodeErrorFields(buffer, payload, end)])
        : buffer.toString("latin1", payload, end);
      this.last = { name, text };
      return this.last;
    } catch (error) {
      if (error instanceof WhosawError && error.code === "UPSTREAM_LOST") throw new HungUp();
      throw error;
    }
  }

  /** Everything up to the next ReadyForQuery, or until the other side hangs up. */
  async hearUntilReady(): Promise<Heard[]> {
    const heard: Heard[] = [];
    try {
      do heard.push(await this.hear());
      while (heard.at(-1)?.name !== "ReadyForQuery");
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
    }
    return heard;
  }

  /** Everything until the other side hangs up. */
  async hearToTheEnd(): Promise<Heard[]> {
    const heard: Heard[] = [];
    for (;;) {
      const more = await this.hearUntilReady();
      heard.push(...more);
      if (more.at(-1)?.name !== "ReadyForQuery") return heard;
    }
  }

  /** Startup packet and SCRAM. @returns the cancel key */
  async signIn(user: string, database: string): Promise<BackendKeyData> {
    await this.send(
      encodeStartup(
        new Map([
          ["user", user],
          ["database", database],
        ]),
      ),
    );
    const asked = decodeAuthentication(...(await this.#payload()));
    if (asked.kind !== "sasl") throw new Error("no SCRAM was asked for");
    const scram = new ScramClient({ password: AGENT_PASSWORD, mechanisms: asked.mechanisms });
    await this.send(encodeSaslInitialResponse(scram.first()));
    const challenge = decodeAuthentication(...(await this.#payload()));
    if (challenge.kind !== "sasl-continue") throw new Error("no challenge came");
    await this.send(encodeSaslResponse(await scram.respond(Buffer.from(challenge.data))));
    const heard = await this.hearUntilReady();
    const key = heard.find(({ name }) => name === "BackendKeyData");
    if (key === undefined) throw new HungUp();
    const bytes = Buffer.from(key.text, "latin1");
    return decodeBackendKeyData(bytes, 0, bytes.length);
  }

  /** Says no more; resolves when the other side has hung up too. */
  async hangUp(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = once(this.socket, "close");
    this.socket.resume();
    this.socket.end();
    await closed;
  }

  #channel(): Channel {
    if (this.#messages === undefined) {
      if (this.socket.destroyed) throw new HungUp();
      this.#messages = new Channel(this.socket, 1 << 26, () => new WhosawError("UPSTREAM_LOST", "hung up"));
      this.socket.resume();
    }
    return this.#messages;
  }

  async #payload(): Promise<[Buffer, number, number]> {
    const { text } = await this.hear();
    const bytes = Buffer.from(text, "latin1");
    return [bytes, 0, bytes.length];
  }
}

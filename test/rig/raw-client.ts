/**
 * A client below drivers: whoever holds it decides which bytes leave, and when, and sees every message that comes back.
 * Made of the codec alone.
 */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { MessageReader } from "../../src/wire/framing.ts";
import { type Authentication, decodeAuthentication } from "../../src/wire/messages/authentication.ts";
import { type BackendKeyData, decodeBackendKeyData } from "../../src/wire/messages/backend-key-data.ts";
import { TERMINATE } from "../../src/wire/messages/empty.ts";
import { decodeErrorFields } from "../../src/wire/messages/error-response.ts";
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from "../../src/wire/messages/password.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { md5Password } from "../../src/wire/scram.ts";
import { ScramClient } from "../../src/wire/scram-client.ts";
import { encodeStartup, SSL_REQUEST } from "../../src/wire/startup.ts";
import { endPointHash } from "../../src/wire/tls-binding.ts";
import { BACKEND, backendName } from "../../src/wire/types.ts";
import { AGENT_PASSWORD } from "./gateway.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One message of the server. */
export interface Heard {
  readonly type: number;
  readonly name: string;
  /** Without its header, as latin1; of errors and notices their fields as JSON, without the line of the server's source. */
  readonly text: string;
  /** The whole message, a copy. */
  readonly bytes: Buffer;
}

export interface SignInOptions {
  /** {@link AGENT_PASSWORD} if left out. */
  readonly password?: string;
  /** Startup option, as libpq's `options`. */
  readonly options?: string | undefined;
  /** {@link RawClient.signedIn} only: over TLS, whoever the server says that it is. */
  readonly tls?: boolean;
}

/** The other side is gone, or did not let us in; the message is the last thing that it said. */
export class HungUp extends Error {}

export class RawClient {
  #socket: Socket;
  readonly #reader = new MessageReader({ maxBytes: 1 << 30 });
  #wake: () => void = () => undefined;
  #certificateHash: Buffer | undefined;
  /** How it signed in. */
  mechanism = "none";
  /** What was heard last. */
  last: Heard = { type: 0, name: "", text: "", bytes: Buffer.alloc(0) };
  /** How bytes leave; replaced by tests that cut them. */
  send: (bytes: Buffer) => Promise<void> | void = (bytes) => void (this.#socket.writable && this.#socket.write(bytes));

  private constructor(socket: Socket) {
    this.#socket = this.#listenTo(socket);
  }

  static async connect({ host, port }: Address): Promise<RawClient> {
    const socket = connectTcp({ host, port, noDelay: true });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Connected and signed in. @throws HungUp */
  static async signedIn(at: Address, user: string, database: string, more: SignInOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(at);
    if (more.tls === true) await client.startTls();
    await client.signIn(user, database, more);
    return client;
  }

  /** The connection, or since {@link startTls} what is inside of it. */
  get socket(): Socket {
    return this.#socket;
  }

  /** Sends a request for encryption. @returns the single byte that answers it */
  async ask(request: Buffer): Promise<string> {
    this.#socket.write(request);
    while (this.#reader.pending === 0) await this.#more();
    return this.#reader.takeRest().toString("latin1");
  }

  /** @throws Error if the server does not speak TLS */
  async startTls(): Promise<void> {
    if ((await this.ask(SSL_REQUEST)) !== "S") throw new Error("the server does not speak TLS");
    this.#socket.removeAllListeners("data");
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    await once(secure, "secureConnect");
    this.#certificateHash = endPointHash(secure.getPeerX509Certificate()!.raw);
    this.#socket = this.#listenTo(secure);
  }

  /** Startup packet, and SCRAM or md5 as the server asks. @returns the cancel key @throws HungUp */
  async signIn(user: string, database: string, more: SignInOptions = {}): Promise<BackendKeyData> {
    const options: [string, string][] = more.options === undefined ? [] : [["options", more.options]];
    await this.send(encodeStartup(new Map([["user", user], ["database", database], ...options])));
    await this.#prove(user, more.password ?? AGENT_PASSWORD);
    const key = (await this.hearUntilReady()).find(({ name }) => name === "BackendKeyData");
    if (key === undefined) throw new HungUp(this.last.text);
    return decodeBackendKeyData(key.bytes, 5, key.bytes.length);
  }

  async #prove(user: string, password: string): Promise<void> {
    let scram: ScramClient | undefined;
    for (;;) {
      const asked = await this.hearAuthentication();
      if (asked.kind === "ok") return;
      if (asked.kind === "sasl") {
        scram = new ScramClient({ password, mechanisms: asked.mechanisms, certificateHash: this.#certificateHash });
        this.mechanism = scram.mechanism;
        await this.send(encodeSaslInitialResponse(scram.first()));
      } else if (asked.kind === "sasl-continue") {
        await this.send(encodeSaslResponse(await scram!.respond(Buffer.from(asked.data))));
      } else if (asked.kind === "sasl-final") scram!.finish(asked.data);
      else if (asked.kind === "md5") {
        this.mechanism = "md5";
        await this.send(encodePassword(Buffer.from(md5Password(user, password, asked.salt))));
      } else throw new Error(`the server asks for ${asked.kind}`);
    }
  }

  /** The next step of a sign-in. @throws HungUp if it is something else */
  async hearAuthentication(): Promise<Authentication> {
    const { name, bytes, text } = await this.hear();
    if (name !== "Authentication") throw new HungUp(text);
    return decodeAuthentication(bytes, 5, bytes.length);
  }

  /** @throws HungUp */
  async hear(): Promise<Heard> {
    while (!this.#reader.next()) {
      if (this.#socket.destroyed) throw new HungUp(this.last.text);
      await this.#more();
    }
    const { type, buffer, start, payload, end } = this.#reader;
    const spoken = type === BACKEND.ErrorResponse || type === BACKEND.NoticeResponse;
    const text = spoken
      ? JSON.stringify([...decodeErrorFields(buffer, payload, end)].filter(([letter]) => letter !== "L"))
      : buffer.toString("latin1", payload, end);
    const bytes = Buffer.from(buffer.subarray(start, end));
    this.last = { type, name: backendName(type) ?? `unknown ${type}`, text, bytes };
    return this.last;
  }

  /** Everything up to the next message of that name, or until the other side hangs up. */
  async hearUntil(name: string): Promise<Heard[]> {
    const heard: Heard[] = [];
    try {
      do heard.push(await this.hear());
      while (heard.at(-1)?.name !== name);
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
    }
    return heard;
  }

  /** Everything up to so many ReadyForQuery, or until the other side hangs up. */
  async hearUntilReady(count = 1): Promise<Heard[]> {
    const heard: Heard[] = [];
    for (let i = 0; i < count; i++) heard.push(...(await this.hearUntil("ReadyForQuery")));
    return heard;
  }

  /** Everything until the other side hangs up. */
  hearToTheEnd(): Promise<Heard[]> {
    return this.hearUntil("hanging up");
  }

  /** The answer to a simple query, without ReadyForQuery. @throws Error for one that fails */
  async query(sql: string): Promise<Heard[]> {
    await this.send(encodeQuery(Buffer.from(sql)));
    const heard = await this.hearUntilReady();
    const problem = heard.find(({ name }) => name === "ErrorResponse");
    if (problem !== undefined) throw new Error(problem.text);
    return heard.slice(0, -1);
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    if (this.#socket.writable) this.#socket.write(TERMINATE);
    await this.hangUp();
  }

  /** Says no more; resolves when the other side has hung up too. */
  async hangUp(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, "close");
    this.#socket.resume();
    this.#socket.end();
    await closed;
  }

  #listenTo(socket: Socket): Socket {
    socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#wake();
    });
    socket.on("close", () => this.#wake());
    socket.on("error", () => this.#wake());
    return socket;
  }

  /** Until something has come, or the connection has ended. */
  #more(): Promise<void> {
    if (this.#socket.destroyed) return Promise.reject(new HungUp(this.last.text));
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

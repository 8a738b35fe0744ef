/** A client made of the codec alone: signs in by SCRAM or md5, over TLS if asked, runs simple queries, keeps every byte. */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { textOf } from "../../src/wire/bytes.ts";
import { MessageReader } from "../../src/wire/framing.ts";
import { decodeAuthentication } from "../../src/wire/messages/authentication.ts";
import { TERMINATE } from "../../src/wire/messages/empty.ts";
import { decodeErrorFields } from "../../src/wire/messages/error-response.ts";
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from "../../src/wire/messages/password.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { md5Password } from "../../src/wire/scram.ts";
import { ScramClient } from "../../src/wire/scram-client.ts";
import { SSL_REQUEST, encodeStartup } from "../../src/wire/startup.ts";
import { endPointHash } from "../../src/wire/tls-binding.ts";
import { BACKEND } from "../../src/wire/types.ts";

export interface Message {
  readonly type: number;
  /** The whole message, a copy. */
  readonly bytes: Buffer;
}

export interface SignIn {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls?: boolean;
}

export class RawClient {
  /** How it signed in. */
  mechanism = "none";
  private socket: Socket;
  private readonly reader = new MessageReader({ maxBytes: 1 << 26 });
  private wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async connect(to: SignIn): Promise<RawClient> {
    const socket = connectTcp(to.port, to.host);
    await once(socket, "connect");
    const client = new RawClient(socket);
    const certificateHash = to.tls === true ? await client.startTls() : undefined;
    client.socket.on("data", (chunk: Buffer) => {
      client.reader.push(chunk);
      client.wake();
    });
    client.socket.on("close", () => client.wake());
    client.socket.on("error", () => client.wake());
    client.socket.write(
      encodeStartup(
        new Map([
          ["user", to.user],
          ["database", to.database],
        ]),
      ),
    );
    try {
      await client.signIn(to, certificateHash);
      await client.until(BACKEND.ReadyForQuery);
    } catch (error) {
      client.socket.destroy();
      throw error;
    }
    return client;
  }

  private async startTls(): Promise<Buffer | undefined> {
    this.socket.write(SSL_REQUEST);
    const [answer] = (await once(this.socket, "data")) as [Buffer];
    if (answer.toString() !== "S") throw new Error("the server does not speak TLS");
    const secure = connectTls({ socket: this.socket, rejectUnauthorized: false });
    await once(secure, "secureConnect");
    this.socket = secure;
    return endPointHash(secure.getPeerX509Certificate()!.raw);
  }

  private async signIn(to: SignIn, certificateHash: Buffer | undefined): Promise<void> {
    let scram: ScramClient | undefined;
    for (;;) {
      const { bytes } = await this.message();
      const asked = decodeAuthentication(bytes, 5, bytes.length);
      if (asked.kind === "ok") return;
      if (asked.kind === "sasl") {
        scram = new ScramClient({ password: to.password, mechanisms: asked.mechanisms, certificateHash });
        this.mechanism = scram.mechanism;
        this.socket.write(encodeSaslInitialResponse(scram.first()));
      } else if (asked.kind === "sasl-continue") {
        this.socket.write(encodeSaslResponse(await scram!.respond(asked.data)));
      } else if (asked.kind === "sasl-final") {
        scram!.finish(asked.data);
      } else if (asked.kind === "md5") {
        this.mechanism = "md5";
        this.socket.write(encodePassword(Buffer.from(md5Password(to.user, to.password, asked.salt))));
      } else throw new Error(`the server asks for ${asked.kind}`);
    }
  }

  /** All messages of the answer, up to and without ReadyForQuery. */
  query(text: string): Promise<Message[]> {
    this.socket.write(encodeQuery(Buffer.from(text)));
    return this.until(BACKEND.ReadyForQuery);
  }

  /** Resolves when the server has closed too. */
  async close(): Promise<void> {
    const closed = once(this.socket, "close");
    this.socket.end(TERMINATE);
    await closed;
  }

  private async until(type: number): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.message();
      if (message.type === type) return messages;
      messages.push(message);
    }
  }

  private async message(): Promise<Message> {
    while (!this.reader.next()) {
      if (this.socket.destroyed) throw new Error("the server hung up");
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const { type, buffer, start, end } = this.reader;
    const bytes = Buffer.from(buffer.subarray(start, end));
    if (type === BACKEND.ErrorResponse) {
      const fields = decodeErrorFields(bytes, 5, bytes.length);
      throw new Error(`${fields.get("C")}: ${textOf(fields.get("M") ?? "")}`);
    }
    return { type, bytes };
  }
}

/** TLS towards clients: PostgreSQL begins in plain text, so accepted sockets are handed to a TLS server that listens nowhere. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer, type Server, TLSSocket } from "node:tls";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ListenTlsConfig } from "../config/config.ts";
import { endPointHash } from "../wire/tls-binding.ts";

interface Waiting {
  readonly resolve: (socket: TLSSocket) => void;
  readonly reject: (error: WhosawError) => void;
}

export class TlsUpgrade {
  /** Hash of the gateway's certificate, for tls-server-end-point channel binding (RFC 5929), if one is defined for it. */
  readonly certificateHash: Buffer | undefined;
  readonly #server: Server;
  readonly #waiting = new Map<string, Waiting>();

  private constructor(server: Server, certificateHash: Buffer | undefined) {
    this.#server = server;
    this.certificateHash = certificateHash;
    server.on("secureConnection", (socket) => this.#settle(socket, (waiting) => waiting.resolve(socket)));
    server.on("tlsClientError", (cause, socket) => {
      socket.on("error", () => undefined);
      socket.destroy();
      const error = new WhosawError("PROTOCOL_VIOLATION", "the TLS handshake with the client failed", { cause });
      this.#settle(socket, (waiting) => waiting.reject(error));
    });
  }

  /** @throws WhosawError CONFIG_INVALID if a file is not what it should be */
  static async load(config: ListenTlsConfig): Promise<TlsUpgrade> {
    try {
      const [cert, key] = await Promise.all([readFile(config.cert), readFile(config.key)]);
      const ca = config.clientCa === undefined ? undefined : await readFile(config.clientCa);
      const server = createServer({
        cert,
        key,
        ...(ca && { ca, requestCert: true, rejectUnauthorized: false }),
        minVersion: "TLSv1.2",
        handshakeTimeout: LIMITS.authenticationTimeoutMs,
      });
      return new TlsUpgrade(server, endPointHash(new X509Certificate(cert).raw));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new WhosawError("CONFIG_INVALID", `the certificate or key for clients cannot be used: ${why}`, {
        hint: "check listen.tls in whosaw.yaml: both files in PEM, and the key belonging to the certificate",
        cause,
      });
    }
  }

  /**
   * Does the handshake with a client that was told 'S'.
   * @throws WhosawError PROTOCOL_VIOLATION if it fails
   */
  upgrade(socket: Socket): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(peer(socket), { resolve, reject });
      socket.once("close", () => {
        const error = new WhosawError("PROTOCOL_VIOLATION", "the client left during the TLS handshake");
        this.#settle(socket, (waiting) => waiting.reject(error));
      });
      this.#server.emit("connection", socket);
    });
  }

  #settle(socket: Socket, settle: (waiting: Waiting) => void): void {
    const key = peer(socket);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    settle(waiting);
  }
}

/** The common name of a certificate that the client proved to hold and that the configured authority signed. */
export function certificateName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" && name !== "" ? name : undefined;
}

function peer(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}

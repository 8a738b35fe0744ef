/** Connecting to the protected database: TLS as libpq's sslmode says, sign-in, and what the server says of itself. */
import { readFile } from "node:fs/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { UpstreamConfig } from "../config/config.ts";
import { type BackendKeyData, decodeBackendKeyData } from "../wire/messages/backend-key-data.ts";
import { decodeErrorFields } from "../wire/messages/error-response.ts";
import { decodeParameterStatus, type ParameterStatus } from "../wire/messages/parameter-status.ts";
import { encodeCancelRequest, encodeStartup, SSL_REQUEST } from "../wire/startup.ts";
import { BACKEND } from "../wire/types.ts";
import { Channel } from "./channel.ts";
import { UpstreamRefused } from "./upstream-refused.ts";
import { signIn } from "./upstream-sign-in.ts";

/** A signed-in connection, paused, with nothing read beyond its first ReadyForQuery. */
export interface Upstream {
  readonly socket: Socket;
  readonly parameters: readonly ParameterStatus[];
  readonly key: BackendKeyData | undefined;
}

/**
 * Connects and signs in as `config.user`.
 * @param parameters startup parameters besides user and database, as byte strings
 * @throws WhosawError UPSTREAM_UNREACHABLE, UpstreamRefused
 */
export async function connectUpstream(
  config: UpstreamConfig,
  parameters: ReadonlyMap<string, string>,
): Promise<Upstream> {
  const socket = await openSocket(config);
  const timer = setTimeout(() => socket.destroy(), LIMITS.upstreamConnectTimeoutMs);
  const channel = new Channel(socket, LIMITS.clientMessageBytesMax, () =>
    unreachableUpstream(config, "it closed the connection"),
  );
  try {
    channel.write(encodeStartup(new Map([["user", config.user], ["database", config.database], ...parameters])));
    socket.resume();
    await signIn(channel, socket, config);
    const greeting = await readGreeting(channel);
    // Until a session listens: it will find the socket destroyed.
    socket.on("error", () => socket.destroy());
    return { socket, ...greeting };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    channel.detach();
  }
}

/** Asks the server to cancel what a session runs; best effort, as the protocol has it. */
export async function cancelUpstream(config: UpstreamConfig, key: BackendKeyData): Promise<void> {
  const socket = await openSocket(config);
  socket.on("error", () => socket.destroy());
  const heard = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.setTimeout(LIMITS.upstreamConnectTimeoutMs, () => socket.destroy());
  socket.resume();
  socket.end(encodeCancelRequest(key.processId, key.secret));
  await heard;
}

async function readGreeting(channel: Channel): Promise<Pick<Upstream, "parameters" | "key">> {
  const parameters: ParameterStatus[] = [];
  let key: BackendKeyData | undefined;
  for (;;) {
    const { type, buffer, payload, end } = await channel.message();
    if (type === BACKEND.ParameterStatus) parameters.push(decodeParameterStatus(buffer, payload, end));
    else if (type === BACKEND.BackendKeyData) key = decodeBackendKeyData(buffer, payload, end);
    else if (type === BACKEND.ErrorResponse) throw new UpstreamRefused(decodeErrorFields(buffer, payload, end));
    else if (type === BACKEND.ReadyForQuery) return { parameters, key };
  }
}

async function openSocket(config: UpstreamConfig): Promise<Socket> {
  const { host, port } = config;
  const socket = await connected(config, connectTcp({ host, port }), "connect");
  socket.setNoDelay(true);
  socket.setKeepAlive(true, LIMITS.keepAliveDelayMs);
  if (config.sslmode === "disable") return socket;
  socket.write(SSL_REQUEST);
  const answer = await oneByte(config, socket);
  if (answer === "N") {
    socket.destroy();
    throw unreachableUpstream(config, `it does not speak TLS, and sslmode is ${config.sslmode}`);
  }
  return connected(config, connectTls({ socket, ...(await tlsOptions(config)) }), "secureConnect");
}

async function tlsOptions(config: UpstreamConfig): Promise<ConnectionOptions> {
  const read = async (file: string | undefined): Promise<Buffer | undefined> =>
    file === undefined ? undefined : readFile(file);
  const [ca, cert, key] = await Promise.all([read(config.ca), read(config.cert), read(config.key)]);
  const verifiesName = config.sslmode === "verify-full";
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(isIP(config.host) === 0 && { servername: config.host }),
    host: config.host,
    rejectUnauthorized: config.sslmode !== "require",
    ...(!verifiesName && { checkServerIdentity: () => undefined }),
  };
}

function connected<S extends Socket | TLSSocket>(config: UpstreamConfig, socket: S, event: string): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error("it did not answer in time")), LIMITS.upstreamConnectTimeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      socket.off("error", fail);
      socket.off("close", closed);
    };
    const fail = (error: Error): void => {
      settle();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(unreachableUpstream(config, error.message, error));
    };
    const closed = (): void => fail(new Error("it closed the connection"));
    socket.once("error", fail);
    socket.once("close", closed);
    socket.once(event, () => {
      settle();
      resolve(socket);
    });
  });
}

/** The server's answer to SSLRequest: exactly one byte, or somebody has put plain text before the handshake (CVE-2021-23222). */
function oneByte(config: UpstreamConfig, socket: Socket): Promise<"S" | "N"> {
  return new Promise((resolve, reject) => {
    const settle = (chunk: Buffer | undefined): void => {
      socket.pause();
      socket.removeAllListeners();
      const answer = chunk?.length === 1 ? String.fromCharCode(chunk[0] as number) : "";
      if (answer === "S" || answer === "N") return resolve(answer);
      socket.destroy();
      reject(unreachableUpstream(config, "its answer to the request for TLS was not one"));
    };
    socket.once("data", settle);
    socket.once("error", () => settle(undefined));
    socket.once("close", () => settle(undefined));
  });
}

function unreachableUpstream(config: UpstreamConfig, why: string, cause?: unknown): WhosawError {
  return new WhosawError(
    "UPSTREAM_UNREACHABLE",
    `no connection to the database at ${config.host}:${config.port}: ${why}`,
    {
      hint: "check upstream.url, and that the database runs and can be reached from here",
      cause,
    },
  );
}

/**
 * From an accepted socket to a running session: first packet, TLS, sign-in, upstream, login entry, greeting.
 * Whatever goes wrong ends in one ErrorResponse and a closed socket; nothing here can take the gateway down.
 */
import type { Socket } from "node:net";
import type { Actor } from "../actors/actor.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { RoleConfig } from "../config/config.ts";
import { roleOf } from "../config/roles.ts";
import { textOf } from "../wire/bytes.ts";
import { encodeAuthentication } from "../wire/messages/authentication.ts";
import { type BackendKeyData, encodeBackendKeyData } from "../wire/messages/backend-key-data.ts";
import { encodeErrorResponse, fieldsOf } from "../wire/messages/error-response.ts";
import { encodeNegotiateProtocolVersion } from "../wire/messages/negotiate-protocol-version.ts";
import { encodeParameterStatus } from "../wire/messages/parameter-status.ts";
import { encodeReadyForQuery } from "../wire/messages/ready-for-query.ts";
import { type CancelRequest, negotiate, type StartupMessage } from "../wire/startup.ts";
import { readPacket } from "./client-socket.ts";
import { signInClient, type SignedIn } from "./client-sign-in.ts";
import type { GatewayParts, PolicyInForce } from "./parts.ts";
import { Session } from "./session.ts";
import { type SessionPolicy, SessionState } from "./session-state.ts";
import { upstreamParameters } from "./startup-parameters.ts";
import { cancelUpstream, connectUpstream, type Upstream } from "./upstream.ts";
import { UpstreamRefused } from "./upstream-refused.ts";

/** Handles one accepted socket to its end; never rejects. */
export async function serveClient(accepted: Socket, parts: GatewayParts): Promise<void> {
  accepted.setNoDelay(true);
  accepted.on("error", () => accepted.destroy());
  const timer = setTimeout(() => accepted.destroy(), LIMITS.authenticationTimeoutMs);
  const client = { socket: accepted };
  try {
    const startup = await firstPackets(client, parts);
    if (startup !== undefined) await begin(client.socket, startup, parts);
  } catch (error) {
    turnAway(client.socket, error, parts);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns undefined if the connection is done with: a cancel request, or a client that left */
async function firstPackets(client: { socket: Socket }, parts: GatewayParts): Promise<StartupMessage | undefined> {
  /** A client may ask once for each kind of encryption, and inside of one for no other. */
  const asked = new Set<string>();
  for (;;) {
    const packet = await readPacket(client.socket);
    if (packet === undefined) {
      client.socket.destroy();
      return undefined;
    }
    if (packet.kind === "startup") return packet;
    if (packet.kind === "cancel") {
      cancel(packet, client.socket, parts);
      return undefined;
    }
    if (asked.has(packet.kind)) throw encryptionAgain();
    asked.add(packet.kind);
    if (packet.kind === "ssl" && parts.tls !== undefined) {
      asked.add("gssenc");
      client.socket.write("S");
      client.socket = await parts.tls.upgrade(client.socket);
      client.socket.on("error", () => client.socket.destroy());
    } else {
      client.socket.write("N");
    }
  }
}

/** The code of the request is then read as a version of the protocol, as PostgreSQL does. */
function encryptionAgain(): WhosawError {
  return new WhosawError("FEATURE_NOT_SUPPORTED", "the client asks a second time for encryption", {
    hint: "begin with the startup packet after the answer to the first request",
  });
}

function cancel(request: CancelRequest, socket: Socket, parts: GatewayParts): void {
  if (!parts.cancelKeys.cancel(request.processId, request.secret)) {
    parts.log.warn({ code: "CANCEL_UNMATCHED" }, "a cancel request has no session");
    parts.alerts.raise("CANCEL_UNMATCHED", `from ${socket.remoteAddress ?? "unknown"}`);
  }
  socket.destroySoon();
}

async function begin(socket: Socket, startup: StartupMessage, parts: GatewayParts): Promise<void> {
  const closing = parts.closing();
  if (closing !== undefined) throw closing;
  if (parts.sessions.size >= LIMITS.sessionsMax) {
    throw new WhosawError("TOO_MANY_SESSIONS", "the gateway has as many sessions as it may have", {
      hint: "close idle connections, or put a pool in the application",
    });
  }
  const { reply } = negotiate(startup, 0);
  if (reply !== undefined) socket.write(encodeNegotiateProtocolVersion(reply));
  const policy = parts.policy();
  const signedIn = await signInClient({
    socket,
    user: startup.parameters.get("user") ?? "",
    actors: parts.actors.current(),
    certificateHash: socket === undefined || !("encrypted" in socket) ? undefined : parts.tls?.certificateHash,
    mockSecret: parts.mockSecret,
  });
  // Before anything else can go wrong, as the server does it: libpq treats errors after the sign-in differently.
  socket.write(encodeAuthentication({ kind: "ok" }));
  const role = roleFor(signedIn, policy);
  checkDatabase(startup, policy);
  const upstream = await connectUpstream(policy.config.upstream, upstreamParameters(startup, role));
  try {
    await open(socket, upstream, { signedIn, role, policy, parts });
  } catch (error) {
    upstream.socket.destroy();
    throw error;
  }
}

interface Opening {
  readonly signedIn: SignedIn;
  readonly role: RoleConfig;
  readonly policy: PolicyInForce;
  readonly parts: GatewayParts;
}

async function open(client: Socket, upstream: Upstream, opening: Opening): Promise<void> {
  const { signedIn, policy, parts } = opening;
  const { actor, proof } = signedIn;
  const { config } = policy;
  const clientAddress = client.remoteAddress ?? "";
  const receipt = await parts.ledger.append({
    kind: "login",
    actor: actor.id,
    proof,
    clientAddress,
    database: config.upstream.database,
  });
  // Either may have gone while the login was being recorded, and would not say so a second time.
  if (client.destroyed) throw new WhosawError("AUTHENTICATION_FAILED", "the client left during sign-in");
  checkStillWelcome(signedIn, parts);
  if (upstream.socket.destroyed) throw new WhosawError("UPSTREAM_LOST", "the connection to the database was lost");
  const executor = { actor: actor.id, session: receipt.firstIndex, subjectKey: parts.subjectKey };
  const { planner, catalog, counters } = parts;
  const state = new SessionState({ planner, policy: followPolicy(actor, opening), executor, catalog, counters });
  const key = registerCancel(upstream, opening);
  const session = new Session({
    client,
    upstream: upstream.socket,
    state,
    ledger: parts.ledger,
    lease: parts.lease,
    cancel: () => cancelAt(upstream, opening),
    ended: (error) => {
      parts.sessions.delete(session);
      if (key !== undefined) parts.cancelKeys.unregister(key);
      if (error !== undefined) counters.error(error.code);
      if (error !== undefined) parts.log.warn({ code: error.code, err: error.cause }, error.message);
      void parts.ledger.append({ kind: "logout", session: receipt.firstIndex }).catch(() => undefined);
    },
  });
  for (const { name, value } of upstream.parameters) state.parameterChanged(name, value);
  parts.sessions.add(session, actor.id);
  counters.sessions += 1;
  session.start(greeting(upstream, key));
}

/** The session's own part of the policy in force. The role upstream is that of the connection: whose changes, is ended. */
function followPolicy(actor: Actor, { role: signedInAs, policy: atSignIn, parts }: Opening): () => SessionPolicy {
  const upstreamRole = signedInAs.upstreamRole ?? atSignIn.config.upstream.user;
  const taken = ({ config, hash }: PolicyInForce): SessionPolicy => {
    const { migrate } = roleOf(config, actor)?.role ?? { migrate: false };
    return { mode: config.mode, migrate, upstreamRole, hash };
  };
  let inForce = atSignIn;
  let mine = taken(inForce);
  return () => {
    const now = parts.policy();
    if (now !== inForce) [inForce, mine] = [now, taken(now)];
    return mine;
  };
}

/**
 * A sign-in takes as long as the client wants: whoever was disabled meanwhile, or given another password or role, is not
 * among the sessions that were ended then.
 */
function checkStillWelcome({ actor }: SignedIn, parts: GatewayParts): void {
  const closing = parts.closing();
  if (closing !== undefined) throw closing;
  const now = parts.actors.current().byId(actor.id);
  if (now === undefined || now.disabled || now.role !== actor.role || now.verifier !== actor.verifier)
    throw new WhosawError("ACTOR_DISABLED", "this account was disabled or changed during the sign-in");
}

function registerCancel(upstream: Upstream, opening: Opening): BackendKeyData | undefined {
  const { parts } = opening;
  return upstream.key && parts.cancelKeys.register(upstream.key.processId, () => void cancelAt(upstream, opening));
}

/** Never rejects: a statement that cannot be cancelled runs to its end. */
async function cancelAt({ key }: Upstream, { policy, parts }: Opening): Promise<void> {
  if (key === undefined) return;
  await cancelUpstream(policy.config.upstream, key).catch((error: unknown) => {
    parts.log.warn({ err: error }, "a cancel request could not be passed on");
  });
}

function greeting(upstream: Upstream, key: BackendKeyData | undefined): Buffer {
  return Buffer.concat([
    ...upstream.parameters.map(encodeParameterStatus),
    ...(key === undefined ? [] : [encodeBackendKeyData(key)]),
    encodeReadyForQuery("I"),
  ]);
}

function roleFor({ actor }: SignedIn, { config }: PolicyInForce): RoleConfig {
  const found = roleOf(config, actor);
  if (found !== undefined) return found.role;
  throw new WhosawError("ACTOR_DISABLED", `the role ${actor.role} of this actor is not configured`, {
    hint: "add it under roles in whosaw.yaml, or give the actor another role",
  });
}

/** As PostgreSQL: a client that names no database means the one with its own name. */
function checkDatabase(startup: StartupMessage, { config }: PolicyInForce): void {
  const asked = textOf(startup.parameters.get("database") ?? startup.parameters.get("user") ?? "");
  if (asked === config.upstream.database) return;
  throw new WhosawError("DATABASE_NOT_SERVED", `database "${asked}" does not exist`, {
    hint: `this gateway serves the database ${config.upstream.database}`,
  });
}

/** One last message, in PostgreSQL's form, and the end. Who has not begun to speak the protocol is not told anything. */
function turnAway(socket: Socket, error: unknown, parts: GatewayParts): void {
  const known = error instanceof WhosawError;
  const told = known ? error : new WhosawError("INTERNAL", "the gateway ran into a bug", { cause: error });
  parts.counters.error(told.code);
  if (known) parts.log.info({ code: told.code }, told.message);
  else parts.log.error({ err: error }, told.message);
  const fields = error instanceof UpstreamRefused ? error.said : fieldsOf(told, "FATAL");
  if (socket.writable && told.code !== "NOT_A_STARTUP_PACKET") socket.end(encodeErrorResponse(fields));
  socket.destroySoon();
}

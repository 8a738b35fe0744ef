/** A client's sign-in: by certificate, or by SCRAM-SHA-256 against the gateway's own verifiers. */
import type { Socket } from "node:net";
import type { Actor } from "../actors/actor.ts";
import type { ActorSnapshot } from "../actors/actor.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ProofMethod } from "../ledger/entry.ts";
import { textOf } from "../wire/bytes.ts";
import { encodeAuthentication } from "../wire/messages/authentication.ts";
import { decodeSaslInitialResponse, decodeSaslResponse } from "../wire/messages/password.ts";
import { mockVerifier, parseVerifier, type ScramVerifier } from "../wire/scram.ts";
import { scramMechanisms, ScramServer } from "../wire/scram-server.ts";
import { FRONTEND } from "../wire/types.ts";
import { Channel, type Message } from "./channel.ts";
import { certificateName } from "./tls-upgrade.ts";

export interface SignedIn {
  readonly actor: Actor;
  readonly proof: ProofMethod;
}

export interface SignInOptions {
  readonly socket: Socket;
  /** As the client sent it: a byte string. */
  readonly user: string;
  readonly actors: ActorSnapshot;
  /** Set on a TLS connection. */
  readonly certificateHash: Buffer | undefined;
  /** Verifiers of unknown users are derived from it, so that they cannot be told from known ones. */
  readonly mockSecret: Buffer;
}

/**
 * Leaves the socket paused, with nothing read beyond the sign-in.
 * @throws WhosawError AUTHENTICATION_FAILED in PostgreSQL's own words, the same for a wrong name and a wrong password
 */
export async function signInClient(options: SignInOptions): Promise<SignedIn> {
  const name = textOf(options.user);
  const actor = options.actors.byName(name);
  if (actor !== undefined && !actor.disabled && certificateName(options.socket) === actor.name) {
    return { actor, proof: "certificate" };
  }
  const usable = actor !== undefined && !actor.disabled && actor.verifier !== undefined;
  const verifier = usable ? parseVerifier(actor.verifier) : mockVerifier(name, options.mockSecret);
  try {
    await exchange(options, verifier);
  } catch (error) {
    if (error instanceof WhosawError && error.code === "AUTHENTICATION_FAILED") throw failed(name, error);
    throw error;
  }
  if (!usable) throw failed(name, undefined);
  return { actor, proof: "scram-sha-256" };
}

async function exchange(options: SignInOptions, verifier: ScramVerifier): Promise<void> {
  const { socket, certificateHash } = options;
  const left = (): WhosawError => new WhosawError("AUTHENTICATION_FAILED", "the client left during sign-in");
  const channel = new Channel(socket, LIMITS.authMessageBytesMax, left);
  socket.resume();
  try {
    const scram = new ScramServer({ verifier, certificateHash });
    channel.write(encodeAuthentication({ kind: "sasl", mechanisms: scramMechanisms(certificateHash) }));
    const initial = passwordMessage(await channel.message());
    const first = scram.first(decodeSaslInitialResponse(initial.buffer, initial.payload, initial.end));
    channel.write(encodeAuthentication({ kind: "sasl-continue", data: first }));
    const response = passwordMessage(await channel.message());
    const final = scram.final(decodeSaslResponse(response.buffer, response.payload, response.end));
    channel.write(encodeAuthentication({ kind: "sasl-final", data: final }));
  } finally {
    const rest = channel.detach();
    if (rest.length > 0) socket.unshift(rest);
  }
}

function passwordMessage(message: Message): Message {
  if (message.type === FRONTEND.Password) return message;
  throw new WhosawError("PROTOCOL_VIOLATION", "the client sent something else than its password");
}

function failed(name: string, cause: unknown): WhosawError {
  return new WhosawError("AUTHENTICATION_FAILED", `password authentication failed for user "${name}"`, { cause });
}

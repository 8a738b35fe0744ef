/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): what both sides share, and verifiers as PostgreSQL stores them.
 * The two sides are in scram-server.ts and scram-client.ts.
 */
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { assert } from "../base/assert.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { saslprep } from "./saslprep.ts";

export const SCRAM = "SCRAM-SHA-256";
export const SCRAM_PLUS = "SCRAM-SHA-256-PLUS";
/** The only channel binding that PostgreSQL has: RFC 5929, hash of the server's certificate. */
export const CHANNEL_BINDING = "tls-server-end-point";

/** PostgreSQL's default. Mock verifiers and real ones must have the same count, or they can be told apart. */
export const SCRAM_ITERATIONS_DEFAULT = 4096;
export const SCRAM_SALT_BYTES = 16;
const KEY_BYTES = 32;

/** What a server keeps of a password. It is enough to check a client, not to act as one. */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  /** Nobody has this password: the exchange looks the same and fails at its end. */
  readonly mock: boolean;
}

/** Every failure of an exchange is this one error, so that the client learns nothing from it. */
export function authenticationFailed(cause: string): WhosawError {
  return new WhosawError("AUTHENTICATION_FAILED", "Sign-in failed.", {
    hint: "Check the name and the password.",
    cause: new Error(cause),
  });
}

const deriveBytes = promisify(pbkdf2);

/** HMAC() of RFC 5802, with SHA-256. */
export function hmac(key: Buffer, data: Buffer | string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

/** H() of RFC 5802, with SHA-256. */
export function sha256(data: Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}

/** Bytes of the same length, one by one. */
export function xor(a: Buffer, b: Buffer): Buffer {
  assert(a.length === b.length, "xor of different lengths");
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}

/** Hi() of RFC 5802, off the main thread. */
export function saltedPassword(password: Buffer | string, salt: Buffer, iterations: number): Promise<Buffer> {
  const bytes = typeof password === "string" ? Buffer.from(password, "utf8") : password;
  return deriveBytes(saslprep(bytes), salt, iterations, KEY_BYTES, "sha256");
}

/** ClientKey of RFC 5802. */
export function clientKey(salted: Buffer): Buffer {
  return hmac(salted, "Client Key");
}

/** ServerKey of RFC 5802. */
export function serverKey(salted: Buffer): Buffer {
  return hmac(salted, "Server Key");
}

/** A nonce, or part of one: printable and without a comma. */
export function makeNonce(): string {
  return randomBytes(18).toString("base64");
}

/** Standard base64 with padding, and nothing but. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** Message of an exchange as text with one character per byte, or a failure if it is longer than PostgreSQL allows. */
export function messageText(data: Buffer): string {
  if (data.length > LIMITS.authMessageBytesMax) throw authenticationFailed("message too long");
  return data.toString("latin1");
}

/** A count that can be worked off: a hostile server could otherwise ask for hours of hashing. */
export function isIterations(iterations: number): boolean {
  return Number.isInteger(iterations) && iterations >= 1 && iterations <= LIMITS.scramIterationsMax;
}

/**
 * Makes the verifier of a password, in the form of PostgreSQL's pg_authid:
 * `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, base64.
 */
export async function makeVerifier(
  password: Buffer | string,
  options: { readonly iterations?: number; readonly salt?: Buffer } = {},
): Promise<string> {
  const iterations = options.iterations ?? SCRAM_ITERATIONS_DEFAULT;
  assert(isIterations(iterations), "iterations out of range");
  const salt = options.salt ?? randomBytes(SCRAM_SALT_BYTES);
  const salted = await saltedPassword(password, salt, iterations);
  const stored = sha256(clientKey(salted)).toString("base64");
  return `${SCRAM}$${iterations}:${salt.toString("base64")}$${stored}:${serverKey(salted).toString("base64")}`;
}

/**
 * Reads a verifier.
 * @throws CONFIG_INVALID if it is not one; the message does not repeat it
 */
export function parseVerifier(text: string): ScramVerifier {
  const match = /^SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/.exec(text);
  const iterations = Number(match?.[1]);
  const salt = fromBase64(match?.[2] ?? "");
  const storedKey = fromBase64(match?.[3] ?? "");
  const key = fromBase64(match?.[4] ?? "");
  const whole = salt !== undefined && storedKey?.length === KEY_BYTES && key?.length === KEY_BYTES;
  if (!whole || salt.length === 0 || !isIterations(iterations)) {
    throw new WhosawError("CONFIG_INVALID", "A password verifier is malformed.", {
      hint: "Set the password again; a verifier has the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey.",
    });
  }
  return { iterations, salt, storedKey, serverKey: key, mock: false };
}

/**
 * A verifier for a name that nobody has. The same name gets the same salt every time, as a real one does.
 * @param secret random bytes that outlive a restart: with new ones, salts of unknown names would change and give them away
 * @param iterations as real verifiers have
 */
export function mockVerifier(user: string, secret: Buffer, iterations = SCRAM_ITERATIONS_DEFAULT): ScramVerifier {
  const derive = (what: string): Buffer => hmac(secret, `${what}\0${user}`);
  return {
    iterations,
    salt: derive("salt").subarray(0, SCRAM_SALT_BYTES),
    storedKey: derive("stored key"),
    serverKey: derive("server key"),
    mock: true,
  };
}

/**
 * The answer to AuthenticationMD5Password, for a server that has nothing better.
 * @param salt four bytes
 */
export function md5Password(user: Buffer | string, password: Buffer | string, salt: Buffer): string {
  const inner = createHash("md5").update(password).update(user).digest("hex");
  return `md5${createHash("md5").update(inner).update(salt).digest("hex")}`;
}

/** Checkpoints: C2SP signed-note with Ed25519, tlog-checkpoint, and cosignature/v1 of witnesses. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { HASH_BYTES } from "./tree.ts";

/** Signature types of C2SP signed-note. */
const ED25519 = 0x01;
const COSIGNATURE_V1 = 0x04;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;
/** DER before the 32 raw bytes of an Ed25519 private (RFC 8410) and public key. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** A name under which a log or a witness signs: C2SP signed-note allows neither spaces nor a plus. */
export function checkKeyName(name: string): void {
  if (/^[^\s+\p{Cc}]{1,200}$/u.test(name)) return;
  throw new WhosawError("CONFIG_INVALID", "The origin of a ledger or the name of a witness is not a key name.", {
    hint: "Use a name like acme.example/gw-1: no spaces, no plus sign, at most 200 characters.",
  });
}

type SignatureType = typeof ED25519 | typeof COSIGNATURE_V1;

/** A public key with its name: what verifies signature lines. */
export interface NoteVerifier {
  readonly name: string;
  readonly type: SignatureType;
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
  /** `name+keyid+base64`: C2SP vkey. */
  readonly vkey: string;
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject;
}

function makeVerifier(name: string, type: SignatureType, raw: Buffer): NoteVerifier {
  checkKeyName(name);
  const typed = Buffer.concat([Buffer.from([type]), raw]);
  const keyId = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, KEY_ID_BYTES);
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
  return { name, type, keyId, publicKey, vkey: `${name}+${keyId.toString("hex")}+${typed.toString("base64")}` };
}

function makeSigner(name: string, type: SignatureType, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { ...makeVerifier(name, type, spki.subarray(-PUBLIC_KEY_BYTES)), privateKey };
}

/** The key of a log from its 32-byte seed. */
export function logSigner(origin: string, seed: Uint8Array): NoteSigner {
  return makeSigner(origin, ED25519, seed);
}

/** The key of a witness from its 32-byte seed. */
export function witnessSigner(name: string, seed: Uint8Array): NoteSigner {
  return makeSigner(name, COSIGNATURE_V1, seed);
}

/** A new 32-byte Ed25519 seed. */
export function newSeed(): Buffer {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
}

/** Reads a vkey. Throws CONFIG_INVALID if it is none, or its key id is wrong. */
export function parseVkey(vkey: string): NoteVerifier {
  const [name, id, key, ...rest] = vkey.split("+");
  // The base64 of the key may itself contain plus signs.
  const typed = Buffer.from([key, ...rest].join("+"), "base64");
  const type = typed[0];
  if (name !== undefined && (type === ED25519 || type === COSIGNATURE_V1) && typed.length === 1 + PUBLIC_KEY_BYTES) {
    const verifier = makeVerifier(name, type, typed.subarray(1));
    if (verifier.keyId.toString("hex") === id && verifier.vkey === vkey) return verifier;
  }
  throw new WhosawError("CONFIG_INVALID", "A verification key cannot be read.", {
    hint: "A key looks like acme.example/gw-1+1234abcd+AV..., as it stands in the ledger's log.json.",
  });
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** The text that is signed. */
export function checkpointText(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString("base64")}\n`;
}

function signatureLine(signer: NoteSigner, signature: Buffer): string {
  return `\u2014 ${signer.name} ${Buffer.concat([signer.keyId, signature]).toString("base64")}\n`;
}

function cosignedMessage(text: string, timeSeconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`);
}

/** A checkpoint with the log's signature line. */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const text = checkpointText(checkpoint);
  return `${text}\n${signatureLine(signer, sign(null, Buffer.from(text), signer.privateKey))}`;
}

/** A witness's line for a checkpoint. */
export function cosign(checkpoint: Checkpoint, signer: NoteSigner, nowMs: number): string {
  const time = BigInt(Math.floor(nowMs / 1_000));
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(time);
  const signature = sign(null, cosignedMessage(checkpointText(checkpoint), time), signer.privateKey);
  return signatureLine(signer, Buffer.concat([stamp, signature]));
}

/**
 * Reads a signed checkpoint and checks the signature of `verifier` on it.
 * @throws {WhosawError} LEDGER_DAMAGED if it is no checkpoint, or not signed by that key
 */
export function openCheckpoint(note: Uint8Array, verifier: NoteVerifier): Checkpoint {
  if (note.length > LIMITS.noteBytesMax) throw badCheckpoint("it is too long");
  const whole = Buffer.from(note).toString("utf8");
  const end = whole.indexOf("\n\n");
  if (end === -1) throw badCheckpoint("it has no signatures");
  const text = whole.slice(0, end + 1);
  const lines = whole
    .slice(end + 2)
    .split("\n")
    .slice(0, -1);
  if (!lines.some((line) => isSignedBy(line, text, verifier)))
    throw badCheckpoint(`${verifier.name} has not signed it`);
  return parseCheckpointText(text);
}

function isSignedBy(line: string, text: string, verifier: NoteVerifier): boolean {
  const [dash, name, encoded] = line.split(" ");
  if (dash !== "\u2014" || name !== verifier.name || encoded === undefined) return false;
  const bytes = Buffer.from(encoded, "base64");
  if (!bytes.subarray(0, KEY_ID_BYTES).equals(verifier.keyId)) return false;
  const signed = bytes.subarray(KEY_ID_BYTES);
  if (verifier.type === ED25519) {
    return signed.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), verifier.publicKey, signed);
  }
  if (signed.length !== 8 + SIGNATURE_BYTES) return false;
  return verify(null, cosignedMessage(text, signed.readBigUInt64BE(0)), verifier.publicKey, signed.subarray(8));
}

function parseCheckpointText(text: string): Checkpoint {
  const [origin, sizeText, rootText] = text.split("\n");
  if (origin === undefined || sizeText === undefined || rootText === undefined)
    throw badCheckpoint("lines are missing");
  const size = Number(sizeText);
  const root = Buffer.from(rootText, "base64");
  if (!/^(0|[1-9]\d{0,15})$/.test(sizeText) || !Number.isSafeInteger(size))
    throw badCheckpoint("its size is no number");
  if (root.length !== HASH_BYTES || root.toString("base64") !== rootText) throw badCheckpoint("its root is no hash");
  return { origin, size, root };
}

function badCheckpoint(why: string): WhosawError {
  return new WhosawError("LEDGER_DAMAGED", `A checkpoint cannot be trusted: ${why}.`, {
    hint: "Restore the ledger, its keys and its witness's directory together; to begin anew, choose another origin and empty directories.",
  });
}

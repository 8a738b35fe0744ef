/** C2SP signed notes, checkpoints and cosignatures: parsed strictly, verified with node:crypto. */
import { createPublicKey, hash, verify, type KeyObject } from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

const TYPE_ED25519 = 0x01;
const TYPE_COSIGNATURE = 0x04;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** SubjectPublicKeyInfo of an Ed25519 key without its 32 bytes (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** A verifier key: `name+id+base64(type || key)`. */
export interface VerifierKey {
  readonly name: string;
  readonly id: number;
  /** A witness signs the time and the checkpoint (cosignature/v1), a log the checkpoint alone. */
  readonly cosigner: boolean;
  readonly key: KeyObject;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  readonly signature: Buffer;
}

export interface SignedCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** What is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Decodes standard base64 in its one canonical form; undefined for any other text. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** A decimal without sign, leading zeroes or loss of precision; undefined for any other text. */
export function strictDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Parses a verifier key.
 * @param called how it was given, for the error
 * @throws WhosawError USAGE
 */
export function parseVerifierKey(text: string, called = "The verifier key"): VerifierKey {
  const parts = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text.trim());
  const material = strictBase64(parts?.[3] ?? "");
  const name = parts?.[1] ?? "";
  const id = parseInt(parts?.[2] ?? "", 16);
  const type = material?.[0];
  const known = type === TYPE_ED25519 || type === TYPE_COSIGNATURE;
  if (material === undefined || !known || material.length !== 1 + KEY_BYTES) throw badKey(called, "is not NAME+ID+KEY");
  const digest = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), material]), "buffer");
  if (digest.readUInt32BE(0) !== id) throw badKey(called, "has an id that does not belong to its name and key");
  const der = Buffer.concat([SPKI_PREFIX, material.subarray(1)]);
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return { name, id, cosigner: type === TYPE_COSIGNATURE, key };
  } catch {
    throw badKey(called, "holds no Ed25519 key");
  }
}

/** What to do about a key that is none. */
export const KEY_HINT =
  "Copy the whole line that serve printed when it made the log; log.json in its folder has it too.";

function badKey(called: string, why: string): WhosawError {
  return new WhosawError("USAGE", `${called} ${why}.`, { hint: KEY_HINT });
}

const LINE = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/u;

function parseSignature(line: string): NoteSignature | undefined {
  const parts = LINE.exec(line);
  const blob = strictBase64(parts?.[2] ?? "");
  if (parts === null || blob === undefined || blob.length < 5) return undefined;
  return { name: parts[1]!, id: blob.readUInt32BE(0), signature: blob.subarray(4) };
}

/**
 * Parses a signed checkpoint; signatures are not verified here.
 * @returns the checkpoint, or what is wrong with it, to follow "the checkpoint ..."
 */
export function parseCheckpoint(bytes: Uint8Array): SignedCheckpoint | string {
  if (bytes.length > LIMITS.noteBytesMax) return "is longer than a checkpoint can be";
  let note: string;
  try {
    note = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return "is not UTF-8";
  }
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) return "holds a control character";
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return "is not a signed note";
  const text = note.slice(0, split + 1);
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(split + 2, -1).split("\n")) {
    const signature = parseSignature(line);
    if (signature === undefined) return `has a signature line that is none (line ${signatures.length + 1})`;
    signatures.push(signature);
  }
  const [origin = "", sizeText = "", rootText = "", ...extensions] = text.slice(0, -1).split("\n");
  const size = strictDecimal(sizeText);
  const root = strictBase64(rootText);
  if (origin === "") return "has no origin";
  if (size === undefined) return "has no valid size";
  if (root === undefined || root.length !== 32) return "has no valid root hash";
  if (extensions.includes("")) return "has an empty extension line";
  return { origin, size, root, text, signatures };
}

/** Whether this key signed: "absent" if no line bears its name and id, "bad" if one does and does not verify. */
export function checkSignature(checkpoint: SignedCheckpoint, key: VerifierKey): "good" | "bad" | "absent" {
  const lines = checkpoint.signatures.filter((line) => line.name === key.name && line.id === key.id);
  if (lines.length === 0) return "absent";
  return lines.every((line) => signatureHolds(checkpoint.text, line.signature, key)) ? "good" : "bad";
}

function signatureHolds(text: string, signature: Buffer, key: VerifierKey): boolean {
  if (!key.cosigner) {
    return signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), key.key, signature);
  }
  if (signature.length !== 8 + SIGNATURE_BYTES) return false;
  const message = `cosignature/v1\ntime ${signature.readBigUInt64BE(0)}\n${text}`;
  return verify(null, Buffer.from(message), key.key, signature.subarray(8));
}

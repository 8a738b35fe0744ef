/** Whose log this is and who has vouched for it: log.json, the checkpoint, older checkpoints, witnesses. */
import { join } from "node:path";
import { LIMITS } from "../base/limits.ts";
import { listDirectory, readWhole } from "./files.ts";
import { checkSignature, parseCheckpoint, parseVerifierKey, type SignedCheckpoint, type VerifierKey } from "./note.ts";
import type { Findings, Protector } from "./report.ts";

/** Of all that a log's folder holds, what none is without for long. */
const PARTS = ["log.json", "checkpoint", "tile", "wal"] as const;

/** A folder in which nothing is of a log: it was emptied, or another one is meant. @returns whether it is one */
export function checkPresence(dir: string, findings: Findings): boolean {
  const names = listDirectory(dir) ?? [];
  if (PARTS.some((part) => names.includes(part))) return true;
  const message = "there is no ledger in this folder: neither log.json nor checkpoint, tile or wal";
  findings.add("LOG_MISSING", "log.json", message);
  return false;
}

/** log.json must say what the verifier was told: format 1, this origin, this key. */
export function checkIdentity(dir: string, key: VerifierKey, vkey: string, findings: Findings): void {
  const bytes = readWhole(join(dir, "log.json"), LIMITS.noteBytesMax);
  if (bytes === undefined) return findings.add("IDENTITY_MISMATCH", "log.json", "it is missing");
  const text = bytes.toString("utf8").replace(/\n$/, "");
  const expected = JSON.stringify({ format: 1, origin: key.name, vkey });
  if (text === expected) return;
  const own = ownKey(text);
  if (own === undefined || own.id === key.id)
    return findings.add("IDENTITY_MISMATCH", "log.json", `it does not say exactly ${expected}`);
  const message =
    own.name === key.name
      ? `it names another key of ${key.name} than the one given`
      : `it is the log of ${own.name.replace(/\p{Cc}/gu, "?")}, the key is of ${key.name}`;
  findings.note("folder and key do not belong together: give the key that serve printed for this very ledger");
  findings.add("IDENTITY_MISMATCH", "log.json", message);
}

/** The key that log.json names, if it can be made out. */
function ownKey(text: string): VerifierKey | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const vkey = typeof value === "object" && value !== null && "vkey" in value ? value.vkey : undefined;
    return typeof vkey === "string" ? parseVerifierKey(vkey) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads and checks a checkpoint of the log.
 * @returns it if it can be parsed and is of this origin, even if no signature holds: it may still say where to look
 */
export function checkCheckpoint(
  bytes: Buffer | undefined,
  file: string,
  key: VerifierKey,
  findings: Findings,
): SignedCheckpoint | undefined {
  const bad = file === "checkpoint" ? "CHECKPOINT_MALFORMED" : "OLD_CHECKPOINT_BAD";
  // Fail closed: whoever could take the signature away would otherwise need no key to rewrite what it signs.
  const checkpoint =
    bytes === undefined
      ? "is missing: nothing is signed (a log in its first second has none yet)"
      : parseCheckpoint(bytes);
  if (typeof checkpoint === "string") {
    findings.add(bad, file, `${file} ${checkpoint}`);
    return undefined;
  }
  if (checkpoint.origin !== key.name) {
    findings.add(bad, file, `${file} is of another log than the key`);
    return undefined;
  }
  const signature = checkSignature(checkpoint, key);
  if (signature !== "good") {
    const why = signature === "absent" ? "bears no signature of" : "bears a wrong signature of";
    findings.add(file === "checkpoint" ? "CHECKPOINT_UNSIGNED" : bad, file, `${file} ${why} the log key`);
  }
  return checkpoint;
}

/** Witnesses of which a valid cosignature stands on the checkpoint. A wrong one is a finding. */
export function checkWitnesses(
  checkpoint: SignedCheckpoint,
  file: string,
  witnesses: readonly VerifierKey[],
  findings: Findings,
): Protector[] {
  const good: Protector[] = [];
  for (const witness of witnesses) {
    const signature = checkSignature(checkpoint, witness);
    if (signature === "good") good.push({ name: witness.name, size: checkpoint.size });
    if (signature === "bad")
      findings.add("CHECKPOINT_UNSIGNED", file, `${file} bears a wrong signature of ${witness.name}`);
  }
  return good;
}

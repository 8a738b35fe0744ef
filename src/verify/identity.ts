/** Whose log this is and who has vouched for it: log.json, the checkpoint, older checkpoints, witnesses. */
import { join } from "node:path";
import { LIMITS } from "../base/limits.ts";
import { readWhole } from "./files.ts";
import { checkSignature, parseCheckpoint, type SignedCheckpoint, type VerifierKey } from "./note.ts";
import type { Findings, Protector } from "./report.ts";

/** log.json must say what the verifier was told: format 1, this origin, this key. */
export function checkIdentity(dir: string, key: VerifierKey, vkey: string, findings: Findings): void {
  const bytes = readWhole(join(dir, "log.json"), LIMITS.noteBytesMax);
  if (bytes === undefined) return findings.add("IDENTITY_MISMATCH", "log.json", "log.json is missing");
  const expected = JSON.stringify({ format: 1, origin: key.name, vkey });
  if (bytes.toString("utf8").replace(/\n$/, "") === expected) return;
  findings.add("IDENTITY_MISMATCH", "log.json", `log.json does not say exactly ${expected}`);
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

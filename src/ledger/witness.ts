/**
 * A witness remembers the highest checkpoint that it has seen of each log and signs only what extends it
 * (C2SP tlog-witness). This one lives beside the log, in a directory of its own that the log's restore does not touch.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import {
  checkpointText,
  cosign,
  openCheckpoint,
  parseVkey,
  type Checkpoint,
  type NoteSigner,
  type NoteVerifier,
} from "./checkpoint.ts";
import type { Disk } from "./disk.ts";
import { readWhole, writeDurably } from "./durable-file.ts";
import { LIMITS } from "../base/limits.ts";
import { checkConsistency } from "./proof.ts";

export interface Witness {
  /** The highest checkpoint seen of a log; undefined if none was. The vkey is the log's. */
  highest(vkey: string): Promise<Checkpoint | undefined>;
  /**
   * Signs a checkpoint and remembers it, on stable storage, before returning its signature line.
   * @param note the checkpoint as signed by the log
   * @param proof consistency from the highest checkpoint seen
   * @throws {WhosawError} LEDGER_BEHIND_WITNESS if it does not extend that one, LEDGER_DAMAGED if the log has not signed it
   */
  cosign(vkey: string, note: string, proof: readonly Uint8Array[]): Promise<string>;
}

/** A witness with its files in `dir`: one per log, the last signed checkpoint as it was signed. */
export function localWitness(options: { dir: string; disk: Disk; signer: NoteSigner; clock: Clock }): Witness {
  const { disk, signer, clock } = options;
  const logs = new Map<string, NoteVerifier>();
  const verifierOf = (vkey: string): NoteVerifier => {
    const known = logs.get(vkey) ?? parseVkey(vkey);
    logs.set(vkey, known);
    return known;
  };
  const pathOf = (origin: string) => join(options.dir, createHash("sha256").update(origin).digest("hex"));

  async function highest(vkey: string): Promise<Checkpoint | undefined> {
    const log = verifierOf(vkey);
    const note = await readWhole(disk, pathOf(log.name), LIMITS.noteBytesMax);
    if (note === undefined) return undefined;
    openCheckpoint(note, signer);
    return openCheckpoint(note, log);
  }

  return {
    highest,
    cosign: async (vkey, note, proof) => {
      const log = verifierOf(vkey);
      const checkpoint = openCheckpoint(Buffer.from(note), log);
      const seen = await highest(vkey);
      if (seen !== undefined) checkConsistency(seen.size, seen.root, checkpoint.size, checkpoint.root, proof);
      const line = cosign(checkpoint, signer, clock.nowMs());
      const advances = seen === undefined || checkpointText(seen) !== checkpointText(checkpoint);
      if (advances) await writeDurably(disk, pathOf(log.name), Buffer.from(note + line));
      return line;
    },
  };
}

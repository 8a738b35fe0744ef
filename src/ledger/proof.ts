/** Consistency of two trees: RFC 9162 sections 2.1.4.1 (making a proof) and 2.1.4.2 (checking one). */
import { WhosawError } from "../base/errors.ts";
import { nodeHash } from "./tree.ts";

/** The hash of a complete subtree: node `index` of tree level `level` (0 is leaves). */
export type NodeReader = (level: number, index: number) => Promise<Buffer>;

/** The largest power of two below n (n > 1). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The root of leaves [start, end); start must be a multiple of a power of two that is at least as large. */
export async function rangeRoot(read: NodeReader, start: number, end: number): Promise<Buffer> {
  const n = end - start;
  const level = Math.log2(n);
  if (Number.isInteger(level)) return read(level, start / n);
  const k = split(n);
  return nodeHash(await rangeRoot(read, start, start + k), await rangeRoot(read, start + k, end));
}

/** Proof that the tree of `newSize` begins with the tree of `oldSize`. Both trees must be readable; 0 < oldSize <= newSize. */
export function consistencyProof(read: NodeReader, oldSize: number, newSize: number): Promise<Buffer[]> {
  return subproof(read, oldSize, 0, newSize, true);
}

async function subproof(read: NodeReader, m: number, start: number, end: number, whole: boolean): Promise<Buffer[]> {
  const n = end - start;
  if (m === n) return whole ? [] : [await rangeRoot(read, start, end)];
  const k = split(n);
  if (m <= k) return [...(await subproof(read, m, start, start + k, whole)), await rangeRoot(read, start + k, end)];
  return [...(await subproof(read, m - k, start + k, end, false)), await rangeRoot(read, start, start + k)];
}

/**
 * Checks such a proof.
 * @throws {WhosawError} LEDGER_BEHIND_WITNESS if it does not connect the two roots
 */
export function checkConsistency(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  if (oldSize > newSize) throw forked();
  if (oldSize === 0) {
    if (proof.length > 0) throw forked();
    return;
  }
  if (oldSize === newSize) {
    if (proof.length > 0 || Buffer.compare(oldRoot, newRoot) !== 0) throw forked();
    return;
  }
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : [...proof];
  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  const [first, ...rest] = path;
  if (first === undefined) throw forked();
  let fr = first;
  let sr = first;
  for (const c of rest) {
    if (sn === 0) throw forked();
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      sr = nodeHash(sr, c);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  if (sn !== 0 || Buffer.compare(fr, oldRoot) !== 0 || Buffer.compare(sr, newRoot) !== 0) throw forked();
}

function forked(): WhosawError {
  return new WhosawError(
    "LEDGER_BEHIND_WITNESS",
    "The ledger does not extend the checkpoint that its witness has seen.",
    {
      hint: "A copy was restored, or the log was rewritten. Put the newest ledger back, or begin a log under a new origin.",
    },
  );
}

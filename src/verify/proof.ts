/** Inclusion proofs as files: C2SP tlog-proof (https://c2sp.org/tlog-proof), made from tiles and checked offline. */
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { readEnvelope, type Envelope } from "./envelope.ts";
import { listDirectory, readWhole, tilePath, type Shelf } from "./files.ts";
import {
  foldNodes,
  HASH_BYTES,
  inclusionRanges,
  leafHash,
  rootFromInclusion,
  TILE_BYTES,
  TILE_WIDTH,
} from "./merkle.ts";
import { checkSignature, parseCheckpoint, parseVerifierKey, strictBase64, strictDecimal } from "./note.ts";
import { BUNDLE_BYTES_MAX } from "./walk.ts";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";

export interface CheckedProof {
  readonly origin: string;
  readonly index: number;
  /** Entries under the checkpoint that the proof leads to. */
  readonly size: number;
  readonly kind: number;
  /** UTC milliseconds. */
  readonly time: number;
  /** Names of the given witnesses whose cosignature stands on the checkpoint. */
  readonly witnesses: readonly string[];
  /** The entry's bytes, which the proof holds or was checked with. */
  readonly entry: Buffer;
}

function damaged(message: string): WhosawError {
  return new WhosawError("LEDGER_DAMAGED", message, { hint: "run `whosaw verify` on the log: it names the place" });
}

/** A tile or bundle of at least `width`, partial or full: narrower ones may go while a writer runs. */
function readWidth(dir: string, shelf: Shelf, index: number, width: number): Buffer {
  const max = shelf === "entries" ? BUNDLE_BYTES_MAX : TILE_BYTES;
  const full = tilePath(shelf, index);
  const partials = (listDirectory(join(dir, `${full}.p`)) ?? []).map((name) => strictDecimal(name) ?? 0);
  for (const candidate of [TILE_WIDTH, ...partials.sort((a, b) => b - a)]) {
    if (candidate < width) continue;
    const bytes = readWhole(join(dir, tilePath(shelf, index, candidate)), max);
    if (bytes !== undefined && (shelf === "entries" || bytes.length >= width * HASH_BYTES)) return bytes;
  }
  throw damaged(`${full} is missing or short`);
}

function readEntry(dir: string, index: number): Buffer {
  const bundle = readWidth(dir, "entries", Math.floor(index / TILE_WIDTH), (index % TILE_WIDTH) + 1);
  let at = 0;
  for (let left = index % TILE_WIDTH; at + 2 <= bundle.length; left--) {
    const end = at + 2 + bundle.readUInt16BE(at);
    if (left === 0 && end <= bundle.length) return bundle.subarray(at + 2, end);
    at = end;
  }
  throw damaged(`entry ${index} is not in its bundle`);
}

/** The root of leaves [start, end): a complete, aligned subtree, or the right edge of the tree. */
function rangeRoot(dir: string, start: number, end: number): Uint8Array {
  const nodes: Uint8Array[] = [];
  // From the largest tile span that fits: nodes of one level, then whatever is smaller on the right.
  let level = 0;
  while (TILE_WIDTH ** (level + 1) <= end - start) level++;
  const span = TILE_WIDTH ** level;
  let at = start;
  for (; at + span <= end; at += span) {
    const node = at / span;
    const tile = readWidth(dir, level, Math.floor(node / TILE_WIDTH), (node % TILE_WIDTH) + 1);
    nodes.push(tile.subarray((node % TILE_WIDTH) * HASH_BYTES, ((node % TILE_WIDTH) + 1) * HASH_BYTES));
  }
  if (at < end) nodes.push(rangeRoot(dir, at, end));
  return foldNodes(nodes);
}

/**
 * Makes the proof that entry `index` is under the log's checkpoint. The entry itself (sealed, as it lies in the log)
 * is the proof's `extra` line, so that the file needs no companion. The proof is checked before it is returned.
 * @throws WhosawError NOT_FOUND if the checkpoint does not cover the entry yet; LEDGER_DAMAGED if the files do not
 * lead to the checkpoint's root
 */
export function makeProof(dir: string, index: number): string {
  const bytes = readWhole(join(dir, "checkpoint"), LIMITS.noteBytesMax);
  if (bytes === undefined) throw damaged("the checkpoint is missing");
  const checkpoint = parseCheckpoint(bytes);
  if (typeof checkpoint === "string") throw damaged(`the checkpoint ${checkpoint}`);
  const { size, root } = checkpoint;
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new WhosawError("NOT_FOUND", `entry ${index} is not under the checkpoint, which covers ${size} entries`, {
      hint: "an entry written just now is covered within a second",
    });
  }
  const entry = readEntry(dir, index);
  const path = inclusionRanges(index, size).map(({ start, end }) => rangeRoot(dir, start, end));
  const reached = rootFromInclusion(leafHash(entry), index, size, path);
  if (reached === undefined || !root.equals(reached)) {
    throw damaged(`entry ${index} and the tiles do not lead to the root that the checkpoint signs`);
  }
  const hashes = path.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("");
  return `${FIRST_LINE}\nextra ${entry.toString("base64")}\nindex ${index}\n${hashes}\n${bytes.toString("utf8")}`;
}

interface ParsedProof {
  readonly index: number;
  readonly path: readonly Buffer[];
  readonly extra: Buffer | undefined;
  readonly checkpoint: Buffer;
}

/** Parses strictly: one spelling for every proof. */
function parseProof(bytes: Buffer): ParsedProof {
  if (bytes.length > LIMITS.proofBytesMax) throw notProven("is longer than a proof can be");
  const text = bytes.toString("utf8");
  const split = text.indexOf("\n\n");
  const lines = split < 0 ? [] : text.slice(0, split).split("\n");
  if (lines.shift() !== FIRST_LINE) throw notProven(`does not begin with ${FIRST_LINE}`);
  const extraLine = lines[0]?.startsWith("extra ") === true ? lines.shift() : undefined;
  const extra = extraLine === undefined ? undefined : strictBase64(extraLine.slice("extra ".length));
  if (extraLine !== undefined && extra === undefined) throw notProven("has an extra line that is not base64");
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? strictDecimal(indexLine.slice("index ".length)) : undefined;
  if (index === undefined) throw notProven("has no valid index line");
  if (lines.length > 53) throw notProven("has more hashes than a tree has levels");
  const path = lines.map((line) => strictBase64(line));
  if (!path.every((hash): hash is Buffer => hash !== undefined && hash.length === HASH_BYTES)) {
    throw notProven("has a line that is no hash");
  }
  return { index, path, extra, checkpoint: Buffer.from(text.slice(split + 2)) };
}

function notProven(why: string): WhosawError {
  return new WhosawError("NOT_PROVEN", `the proof ${why}`, {
    hint: "ask for the proof again; it proves nothing as it is",
  });
}

/**
 * Checks an inclusion proof with nothing but the log's key.
 * @param entry the entry's bytes; if left out, those that the proof itself holds
 * @throws WhosawError NOT_PROVEN, whatever is wrong with the proof; CONFIG_INVALID for a key that is none
 */
export function checkProof(
  bytes: Buffer,
  options: { readonly vkey: string; readonly entry?: Buffer; readonly witnesses?: readonly string[] },
): CheckedProof {
  const key = parseVerifierKey(options.vkey);
  const proof = parseProof(bytes);
  const checkpoint = parseCheckpoint(proof.checkpoint);
  if (typeof checkpoint === "string") throw notProven(`holds a checkpoint that ${checkpoint}`);
  if (checkpoint.origin !== key.name) throw notProven("is of another log than the key");
  if (checkSignature(checkpoint, key) !== "good") throw notProven("holds a checkpoint that the log key has not signed");
  const entry = options.entry ?? proof.extra;
  if (entry === undefined) throw notProven("does not hold the entry, and no entry was given");
  const reached = rootFromInclusion(leafHash(entry), proof.index, checkpoint.size, proof.path);
  if (reached === undefined || !checkpoint.root.equals(reached)) {
    throw notProven("does not lead from the entry to the checkpoint's root");
  }
  const envelope: Envelope = { kind: 0, time: 0 };
  const problem = readEnvelope(entry, 0, entry.length, envelope);
  if (problem !== undefined) throw notProven(`leads from something that ${problem}`);
  const witnesses = (options.witnesses ?? [])
    .map((witness) => parseVerifierKey(witness))
    .filter((one) => checkSignature(checkpoint, one) === "good");
  const names = witnesses.map((witness) => witness.name);
  return { origin: key.name, index: proof.index, size: checkpoint.size, ...envelope, witnesses: names, entry };
}

/** What a log's directory holds, held against itself: the state from which a writer may go on. */
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { openCheckpoint, type Checkpoint, type NoteVerifier } from "./checkpoint.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { readWhole, syncDirectoryOrFail, syncOrFail } from "./durable-file.ts";
import { parseEntry } from "./seal.ts";
import { readBundle, readEdge } from "./tiles.ts";
import { edgeWidth, emptyRoot, HASH_BYTES, leafHash, rootOfEdge, TILE_WIDTH } from "./tree.ts";
import {
  FIRST_CHAIN,
  groupEntries,
  groupFollows,
  groupHash,
  listSegments,
  parseGroup,
  walDirectory,
  type WalEnd,
  type WalGroup,
} from "./wal.ts";

export interface Recovered {
  readonly checkpoint: Checkpoint;
  /** Partial tiles of the checkpoint's tree. */
  readonly edge: Buffer[];
  /** Entries of the checkpoint's partial bundle. */
  readonly bundle: Buffer[];
  /** Entries after the checkpoint, from the write-ahead file. */
  readonly uncovered: Buffer[];
  /** Entries in the log. */
  readonly size: number;
  /** Time of the last entry; 0 in an empty log. */
  readonly lastTimeMs: number;
  readonly wal: WalEnd;
  /** The last segment, open for writing; undefined in an empty log. */
  readonly file: DiskFile | undefined;
}

function damagedLog(what: string): WhosawError {
  return new WhosawError("LEDGER_DAMAGED", `The ledger is damaged: ${what}.`, {
    hint: "Run whosaw verify on it, and put the newest good copy back.",
  });
}

/**
 * Reads a log for its next writer. Cuts a final incomplete group, syncs what is left, and changes nothing else.
 * @throws {WhosawError} LEDGER_DAMAGED for any other damage
 */
export async function recover(disk: Disk, dir: string, log: NoteVerifier): Promise<Recovered> {
  const checkpoint = await readCheckpoint(disk, dir, log);
  const edge = await readEdge(disk, dir, checkpoint.size);
  if (!rootOfEdge(edge).equals(checkpoint.root)) throw damagedLog("its tiles do not hash to its checkpoint");
  const bundle = await readLastBundle(disk, dir, checkpoint.size, edge);
  const wal = await readWal(disk, dir, checkpoint.size);
  const size = Math.max(checkpoint.size, wal.size);
  const last = wal.last ?? bundle.at(-1);
  if (wal.size < checkpoint.size)
    throw damagedLog(`its write-ahead file ends at ${wal.size}, before its checkpoint of ${checkpoint.size}`);
  return {
    checkpoint,
    edge,
    bundle,
    uncovered: wal.uncovered,
    size,
    lastTimeMs: last === undefined ? 0 : parseEntry(last).timeMs,
    wal: wal.end,
    file: wal.file,
  };
}

/** The checkpoint of a log, checked against the log's key; the empty tree if there is none. */
export async function readCheckpoint(disk: Disk, dir: string, log: NoteVerifier): Promise<Checkpoint> {
  const note = await readWhole(disk, join(dir, "checkpoint"), LIMITS.noteBytesMax);
  if (note === undefined) return { origin: log.name, size: 0, root: emptyRoot() };
  const checkpoint = openCheckpoint(note, log);
  if (checkpoint.origin !== log.name) throw damagedLog("its checkpoint is of another log");
  return checkpoint;
}

async function readLastBundle(disk: Disk, dir: string, size: number, edge: readonly Buffer[]): Promise<Buffer[]> {
  const width = edgeWidth(size, 0);
  if (width === 0) return [];
  const bundle = await readBundle(disk, dir, Math.floor(size / TILE_WIDTH), width);
  const matches = bundle.every((entry, i) =>
    edge[0]?.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES).equals(leafHash(entry)),
  );
  if (!matches) throw damagedLog("its last entries do not hash to its tiles");
  return bundle;
}

interface WalContents {
  readonly size: number;
  readonly last: Buffer | undefined;
  readonly uncovered: Buffer[];
  readonly end: WalEnd;
  readonly file: DiskFile | undefined;
}

/** Walks all segments: each group must follow the one before. */
class WalWalk {
  readonly #coveredSize: number;
  readonly uncovered: Buffer[] = [];
  next: number | undefined;
  chain: Buffer | undefined;
  last: Buffer | undefined;

  constructor(coveredSize: number) {
    this.#coveredSize = coveredSize;
  }

  take(group: WalGroup): void {
    if (this.next === undefined) {
      if (group.firstIndex > this.#coveredSize) throw damagedLog(`entries before ${group.firstIndex} are missing`);
      if (group.firstIndex === 0 && !group.chain.equals(FIRST_CHAIN))
        throw damagedLog("its first group has a predecessor");
    } else if (group.firstIndex !== this.next) {
      throw damagedLog(`group ${group.firstIndex} stands where ${this.next} should`);
    }
    if (this.chain !== undefined && !group.chain.equals(this.chain))
      throw damagedLog(`the chain breaks at ${group.firstIndex}`);
    let index = group.firstIndex;
    for (const entry of groupEntries(group)) {
      if (index >= this.#coveredSize) this.uncovered.push(entry);
      this.last = entry;
      index += 1;
    }
    this.next = index;
    this.chain = groupHash(group.bytes);
  }
}

async function readWal(disk: Disk, dir: string, coveredSize: number): Promise<WalContents> {
  const segments = await listSegments(disk, dir);
  const walk = new WalWalk(coveredSize);
  let position = 0;
  for (const [i, segment] of segments.entries()) {
    const bytes =
      (await readWhole(disk, segment.path, LIMITS.walSegmentBytesMax + LIMITS.groupBytesMax)) ?? Buffer.alloc(0);
    position = walkSegment(bytes, segment.firstIndex, walk);
    const rest = bytes.length - position;
    if (rest === 0) continue;
    const later = segments.slice(i + 1);
    if (
      groupFollows(bytes, position) ||
      (await anyBytes(
        disk,
        later.map((one) => one.path),
      ))
    ) {
      throw damagedLog(`segment ${segment.firstIndex} is broken at byte ${position}`);
    }
  }
  const file = await openLast(disk, dir, segments, position);
  return {
    size: walk.next ?? 0,
    last: walk.last,
    uncovered: walk.uncovered,
    end: { segments: segments.map((one) => one.firstIndex), position, chain: walk.chain ?? FIRST_CHAIN },
    file,
  };
}

/** Takes the whole groups of a segment; returns where they end. */
function walkSegment(bytes: Buffer, firstIndex: number, walk: WalWalk): number {
  let position = 0;
  for (let group = parseGroup(bytes, 0); group !== undefined; group = parseGroup(bytes, position)) {
    if (position === 0 && group.firstIndex !== firstIndex)
      throw damagedLog(`segment ${firstIndex} begins with ${group.firstIndex}`);
    walk.take(group);
    position += group.bytes.length;
  }
  return position;
}

async function anyBytes(disk: Disk, paths: readonly string[]): Promise<boolean> {
  for (const path of paths)
    if (((await readWhole(disk, path, LIMITS.walSegmentBytesMax + LIMITS.groupBytesMax))?.length ?? 0) > 0) return true;
  return false;
}

/** Opens the last segment, cuts what follows `position`, and makes what a dead process left in the page cache durable. */
async function openLast(
  disk: Disk,
  dir: string,
  segments: readonly { path: string }[],
  position: number,
): Promise<DiskFile | undefined> {
  const last = segments.at(-1);
  if (last === undefined) return undefined;
  const file = await disk.open(last.path, "update");
  if ((await file.length()) > position) await file.truncate(position);
  await syncOrFail(file);
  await syncDirectoryOrFail(disk, walDirectory(dir));
  return file;
}

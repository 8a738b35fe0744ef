/** Reading a log, also while a writer is at work: entry bundles up to the checkpoint, then the write-ahead file. */
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { CborReader } from "./cbor.ts";
import { parseVkey, type NoteVerifier } from "./checkpoint.ts";
import { DayKeys, dayNumber } from "./day-keys.ts";
import { nodeDisk, type Disk } from "./disk.ts";
import { readWhole } from "./durable-file.ts";
import { readPayload } from "./entry-codec.ts";
import type { Entry } from "./entry.ts";
import { readCheckpoint } from "./recover.ts";
import { parseEntry, Sealer } from "./seal.ts";
import { readBundle } from "./tiles.ts";
import { TILE_WIDTH } from "./tree.ts";
import { groupEntries, listSegments, parseGroup } from "./wal.ts";

export interface ReadEntry {
  readonly index: number;
  readonly timeMs: number;
  /** A number of ENTRY_KINDS; it stands in the clear. */
  readonly kind: number;
  /** Undefined if the key of the entry's day is gone: the day has expired. */
  readonly entry: Entry | undefined;
}

export interface ReadOptions {
  readonly masterKey: Uint8Array;
  /** First index to read; 0 if left out. */
  readonly from?: number;
  /** Index to stop before; the end of the log if left out. */
  readonly to?: number;
  readonly disk?: Disk;
}

/**
 * Yields the entries [from, to) of the log in `dir`, in order, as it stands when the reader gets there: every entry
 * durable at the call is yielded, later ones may be. Needs no lock.
 * Entries beyond the checkpoint rest on the write-ahead file's checksums alone; `whosaw verify` is what proves a log.
 * @throws {WhosawError} NOT_FOUND (no log there), LEDGER_KEY_LOST (wrong master key), LEDGER_DAMAGED
 */
export async function* readEntries(dir: string, options: ReadOptions): AsyncGenerator<ReadEntry, void, undefined> {
  const disk = options.disk ?? nodeDisk();
  const log = await readDescription(disk, dir);
  const opener = new EntryOpener(new DayKeys(disk, dir, log.name, options.masterKey), log.name);
  let index = options.from ?? 0;
  for await (const bytes of readSealed(disk, dir, log, index)) {
    if (index >= (options.to ?? Infinity)) return;
    yield await opener.open(bytes, index);
    index += 1;
  }
}

/** The log's name and key from its log.json. */
async function readDescription(disk: Disk, dir: string): Promise<NoteVerifier> {
  const path = join(dir, "log.json");
  const bytes = await readWhole(disk, path, LIMITS.noteBytesMax);
  if (bytes === undefined) {
    throw new WhosawError("NOT_FOUND", `There is no ledger in ${dir}.`, {
      hint: "Give the directory that holds log.json.",
    });
  }
  const { format, vkey } = parseDescription(bytes, path);
  if (format !== 1) throw new WhosawError("LEDGER_DAMAGED", `${path} is of a format that this program does not know.`);
  return parseVkey(vkey);
}

function parseDescription(bytes: Buffer, path: string): { format: unknown; vkey: string } {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null && "vkey" in value && typeof value.vkey === "string") {
      return { format: "format" in value ? value.format : undefined, vkey: value.vkey };
    }
  } catch (cause) {
    throw new WhosawError("LEDGER_DAMAGED", `${path} cannot be read.`, { cause });
  }
  throw new WhosawError("LEDGER_DAMAGED", `${path} names no key.`);
}

class EntryOpener {
  readonly #dayKeys: DayKeys;
  readonly #sealer: Sealer;

  constructor(dayKeys: DayKeys, origin: string) {
    this.#dayKeys = dayKeys;
    this.#sealer = new Sealer(origin);
  }

  async open(bytes: Buffer, index: number): Promise<ReadEntry> {
    const sealed = parseEntry(bytes);
    const { kind, timeMs } = sealed;
    const day = dayNumber(timeMs);
    if (!this.#dayKeys.has(day) && !(await this.#dayKeys.load(day))) return { index, timeMs, kind, entry: undefined };
    const payload = this.#sealer.open(sealed, index, this.#dayKeys.entryKey(day, index));
    return { index, timeMs, kind, entry: readPayload(kind, new CborReader(payload)) };
  }
}

/** Entries as stored, from `from` to the end. Files may come and go meanwhile. */
async function* readSealed(
  disk: Disk,
  dir: string,
  log: NoteVerifier,
  from: number,
): AsyncGenerator<Buffer, void, undefined> {
  let next = from;
  for (let attempt = 0; attempt < LIMITS.logReadAttemptsMax; attempt += 1) {
    const { size } = await readCheckpoint(disk, dir, log);
    while (next < size) {
      const number = Math.floor(next / TILE_WIDTH);
      const bundle = await readBundle(disk, dir, number, Math.min(TILE_WIDTH, size - number * TILE_WIDTH));
      for (const entry of bundle.slice(next % TILE_WIDTH)) {
        yield entry;
        next += 1;
      }
    }
    const walk = readWal(disk, dir, next);
    let step = await walk.next();
    while (step.done !== true) {
      yield step.value;
      next += 1;
      step = await walk.next();
    }
    if (step.value === "end") return;
  }
  throw new WhosawError("LEDGER_DAMAGED", `Entry ${next} is neither in a bundle nor in the write-ahead file.`);
}

/** Entries from `from` on. Ends with "moved" if a segment that it needs has gone. */
async function* readWal(disk: Disk, dir: string, from: number): AsyncGenerator<Buffer, "end" | "moved", undefined> {
  const segments = await listSegments(disk, dir);
  const start = segments.findLastIndex((segment) => segment.firstIndex <= from);
  if (start === -1) return segments.length === 0 ? "end" : "moved";
  for (const segment of segments.slice(start)) {
    const bytes = await readWhole(disk, segment.path, LIMITS.walSegmentBytesMax + LIMITS.groupBytesMax);
    if (bytes === undefined) return "moved";
    // A group that is being written is not whole yet: the log ends before it.
    let position = 0;
    for (let group = parseGroup(bytes, position); group !== undefined; group = parseGroup(bytes, position)) {
      position += group.bytes.length;
      let index = group.firstIndex;
      for (const entry of groupEntries(group)) {
        if (index >= from) yield entry;
        index += 1;
      }
    }
  }
  return "end";
}

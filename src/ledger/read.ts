/** Reading a log, also while a writer is at work: entry bundles up to the checkpoint, then the write-ahead file. */
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { CborReader } from "./cbor.ts";
import { type Checkpoint, parseVkey, type NoteVerifier } from "./checkpoint.ts";
import { DayKeys, dayNumber } from "./day-keys.ts";
import { nodeDisk, type Disk } from "./disk.ts";
import { readWhole } from "./durable-file.ts";
import { readPayload } from "./entry-codec.ts";
import type { Entry } from "./entry.ts";
import { readCheckpoint } from "./recover.ts";
import { parseEntry, type SealedEntry, Sealer } from "./seal.ts";
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
  const reader = await LogReader.open(dir, options);
  for await (const run of reader.runs(options.from, options.to)) yield* run;
}

/** What of an entry stands in the clear. */
export type EntryHeader = Omit<ReadEntry, "entry">;

/**
 * Index of the first entry of the log in `dir` that was written at a time or later; their number if there is none.
 * @param sinceMs epoch milliseconds
 * @throws {WhosawError} NOT_FOUND, LEDGER_DAMAGED
 */
export async function firstEntrySince(dir: string, sinceMs: number): Promise<number> {
  const disk = nodeDisk();
  let before = 0;
  for await (const run of headersIn(disk, dir, await readDescription(disk, dir), Infinity)) {
    const found = run.find(({ timeMs }) => timeMs >= sinceMs);
    if (found !== undefined) return found.index;
    before += run.length;
  }
  return before;
}

async function* headersIn(
  disk: Disk,
  dir: string,
  log: NoteVerifier,
  to: number,
): AsyncGenerator<EntryHeader[], void, undefined> {
  let index = 0;
  for await (const sealed of readSealed(disk, dir, log, 0, to)) {
    yield sealed.map((bytes) => {
      const { kind, timeMs } = parseEntry(bytes);
      return { index: index++, timeMs, kind };
    });
  }
}

/** One log, opened for reading: keys of days are kept, so hold one no longer than a day may go on being readable. */
export class LogReader {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #log: NoteVerifier;
  readonly #dayKeys: DayKeys;
  readonly #sealer: Sealer;

  private constructor(disk: Disk, dir: string, log: NoteVerifier, masterKey: Uint8Array) {
    this.#disk = disk;
    this.#dir = dir;
    this.#log = log;
    this.#dayKeys = new DayKeys(disk, dir, log.name, masterKey);
    this.#sealer = new Sealer(log.name);
  }

  /** @throws {WhosawError} NOT_FOUND (no log there), LEDGER_DAMAGED */
  static async open(dir: string, { masterKey, disk }: Pick<ReadOptions, "masterKey" | "disk">): Promise<LogReader> {
    const reading = disk ?? nodeDisk();
    return new LogReader(reading, dir, await readDescription(reading, dir), masterKey);
  }

  /** The log's name. */
  get origin(): string {
    return this.#log.name;
  }

  /** Entries under the checkpoint. */
  async checkpointSize(): Promise<number> {
    return (await this.checkpoint()).size;
  }

  /** The checkpoint itself, its signature checked; the empty tree if there is none. */
  checkpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.#disk, this.#dir, this.#log);
  }

  /**
   * The entries [from, to) as `readEntries` has them, a bundle or a group at a time: three times as fast, since nothing
   * is awaited between two entries.
   */
  async *runs(from = 0, to = Infinity): AsyncGenerator<ReadEntry[], void, undefined> {
    let index = from;
    for await (const sealed of readSealed(this.#disk, this.#dir, this.#log, from, to)) {
      const run: ReadEntry[] = [];
      try {
        for (const bytes of sealed) {
          const header = parseEntry(bytes);
          const day = dayNumber(header.timeMs);
          const readable = this.#dayKeys.has(day) || (await this.#dayKeys.load(day));
          run.push(this.#open(header, index, readable ? day : undefined));
          index += 1;
        }
      } catch (error) {
        // What stands before the damage is told first: that says where it is.
        if (run.length > 0) yield run;
        throw error;
      }
      yield run;
    }
  }

  /** What stands in the clear of the entries before `to`: no key is needed, and little time. */
  headers(to = Infinity): AsyncGenerator<EntryHeader[], void, undefined> {
    return headersIn(this.#disk, this.#dir, this.#log, to);
  }

  /** One entry; undefined beyond the log's end. */
  async entry(index: number): Promise<ReadEntry | undefined> {
    for await (const [entry] of this.runs(index, index + 1)) return entry;
    return undefined;
  }

  #open(sealed: SealedEntry, index: number, day: number | undefined): ReadEntry {
    const { kind, timeMs } = sealed;
    if (day === undefined) return { index, timeMs, kind, entry: undefined };
    const payload = this.#sealer.open(sealed, index, this.#dayKeys.entryKey(day, index));
    return { index, timeMs, kind, entry: readPayload(kind, new CborReader(payload)) };
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

/** Entries [from, to) as stored, a bundle or a group at a time. Files may come and go meanwhile. */
async function* readSealed(
  disk: Disk,
  dir: string,
  log: NoteVerifier,
  from: number,
  to: number,
): AsyncGenerator<Buffer[], void, undefined> {
  let next = from;
  for (let attempt = 0; attempt < LIMITS.logReadAttemptsMax; attempt += 1) {
    const { size } = await readCheckpoint(disk, dir, log);
    for await (const entries of readBundles(disk, dir, next, Math.min(size, to), size)) {
      yield entries;
      next += entries.length;
    }
    if (next >= to) return;
    const walk = readWal(disk, dir, next, to);
    let step = await walk.next();
    while (step.done !== true) {
      yield step.value;
      next += step.value.length;
      step = await walk.next();
    }
    if (step.value === "end") return;
  }
  throw new WhosawError("LEDGER_DAMAGED", `Entry ${next} is neither in a bundle nor in the write-ahead file.`);
}

/** Entries [from, to) from bundles of a log of `size`, the next few being read while the caller is at work. */
async function* readBundles(
  disk: Disk,
  dir: string,
  from: number,
  to: number,
  size: number,
): AsyncGenerator<Buffer[], void, undefined> {
  const read = (number: number): Promise<Buffer[]> => {
    const bundle = readBundle(disk, dir, number, Math.min(TILE_WIDTH, size - number * TILE_WIDTH));
    // Whoever takes it out of the queue meets its error; nobody may ever come to that.
    bundle.catch(() => undefined);
    return bundle;
  };
  const last = Math.ceil(to / TILE_WIDTH);
  const ahead: Promise<Buffer[]>[] = [];
  let started = Math.floor(from / TILE_WIDTH);
  for (let next = from; next < to;) {
    while (started < last && ahead.length < LIMITS.bundlesReadAheadMax) ahead.push(read(started++));
    const entries = (await ahead.shift()) ?? [];
    const first = next - (next % TILE_WIDTH);
    yield entries.slice(next - first, to - first);
    next = first + TILE_WIDTH;
  }
}

/** Entries [from, to), a group at a time. Ends with "moved" if a segment that it needs has gone. */
async function* readWal(
  disk: Disk,
  dir: string,
  from: number,
  to: number,
): AsyncGenerator<Buffer[], "end" | "moved", undefined> {
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
      const { firstIndex, count } = group;
      if (firstIndex >= to) return "end";
      if (firstIndex + count <= from) continue;
      yield [...groupEntries(group)].slice(Math.max(0, from - firstIndex), to - firstIndex);
    }
  }
  return "end";
}

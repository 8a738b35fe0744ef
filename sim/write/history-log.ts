/**
 * Writes a log whose times lie in the past: the same bytes as the ledger's own writer (docs/ledger-format.md), a bundle at a
 * time, without a write-ahead file in between and without a sync for each group. Nobody waits for a receipt here; what breaks
 * off is started over.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../../src/base/assert.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { CborWriter } from "../../src/ledger/cbor.ts";
import { logSigner, type NoteSigner, signCheckpoint, witnessSigner } from "../../src/ledger/checkpoint.ts";
import { DayKeys, dayNumber } from "../../src/ledger/day-keys.ts";
import { nodeDisk } from "../../src/ledger/disk.ts";
import { makeDirectoryDurably } from "../../src/ledger/durable-file.ts";
import { writePayload } from "../../src/ledger/entry-codec.ts";
import { ENTRY_KINDS, type Entry } from "../../src/ledger/entry.ts";
import type { LedgerKeys } from "../../src/ledger/keys-file.ts";
import { Sealer } from "../../src/ledger/seal.ts";
import { tilePath } from "../../src/ledger/tiles.ts";
import { EdgeTree, HASH_BYTES, leafHashInPlace, TILE_WIDTH } from "../../src/ledger/tree.ts";
import { FIRST_CHAIN, finishGroup, GROUP_HEADER_BYTES, segmentName, walDirectory } from "../../src/ledger/wal.ts";
import { localWitness } from "../../src/ledger/witness.ts";

export interface HistoryLogOptions {
  /** Absolute path of a directory that is not there yet. */
  readonly dir: string;
  /** Where its witness keeps what it has seen. */
  readonly witness: string;
  readonly origin: string;
  readonly keys: LedgerKeys;
}

const BUNDLE_BYTES_START = 1 << 20;

/** One log, from its first entry to its last. Times are given, never read from a clock. */
export class HistoryLog {
  readonly #options: HistoryLogOptions;
  readonly #signer: NoteSigner;
  readonly #dayKeys: DayKeys;
  readonly #sealer: Sealer;
  readonly #payload = new CborWriter(LIMITS.entryBytesMax - Sealer.room(0));
  readonly #tree = new EdgeTree(0, [], (level, number, hashes) => this.#write(level, number, TILE_WIDTH, hashes));
  readonly #folders = new Set<string>();
  /** Entries of the unfinished bundle, each behind its length. */
  #bundle: Buffer = Buffer.allocUnsafe(BUNDLE_BYTES_START);
  #position = 0;
  /** Where the last entry begins in it. */
  #last = 0;
  #timeMs = 0;
  #beatMs = 0;
  #bytes = 0;

  private constructor(options: HistoryLogOptions) {
    this.#options = options;
    this.#signer = logSigner(options.origin, options.keys.logSeed);
    this.#dayKeys = new DayKeys(nodeDisk(), options.dir, options.origin, options.keys.masterKey);
    this.#sealer = new Sealer(options.origin);
  }

  /** @throws system errors of the disk */
  static async create(options: HistoryLogOptions): Promise<HistoryLog> {
    const { dir } = options;
    const log = new HistoryLog(options);
    await makeDirectoryDurably(nodeDisk(), walDirectory(dir));
    const { name, vkey } = log.#signer;
    writeFileSync(join(dir, "log.json"), JSON.stringify({ format: 1, origin: name, vkey }), { mode: 0o600 });
    return log;
  }

  /** Entries so far. */
  get size(): number {
    return this.#tree.size;
  }

  /** Bytes of entries and hashes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Time of the last entry. */
  get timeMs(): number {
    return this.#timeMs;
  }

  get vkey(): string {
    return this.#signer.vkey;
  }

  get witnessVkey(): string {
    return this.#witnessSigner().vkey;
  }

  /**
   * To be called before anything is added of a UTC day. Earlier days cannot be added to any more.
   * @returns when the day's key is on stable storage
   */
  async beginDay(day: number): Promise<void> {
    await this.#dayKeys.loadOrCreate(day);
  }

  /**
   * Says that a writer ran: one heartbeat a minute, up to that time.
   * @param atMs epoch milliseconds, of a day that has begun
   */
  beat(atMs: number): void {
    if (this.size === 0) this.#beatAt(atMs);
    while (this.#beatMs + LIMITS.heartbeatIntervalMs <= atMs) this.#beatAt(this.#beatMs + LIMITS.heartbeatIntervalMs);
  }

  #beatAt(atMs: number): void {
    this.#beatMs = atMs;
    this.add(atMs, { kind: "heartbeat", sessions: 0 });
  }

  /**
   * Appends an entry, at the time of the one before if the given time is earlier.
   * @returns its index
   */
  add(atMs: number, entry: Entry): number {
    const payload = this.#payload;
    payload.position = 0;
    writePayload(payload, entry);
    const bytes = payload.buffer.subarray(0, payload.position);
    this.#makeRoom(2 + Sealer.room(bytes.length));
    this.#timeMs = Math.max(this.#timeMs, atMs);
    const index = this.#tree.size;
    const start = this.#position;
    const key = this.#dayKeys.entryKey(dayNumber(this.#timeMs), index);
    const end = this.#sealer.seal(this.#bundle, start + 2, ENTRY_KINDS[entry.kind], this.#timeMs, index, key, bytes);
    this.#bundle.writeUInt16BE(end - start - 2, start);
    this.#last = start;
    this.#position = end;
    this.#tree.add(leafHashInPlace(this.#bundle, start, end));
    if (this.#tree.size % TILE_WIDTH === 0) this.#finishBundle(TILE_WIDTH);
    return index;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed <= this.#bundle.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bundle.length));
    this.#bundle.copy(larger, 0, 0, this.#position);
    this.#bundle = larger;
  }

  #finishBundle(width: number): void {
    const number = Math.ceil(this.#tree.size / TILE_WIDTH) - 1;
    this.#write("entries", number, width, this.#bundle.subarray(0, this.#position));
    this.#position = 0;
  }

  #write(level: number | "entries", number: number, width: number, bytes: Buffer): void {
    const path = tilePath(this.#options.dir, level, number, width);
    const folder = dirname(path);
    if (!this.#folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folders.add(folder);
    writeFileSync(path, bytes, { mode: 0o600 });
    this.#bytes += bytes.length;
  }

  /**
   * Ends the log so that a gateway may go on with it: partial tiles, the end of a write-ahead file, a checkpoint that the
   * witness has seen.
   */
  async close(): Promise<void> {
    const { dir, witness } = this.#options;
    assert(this.size > 0, "a log has a first entry");
    this.#writeEnd();
    const size = this.size;
    this.#tree.edge().forEach((hashes, level) => {
      const number = Math.floor(size / TILE_WIDTH ** (level + 1));
      if (hashes.length > 0) this.#write(level, number, hashes.length / HASH_BYTES, hashes);
    });
    if (this.#position > 0) this.#finishBundle(size % TILE_WIDTH);
    const note = signCheckpoint({ origin: this.#signer.name, size, root: this.#tree.root() }, this.#signer);
    const clock = { nowMs: () => this.#timeMs };
    const seen = localWitness({ dir: witness, disk: nodeDisk(), signer: this.#witnessSigner(), clock });
    await makeDirectoryDurably(nodeDisk(), witness);
    const line = await seen.cosign(this.#signer.vkey, note, []);
    writeFileSync(join(dir, "checkpoint"), note + line, { mode: 0o600 });
  }

  /** The next writer takes the last entry from the write-ahead file. What stood before it there is under the checkpoint, and may be gone. */
  #writeEnd(): void {
    const at = this.#last;
    const end = this.#position === 0 ? at + 2 + this.#bundle.readUInt16BE(at) : this.#position;
    const group = Buffer.concat([Buffer.alloc(GROUP_HEADER_BYTES), this.#bundle.subarray(at, end)]);
    finishGroup(group, FIRST_CHAIN, this.size - 1, 1);
    writeFileSync(join(walDirectory(this.#options.dir), segmentName(this.size - 1)), group, { mode: 0o600 });
  }

  #witnessSigner(): NoteSigner {
    return witnessSigner(`${this.#options.origin}/witness`, this.#options.keys.witnessSeed);
  }
}

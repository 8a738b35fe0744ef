/** The write-ahead file: groups of entries in segments (docs/ledger-format.md, "Write-ahead file"). */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { syncDirectoryOrFail, syncOrFail, writeAll } from "./durable-file.ts";

const MAGIC = Buffer.from("WSG1");
/** Magic, length, CRC. */
const PREFIX_BYTES = 12;
const CHAIN_BYTES = 32;
export const GROUP_HEADER_BYTES = PREFIX_BYTES + CHAIN_BYTES + 8 + 4;
export const FIRST_CHAIN: Buffer = Buffer.alloc(CHAIN_BYTES);

/** Fills in the header of a group whose entries stand from GROUP_HEADER_BYTES on. */
export function finishGroup(bytes: Buffer, chain: Uint8Array, firstIndex: number, count: number): void {
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32BE(bytes.length - PREFIX_BYTES, 4);
  bytes.set(chain, PREFIX_BYTES);
  bytes.writeBigUInt64BE(BigInt(firstIndex), PREFIX_BYTES + CHAIN_BYTES);
  bytes.writeUInt32BE(count, PREFIX_BYTES + CHAIN_BYTES + 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(PREFIX_BYTES)), 8);
}

/** What the next group states as its predecessor's hash. */
export function groupHash(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

export interface WalGroup {
  readonly firstIndex: number;
  readonly count: number;
  readonly chain: Buffer;
  /** The whole group, header included. */
  readonly bytes: Buffer;
}

/** The group that begins at `position`, or undefined if no whole group with a right CRC does. */
export function parseGroup(segment: Buffer, position: number): WalGroup | undefined {
  if (segment.length - position < GROUP_HEADER_BYTES || segment.compare(MAGIC, 0, 4, position, position + 4) !== 0)
    return undefined;
  const length = segment.readUInt32BE(position + 4);
  const end = position + PREFIX_BYTES + length;
  if (length < GROUP_HEADER_BYTES - PREFIX_BYTES || length > LIMITS.groupBytesMax || end > segment.length)
    return undefined;
  if (crc32(segment.subarray(position + PREFIX_BYTES, end)) !== segment.readUInt32BE(position + 8)) return undefined;
  const firstIndex = Number(segment.readBigUInt64BE(position + PREFIX_BYTES + CHAIN_BYTES));
  return {
    firstIndex,
    count: segment.readUInt32BE(position + PREFIX_BYTES + CHAIN_BYTES + 8),
    chain: segment.subarray(position + PREFIX_BYTES, position + PREFIX_BYTES + CHAIN_BYTES),
    bytes: segment.subarray(position, end),
  };
}

/** Entries of a group, in order; each shares memory with it. Throws LEDGER_DAMAGED if lengths and count disagree. */
export function* groupEntries(group: WalGroup): Generator<Buffer, void, undefined> {
  let at = GROUP_HEADER_BYTES;
  for (let i = 0; i < group.count; i += 1) {
    if (at + 2 > group.bytes.length) throw damagedGroup(group);
    const end = at + 2 + group.bytes.readUInt16BE(at);
    if (end > group.bytes.length) throw damagedGroup(group);
    yield group.bytes.subarray(at + 2, end);
    at = end;
  }
  if (at !== group.bytes.length) throw damagedGroup(group);
}

function damagedGroup(group: WalGroup): WhosawError {
  return new WhosawError("LEDGER_DAMAGED", `The write-ahead group of entry ${group.firstIndex} contradicts itself.`);
}

/** Whether a whole group begins anywhere after `position`: then what stands at `position` is damage, not a torn end. */
export function groupFollows(segment: Buffer, position: number): boolean {
  for (let at = segment.indexOf(MAGIC, position + 1); at !== -1; at = segment.indexOf(MAGIC, at + 1)) {
    if (parseGroup(segment, at) !== undefined) return true;
  }
  return false;
}

/** Where the segments of the log in `dir` are. */
export function walDirectory(dir: string): string {
  return join(dir, "wal");
}

/** A segment is named after its first entry's index; names sort as the indexes do. */
export function segmentName(firstIndex: number): string {
  return String(firstIndex).padStart(16, "0");
}

/** Segments of a log by first index, ascending. */
export async function listSegments(disk: Disk, dir: string): Promise<{ firstIndex: number; path: string }[]> {
  const names = (await disk.list(walDirectory(dir))).filter((name) => /^\d{16}$/.test(name));
  return names.map((name) => ({ firstIndex: Number(name), path: join(walDirectory(dir), name) }));
}

/** Where the write-ahead file ends: from recovery, to go on writing. */
export interface WalEnd {
  readonly segments: readonly number[];
  /** Bytes of whole groups in the last segment. */
  readonly position: number;
  readonly chain: Buffer;
}

/**
 * Appends groups. One caller, one group at a time: `prepare` if `unprepared`, `write`, `sync`, `accept`.
 * What was written is not part of the log until `accept`; a write that failed leaves bytes that `prepare` cuts away.
 */
export class WalWriter {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #segmentBytesMax: number;
  #segments: number[];
  #file: DiskFile | undefined;
  #position: number;
  #chain: Buffer;
  /** Bytes past #position may be in the file. */
  #torn = false;

  /** @param file the last segment, open for writing, if there is one */
  constructor(disk: Disk, dir: string, segmentBytesMax: number, end: WalEnd, file: DiskFile | undefined) {
    this.#disk = disk;
    this.#segmentBytesMax = segmentBytesMax;
    this.#dir = dir;
    this.#segments = [...end.segments];
    this.#position = end.position;
    this.#chain = end.chain;
    this.#file = file;
  }

  get chain(): Buffer {
    return this.#chain;
  }

  get unprepared(): boolean {
    return this.#torn || this.#file === undefined || this.#position >= this.#segmentBytesMax;
  }

  /** Cuts what a failed write left, begins a new segment where one is due. */
  async prepare(nextIndex: number): Promise<void> {
    if (this.#torn && this.#file !== undefined) {
      await this.#file.truncate(this.#position);
      // Else the torn bytes could come back after a power cut, in front of a later segment.
      await syncOrFail(this.#file);
      this.#torn = false;
    }
    if (this.#file !== undefined && this.#position < this.#segmentBytesMax) return;
    const path = join(walDirectory(this.#dir), segmentName(nextIndex));
    // `fresh`, not `new`: an attempt that failed may have left the empty file.
    const next = await this.#disk.open(path, "fresh");
    await syncDirectoryOrFail(this.#disk, walDirectory(this.#dir));
    await this.#file?.close();
    this.#file = next;
    this.#position = 0;
    this.#segments.push(nextIndex);
  }

  /** Hands a group to the system. After an error nothing of it counts. */
  write(group: Uint8Array): void {
    if (this.#file === undefined) throw new Error("assertion failed: write before prepare");
    this.#torn = true;
    writeAll(this.#file, group, this.#position);
  }

  /** Throws SyncFailed: then nothing may be appended any more. */
  async sync(): Promise<void> {
    if (this.#file !== undefined) await syncOrFail(this.#file);
  }

  /** The group written last is durable. */
  accept(groupBytes: number, hash: Buffer): void {
    this.#position += groupBytes;
    this.#chain = hash;
    this.#torn = false;
  }

  /** Removes segments all of whose entries are before `coveredSize`, as long as a later one has a group in it. */
  async removeCovered(coveredSize: number): Promise<void> {
    while (this.#segments.length >= 2) {
      const [oldest, next] = this.#segments;
      const nextIsEmpty = this.#segments.length === 2 && this.#position === 0;
      if (oldest === undefined || next === undefined || next > coveredSize || nextIsEmpty) return;
      await this.#disk.unlink(join(walDirectory(this.#dir), segmentName(oldest)));
      // One by one: if a later removal outlived an earlier one, a power cut would leave a hole in the chain.
      await syncDirectoryOrFail(this.#disk, walDirectory(this.#dir));
      this.#segments.shift();
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** The write-ahead file: groups, each with its length, CRC and the hash of the group before it. */
import { hash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { LIMITS } from "../base/limits.ts";
import { isMissing, listDirectory } from "./files.ts";
import { Unreadable, type Findings } from "./report.ts";

const MAGIC = Buffer.from("WSG1");
const HEADER_BYTES = 12;
/** chain, first, count: what stands between the header and the entries. */
const PREAMBLE_BYTES = 44;

/**
 * Told of every entry: it lies in bytes[start, end), its length prefix right before it. The bytes may be changed, and
 * are gone after the call.
 */
export type WalVisitor = (
  bytes: Buffer,
  start: number,
  end: number,
  index: number,
  file: string,
  offset: number,
) => void;

export interface WalExtent {
  /** Index of the first entry that is still in a segment; undefined if there is no segment at all. */
  readonly first: number | undefined;
  /** One past the last. */
  readonly next: number;
  /** Reading stopped at damage. */
  readonly damaged: boolean;
}

/** Names of segments in order; anything else is noted or reported. */
export function walSegments(dir: string, findings: Findings): string[] {
  const segments: string[] = [];
  for (const name of listDirectory(join(dir, "wal")) ?? []) {
    if (/^[0-9]{16}$/.test(name)) segments.push(name);
    else if (name.endsWith(".tmp")) findings.note(`wal/${name} is a leftover that is never read`);
    else findings.add("FILE_UNEXPECTED", `wal/${name}`, `wal/${name} is no segment`);
  }
  return segments;
}

/** Reads a file from front to back through one buffer. */
class Window {
  readonly #fd: number;
  readonly size: number;
  /** File position of bytes[0] and how much of `bytes` is filled. */
  #base = 0;
  #filled = 0;
  bytes = Buffer.allocUnsafe(1 << 20);

  constructor(fd: number) {
    this.#fd = fd;
    this.size = fstatSync(fd).size;
  }

  /** Makes file bytes [at, at + length) available and returns where they are in `bytes`; the caller stays within `size`. */
  at(at: number, length: number): number {
    if (at >= this.#base && at + length <= this.#base + this.#filled) return at - this.#base;
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafe(2 * length);
    this.#base = at;
    this.#filled = 0;
    while (this.#filled < length) {
      const got = readSync(this.#fd, this.bytes, this.#filled, this.bytes.length - this.#filled, at + this.#filled);
      if (got === 0)
        throw new Unreadable("a write-ahead segment shrank while it was read: a writer has begun; verify again");
      this.#filled += got;
    }
    return 0;
  }
}

/** One reading of the write-ahead file, or of its later part. */
class WalScan {
  first: number | undefined;
  next = 0;
  damaged = false;
  #chain: Buffer | undefined;
  readonly #findings: Findings;
  readonly #until: number;
  readonly #visit: WalVisitor;

  constructor(findings: Findings, until: number, visit: WalVisitor) {
    this.#findings = findings;
    this.#until = until;
    this.#visit = visit;
  }

  segment(path: string, file: string, last: boolean): void {
    const fd = openIfThere(path);
    // A running writer may have removed the oldest ones since they were listed.
    if (fd === undefined && this.first === undefined) return;
    if (fd === undefined) return this.#damage(file, 0, "the segment went away");
    try {
      if (!this.#begins(Number(file.slice(4)), file)) return;
      const window = new Window(fd);
      let at = 0;
      while (at < window.size && !this.damaged && this.next < this.#until) at += this.#group(window, at, file, last);
    } finally {
      closeSync(fd);
    }
  }

  /** Whether the segment is the next one. */
  #begins(named: number, file: string): boolean {
    if (this.first === undefined) {
      this.first = named;
      this.next = named;
      this.#chain = named === 0 ? Buffer.alloc(32) : undefined;
    } else if (named !== this.next) {
      this.#damage(file, 0, `the segment begins with entry ${named}, but the one before it ends with ${this.next - 1}`);
    }
    return !this.damaged;
  }

  #damage(file: string, offset: number, message: string): void {
    this.damaged = true;
    this.#findings.add("WAL_DAMAGED", file, message, this.next, offset);
  }

  /** Reads the group at `at` and returns its length; after damage or a torn end, the rest of the file. */
  #group(window: Window, at: number, file: string, last: boolean): number {
    const rest = window.size - at;
    const start = window.at(at, Math.min(rest, HEADER_BYTES));
    const magic = window.bytes.subarray(start, start + Math.min(rest, MAGIC.length));
    if (!magic.equals(MAGIC.subarray(0, magic.length))) {
      this.#damage(file, at, "no group begins here");
      return rest;
    }
    const length = rest < HEADER_BYTES ? Infinity : window.bytes.readUInt32BE(start + 4);
    if (rest >= HEADER_BYTES && (length > LIMITS.verifyGroupBytesMax || length < PREAMBLE_BYTES)) {
      this.#damage(file, at + 4, `a group cannot be ${length} bytes long`);
      return rest;
    }
    if (HEADER_BYTES + length > rest) {
      this.#torn(window, at, file, last);
      return rest;
    }
    const begin = window.at(at, HEADER_BYTES + length);
    const group = window.bytes.subarray(begin, begin + HEADER_BYTES + length);
    const problem = this.#check(group);
    if (problem === undefined) this.#entries(group, file, at);
    else this.#damage(file, at, problem);
    return HEADER_BYTES + length;
  }

  #check(group: Buffer): string | undefined {
    if (crc32(group.subarray(HEADER_BYTES)) !== group.readUInt32BE(8)) {
      return "the group's CRC is wrong (after a power failure, starting the writer cuts a torn last group)";
    }
    const wrongPlace = this.#checkPlace(group);
    if (wrongPlace !== undefined) return wrongPlace;
    const count = group.readUInt32BE(52);
    if (count === 0 || walkEntries(group, count) !== group.length) return "the group's entries do not fill it";
    this.#chain = hash("sha256", group, "buffer");
    return undefined;
  }

  /** Whether chain and first index, as far as they are there, continue the log. */
  #checkPlace(group: Buffer): string | undefined {
    if (group.length >= 44 && this.#chain !== undefined && !group.subarray(12, 44).equals(this.#chain)) {
      return "the group does not follow the one before it (its chain value is another)";
    }
    if (group.length >= 52 && group.readBigUInt64BE(44) !== BigInt(this.next)) {
      return `the group begins with entry ${group.readBigUInt64BE(44)} instead of ${this.next}`;
    }
    return undefined;
  }

  /** A short group at the very end is what an interrupted write leaves. It must look like one in every byte that is there. */
  #torn(window: Window, at: number, file: string, last: boolean): void {
    const rest = window.size - at;
    const begin = window.at(at, rest);
    const group = window.bytes.subarray(begin, begin + rest);
    const count = group.length >= 56 ? group.readUInt32BE(52) : Infinity;
    if (!last) return this.#damage(file, at, "the group is cut off, and a later segment follows");
    const problem = this.#checkPlace(group);
    if (problem !== undefined) return this.#damage(file, at, problem);
    if (count === 0 || (Number.isFinite(count) && walkEntries(group, count) > 0)) {
      return this.#damage(file, at + 4, "the group's length does not fit its entries");
    }
    this.#findings.note(
      `${file} ends with ${rest} bytes of a group whose writing was interrupted: nothing was released on it`,
    );
  }

  #entries(group: Buffer, file: string, at: number): void {
    let position = HEADER_BYTES + PREAMBLE_BYTES;
    for (const count = this.next + group.readUInt32BE(52); this.next < count; this.next++) {
      const start = position + 2;
      const end = start + group.readUInt16BE(position);
      this.#visit(group, start, end, this.next, file, at + start);
      position = end;
    }
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Where `count` entries end; -1 if they do not fit. */
function walkEntries(group: Buffer, count: number): number {
  let position = HEADER_BYTES + PREAMBLE_BYTES;
  for (let i = 0; i < count; i++) {
    if (position + 2 > group.length) return -1;
    position += 2 + group.readUInt16BE(position);
    if (position > group.length) return -1;
  }
  return position;
}

/**
 * Reads segments in order, checks every group, and shows every entry up to index `until`. Stops at the first damage.
 * @param segments names as walSegments gives them, from any segment on
 */
export function scanWal(
  dir: string,
  segments: readonly string[],
  findings: Findings,
  until: number,
  visit: WalVisitor,
): WalExtent {
  const scan = new WalScan(findings, until, visit);
  for (const [i, name] of segments.entries()) {
    if (scan.damaged || scan.next >= until) break;
    // A segment that was just begun may follow a torn group.
    const last = segments
      .slice(i + 1)
      .every((later) => statSync(join(dir, "wal", later), { throwIfNoEntry: false })?.size === 0);
    scan.segment(join(dir, "wal", name), `wal/${name}`, last);
  }
  return { first: scan.first, next: scan.next, damaged: scan.damaged };
}

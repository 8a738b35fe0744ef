/**
 * Re-derives a log from its stored bytes: a parser and a Merkle tree of its own, written from docs/ledger-format.md and
 * RFC 6962, sharing nothing with the writer but the disk. Used at the end of every test that writes a log.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Disk } from "../disk.ts";

export interface CheckedLog {
  /** Entries under the checkpoint, then those that only the write-ahead file has. */
  readonly entries: Buffer[];
  readonly checkpointSize: number;
}

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** MTH of RFC 6962 section 2.1, by its recursion. */
export function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.from([0]), only);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

async function read(disk: Disk, path: string): Promise<Buffer | undefined> {
  try {
    const file = await disk.open(path, "read");
    const bytes = Buffer.alloc(await file.length());
    for (let at = 0; at < bytes.length;) {
      const count = await file.read(bytes.subarray(at), at);
      if (count === 0) throw new Error(`${path} shrank`);
      at += count;
    }
    await file.close();
    return bytes;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function pathOf(level: string, number: number): string {
  const digits = String(number).padStart(3, "0");
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return `tile/${level}/${groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/")}`;
}

async function readTile(disk: Disk, dir: string, level: string, number: number, width: number): Promise<Buffer> {
  const path = `${dir}/${pathOf(level, number)}`;
  const bytes = (width < 256 ? await read(disk, `${path}.p/${width}`) : undefined) ?? (await read(disk, path));
  if (bytes === undefined) throw new Error(`${path} with ${width} is missing`);
  return bytes;
}

function splitPrefixed(bytes: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) throw new Error("an entry passes the end");
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

function checkSignature(note: string, name: string, vkey: string): void {
  const [, id, ...key] = vkey.split("+");
  const typed = Buffer.from(key.join("+"), "base64");
  const publicKey = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: typed.subarray(1).toString("base64url") },
    format: "jwk",
  });
  const [text = "", signatures = ""] = note.split("\n\n");
  const line = signatures.split("\n").find((one) => one.startsWith(`\u2014 ${name} `));
  const signature = Buffer.from(line?.split(" ")[2] ?? "", "base64");
  if (signature.subarray(0, 4).toString("hex") !== id) throw new Error("the checkpoint has another key id");
  if (!verify(null, Buffer.from(`${text}\n`), publicKey, signature.subarray(4)))
    throw new Error("the checkpoint is not signed");
}

async function checkTiles(disk: Disk, dir: string, entries: readonly Buffer[]): Promise<void> {
  let row = entries.map((entry) => sha256(Buffer.from([0]), entry));
  for (let level = 0; row.length > 0; level += 1) {
    for (let number = 0; number * 256 < row.length; number += 1) {
      const expected = row.slice(number * 256, number * 256 + 256);
      const tile = await readTile(disk, dir, String(level), number, expected.length);
      if (!tile.subarray(0, 32 * expected.length).equals(Buffer.concat(expected)))
        throw new Error(`tile ${level}/${number} is wrong`);
    }
    const full = Math.floor(row.length / 256);
    row = Array.from({ length: full }, (_, number) => foldTile(row.slice(number * 256, number * 256 + 256)));
  }
}

function foldTile(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  const half = hashes.length / 2;
  return sha256(Buffer.from([1]), foldTile(hashes.slice(0, half)), foldTile(hashes.slice(half)));
}

async function walEntries(disk: Disk, dir: string): Promise<{ first: number; entries: Buffer[] }> {
  let chain: Buffer | undefined;
  let first: number | undefined;
  const entries: Buffer[] = [];
  for (const name of (await disk.list(`${dir}/wal`)).filter((one) => /^\d{16}$/.test(one))) {
    const bytes = (await read(disk, `${dir}/wal/${name}`)) ?? Buffer.alloc(0);
    for (let at = 0; at < bytes.length;) {
      if (bytes.toString("latin1", at, at + 4) !== "WSG1") throw new Error(`segment ${name}: no group at ${at}`);
      const end = at + 12 + bytes.readUInt32BE(at + 4);
      const body = bytes.subarray(at + 12, end);
      if (end > bytes.length || crc32(body) !== bytes.readUInt32BE(at + 8))
        throw new Error(`segment ${name}: torn group at ${at}`);
      if (chain !== undefined && !body.subarray(0, 32).equals(chain))
        throw new Error(`segment ${name}: the chain breaks at ${at}`);
      const index = Number(body.readBigUInt64BE(32));
      if (at === 0 && index !== Number(name)) throw new Error(`segment ${name} begins with ${index}`);
      first ??= index;
      if (index !== first + entries.length) throw new Error(`segment ${name}: index ${index} does not follow`);
      const group = splitPrefixed(body.subarray(44));
      if (group.length !== body.readUInt32BE(40)) throw new Error(`segment ${name}: wrong count at ${at}`);
      entries.push(...group);
      chain = sha256(bytes.subarray(at, end));
      at = end;
    }
  }
  return { first: first ?? 0, entries };
}

/** Checks everything; throws an Error that says what does not fit. The log must not be written meanwhile. */
export async function checkLog(disk: Disk, dir: string): Promise<CheckedLog> {
  const description = JSON.parse(((await read(disk, `${dir}/log.json`)) ?? Buffer.alloc(0)).toString()) as {
    origin: string;
    vkey: string;
  };
  const note = (await read(disk, `${dir}/checkpoint`))?.toString();
  const entries: Buffer[] = [];
  let size = 0;
  if (note !== undefined) {
    const [origin, sizeText, root] = note.split("\n");
    if (origin !== description.origin) throw new Error("the checkpoint is of another origin");
    checkSignature(note, description.origin, description.vkey);
    size = Number(sizeText);
    for (let number = 0; number * 256 < size; number += 1) {
      const width = Math.min(256, size - number * 256);
      entries.push(...splitPrefixed(await readTile(disk, dir, "entries", number, width)).slice(0, width));
    }
    if (entries.length !== size) throw new Error(`${entries.length} entries under a checkpoint of ${size}`);
    if (naiveRoot(entries).toString("base64") !== root) throw new Error("the entries do not hash to the checkpoint");
    await checkTiles(disk, dir, entries);
  }
  const wal = await walEntries(disk, dir);
  if (wal.first > size) throw new Error(`entries between ${size} and ${wal.first} are missing`);
  wal.entries.forEach((entry, i) => {
    const known = entries[wal.first + i];
    if (known === undefined) entries.push(entry);
    else if (!known.equals(entry))
      throw new Error(`entry ${wal.first + i} differs between bundle and write-ahead file`);
  });
  checkTimes(entries);
  return { entries, checkpointSize: size };
}

/** Byte 0 array(4), 1 version, 2 kind, then the time: 0x1b and eight bytes for every time since 1970-02-20. */
function checkTimes(entries: readonly Buffer[]): void {
  let before = 0n;
  entries.forEach((entry, i) => {
    if (entry[0] !== 0x84 || entry[1] !== 1 || entry[3] !== 0x1b) throw new Error(`entry ${i} has no header`);
    const time = entry.readBigUInt64BE(4);
    if (time < before) throw new Error(`the time goes back at entry ${i}`);
    before = time;
  });
}

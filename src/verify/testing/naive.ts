/**
 * A second, naive implementation of docs/ledger-format.md, for tests: it builds a whole log in memory, one hash at a
 * time, and writes it in one go. Nothing here is fast, and nothing is shared with the verifier or the writer.
 */
import { createCipheriv, createHash, generateKeyPairSync, hkdfSync, sign, type KeyObject } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { encode } from "cborg";

export interface NaiveEntry {
  readonly kind: number;
  readonly time: number;
  /** What the payload says, as the CDDL has it. */
  readonly payload: unknown;
}

export interface NaiveLog {
  readonly origin: string;
  readonly vkey: string;
  readonly key: KeyObject;
  readonly masterKey: Buffer;
  /** Files of keys/. */
  readonly dayKeys: ReadonlyMap<string, Buffer>;
  /** Encoded entries. */
  readonly entries: readonly Buffer[];
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const uint64 = (value: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
};

/** A key pair as signed notes name it; type 1 for logs, 4 for witnesses. */
export function naiveKey(name: string, type: 1 | 4 = 1): { key: KeyObject; vkey: string; id: Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const material = Buffer.concat([Buffer.from([type]), raw]);
  const id = sha256(Buffer.from(`${name}\n`), material).subarray(0, 4);
  return { key: privateKey, vkey: `${name}+${id.toString("hex")}+${material.toString("base64")}`, id };
}

const naiveLeaf = (entry: Buffer): Buffer => sha256(Buffer.from([0]), entry);

/** RFC 6962 section 2.1, word for word, over leaf hashes (or roots of equal complete subtrees). */
function naiveFold(nodes: readonly Buffer[]): Buffer {
  if (nodes.length === 0) return sha256();
  if (nodes.length === 1) return nodes[0]!;
  let k = 1;
  while (k * 2 < nodes.length) k *= 2;
  return sha256(Buffer.from([1]), naiveFold(nodes.slice(0, k)), naiveFold(nodes.slice(k)));
}

export function naiveRoot(entries: readonly Buffer[]): Buffer {
  return naiveFold(entries.map(naiveLeaf));
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const dayKeyOf = (masterKey: Buffer, day: string): Buffer => sha256(masterKey, Buffer.from(day));

/** Day keys as they lie in keys/, for every day of these entries. */
function naiveDayKeys(origin: string, masterKey: Buffer, times: readonly number[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const day of new Set(times.map(dayOf))) {
    const nonce = sha256(Buffer.from(day)).subarray(0, 12);
    const cipher = createCipheriv("aes-256-gcm", masterKey, nonce);
    cipher.setAAD(Buffer.from(`whosaw day key v1\n${origin}\n${day}`));
    const wrapped = Buffer.concat([
      nonce,
      cipher.update(dayKeyOf(masterKey, day)),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    files.set(`keys/${day}`, wrapped);
  }
  return files;
}

/** Kept for one bundle: this is by far the slowest step. */
let expanded = { name: "", keys: Buffer.alloc(0) };

function entryKeys(masterKey: Buffer, origin: string, day: string, bundle: number): Buffer {
  const name = `${masterKey.toString("hex")} ${origin} ${day} ${bundle}`;
  if (expanded.name !== name) {
    const info = Buffer.concat([Buffer.from("whosaw entry keys v1\n"), uint64(bundle)]);
    expanded = { name, keys: Buffer.from(hkdfSync("sha512", dayKeyOf(masterKey, day), origin, info, 8192)) };
  }
  return expanded.keys;
}

function seal(masterKey: Buffer, origin: string, index: number, entry: NaiveEntry): Buffer {
  const keys = entryKeys(masterKey, origin, dayOf(entry.time), Math.floor(index / 256));
  const key = keys.subarray(32 * (index % 256), 32 * (index % 256) + 32);
  const nonce = Buffer.concat([uint64(entry.time).subarray(4), uint64(index)]);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.concat([uint64(index), Buffer.from([entry.kind]), uint64(entry.time), Buffer.from(origin)]));
  return Buffer.concat([cipher.update(encode(entry.payload)), cipher.final(), cipher.getAuthTag()]);
}

export function naiveLog(origin: string, masterKey: Buffer, entries: readonly NaiveEntry[]): NaiveLog {
  const { key, vkey } = naiveKey(origin);
  const encoded = entries.map((entry, index) =>
    Buffer.from(encode([1, entry.kind, entry.time, seal(masterKey, origin, index, entry)])),
  );
  const dayKeys = naiveDayKeys(
    origin,
    masterKey,
    entries.map((entry) => entry.time),
  );
  return { origin, vkey, key, masterKey, dayKeys, entries: encoded };
}

/** A signed note over `size` entries, with one more line per witness. */
export function naiveCheckpoint(
  log: NaiveLog,
  size: number,
  witnesses: readonly { name: string; key: KeyObject; id: Buffer }[] = [],
): Buffer {
  const text = `${log.origin}\n${size}\n${naiveRoot(log.entries.slice(0, size)).toString("base64")}\n`;
  const id = Buffer.from(log.vkey.split("+")[1]!, "hex");
  const lines = [`— ${log.origin} ${Buffer.concat([id, sign(null, Buffer.from(text), log.key)]).toString("base64")}\n`];
  for (const witness of witnesses) {
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime 1700000000\n${text}`), witness.key);
    const blob = Buffer.concat([witness.id, uint64(1_700_000_000), signature]);
    lines.push(`— ${witness.name} ${blob.toString("base64")}\n`);
  }
  return Buffer.from(`${text}\n${lines.join("")}`);
}

const prefixed = (entry: Buffer): Buffer => {
  const out = Buffer.alloc(2 + entry.length);
  out.writeUInt16BE(entry.length);
  entry.copy(out, 2);
  return out;
};

/** Write-ahead groups of `groupSize` entries each. */
export function naiveGroups(entries: readonly Buffer[], groupSize: number, from = 0): Buffer[] {
  let chain: Buffer = Buffer.alloc(32);
  const groups: Buffer[] = [];
  for (let first = from; first < entries.length; first += groupSize) {
    const some = entries.slice(first, first + groupSize);
    const counts = Buffer.alloc(4);
    counts.writeUInt32BE(some.length);
    const body = Buffer.concat([chain, uint64(first), counts, ...some.map(prefixed)]);
    const header = Buffer.alloc(12);
    header.write("WSG1", 0, "latin1");
    header.writeUInt32BE(body.length, 4);
    header.writeUInt32BE(crc32(body), 8);
    const group = Buffer.concat([header, body]);
    groups.push(group);
    chain = sha256(group);
  }
  return groups;
}

function tileName(index: number): string {
  const groups =
    String(index)
      .padStart(Math.ceil(String(index).length / 3) * 3, "0")
      .match(/.../g) ?? [];
  return groups.map((digits, i) => (i < groups.length - 1 ? `x${digits}` : digits)).join("/");
}

/** Tiles and bundles of the first `size` entries, by path. */
export function naiveTiles(entries: readonly Buffer[], size: number): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const put = (shelf: string, nodes: readonly Buffer[]): void => {
    for (let n = 0; n * 256 < nodes.length; n++) {
      const some = nodes.slice(n * 256, n * 256 + 256);
      const suffix = some.length === 256 ? "" : `.p/${some.length}`;
      files.set(`tile/${shelf}/${tileName(n)}${suffix}`, Buffer.concat(some));
    }
  };
  put("entries", entries.slice(0, size).map(prefixed));
  let nodes = entries.slice(0, size).map(naiveLeaf);
  for (let level = 0; nodes.length > 0; level++) {
    put(String(level), nodes);
    const above: Buffer[] = [];
    for (let n = 0; (n + 1) * 256 <= nodes.length; n++) above.push(naiveFold(nodes.slice(n * 256, n * 256 + 256)));
    nodes = above;
  }
  return files;
}

export interface NaiveLayout {
  /** Entries under the checkpoint; the rest are in the write-ahead file alone. */
  readonly size: number;
  readonly groupSize?: number;
  /** The write-ahead file begins with this entry (a multiple of groupSize). */
  readonly walFrom?: number;
  /** Groups per segment. */
  readonly segmentGroups?: number;
}

/** Every file of the log directory. */
export function naiveFiles(log: NaiveLog, layout: NaiveLayout): Map<string, Buffer> {
  const { groupSize = 5, walFrom = 0, segmentGroups = 1_000 } = layout;
  const files = new Map([...naiveTiles(log.entries, layout.size), ...log.dayKeys]);
  files.set("log.json", Buffer.from(`${JSON.stringify({ format: 1, origin: log.origin, vkey: log.vkey })}\n`));
  files.set("checkpoint", naiveCheckpoint(log, layout.size));
  const groups = naiveGroups(log.entries, groupSize).slice(walFrom / groupSize);
  for (let i = 0; i === 0 || i < groups.length; i += segmentGroups) {
    const first = String(walFrom + i * groupSize).padStart(16, "0");
    files.set(`wal/${first}`, Buffer.concat(groups.slice(i, i + segmentGroups)));
  }
  return files;
}

export function writeFiles(dir: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
}

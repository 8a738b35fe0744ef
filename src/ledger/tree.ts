/** The Merkle tree of RFC 6962 section 2.1 as C2SP tlog-tiles cut it: hashes only, no disk. */
import { createHash, hash } from "node:crypto";
import { LIMITS } from "../base/limits.ts";

export const HASH_BYTES = 32;
export const TILE_WIDTH: number = LIMITS.entriesPerTile;
const TILE_BYTES = TILE_WIDTH * HASH_BYTES;
const LEAF_PREFIX = Buffer.from([0]);

/** `SHA-256(0x00 || entry)`. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash("sha256").update(LEAF_PREFIX).update(entry).digest();
}

/**
 * The same for an entry behind its two-byte length, where it stands in a group or bundle: the byte in front of it serves
 * as the prefix for a moment, which saves a copy and a hash object an entry.
 */
export function leafHashInPlace(prefixed: Buffer, start: number, end: number): Buffer {
  const at = start + 1;
  const lengthByte = prefixed[at] ?? 0;
  prefixed[at] = 0;
  const leaf = hash("sha256", prefixed.subarray(at, end), "buffer");
  prefixed[at] = lengthByte;
  return leaf;
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES);
pair[0] = 1;

/** `SHA-256(0x01 || left || right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return hash("sha256", pair, "buffer");
}

/** The root of a tree without leaves (RFC 6962): SHA-256 of nothing. */
export function emptyRoot(): Buffer {
  return createHash("sha256").digest();
}

/** The root of a complete subtree whose `count` (a power of two) leaves stand in `hashes` from `start` on. */
export function subtreeRoot(hashes: Uint8Array, start: number, count: number): Buffer {
  let width = count;
  const row = Buffer.from(hashes.subarray(start * HASH_BYTES, (start + count) * HASH_BYTES));
  while (width > 1) {
    for (let i = 0; i < width / 2; i += 1) {
      const left = row.subarray(2 * i * HASH_BYTES, (2 * i + 1) * HASH_BYTES);
      const right = row.subarray((2 * i + 1) * HASH_BYTES, (2 * i + 2) * HASH_BYTES);
      row.set(nodeHash(left, right), i * HASH_BYTES);
    }
    width /= 2;
  }
  return row.subarray(0, HASH_BYTES);
}

/** Hashes in the tile at the right edge of a level (0 if it is empty or the level does not exist). */
export function edgeWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

interface EdgeTile {
  readonly hashes: Buffer;
  count: number;
}

/** Called with each tile that has become full. The bytes are the callee's to keep. */
export type FullTile = (level: number, number: number, hashes: Buffer) => void;

/** The right edge of a growing tree: one unfinished tile a level. */
export class EdgeTree {
  #size: number;
  readonly #levels: EdgeTile[] = [];
  readonly #onFull: FullTile;

  /** @param edge the partial tiles of a tree of `size`, level by level (empty ones included) */
  constructor(size: number, edge: readonly Uint8Array[], onFull: FullTile) {
    this.#size = size;
    this.#onFull = onFull;
    edge.forEach((hashes, level) => {
      const tile = this.#level(level);
      tile.hashes.set(hashes);
      tile.count = hashes.length / HASH_BYTES;
    });
  }

  get size(): number {
    return this.#size;
  }

  #level(level: number): EdgeTile {
    return (this.#levels[level] ??= { hashes: Buffer.alloc(TILE_BYTES), count: 0 });
  }

  add(leaf: Uint8Array): void {
    this.#size += 1;
    this.#addAt(0, leaf);
  }

  #addAt(level: number, hashBytes: Uint8Array): void {
    const tile = this.#level(level);
    tile.hashes.set(hashBytes, tile.count * HASH_BYTES);
    tile.count += 1;
    if (tile.count < TILE_WIDTH) return;
    const full = Buffer.from(tile.hashes);
    tile.count = 0;
    this.#onFull(level, Math.floor(this.#size / TILE_WIDTH ** (level + 1)) - 1, full);
    this.#addAt(level + 1, subtreeRoot(full, 0, TILE_WIDTH));
  }

  /** Partial tiles as they stand, level by level; empty ones have no bytes. */
  edge(): Buffer[] {
    return this.#levels.map((tile) => Buffer.from(tile.hashes.subarray(0, tile.count * HASH_BYTES)));
  }

  root(): Buffer {
    return rootOfEdge(this.edge());
  }
}

/** The root of a tree from its partial tiles: complete subtrees, the smallest (rightmost) folded in first. */
export function rootOfEdge(edge: readonly Uint8Array[]): Buffer {
  let root: Buffer | undefined;
  edge.forEach((hashes) => {
    let end = hashes.length / HASH_BYTES;
    for (let width = 1; end > 0; width *= 2) {
      if (end % (2 * width) === 0) continue;
      const subtree = subtreeRoot(hashes, end - width, width);
      root = root === undefined ? subtree : nodeHash(subtree, root);
      end -= width;
    }
  });
  return root ?? emptyRoot();
}

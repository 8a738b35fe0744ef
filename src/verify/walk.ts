/** Recomputes the tree from the entries and holds it against every tile, full or partial, at every level. */
import { join } from "node:path";
import { LIMITS } from "../base/limits.ts";
import { readEnvelope, type Envelope } from "./envelope.ts";
import { readWhole, tilePath, TileShelf, type Shelf, type StrangeName, type Widths } from "./files.ts";
import { Edge, HASH_BYTES, hashLeafInPlace, rootOfFullTile, TILE_BYTES, TILE_WIDTH, type EdgeTile } from "./merkle.ts";
import type { Findings } from "./report.ts";
import { Rhythm } from "./rhythm.ts";

export const BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + LIMITS.entryBytesMax);

/** How wide tile `index` of `level` is in a tree of `size`. */
function widthAt(size: number, level: number, index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The narrowest file that holds `width` hashes or entries: partial tiles may go once a wider one is there. */
function narrowest(widths: Widths, width: number): number | undefined {
  return widths.find((one) => one >= width);
}

export interface WalkOptions {
  readonly dir: string;
  /** Entries under the checkpoint: these are read from bundles and must be there in full. */
  readonly size: number;
  /** Entries in all, those that only the write-ahead file holds included: these bound which files may exist. */
  readonly end: number;
  /** Sizes whose roots are wanted. */
  readonly marks: readonly number[];
  readonly findings: Findings;
  readonly strange: StrangeName;
}

export class Walk {
  readonly rhythm: Rhythm;
  /** Roots at the wanted sizes. */
  readonly roots = new Map<number, Uint8Array>();
  readonly #options: WalkOptions;
  readonly #edge: Edge;
  readonly #shelves = new Map<Shelf, TileShelf>();
  readonly #envelope: Envelope = { kind: 0, time: 0 };
  readonly #tileBuffer = Buffer.alloc(TILE_BYTES + 1);
  /** The bundle of the current level 0 tile, as it should be on disk, and where each of its entries ends. */
  #bundle: Buffer = Buffer.allocUnsafe(1 << 16);
  #bundleBytes = 0;
  readonly #ends = new Uint32Array(TILE_WIDTH);
  /** Width of the bundle file that #bundle was read from: it need not be compared with itself. */
  #loadedWidth = 0;

  constructor(options: WalkOptions) {
    this.#options = options;
    this.rhythm = new Rhythm(options.findings);
    this.#edge = new Edge((level, tile) => this.#closed(level, tile));
    if (options.marks.includes(0)) this.roots.set(0, this.#edge.root());
  }

  /** Reads bundle `index`, as wide as the checkpoint's size makes it. Bundles come in order. */
  bundle(index: number): void {
    const tile = this.#edge.level(0);
    const width = widthAt(this.#options.size, 0, index);
    let source = this.#choose("entries", index, width);
    let bytes = this.#readBundle(source);
    if (source !== undefined && bytes === undefined) {
      // A running writer removes a partial bundle once the full one is there: look again.
      source = this.#choose("entries", index, width, true);
      bytes = this.#readBundle(source);
    }
    this.#bundleBytes = 0;
    this.#loadedWidth = 0;
    let good = 0;
    if (source === undefined || bytes === undefined) {
      const path = tilePath("entries", index, width);
      this.#options.findings.add(
        "BUNDLE_MISSING",
        path,
        `${path} is missing, with ${width} entries`,
        index * TILE_WIDTH,
      );
    } else {
      // A smaller file was read into the buffer that is there; a larger one came in a buffer of its own.
      if (bytes.length > this.#bundle.length) this.#bundle = bytes;
      good = this.#readEntries(bytes, index * TILE_WIDTH, width, source.path, source.width === width);
      this.#bundleBytes = good === 0 ? 0 : this.#ends[good - 1]!;
      this.#loadedWidth = good === width ? source.width : 0;
    }
    if (good < width) this.#substitute(tile, good, width);
    tile.width = width;
    for (const mark of this.#options.marks) {
      if (mark > index * TILE_WIDTH && mark <= index * TILE_WIDTH + width) {
        this.roots.set(mark, Buffer.from(this.#edge.root(mark - index * TILE_WIDTH)));
      }
    }
    this.#edge.settle();
  }

  /** An entry beyond the checkpoint, from the write-ahead file. */
  append(bytes: Buffer, start: number, end: number, index: number, file: string, offset: number): void {
    const problem = readEnvelope(bytes, start, end, this.#envelope);
    if (problem !== undefined)
      this.#options.findings.add("ENTRY_MALFORMED", file, `entry ${index} ${problem}`, index, offset);
    else this.rhythm.see(this.#envelope.kind, this.#envelope.time, index, file, offset);
    const tile = this.#edge.level(0);
    const needed = this.#bundleBytes + 2 + (end - start);
    if (needed > this.#bundle.length) {
      const larger = Buffer.allocUnsafe(2 * needed);
      this.#bundle.copy(larger, 0, 0, this.#bundleBytes);
      this.#bundle = larger;
    }
    this.#bundle.writeUInt16BE(end - start, this.#bundleBytes);
    bytes.copy(this.#bundle, this.#bundleBytes + 2, start, end);
    this.#bundleBytes = needed;
    this.#ends[tile.width] = needed;
    hashLeafInPlace(this.#bundle, needed - (end - start), needed, tile.hashes, tile.width * HASH_BYTES);
    tile.width++;
    this.#edge.settle();
  }

  /** No further entry comes: the rightmost tiles are held against their files. */
  finish(): void {
    for (const [level, tile] of this.#edge.levels.entries()) {
      if (tile.width > 0) this.#closed(level, tile);
    }
    this.rhythm.end();
  }

  /** Reads entries until one is unsound; returns how many were sound. */
  #readEntries(bytes: Buffer, first: number, width: number, file: string, exact: boolean): number {
    const { findings } = this.#options;
    const tile = this.#edge.level(0);
    let at = 0;
    for (let i = 0; i < width; i++) {
      const start = at + 2;
      const end = start > bytes.length ? Infinity : start + ((bytes[at]! << 8) | bytes[at + 1]!);
      if (end > bytes.length) {
        findings.add("BUNDLE_SHORT", file, `${file} ends within entry ${first + i}`, first + i, at);
        return i;
      }
      const problem = readEnvelope(bytes, start, end, this.#envelope);
      if (problem !== undefined) {
        findings.add("ENTRY_MALFORMED", file, `entry ${first + i} ${problem}`, first + i, at);
        return i;
      }
      this.rhythm.see(this.#envelope.kind, this.#envelope.time, first + i, file, at);
      hashLeafInPlace(bytes, start, end, tile.hashes, i * HASH_BYTES);
      this.#ends[i] = end;
      at = end;
    }
    if (exact && at !== bytes.length) {
      const message = `${file} has ${bytes.length - at} bytes after its ${width} entries`;
      findings.add("BUNDLE_TRAILING", file, message, first + width, at);
    }
    return width;
  }

  /** Entries that could not be read are stood in for by the tile's hashes, so that one bad bundle is one finding. */
  #substitute(tile: EdgeTile, from: number, to: number): void {
    const source = this.#choose(0, tile.index, to);
    const hashes = source === undefined ? undefined : this.#readTile(source.path);
    tile.hashes.fill(0, from * HASH_BYTES, to * HASH_BYTES);
    hashes?.copy(tile.hashes, from * HASH_BYTES, from * HASH_BYTES, to * HASH_BYTES);
    if (hashes === undefined || hashes.length < to * HASH_BYTES) tile.tainted.fill(1, from, to);
  }

  /** A tile became full, or the log ended in it: hold it against its files. */
  #closed(level: number, tile: EdgeTile): void {
    const required = widthAt(this.#options.size, level, tile.index);
    const listed = this.#widths(level, tile.index, required);
    const read = listed.filter((width) => this.#compareTile(level, tile, width));
    if (required > 0 && narrowest(read, required) === undefined) {
      // A running writer removes a partial tile once the full one is there: look again.
      const fresh = this.#widths(level, tile.index, required, true).filter((width) => !listed.includes(width));
      if (
        narrowest(
          fresh.filter((width) => this.#compareTile(level, tile, width)),
          required,
        ) === undefined
      ) {
        const path = tilePath(level, tile.index, required);
        this.#options.findings.add("TILE_MISSING", path, `${path} is missing`, tile.index * TILE_WIDTH ** (level + 1));
      }
    }
    if (level !== 0) return;
    for (const width of this.#widths("entries", tile.index, 0)) {
      if (width !== this.#loadedWidth) this.#compareBundle(tile, width);
    }
    this.#bundleBytes = 0;
    this.#loadedWidth = 0;
  }

  /** Returns false if there is no such file. */
  #compareTile(level: number, tile: EdgeTile, width: number): boolean {
    const { findings, strange } = this.#options;
    const path = tilePath(level, tile.index, width);
    const bytes = this.#readTile(path);
    if (bytes === undefined) return false;
    if (width > tile.width) strange(path, true);
    else if (bytes.length !== width * HASH_BYTES) {
      const span = TILE_WIDTH ** level;
      const first = tile.index * TILE_WIDTH * span + Math.floor(bytes.length / HASH_BYTES) * span;
      findings.add(
        "TILE_SIZE",
        path,
        `${path} has ${bytes.length} bytes instead of ${width * HASH_BYTES}`,
        first,
        bytes.length,
      );
    }
    const common = Math.min(bytes.length, width * HASH_BYTES, tile.width * HASH_BYTES);
    if (bytes.compare(tile.hashes, 0, common, 0, common) === 0) return true;
    for (let slot = 0; slot < Math.floor(common / HASH_BYTES); slot++) {
      const at = slot * HASH_BYTES;
      if (tile.tainted[slot] === 1 || bytes.compare(tile.hashes, at, at + HASH_BYTES, at, at + HASH_BYTES) === 0)
        continue;
      this.#differs(level, tile, slot, bytes, path);
      return true;
    }
    return true;
  }

  /** A hash on disk is not the one recomputed: either it was changed or what is below it. The tile above may tell. */
  #differs(level: number, tile: EdgeTile, slot: number, bytes: Buffer, path: string): void {
    const { findings } = this.#options;
    const span = TILE_WIDTH ** level;
    const index = (tile.index * TILE_WIDTH + slot) * span;
    const tileIsRight = bytes.length === TILE_BYTES ? this.#judge(level, tile.index, bytes) : undefined;
    const recomputedIsRight = this.#judge(level, tile.index, tile.hashes);
    if (level > 0 || recomputedIsRight === true || (tileIsRight !== true && this.#rootHolds())) {
      const what = level === 0 ? `the hash of entry ${index}` : `the hash of entries ${index} to ${index + span - 1}`;
      findings.add("TILE_CHANGED", path, `${path} does not hold ${what}`, index, slot * HASH_BYTES);
    } else {
      const file = tilePath("entries", tile.index, this.#loadedWidth === 0 ? TILE_WIDTH : this.#loadedWidth);
      const offset = slot === 0 ? 0 : this.#ends[slot - 1];
      const where = `${path} at ${slot * HASH_BYTES}`;
      findings.add("ENTRY_CHANGED", file, `entry ${index} does not hash to what ${where} holds`, index, offset);
    }
    if (tileIsRight === true) bytes.copy(tile.hashes);
    else if (recomputedIsRight !== true) tile.tainted.fill(1, slot, tile.width);
  }

  /** Whether the tile above holds the root of this full tile; undefined if there is none. */
  #judge(level: number, index: number, hashes: Buffer): boolean | undefined {
    const slot = index % TILE_WIDTH;
    const above = Math.floor(index / TILE_WIDTH);
    const source = this.#choose(level + 1, above, slot + 1);
    const parent = source === undefined ? undefined : readWhole(join(this.#options.dir, source.path), TILE_BYTES);
    if (parent === undefined || parent.length < (slot + 1) * HASH_BYTES) return undefined;
    return rootOfFullTile(hashes).equals(parent.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES));
  }

  #rootHolds = (): boolean => false;

  /** Gives the root that the checkpoint signs: where the recomputed one agrees, entries are right and tiles wrong. */
  trust(root: Uint8Array): void {
    this.#rootHolds = () => Buffer.compare(this.roots.get(this.#options.size) ?? Buffer.alloc(0), root) === 0;
  }

  #compareBundle(tile: EdgeTile, width: number): void {
    const { dir, findings, strange } = this.#options;
    const path = tilePath("entries", tile.index, width);
    if (width > tile.width) return strange(path, true);
    const known = this.#ends[width - 1]!;
    if (known > this.#bundleBytes) return;
    const bytes = readWhole(join(dir, path), BUNDLE_BYTES_MAX);
    if (bytes === undefined) return;
    const common = Math.min(bytes.length, known);
    if (bytes.length === known && bytes.compare(this.#bundle, 0, known) === 0) return;
    let at = 0;
    while (at < common && bytes[at] === this.#bundle[at]) at++;
    const slot = Math.min(width - 1, this.#ends.subarray(0, width).findIndex((end) => at < end) >>> 0);
    const index = tile.index * TILE_WIDTH + slot;
    findings.add("PARTIAL_CHANGED", path, `${path} is not what the log holds from entry ${index} on`, index, at);
  }

  #readTile(path: string): Buffer | undefined {
    return readWhole(join(this.#options.dir, path), TILE_BYTES, this.#tileBuffer);
  }

  #readBundle(source: { readonly path: string } | undefined): Buffer | undefined {
    return source && readWhole(join(this.#options.dir, source.path), BUNDLE_BYTES_MAX, this.#bundle);
  }

  #choose(shelf: Shelf, index: number, width: number, fresh = false): { path: string; width: number } | undefined {
    const found = narrowest(this.#widths(shelf, index, width, fresh), width);
    return found === undefined ? undefined : { path: tilePath(shelf, index, found), width: found };
  }

  /** What exists; if nothing as wide as `required`, the directory is read again (a running writer may have moved on). */
  #widths(shelf: Shelf, index: number, required: number, fresh = false): Widths {
    let known = this.#shelves.get(shelf);
    if (known === undefined) {
      const span = shelf === "entries" ? 1 : TILE_WIDTH ** shelf;
      const tiles = Math.ceil(Math.floor(this.#options.end / span) / TILE_WIDTH);
      known = new TileShelf(this.#options.dir, shelf, tiles, this.#options.strange);
      this.#shelves.set(shelf, known);
    }
    const widths = known.widths(index, fresh);
    if (required === 0 || narrowest(widths, required) !== undefined) return widths;
    return known.widths(index, true);
  }
}

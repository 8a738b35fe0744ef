/** Tiles and entry bundles as files: C2SP tlog-tiles paths, and hashes read back from them. */
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Disk } from "./disk.ts";
import { readWhole } from "./durable-file.ts";
import type { NodeReader } from "./proof.ts";
import { edgeWidth, HASH_BYTES, subtreeRoot, TILE_WIDTH } from "./tree.ts";

const LEVELS_PER_TILE = 8;
const BUNDLE_BYTES_MAX = LIMITS.entriesPerTile * (2 + LIMITS.entryBytesMax);

/** `5` is `005`, `1234067` is `x001/x234/067`. */
function numberPath(number: number): string {
  let path = String(number % 1_000).padStart(3, "0");
  for (let rest = Math.floor(number / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    path = `x${String(rest % 1_000).padStart(3, "0")}/${path}`;
  }
  return path;
}

/** Path of a tile, or of an entry bundle (level "entries"), with `width` entries or hashes. */
export function tilePath(dir: string, level: number | "entries", number: number, width: number): string {
  const path = join(dir, "tile", String(level), numberPath(number));
  return width === TILE_WIDTH ? path : join(`${path}.p`, String(width));
}

/** A tile or bundle of at least `width`: the partial one, or the full one that has taken its place. */
async function readTileFile(
  disk: Disk,
  dir: string,
  level: number | "entries",
  number: number,
  width: number,
): Promise<Buffer> {
  const bytesMax = level === "entries" ? BUNDLE_BYTES_MAX : TILE_WIDTH * HASH_BYTES;
  const partial = await readWhole(disk, tilePath(dir, level, number, width), bytesMax);
  const bytes = partial ?? (await readWhole(disk, tilePath(dir, level, number, TILE_WIDTH), bytesMax));
  if (bytes !== undefined) return bytes;
  throw new WhosawError("LEDGER_DAMAGED", `The ledger has lost ${tilePath("", level, number, width)}.`, {
    hint: "Restore the newest copy of the ledger's directory.",
  });
}

/** The first `width` hashes of a tile. Throws LEDGER_DAMAGED if it is missing or short. */
export async function readTile(disk: Disk, dir: string, level: number, number: number, width: number): Promise<Buffer> {
  const bytes = await readTileFile(disk, dir, level, number, width);
  if (bytes.length < width * HASH_BYTES || bytes.length % HASH_BYTES !== 0) {
    throw new WhosawError("LEDGER_DAMAGED", `The tile ${tilePath("", level, number, width)} is too short.`);
  }
  return bytes.subarray(0, width * HASH_BYTES);
}

/** The first `width` entries of a bundle. Throws LEDGER_DAMAGED if it is missing or short. */
export async function readBundle(disk: Disk, dir: string, number: number, width: number): Promise<Buffer[]> {
  const bytes = await readTileFile(disk, dir, "entries", number, width);
  const entries: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length && entries.length < width;) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length === width) return entries;
  throw new WhosawError("LEDGER_DAMAGED", `The bundle ${tilePath("", "entries", number, width)} is too short.`);
}

/** The partial tiles at the right edge of a tree, level by level. */
export async function readEdge(disk: Disk, dir: string, size: number): Promise<Buffer[]> {
  const edge: Buffer[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    const width = edgeWidth(size, level);
    const number = Math.floor(size / TILE_WIDTH ** (level + 1));
    edge.push(width === 0 ? Buffer.alloc(0) : await readTile(disk, dir, level, number, width));
  }
  return edge;
}

/** Reads nodes of the tree of `size` from its tiles. Keeps the tiles that it has read. */
export function tileNodeReader(disk: Disk, dir: string, size: number): NodeReader {
  const kept = new Map<string, Buffer>();
  return async (level, index) => {
    const tileLevel = Math.floor(level / LEVELS_PER_TILE);
    const count = 2 ** (level % LEVELS_PER_TILE);
    const first = index * count;
    const number = Math.floor(first / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** tileLevel) - number * TILE_WIDTH);
    const name = `${tileLevel}/${number}`;
    const tile = kept.get(name) ?? (await readTile(disk, dir, tileLevel, number, width));
    kept.set(name, tile);
    return subtreeRoot(tile, first % TILE_WIDTH, count);
  };
}

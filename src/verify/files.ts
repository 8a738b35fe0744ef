/** Where tiles and bundles lie on disk (C2SP tlog-tiles paths), and reading them without trusting what is there. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { TILE_WIDTH } from "./merkle.ts";

/** `entries` or a level from 0. */
export type Shelf = "entries" | number;

/** `tile/0/x001/234`, or `tile/0/x001/234.p/5` for a partial one of `width` hashes or entries. */
export function tilePath(shelf: Shelf, index: number, width: number = TILE_WIDTH): string {
  let rest = index;
  let path = String(rest % 1000).padStart(3, "0");
  while (rest >= 1000) {
    rest = Math.floor(rest / 1000);
    path = `x${String(rest % 1000).padStart(3, "0")}/${path}`;
  }
  return `tile/${shelf}/${path}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** A file system's error that says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Names in a directory, sorted; undefined if there is no such directory. */
export function listDirectory(path: string): string[] | undefined {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Reads a whole file, at most `max` bytes and one more (so that too long a file shows).
 * @param reuse a buffer to fill if it is large enough
 * @returns undefined if there is no such file
 */
export function readWhole(path: string, max: number, reuse?: Buffer): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    const size = Math.min(stat.size, max + 1);
    const target = reuse !== undefined && reuse.length >= size ? reuse : Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const got = readSync(fd, target, filled, size - filled, filled);
      if (got === 0) break;
      filled += got;
    }
    return target.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}

/** What exists of one tile or bundle: 256 for the full one, otherwise widths of partial ones, ascending. */
export type Widths = readonly number[];

/** Told of a name that no log of this size has. */
export type StrangeName = (path: string, beyond: boolean) => void;

/** The files of one level. Tiles are asked for in ascending order, so one directory listing serves a thousand. */
export class TileShelf {
  readonly #root: string;
  readonly #shelf: Shelf;
  readonly #tiles: number;
  readonly #strange: StrangeName;
  #listed = "";
  #found = new Map<string, boolean>();

  /** @param tiles how many tiles (the partial one included) this level can have */
  constructor(root: string, shelf: Shelf, tiles: number, strange: StrangeName) {
    this.#root = root;
    this.#shelf = shelf;
    this.#tiles = tiles;
    this.#strange = strange;
  }

  /** The directories of this level that hold nothing but tiles that cannot be are reported here too. */
  widths(index: number, fresh = false): Widths {
    const path = tilePath(this.#shelf, index);
    const cut = path.lastIndexOf("/");
    const directory = path.slice(0, cut);
    if (directory !== this.#listed || fresh) this.#list(directory, index - (index % 1000));
    const name = path.slice(cut + 1);
    const widths: number[] = [];
    if (this.#found.has(`${name}.p`)) widths.push(...this.#partials(`${directory}/${name}.p`));
    if (this.#found.has(name)) widths.push(TILE_WIDTH);
    return widths;
  }

  #list(directory: string, first: number): void {
    this.#listed = directory;
    this.#found = new Map();
    for (const name of listDirectory(join(this.#root, directory)) ?? []) {
      const parts = /^(x?)([0-9]{3})(\.p)?$/.exec(name);
      const number = first + Number(parts?.[2] ?? 0);
      if (parts === null || (parts[1] === "x" && parts[3] !== undefined)) {
        this.#strange(`${directory}/${name}`, false);
      } else if (parts[1] === "x" ? number * 1000 >= this.#tiles || number === 0 : number >= this.#tiles) {
        this.#strange(`${directory}/${name}`, true);
      } else {
        this.#found.set(name, true);
      }
    }
  }

  #partials(directory: string): number[] {
    const widths: number[] = [];
    for (const name of listDirectory(join(this.#root, directory)) ?? []) {
      if (/^[1-9][0-9]{0,2}$/.test(name) && Number(name) < TILE_WIDTH) widths.push(Number(name));
      else this.#strange(`${directory}/${name}`, false);
    }
    return widths.sort((a, b) => a - b);
  }
}

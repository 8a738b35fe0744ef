/** A random key for each UTC day, wrapped by the master key; an entry key for each index, derived from it. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { DAY_MS } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Disk } from "./disk.ts";
import { readWhole, writeDurably } from "./durable-file.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/** The number of a UTC day since 1970: cheaper to compare than its name. */
export function dayNumber(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** `2026-11-21`. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function additionalData(origin: string, day: string): Buffer {
  return Buffer.from(`whosaw day key v1\n${origin}\n${day}`);
}

function wrap(masterKey: Uint8Array, origin: string, day: string, key: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(additionalData(origin, day));
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
}

function unwrap(masterKey: Uint8Array, origin: string, day: string, wrapped: Uint8Array): Buffer {
  try {
    if (wrapped.length !== WRAPPED_BYTES) throw new Error(`${wrapped.length} bytes`);
    const decipher = createDecipheriv("aes-256-gcm", masterKey, wrapped.subarray(0, NONCE_BYTES));
    decipher.setAAD(additionalData(origin, day)).setAuthTag(wrapped.subarray(-TAG_BYTES));
    const key = decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES));
    decipher.final();
    return key;
  } catch (cause) {
    throw new WhosawError("LEDGER_KEY_LOST", `The master key does not open the ledger's key of ${day}.`, {
      hint: "Give the master key with which this ledger was written; restore it from its backup.",
      cause,
    });
  }
}

/** The keys of the 256 entries of one bundle, one after the other. */
export function expandEntryKeys(dayKey: Uint8Array, origin: string, bundle: number): Buffer {
  const number = Buffer.allocUnsafe(8);
  number.writeBigUInt64BE(BigInt(bundle));
  const info = Buffer.concat([Buffer.from("whosaw entry keys v1\n"), number]);
  return Buffer.from(hkdfSync("sha512", dayKey, origin, info, KEY_BYTES * LIMITS.entriesPerTile));
}

const DAY_FILE = /^\d{4}-\d{2}-\d{2}$/;

/** Days of the log in `dir` whose keys are there, as day numbers, ascending: entries of other days cannot be read. */
export async function readableDays(disk: Disk, dir: string): Promise<number[]> {
  const names = (await disk.list(join(dir, "keys"))).filter((name) => DAY_FILE.test(name));
  return names.map((name) => dayNumber(Date.parse(name)));
}

/** Day keys of one log: loaded once, created when a day begins. */
export class DayKeys {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #origin: string;
  readonly #masterKey: Uint8Array;
  readonly #days = new Map<number, Buffer | undefined>();
  /** The expansion used last: entries are written and read in order. */
  #expandedDay = -1;
  #expandedBundle = -1;
  #expanded: Buffer = Buffer.alloc(0);

  constructor(disk: Disk, dir: string, origin: string, masterKey: Uint8Array) {
    this.#disk = disk;
    this.#directory = join(dir, "keys");
    this.#origin = origin;
    this.#masterKey = masterKey;
  }

  /** Whether entryKey can be called for that day. */
  has(day: number): boolean {
    return this.#days.get(day) !== undefined;
  }

  /** Loads the key of a day. False if it is not there (expired, or not yet begun). Throws LEDGER_KEY_LOST. */
  async load(day: number): Promise<boolean> {
    if (!this.#days.has(day)) {
      const wrapped = await readWhole(this.#disk, join(this.#directory, dayName(day)), WRAPPED_BYTES);
      this.#keep(day, wrapped === undefined ? undefined : unwrap(this.#masterKey, this.#origin, dayName(day), wrapped));
    }
    return this.has(day);
  }

  /** Loads the key of a day or creates it; on return it is on stable storage. */
  async loadOrCreate(day: number): Promise<void> {
    if (await this.load(day)) return;
    const key = randomBytes(KEY_BYTES);
    const wrapped = wrap(this.#masterKey, this.#origin, dayName(day), key);
    await writeDurably(this.#disk, join(this.#directory, dayName(day)), wrapped);
    this.#keep(day, key);
  }

  /** Unwraps the newest key there is, so that a wrong master key is found before anything is written with it. */
  async checkMasterKey(): Promise<void> {
    const names = (await this.#disk.list(this.#directory)).filter((name) => DAY_FILE.test(name));
    const newest = names.at(-1);
    if (newest !== undefined) await this.load(dayNumber(Date.parse(newest)));
  }

  #keep(day: number, key: Buffer | undefined): void {
    if (this.#days.size >= LIMITS.dayKeysCachedMax) this.#days.clear();
    this.#days.set(day, key);
  }

  /** The key of one entry; shares memory with the cache and is valid until the next call. The day must be loaded. */
  entryKey(day: number, index: number): Uint8Array {
    const bundle = Math.floor(index / LIMITS.entriesPerTile);
    if (bundle !== this.#expandedBundle || day !== this.#expandedDay) {
      const dayKey = this.#days.get(day);
      if (dayKey === undefined) throw new Error(`assertion failed: the key of day ${day} is not loaded`);
      this.#expanded = expandEntryKeys(dayKey, this.#origin, bundle);
      this.#expandedBundle = bundle;
      this.#expandedDay = day;
    }
    const at = KEY_BYTES * (index % LIMITS.entriesPerTile);
    return this.#expanded.subarray(at, at + KEY_BYTES);
  }
}

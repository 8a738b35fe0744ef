/** Rows that are in the log already: the same actor was shown the same fields of the same subject at the same moment, as surely. */
import { randomInt } from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { number64 } from "../columns/numbers.ts";
import { decodeKeys } from "../ledger/keys-block.ts";
import type { Import } from "../ledger/imports.ts";
import type { LogReader } from "../ledger/read.ts";
import { decodeTimes } from "../ledger/imported-times.ts";
import type { FormEntry, PreparedRow } from "./prepared.ts";

/** What two forms have in common that show the same. */
export function formIdentity({ uses }: FormEntry): string {
  return number64(JSON.stringify(uses)).toString(36);
}

/** A set of rows by 64 bits of each, eight bytes and some room for every row. */
export class KnownRows {
  /** Nobody who writes a file knows which of its rows would pass for each other. */
  readonly #seed = randomInt(2 ** 32);
  readonly #identities = new Map<FormEntry, string>();
  #slots = new Uint32Array(2 * 1_024);
  #size = 0;

  /** @returns false if it was there. @throws WhosawError USAGE beyond LIMITS.importRowsKnownMax */
  add({ actor, form, grade, atMs, key }: PreparedRow): boolean {
    const what = this.#identities.get(form.entry) ?? formIdentity(form.entry);
    this.#identities.set(form.entry, what);
    return this.#add(rowName(actor, what, grade, atMs, key === undefined ? "" : `${key.type}${key.value}`));
  }

  /**
   * Adds what some imports of a log hold between two times.
   * @param fromMs included, as `toMs`
   */
  async addLogged(reader: LogReader, imports: readonly Import[], fromMs: number, toMs: number): Promise<void> {
    const forms = new Map<number, string>();
    for (const [from, before] of imports.flatMap(({ entries }) => entries)) {
      for await (const run of reader.runs(from, before)) {
        for (const { index, entry } of run) {
          if (entry?.kind === "form") forms.set(index, formIdentity(entry));
          if (entry?.kind !== "imported") continue;
          const form = forms.get(entry.form) ?? (await formAt(reader, entry.form));
          forms.set(entry.form, form);
          const keys = entry.keys === undefined ? undefined : decodeKeys(entry.keys);
          for (const [i, behind] of decodeTimes(entry.after).entries()) {
            const atMs = entry.atMs + behind;
            if (atMs < fromMs || atMs > toMs) continue;
            const key = keys === undefined ? "" : `${keys.type}${String(keys.keys[i]).replaceAll(UUID_HYPHEN, "")}`;
            this.#add(rowName(entry.actor, form, entry.grade, atMs, key));
          }
        }
      }
    }
  }

  #add(name: string): boolean {
    const [low, high] = hash(name, this.#seed);
    if (this.#size * 2 >= this.#slots.length / 2) this.#grow();
    if (!put(this.#slots, low, high)) return false;
    this.#size += 1;
    return true;
  }

  #grow(): void {
    if (this.#size >= LIMITS.importRowsKnownMax) {
      throw new WhosawError("USAGE", "These are too many rows to tell which of them are in the ledger already.", {
        hint: "Import the file in parts, each of another stretch of time.",
      });
    }
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += 2) {
      const [low, high] = [this.#slots[at] ?? 0, this.#slots[at + 1] ?? 0];
      if (low !== 0 || high !== 0) put(larger, low, high);
    }
    this.#slots = larger;
  }
}

/** Between groups of digits; a minus sign stands first. */
const UUID_HYPHEN = /(?<=[0-9a-f])-/gu;

async function formAt(reader: LogReader, index: number): Promise<string> {
  const entry = (await reader.entry(index))?.entry;
  return entry?.kind === "form" ? formIdentity(entry) : "";
}

function rowName(actor: string, form: string, grade: string, atMs: number, key: string): string {
  return `${actor} ${form} ${grade} ${atMs} ${key}`;
}

/** @returns false if they are there */
function put(slots: Uint32Array, low: number, high: number): boolean {
  const mask = slots.length / 2 - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const [there, thereHigh] = [slots[2 * slot], slots[2 * slot + 1]];
    if (there === low && thereHigh === high) return false;
    if (there !== 0 || thereHigh !== 0) continue;
    slots[2 * slot] = low;
    slots[2 * slot + 1] = high;
    return true;
  }
}

/** 64 bits of a text, never all zero: multiplications and rotations as in MurmurHash3's 32-bit mixing, on two lanes. */
function hash(text: string, seed: number): readonly [number, number] {
  let a = seed ^ 0x9e3779b9;
  let b = seed ^ 0x85ebca6b;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0xcc9e2d51);
    b = Math.imul(b ^ unit, 0x1b873593);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
  }
  a = mixed(a ^ (b >>> 7) ^ text.length);
  b = mixed(b ^ a);
  return [a >>> 0 || 1, b >>> 0];
}

function mixed(value: number): number {
  let mix = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

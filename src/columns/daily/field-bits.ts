/** What a use of a form shows, as a set of bits that the caller gives meaning to. */
import type { Columns } from "../columns.ts";
import { Names } from "../queries/names.ts";
import type { FormUse } from "../queries/names.ts";

/** The bits of what a use shows in clear. */
export type BitsOfUse = (use: FormUse) => number;

/** An odd number with bits all over: forms are hashes, so no two of their uses come out alike. */
const PER_USE = 0x9e3779b97f4a7c15n;

/**
 * The bits of a row of disclosures as an expression of SQL, for all forms that columns hold now.
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function fieldBits(columns: Columns, bitsOf: BitsOfUse): Promise<string> {
  const forms = (await columns.select("SELECT DISTINCT form FROM forms")).map(([form]) => String(form));
  const usesOf = await new Names(columns).forms(forms);
  const keys: bigint[] = [];
  const bits: number[] = [];
  for (const form of forms) {
    for (const [use, shown] of usesOf(form)) {
      const set = bitsOf(shown);
      if (set === 0) continue;
      keys.push(BigInt.asUintN(64, BigInt(form) + BigInt(use) * PER_USE));
      bits.push(set);
    }
  }
  if (keys.length === 0) return "toUInt32(0)";
  const key = `form + toUInt64(use) * toUInt64(${PER_USE})`;
  return `toUInt32(transform(${key}, [${keys.join(", ")}], [${bits.join(", ")}], toUInt32(0)))`;
}

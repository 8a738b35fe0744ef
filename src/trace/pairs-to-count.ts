/** Whose common subjects must be counted before a frame-up can be weighed. */
import type { TraceInput } from "./model.ts";
import { Weighing } from "./weighing.ts";

const SUSPECTS = 6;
const BESIDE = 20;

/**
 * The likeliest few, each with those who were shown two or more of the same reporting customers: indices of staff, each pair
 * once, and each person with itself, for how many that one was shown at all. Counting is the caller's: `seenByBoth` of the next `trace`.
 * @throws WhosawError TRACE_INPUT when the input does not hold together
 */
export function pairsToCount(input: TraceInput): readonly (readonly [number, number])[] {
  const weighing = new Weighing({ ...input, seenByBoth: [] });
  weighing.run();
  const { sources, explanations, reporting } = weighing;
  const pairs = new Map<string, readonly [number, number]>();
  for (const source of explanations.standing().ranked.slice(0, SUSPECTS)) {
    const staff = sources.unitOf(source);
    for (const other of reporting.sharing(staff, 2).slice(0, BESIDE)) {
      const pair = staff < other ? ([staff, other] as const) : ([other, staff] as const);
      pairs.set(pair.join(","), pair);
      for (const each of pair) pairs.set(`${each},${each}`, [each, each]);
    }
  }
  return [...pairs.values()];
}

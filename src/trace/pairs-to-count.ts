/** Whose common subjects must be counted before a frame-up can be weighed. */
import { Delay } from "./delay.ts";
import { drawsOf } from "./draws.ts";
import { Explanations } from "./explanations.ts";
import { ReportingCustomers } from "./guarded.ts";
import type { TraceInput } from "./model.ts";
import { orderReports } from "./order.ts";
import { settingsOf } from "./settings.ts";
import { anyListed, Sources } from "./sources.ts";

const SUSPECTS = 6;
const BESIDE = 20;

/**
 * The likeliest few, each with those who were shown two or more of the same reporting customers: indices of staff, each pair
 * once, and each person with itself, for how many that one was shown at all. Counting is the caller's: `seenByBoth` of the next `trace`.
 */
export function pairsToCount(input: TraceInput): readonly (readonly [number, number])[] {
  const settings = settingsOf(input.options);
  const sources = new Sources(input.staff, anyListed(input.actorDayMass, input.viewsOfReported));
  const counted = orderReports(input.reports).filter(({ weighed }) => weighed === "counted");
  const explanations = new Explanations({ ...input, seenByBoth: [] }, sources);
  const reporting = new ReportingCustomers(sources);
  for (const draw of drawsOf(counted, input, sources, settings, new Delay(settings))) {
    explanations.weigh(draw);
    reporting.add(draw);
  }
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

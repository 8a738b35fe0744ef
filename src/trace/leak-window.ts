/** When the copy was made, as far as the likeliest person's views and the contacts tell. */
import type { Draw } from "./draws.ts";
import type { ReportingCustomers } from "./guarded.ts";
import type { LeakWindow, TraceInput } from "./model.ts";
import type { Judgement } from "./suspects.ts";

/** A person less likely than this dates nothing. */
const POSTERIOR_MIN = 0.5;

/**
 * If every customer was seen before the first contact, one copy suffices: made after the last first view, before the first
 * contact. Otherwise copying went on: from the first view of the customer called first, to the last contact.
 */
export function leakWindowOf(
  { suspects: [top] }: Judgement,
  draws: readonly Draw[],
  reporting: ReportingCustomers,
  { viewsOfReported: views }: TraceInput,
): LeakWindow | undefined {
  if (top === undefined || top.posterior < POSTERIOR_MIN) return undefined;
  const seen = reporting.reportsOf(top.index).flatMap((at) => draws[at] ?? []);
  const subjects = new Set(seen.map(({ report }) => report.subject));
  const first = new Map<number, number>();
  for (let row = 0; row < views.staff.length; row++) {
    const subject = views.subject[row] ?? 0;
    if (views.staff[row] !== top.index || !subjects.has(subject)) continue;
    first.set(subject, Math.min(first.get(subject) ?? Number.POSITIVE_INFINITY, views.at[row] ?? 0));
  }
  if (first.size === 0) return undefined;
  const firstContact = Math.min(...seen.map(({ report }) => report.to));
  const lastFirstView = Math.max(...first.values());
  const customers = `${first.size} of ${draws.length} reporting customers, shown to ${top.staff}`;
  if (lastFirstView <= firstContact) {
    return {
      earliest: lastFirstView,
      latest: firstContact,
      basis: `one copy would do: ${customers} before the first contact`,
    };
  }
  return {
    earliest: Math.min(...first.values()),
    latest: Math.max(...seen.map(({ report }) => report.to)),
    basis: `more than one copy: ${customers}, some of them after the first contact`,
  };
}

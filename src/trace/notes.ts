/** What was left out, or does not fit, in sentences. */
import type { Draw } from "./draws.ts";
import type { TraceInput } from "./model.ts";
import type { OrderedReport } from "./order.ts";
import type { Sources } from "./sources.ts";

export function notesOf(
  input: TraceInput,
  ordered: readonly OrderedReport[],
  draws: readonly Draw[],
  sources: Sources,
): readonly string[] {
  const count = (weighed: OrderedReport["weighed"]): number =>
    ordered.filter((each) => each.weighed === weighed).length;
  const unseen = draws.filter(({ seenBy }) => seenBy.length === 1).length;
  const seenByAll =
    sources.staffCount === 0 ? 0 : draws.filter(({ seenBy }) => seenBy.length > sources.staffCount).length;
  const unknownFields = draws.filter(({ report }) => report.fieldsKnown === 0).length;
  const callers = sharedCallers(draws);
  const unsure = draws.filter(({ sureShare }) => sureShare.some((share) => share < 1)).length;
  const notes: (string | undefined)[] = [
    sentence(count("same-subject"), "of a customer who had reported before: not counted again"),
    sentence(count("same-reporter"), "from a device, network or account that had reported before: not counted"),
    sentence(unseen, "about a customer whom nobody was shown before the contact: they speak for no one"),
    sentence(seenByAll, "about a customer whom everybody was shown: they tell nobody apart"),
    sentence(
      unsure,
      "about a customer of whom it is not sure who was shown the record: such views explain, and are no evidence against whom they name",
    ),
    sentence(unknownFields, "with nothing said of what the caller knew: every view of that customer may be the source"),
    callers === 0
      ? undefined
      : `${callers} ${callers === 1 ? "number" : "numbers"} called more than one customer: one call centre, not one reporter.`,
    input.seenByBoth === undefined && draws.length > 0
      ? "Whether one person framed another was not weighed: how many customers both were shown was not given."
      : undefined,
    input.actorDayMass.staff.length === 0 ? "Nobody was shown anything in that time." : undefined,
  ];
  return notes.filter((note) => note !== undefined);
}

function sentence(count: number, rest: string): string | undefined {
  if (count === 0) return undefined;
  return `${count} ${count === 1 ? "report" : "reports"} ${rest}.`;
}

function sharedCallers(draws: readonly Draw[]): number {
  const calls = new Map<string, number>();
  for (const { report } of draws)
    if (report.caller !== undefined) calls.set(report.caller, (calls.get(report.caller) ?? 0) + 1);
  return [...calls.values()].filter((times) => times > 1).length;
}

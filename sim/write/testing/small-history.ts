/** A few days of everything that a history can hold, from a seed. */
import { DAY_MS } from "../../../src/base/clock.ts";
import { Draws } from "../../company/draws.ts";
import type { History, HistoryDay } from "../history.ts";

interface Row {
  staff: number;
  subject: number;
  at: number;
  fields: number;
  listed: number;
  statement: number;
  ticket: number;
}

export interface SmallOptions {
  readonly seed: number;
  readonly firstDay: number;
  readonly days: number;
  readonly statements: number;
  readonly customers: number;
  /** Subjects of one statement a day: more than an entry holds, when wanted. */
  readonly dumped?: number;
}

/** Look-ups, pages of a few and of many, statements at the same millisecond, a subject twice in one, probes, a day without anything. */
export function smallHistory(options: SmallOptions): History {
  const { seed, customers, firstDay, days } = options;
  const roles = ["agent", "agent", "second-line", "quality"] as const;
  const staff = roles.map((role, index) => ({ id: `p${index}`, role }));
  return {
    seed,
    customers,
    staff,
    *days() {
      for (let n = 0; n < days; n += 1) yield n === 1 ? dayOf(firstDay + n, []) : randomDay(firstDay + n, options);
    },
  };
}

function randomDay(day: number, { seed, statements, customers, dumped = 0 }: SmallOptions): HistoryDay {
  const draws = new Draws(seed, day);
  const rows: Row[] = [];
  let at = day * DAY_MS;
  const add = (statement: number, subjects: number, fields: number, listed: number): void => {
    const of = {
      staff: draws.below(4),
      at,
      fields,
      listed,
      statement,
      ticket: draws.chance(0.3) ? -1 : draws.below(99),
    };
    for (let i = 0; i < subjects; i += 1) rows.push({ ...of, subject: draws.below(customers) });
  };
  for (let n = 0; n < statements; n += 1) {
    at += draws.chance(0.2) ? 0 : draws.below(Math.floor(DAY_MS / statements));
    const many = draws.chance(0.4);
    add(n, many ? 1 + draws.below(40) : 1, 1 + draws.below(63), many && draws.chance(0.7) ? 1 : 0);
  }
  if (dumped > 0) add(statements, dumped, 3, 0);
  const subjects = [draws.below(customers), -1, draws.below(customers)];
  const probes = subjects.map((subject, n) => ({ staff: n, at: (day + 0.3 * (n + 1)) * DAY_MS, subject }));
  return dayOf(day, rows, probes);
}

function dayOf(day: number, rows: readonly Row[], probes: HistoryDay["probes"] = []): HistoryDay {
  return {
    day,
    staff: Uint32Array.from(rows, (row) => row.staff),
    subject: Float64Array.from(rows, (row) => row.subject),
    at: Float64Array.from(rows, (row) => row.at),
    fields: Uint32Array.from(rows, (row) => row.fields),
    listed: Uint8Array.from(rows, (row) => row.listed),
    statement: Uint32Array.from(rows, (row) => row.statement),
    ticket: Int32Array.from(rows, (row) => row.ticket),
    probes,
  };
}

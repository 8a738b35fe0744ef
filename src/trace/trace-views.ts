/** A trace from all views at once: for tests and small installations. At scale columns give the aggregates to `trace`. */
import { WhosawError } from "../base/errors.ts";
import { assertInput, isTime } from "./assert-input.ts";
import type { Report, Staff, TraceOptions, TraceResult, Views } from "./model.ts";
import { pairsToCount } from "./pairs-to-count.ts";
import { trace } from "./trace.ts";
import { type Subjects, ViewIndex } from "./view-index.ts";

/** One disclosure; `staff` an id. */
export interface View {
  readonly staff: string;
  readonly subject: number;
  readonly at: number;
  readonly fields: number;
  readonly listed?: boolean;
  readonly mark?: number;
  /** Not sure that this one was shown this subject. */
  readonly unsure?: boolean;
}

/**
 * @example
 * traceViews({
 *   staff: [{ id: "a", team: "north" }, { id: "b", team: "north" }],
 *   views: [{ staff: "a", subject: 17, at: Date.parse("2026-03-01T10:00:00Z"), fields: 3 }],
 *   reports: [{ subject: 17, from: Date.parse("2026-03-09"), to: Date.parse("2026-03-10"), fieldsKnown: 3 }],
 *   subjects: { count: 1000 },
 * });
 * @throws WhosawError TRACE_INPUT for views of unknown staff or subjects, and what `trace` throws
 */
export function traceViews(input: {
  readonly staff: readonly Staff[];
  readonly views: Views | readonly View[];
  readonly reports: readonly Report[];
  readonly subjects: Subjects;
  readonly options?: Partial<TraceOptions>;
}): TraceResult {
  const { staff, reports, subjects, options } = input;
  const views = Array.isArray(input.views) ? tableOf(input.views as readonly View[], staff) : (input.views as Views);
  const known = (subject: number): boolean => Number.isInteger(subject) && subject >= 0 && subject < subjects.count;
  if (!views.subject.every(known) || !views.at.every(isTime)) {
    throw new WhosawError("TRACE_INPUT", "a view of a subject that is not counted, or at no time", {
      hint: "subjects are whole numbers from 0 to subjects.count - 1, times are epoch milliseconds",
    });
  }
  const index = new ViewIndex(staff, views, subjects);
  const without = index.inputOf(reports, options);
  assertInput(without);
  return trace(index.inputOf(reports, options, pairsToCount(without)));
}

function tableOf(views: readonly View[], staff: readonly Staff[]): Views {
  const numbers = new Map(staff.map(({ id }, number) => [id, number]));
  return {
    staff: Uint32Array.from(views, ({ staff: id }) => {
      const number = numbers.get(id);
      if (number === undefined)
        throw new WhosawError("TRACE_INPUT", `a view by somebody who is not among the staff: ${id}`);
      return number;
    }),
    subject: Float64Array.from(views, ({ subject }) => subject),
    at: Float64Array.from(views, ({ at }) => at),
    fields: Uint32Array.from(views, ({ fields }) => fields),
    listed: Uint8Array.from(views, ({ listed }) => (listed === true ? 1 : 0)),
    mark: Int32Array.from(views, ({ mark }) => mark ?? -1),
    ...(views.some(({ unsure }) => unsure === true) && {
      unsure: Uint8Array.from(views, ({ unsure }) => Number(unsure === true)),
    }),
  };
}

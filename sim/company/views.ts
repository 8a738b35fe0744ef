import type { Views } from "../../src/trace/model.ts";
import type { Company } from "./company.ts";
import type { CompanyDay } from "./statements.ts";

/** Everything that a company recorded, or what some staff did. For companies that fit: 25 bytes a row. */
export function viewsOf(company: Company, wanted: (staff: number) => boolean = () => true): Views {
  const parts: Views[] = [];
  for (const day of company.days()) parts.push(rowsOf(day, wanted));
  return joined(parts);
}

function rowsOf(day: CompanyDay, wanted: (staff: number) => boolean): Views {
  const kept = new Uint32Array(day.staff.length);
  let count = 0;
  for (let row = 0; row < day.staff.length; row++) if (wanted(day.staff[row]!)) kept[count++] = row;
  return count === day.staff.length ? day : rowsAt(day, kept.subarray(0, count));
}

/** The rows of views at these places, in this order. */
export function rowsAt(views: Views, places: Uint32Array): Views {
  const out = noViews(places.length);
  for (let row = 0; row < places.length; row++) {
    const from = places[row]!;
    out.staff[row] = views.staff[from]!;
    out.subject[row] = views.subject[from]!;
    out.at[row] = views.at[from]!;
    out.fields[row] = views.fields[from]!;
    out.listed[row] = views.listed[from]!;
  }
  return out;
}

/** All rows of several views, one after the other. A mark is kept where one of them has marks. */
export function joined(parts: readonly Views[]): Views {
  const count = parts.reduce((sum, { staff }) => sum + staff.length, 0);
  const out = noViews(count);
  const mark = parts.some((part) => part.mark !== undefined) ? new Int32Array(count).fill(-1) : undefined;
  let row = 0;
  for (const part of parts) {
    out.staff.set(part.staff, row);
    out.subject.set(part.subject, row);
    out.at.set(part.at, row);
    out.fields.set(part.fields, row);
    out.listed.set(part.listed, row);
    if (part.mark !== undefined) mark?.set(part.mark, row);
    row += part.staff.length;
  }
  return mark === undefined ? out : { ...out, mark };
}

function noViews(count: number): Views {
  return {
    staff: new Uint32Array(count),
    subject: new Float64Array(count),
    at: new Float64Array(count),
    fields: new Uint32Array(count),
    listed: new Uint8Array(count),
  };
}

/** A record of JSON as values by path: `contact.email`, `phones.0`. */
import { LIMITS } from "../../base/limits.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Of a list inside a record only the first few are looked at. */
const LIST_ITEMS_MAX = 4;

/** Paths and values, of a bounded number, in the record's order. */
export function flattened(record: Json): readonly (readonly [path: string, value: string | null])[] {
  const found: (readonly [string, string | null])[] = [];
  // On a stack of its own: records nest as deeply as they like.
  const left: (readonly [string, Json])[] = [["", record]];
  for (let next = left.pop(); next !== undefined && found.length < LIMITS.foundColumnsMax; next = left.pop()) {
    const [path, value] = next;
    if (value === null || typeof value !== "object") found.push([path === "" ? "value" : path, textOf(value)]);
    else {
      const items = Array.isArray(value) ? [...value.slice(0, listed(path)).entries()] : Object.entries(value);
      const inside = items.map(
        ([name, item]) => [path === "" ? String(name) : `${path}.${name}`, item as Json] as const,
      );
      for (const item of inside.reverse()) left.push(item);
    }
  }
  return found;
}

/** A record that is itself a list has all its values. */
function listed(path: string): number {
  return path === "" ? LIMITS.foundColumnsMax : LIST_ITEMS_MAX;
}

function textOf(value: null | boolean | number | string): string | null {
  return value === null ? null : String(value);
}

/** The longest list of objects inside a document that stands alone; else the document itself. */
export function recordsIn(document: Json): readonly Json[] {
  let best: readonly Json[] = [];
  const left: Json[] = [document];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (value === null || typeof value !== "object") continue;
    if (!Array.isArray(value)) {
      for (const item of Object.values(value)) left.push(item);
      continue;
    }
    const list = value as readonly Json[];
    const objects = list.filter((item) => item !== null && typeof item === "object");
    if (objects.length > best.length) best = objects;
    else if (best.length === 0) for (const item of objects) left.push(item);
  }
  return best.length > 1 ? best : [document];
}

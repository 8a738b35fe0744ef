/** Holds a value against the schema and turns every issue into a finding that says what to write. */
import * as z from "zod";
import { nearestName } from "../lineage/catalog/names.ts";
import type { Finding } from "./problem.ts";
import { shownName } from "./problem.ts";
import { configSchema, type RawConfig } from "./schema.ts";

export type ShapeResult = { readonly raw: RawConfig } | { readonly findings: readonly Finding[] };

/** The value as configuration, or what is wrong with it: all of it, not only the first. */
export function checkShape(value: unknown): ShapeResult {
  const result = configSchema.safeParse(value);
  return result.success ? { raw: result.data } : { findings: result.error.issues.flatMap(findings) };
}

function findings(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(configSchema, path);
    return issue.keys.map((name) => ({ path: [...path, name], at: "key", message: unknownKey(name, known) }));
  }
  if (issue.code === "invalid_key") {
    return [{ path, at: "key", message: issue.issues[0]?.message ?? issue.message }];
  }
  return [{ path, at: "value", message: issue.message }];
}

function unknownKey(name: string, known: readonly string[]): string {
  const nearest = nearestName(shownName(name), known);
  return `is not a known key. ${nearest === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean ${nearest}?`}`;
}

/** Names that the schema accepts in the mapping at a path. */
function knownKeys(schema: z.core.$ZodType, path: Finding["path"]): readonly string[] {
  let at: z.core.$ZodType = unwrap(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(step)] ?? z.never());
    else if (at instanceof z.ZodRecord) at = unwrap(at.valueType);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap();
  return inner;
}

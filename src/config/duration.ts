/** Lengths of time in whosaw.yaml: `250ms`, `30s`, `15m`, `8h`, `3d`. */
import type { Parsed } from "./address.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** @returns milliseconds, a safe integer */
export function parseDuration(text: string): Parsed<number> {
  const [, count = "", unit = ""] = /^([0-9]{1,9})(ms|[smhd])$/u.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (count === "" || unitMs === undefined) {
    return { problem: "is not a length of time. Write a number and ms, s, m, h or d, for example 30s." };
  }
  return { value: Number(count) * unitMs };
}

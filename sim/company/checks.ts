import { WhosawError } from "../../src/base/errors.ts";

/** @throws WhosawError USAGE unless the value of this name is a whole number of the range, both ends included */
export function whole<K extends string>(of: Readonly<Record<K, unknown>>, name: K, low: number, high: number): void {
  if (!Number.isSafeInteger(of[name])) refuse(`${name} is no whole number`, `from ${low} to ${high}`);
  between(of, name, low, high);
}

/** @throws WhosawError USAGE unless the value of this name is a number of the range, both ends included */
export function between<K extends string>(of: Readonly<Record<K, unknown>>, name: K, low: number, high: number): void {
  const value = of[name];
  if (!(typeof value === "number" && value >= low && value <= high))
    refuse(`${name} is ${String(value)}`, `from ${low} to ${high}`);
}

/** Says what makes no simulated company, and what would: both without a full stop. */
export function refuse(what: string, hint: string): never {
  const sentence = `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`;
  throw new WhosawError("USAGE", `No such company can be made up: ${what}.`, { hint: sentence });
}

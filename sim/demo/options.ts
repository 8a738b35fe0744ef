/** What `npm start --` may be followed by. */
import { parseArgs } from "node:util";
import { WhosawError } from "../../src/base/errors.ts";
import { DEFAULT_SEED } from "../support-database/fill.ts";

export interface Options {
  /** Decides who the customers are and what the staff does. */
  readonly seed: number;
  readonly customers: number;
}

const DEFAULTS: Options = { seed: DEFAULT_SEED, customers: 120_000 };

/** @throws WhosawError USAGE */
export function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const whole = (name: keyof Options): number => {
    const value = values[name] === undefined ? DEFAULTS[name] : Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new WhosawError("USAGE", `--${name} is not a whole number above zero.`, { hint: `npm start -- --${name} 7` });
  };
  return { seed: whole("seed"), customers: whole("customers") };
}

function parse(args: readonly string[]): { values: { seed?: string; customers?: string } } {
  try {
    return parseArgs({ args: [...args], options: { seed: { type: "string" }, customers: { type: "string" } } });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new WhosawError("USAGE", message, { hint: "npm start -- --seed 7 --customers 100000", cause });
  }
}

/** The settings of a trace: sealed when a case opens. */
import { WhosawError } from "../base/errors.ts";
import type { TraceOptions } from "./model.ts";
import { MEMORY_DAYS } from "./strata.ts";

export const TRACE_DEFAULTS: TraceOptions = {
  alpha: 0.01,
  leadPosterior: 0.99,
  memoryDays: MEMORY_DAYS,
  delayMeanDays: 20,
  fieldError: 0.05,
};

/**
 * Shares of the reports that come of the leak. The floor is deliberate: a diligent agent who tells customers to report
 * scams must not gather evidence over years.
 */
export const WEIGHTS = [0.03, 0.06, 0.1, 0.16, 0.23, 0.31, 0.4, 0.51, 0.63, 0.76, 0.9] as const;

/** Before the first report. They sum to 1. */
export const PRIOR = { nobody: 0.45, dump: 0.05, single: 0.35, team: 0.05, pair: 0.1 } as const;

/** Of a person's own prior, that they leak only what somebody else saw too: as likely as what makes that other look guilty. */
export const RESTRICTED_SHARE = 0.5;

/** Nobody is accused over fewer reporting customers, however striking each is. */
export const CUSTOMERS_MIN = 3;

/** @throws WhosawError TRACE_INPUT for settings that are no probabilities or no spans */
export function settingsOf(options: Partial<TraceOptions> | undefined): TraceOptions {
  const settings = { ...TRACE_DEFAULTS, ...options };
  const { alpha, leadPosterior, fieldError, memoryDays, delayMeanDays, backgroundReportsPerDay } = settings;
  const within = (value: number, low: number, high: number): boolean => value > low && value < high;
  const right =
    within(alpha, 0, 1) &&
    within(leadPosterior, 0, 1) &&
    within(fieldError, 0, 1) &&
    within(memoryDays, 0, 10_000) &&
    Number.isInteger(memoryDays) &&
    within(delayMeanDays, 0, 10_000) &&
    (backgroundReportsPerDay === undefined || within(backgroundReportsPerDay, 0, Number.MAX_VALUE));
  if (right) return settings;
  throw new WhosawError("TRACE_INPUT", "the settings of this trace are not chances and spans of days", {
    hint: "alpha, leadPosterior and fieldError lie between 0 and 1, memoryDays is a whole number, delayMeanDays and backgroundReportsPerDay are positive",
  });
}

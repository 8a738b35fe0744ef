/** Scammers call customers; some of those report it. */
import { DAY_MS } from "../../src/base/clock.ts";
import type { Report } from "../../src/trace/model.ts";
import type { Draws } from "./draws.ts";
import { type Loot, someOf } from "./loot.ts";

export interface Delays {
  /** Share of calls after an exponential delay of this mean; the others come any time up to the longest. */
  readonly soonShare: number;
  readonly soonMeanDays: number;
  readonly longestDays: number;
}

export interface ReportingOptions {
  readonly delays: Delays;
  /** Calls of stolen customers come within these, UTC epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly facts: number;
  /** Share of customers who cannot say what the caller knew. */
  readonly unknownFactsShare: number;
  /** Customers err by up to this when they say when it was, either way, but never into the future. */
  readonly wrongByDays: number;
}

/** A call, as it truly was. */
export interface Call {
  readonly subject: number;
  readonly at: number;
  /** When the caller's copy was made; undefined without a leak. */
  readonly seenAt?: number;
  readonly reporter?: string;
  readonly mark?: Report["mark"];
  readonly decoy?: boolean;
}

/** Customers know the hour, more or less. */
const UNSURE_MS = DAY_MS / 2;
const REPORTED_AFTER_DAYS = 2;
/** Whoever buys a copy calls from few numbers, and so do others who sell other things. */
const CALL_CENTRES = 25;
const BUYERS = 3;

/** Calls from a loot, `count` of them if so many come in time: each customer is called once. */
export function callsFrom(loot: Loot, count: number, options: ReportingOptions, draws: Draws): Call[] {
  const calls: Call[] = [];
  for (const place of someOf(loot.subjects.length, loot.subjects.length, draws)) {
    if (calls.length >= count) break;
    const seenAt = loot.seenAt[place]!;
    const at = calledAt(seenAt, options, draws);
    if (at !== undefined) calls.push({ subject: loot.subjects[place]!, at, seenAt });
  }
  return calls;
}

/** When somebody is called whose data were copied then; undefined if not within the time of the case. */
export function calledAt(seenAt: number, { delays, from, to }: ReportingOptions, draws: Draws): number | undefined {
  const { soonShare, soonMeanDays, longestDays } = delays;
  const days = draws.chance(soonShare) ? draws.exponential(soonMeanDays) : draws.between(0, longestDays);
  const at = Math.floor(seenAt + days * DAY_MS);
  return at >= from && at < to ? at : undefined;
}

/** What a customer tells, and when it is received. */
export function reportOf(call: Call, options: ReportingOptions, draws: Draws): { report: Report; receivedAt: number } {
  const receivedAt = Math.ceil(call.at + draws.exponential(REPORTED_AFTER_DAYS) * DAY_MS);
  const error = draws.between(-1, 1) * options.wrongByDays * DAY_MS;
  const told = Math.min(call.at + Math.floor(error), receivedAt);
  const { subject, reporter, mark, decoy } = call;
  const report: Report = {
    subject,
    from: told - Math.floor(draws.unit() * UNSURE_MS),
    to: Math.min(receivedAt, told + Math.ceil(draws.unit() * UNSURE_MS)),
    fieldsKnown: draws.chance(options.unknownFactsShare) ? 0 : options.facts,
    ...(reporter !== undefined && { reporter }),
    caller: `number ${draws.below(call.seenAt === undefined ? CALL_CENTRES : BUYERS) + 1}`,
    ...(mark !== undefined && { mark }),
    ...(decoy !== undefined && { decoy }),
  };
  return { report, receivedAt };
}

/**
 * A trace of a case as it is told, and as a file keeps it: with everything that it rests on, so that it can be computed
 * again.
 */
import * as z from "zod";
import type { AskedLog } from "../asks/ask.ts";
import { DAY_MS } from "../base/clock.ts";
import { readableDays } from "../ledger/day-keys.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { LogReader } from "../ledger/read.ts";
import { LIMITS } from "../base/limits.ts";
import type { TraceResult } from "../trace/model.ts";

/** How far a log had come, and which of its days could be read. */
export interface LogBasis {
  readonly origin: string;
  readonly entries: number;
  /** Of the tree, hex. */
  readonly root: string;
  /** First and last day of each stretch without a break: `2026-11-21`. */
  readonly readable: readonly (readonly [string, string])[];
}

export interface Traced {
  readonly format: "whosaw trace 1";
  readonly case: { readonly id: number; readonly title: string };
  /** When it was computed: ISO 8601. */
  readonly at: string;
  readonly kind: string;
  /** Version of whosaw. */
  readonly code: string;
  /** Of the policy in force, hex. */
  readonly policy: string;
  readonly source: "columns" | "ledger";
  readonly logs: readonly LogBasis[];
  readonly settings: Readonly<Record<string, number>>;
  /** By actor; null where roles stand for teams. */
  readonly teams: Readonly<Record<string, string>> | null;
  /** Ids: what the result calls report 0 is the first. */
  readonly reports: readonly string[];
  /** How many people and service accounts could have been it. */
  readonly staff: number;
  /** What the sources leave out. */
  readonly notes: readonly string[];
  readonly result: TraceResult;
}

/** @throws WhosawError as the logs are read */
export async function basisOf(logs: readonly AskedLog[]): Promise<LogBasis[]> {
  return Promise.all(
    logs.map(async (log) => {
      const { size, root } = await (await LogReader.open(log.dir, log)).checkpoint();
      const days = await readableDays(nodeDisk(), log.dir);
      return { origin: log.origin, entries: size, root: Buffer.from(root).toString("hex"), readable: stretches(days) };
    }),
  );
}

/** @param days ascending */
function stretches(days: readonly number[]): [string, string][] {
  const found: [number, number][] = [];
  for (const day of days) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === day - 1) last[1] = day;
    else found.push([day, day]);
  }
  return found.map(([first, last]) => [dayText(first), dayText(last)]);
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Printed, so nothing that could steer a terminal. */
const name = z
  .string()
  .min(1)
  .max(LIMITS.controlNameCharsMax)
  .regex(/^[^\p{C}]+$/u);
const number = z.number();
const hex = z.string().regex(/^[0-9a-f]{64}$/u);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/u);
const many = LIMITS.reportsPerCaseMax;

const suspect = z.looseObject({
  staff: name,
  posterior: number,
  logEValue: number.nullable(),
  logPairEValue: number.nullable(),
  verdict: name,
});

/** What of a file with a trace is looked at by name; the rest of the result is compared as it stands. */
export const tracedShape = z.object({
  format: z.literal("whosaw trace 1"),
  case: z.object({
    id: z
      .number()
      .int()
      .min(1)
      .max(2 ** 31 - 1),
    title: z.string().max(LIMITS.caseTitleCharsMax),
  }),
  at: z.iso.datetime(),
  kind: name,
  code: name,
  policy: hex,
  source: z.enum(["columns", "ledger"]),
  logs: z
    .array(
      z.object({
        origin: name,
        entries: z.number().int().min(0),
        root: hex,
        readable: z.array(z.tuple([day, day])).max(many),
      }),
    )
    .max(many),
  settings: z.record(z.string().regex(/^[a-zA-Z]{1,40}$/u), number),
  teams: z.record(name, name).nullable(),
  reports: z.array(z.string().regex(/^r-[0-9a-f]{16}$/u)).max(many),
  staff: z.number().int().min(0),
  notes: z.array(z.string()).max(many),
  result: z.looseObject({
    suspects: z.array(suspect).max(many),
    ambiguityGroup: z.array(name).max(many).optional(),
    inputsHash: hex,
  }),
});

/** A trace from a file. */
export type TracedFile = z.infer<typeof tracedShape>;

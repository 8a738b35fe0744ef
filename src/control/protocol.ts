/** What may be asked of the control plane: shapes of bodies, each checked before anything looks at it. */
import * as z from "zod";
import { LIMITS } from "../base/limits.ts";
import type { GatewayReport } from "../metrics/report.ts";

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const name = z.string().min(1).max(LIMITS.controlNameCharsMax);
/** A code of base/errors, also of a newer gateway. */
const code = z.string().regex(/^[A-Z][A-Z_]{0,40}$/u);

const counts = z.strictObject({
  sessions: count,
  accounted: count,
  opaque: count,
  errors: z.record(code, count),
});

export const gatewayReport: z.ZodType<GatewayReport> = z.strictObject({
  origin: name,
  pid: count,
  postgres: name,
  vkey: name,
  witness: name,
  supervised: z.boolean(),
  mode: z.enum(["observe", "enforce"]),
  policy: z.string().regex(/^[0-9a-f]{64}$/u),
  reload: count,
  reloadError: code.nullable(),
  ledgerError: code.nullable(),
  ledgerEntries: count,
  sessions: count,
  counts,
});

/** Who asks, by their own account: that they could open the socket is all the proof there is. */
const by = z.string().regex(/^[\w:.@-]{1,100}$/u);

/** Columns are left out of the answer. */
const fromLedger = z.boolean().optional();
const actor = z.custom<`staff:${string}` | `svc:${string}`>(
  (value) => typeof value === "string" && /^(?:staff|svc):.{1,200}$/su.test(value),
);
/** Milliseconds since the epoch: as many as a date has in ECMAScript. */
const DATE_MS_MAX = 8.64e15;
const timeMs = z.number().int().min(-DATE_MS_MAX).max(DATE_MS_MAX).optional();

export const whoSawQuestion = z.strictObject({
  by,
  fromLedger,
  kind: name,
  key: z.string().min(1).max(LIMITS.controlKeyCharsMax),
});
export const seenByQuestion = z.strictObject({ by, fromLedger, actor });
export const scopeAsked = z.strictObject({
  by,
  fromLedger,
  actors: z.array(actor).min(1).max(LIMITS.scopedActorsMax),
  fromMs: timeMs,
  toMs: timeMs,
});
export const expireAsked = z.strictObject({ by, beforeMs: z.number().int().min(0) });
/** What is asked of whom else checks it. */
export const namedAsker = z.strictObject({ by, ask: z.unknown() });
/** A look at something that the asker reads by itself. */
export const lookMade = z.strictObject({
  by,
  command: name,
  target: z.string().max(LIMITS.controlTargetCharsMax),
  results: count,
});

export type WhoSawQuestion = z.infer<typeof whoSawQuestion>;
export type SeenByQuestion = z.infer<typeof seenByQuestion>;
export type ScopeAsked = z.infer<typeof scopeAsked>;
export type ExpireAsked = z.infer<typeof expireAsked>;
export type LookMade = z.infer<typeof lookMade>;

/** One line of a streamed answer. Items come in batches, each of which is on record before it is sent. */
export type AnswerLine =
  | { readonly items: readonly unknown[] }
  /** The answer is whole. */
  | { readonly end: AskTallyTold }
  | { readonly error: ErrorTold };

export interface AskTallyTold {
  /** As the look entry names it. */
  readonly target: string;
  readonly opaque: number;
  readonly expired: number;
  /** What is said of all items together, where that is something. */
  readonly summary?: unknown;
}

export interface ErrorTold {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** The answer to a reload. */
export interface ReloadTold {
  readonly policy: string;
  /** Sections that take effect when the control plane is started again. */
  readonly fixed: readonly string[];
  readonly gateways: readonly {
    readonly origin: string;
    /** What it has in force now. */
    readonly policy: string;
    /** Code of what kept it from taking the configuration; `CONTROL_UNREACHABLE` if it did not answer in time. */
    readonly error: string | null;
  }[];
}

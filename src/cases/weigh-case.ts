/** Weighs reports of a case, and says with what: what the desk has open, what was sealed, how far the logs have come. */
import { readRegister } from "../actors/register.ts";
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { version } from "../base/version.ts";
import type { Columns } from "../columns/columns.ts";
import type { Config } from "../config/config.ts";
import { disclosureLogs } from "../config/gateways.ts";
import { policyHash } from "../config/policy-hash.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { assertLedgerStarted, startedLogs } from "../ledger/started.ts";
import type { Case, SealedSettings } from "../state/cases.ts";
import type { Report } from "../state/reports.ts";
import type { Aggregates, State } from "../state/state.ts";
import type { Staff } from "../trace/model.ts";
import { traceOptions } from "./settings.ts";
import type { Tell } from "./steps.ts";
import { traceCase } from "./trace-case.ts";
import { basisOf, type Traced } from "./traced.ts";

export interface DeskStores {
  /** Columns to trace with, if they can be had. */
  readonly columns: () => Promise<LentColumns | undefined>;
  readonly config: Config;
  readonly state: Pick<State, keyof Aggregates | "transaction">;
  readonly log: Pick<Ledger, "append">;
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
}

export interface LentColumns {
  readonly columns: Columns;
  /** Gives them back. */
  done(): Promise<void>;
}

/** What is asked of a trace. */
export interface TraceAsked {
  readonly caseId: number;
  /** Needed where reports are of several kinds. */
  readonly kind?: string | undefined;
  readonly fromLedger?: boolean | undefined;
  /** Actor to team; roles stand for teams without. */
  readonly teams?: Readonly<Record<string, string>> | undefined;
}

export interface TraceAgainAsked extends TraceAsked {
  readonly ids: readonly string[];
  readonly settings: SealedSettings;
}

export type WeighAsked = Pick<TraceAgainAsked, "settings" | "fromLedger" | "teams">;

/** @throws {WhosawError} of columns and ledger, TRACE_INPUT */
export async function weighCase(
  stores: DeskStores,
  of: Case,
  reports: readonly Report[],
  asked: WeighAsked,
  tell: Tell,
): Promise<Traced> {
  const { config, masterKey, clock } = stores;
  await assertLedgerStarted(config.ledger);
  const logs = (await startedLogs(disclosureLogs(config))).map((log) => ({ ...log, masterKey }));
  const basis = await basisOf(logs);
  const teams = asked.teams ?? null;
  const question = {
    kind: reports[0]?.kind ?? "",
    reports,
    options: traceOptions(asked.settings),
    staff: await staffOf(config, teams),
  };
  const lent = asked.fromLedger === true ? undefined : await stores.columns();
  try {
    const { columns } = lent ?? {};
    const sources = { columns, logs, rules: config.classification };
    const { result, staff, source, notes } = await traceCase(question, sources, tell);
    return {
      format: "whosaw trace 1",
      case: { id: of.id, title: of.title },
      at: new Date(clock.nowMs()).toISOString(),
      kind: question.kind,
      code: version(),
      policy: Buffer.from(policyHash(config)).toString("hex"),
      source,
      logs: basis,
      settings: asked.settings,
      teams,
      reports: reports.map(({ id }) => id),
      staff,
      notes,
      result,
    };
  } finally {
    await lent?.done();
  }
}

/** @throws {WhosawError} USAGE */
export function ofOneKind(reports: readonly Report[], kind: string | undefined): readonly Report[] {
  const kinds = [...new Set(reports.map((report) => report.kind))].sort();
  if (kind === undefined && kinds.length > 1)
    throw new WhosawError("USAGE", `The reports are about several kinds of subject: ${kinds.join(", ")}.`, {
      hint: "Trace one of them: add --kind KIND.",
    });
  const chosen = kind === undefined ? reports : reports.filter((report) => report.kind === kind);
  if (chosen.length > 0) return chosen;
  throw new WhosawError("USAGE", `There is no report${kind === undefined ? "" : " of that kind"} to weigh.`, {
    hint: "Enter reports with `whosaw report add` or `whosaw report import`; withdrawn ones weigh nothing.",
  });
}

/** Everybody who may sign in, whether or not they saw anybody. */
async function staffOf(config: Config, teams: Readonly<Record<string, string>> | null): Promise<Staff[]> {
  const { all } = await readRegister(config.actors.file);
  return all
    .map(({ id, role }) => {
      const team = teams === null ? role : teams[id];
      return team === undefined ? { id } : { id, team };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Cases and reports as they are told over the control socket and printed with --json. */
import type { Case, Deed, SealedSettings } from "../state/cases.ts";
import type { Report } from "../state/reports.ts";
import { fieldNames } from "./fields-known.ts";

/** Times are ISO 8601, UTC, milliseconds. */
export interface DeedTold {
  readonly by: string;
  readonly at: string;
}

export interface CaseTold {
  readonly id: number;
  readonly title: string;
  readonly opened: DeedTold;
  readonly closed: DeedTold | null;
  /** What a trace of it weighs with; sealed when it was opened. */
  readonly settings: SealedSettings;
  readonly reports: { readonly standing: number; readonly withdrawn: number };
}

export interface ReportTold {
  readonly id: string;
  readonly case: number | null;
  /** As the ledger names it: a text key as its hash. */
  readonly subject: { readonly kind: string; readonly key: string };
  readonly from: string;
  readonly to: string;
  /** Classes of fields that the caller knew. */
  readonly knew: readonly string[];
  /** Keyed hashes: reports with the same one come from the same device, account or number. */
  readonly reporter: string | null;
  readonly caller: string | null;
  readonly mark: { readonly value: number; readonly ways: number } | null;
  readonly entered: DeedTold;
  readonly withdrawn: (DeedTold & { readonly because: string }) | null;
}

const NO_REPORTS = { standing: 0, withdrawn: 0 };

export function caseTold({ id, title, opened, closed, settings }: Case, reports = NO_REPORTS): CaseTold {
  return {
    id,
    title,
    opened: deedTold(opened),
    closed: closed === undefined ? null : deedTold(closed),
    settings,
    reports,
  };
}

export function reportTold({ id, caseId, kind, key, fields, entered, withdrawn, ...rest }: Report): ReportTold {
  return {
    id,
    case: caseId ?? null,
    subject: { kind, key },
    from: new Date(rest.fromMs).toISOString(),
    to: new Date(rest.toMs).toISOString(),
    knew: fieldNames(fields),
    reporter: rest.reporter ?? null,
    caller: rest.caller ?? null,
    mark: rest.mark ?? null,
    entered: deedTold(entered),
    withdrawn: withdrawn === undefined ? null : { ...deedTold(withdrawn), because: withdrawn.because },
  };
}

function deedTold({ by, atMs }: Deed): DeedTold {
  return { by, at: new Date(atMs).toISOString() };
}

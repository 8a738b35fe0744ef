/**
 * What is done with cases and reports, and who did it: each deed is an entry of the console log, and so is each look. The
 * control plane has one desk; a command that works alone makes its own.
 */
import { WhosawError } from "../base/errors.ts";
import type { SealedSettings } from "../state/cases.ts";
import type { ReportedContact } from "../state/reports.ts";
import type { Aggregates } from "../state/state.ts";
import type { TraceResult } from "../trace/model.ts";
import { assertInterval, type GivenReport } from "./given-report.ts";
import { Pseudonyms } from "./pseudonyms.ts";
import type { TracedAgain } from "./replay.ts";
import { sealedSettings } from "./settings.ts";
import type { Tell } from "./steps.ts";
import type { Traced } from "./traced.ts";
import { type DeskStores, ofOneKind, type TraceAgainAsked, type TraceAsked, weighCase } from "./weigh-case.ts";
import { type CaseTold, caseTold, type ReportTold, reportTold } from "./told.ts";

export interface ReportsAdded {
  /** Of what was added, in the order in which it was given. */
  readonly ids: readonly string[];
  /** Places, from 0, of what the case had already and was left out. */
  readonly known: readonly number[];
}

export class CaseDesk {
  readonly #stores: DeskStores;

  constructor(stores: DeskStores) {
    this.#stores = stores;
  }

  open(
    by: string,
    { title, settings }: { readonly title: string; readonly settings: SealedSettings },
  ): Promise<CaseTold> {
    return this.#deed(by, "case open", async ({ cases }) => {
      const opened = await cases.open({ title, by, settings: sealedSettings(settings) });
      const sealed = Object.entries(opened.settings).map(([name, value]) => `${name}=${value}`);
      return { value: caseTold(opened), target: [`case:${opened.id}`, ...sealed].join(" "), results: 0 };
    });
  }

  close(by: string, { id }: { readonly id: number }): Promise<CaseTold> {
    return this.#deed(by, "case close", async ({ cases, reports }) => {
      const closed = await cases.close(id, by);
      return { value: caseTold(closed, (await reports.counts()).get(id)), target: `case:${id}`, results: 0 };
    });
  }

  /** Nobody is looked at: titles and counts. */
  async list(): Promise<CaseTold[]> {
    const { cases, reports } = this.#stores.state;
    const counts = await reports.counts();
    return (await cases.list()).map((of) => caseTold(of, counts.get(of.id)));
  }

  /** @throws {WhosawError} NOT_FOUND */
  async show({ id }: { readonly id: number }): Promise<CaseTold> {
    const { cases, reports } = this.#stores.state;
    return caseTold(await cases.get(id), (await reports.counts()).get(id));
  }

  /**
   * Takes a complaint as it is told. Whether there is such a subject is never asked, and whether somebody has reported it
   * before is not said: who enters complaints must not learn who is a customer.
   */
  add(
    by: string,
    { caseId, report }: { readonly caseId?: number | undefined; readonly report: GivenReport },
  ): Promise<{ id: string }> {
    const [contact] = this.#contacts([report]);
    return this.#deed(by, "report add", async ({ reports }) => {
      const [id = ""] = await reports.add(contact === undefined ? [] : [contact], { caseId, by });
      return { value: { id }, target: targetOf(caseId, `report:${id}`), results: 1 };
    });
  }

  /** Adds all or none; what the case has already, to the letter, is left out and named. */
  import(
    by: string,
    { caseId, reports: given }: { readonly caseId?: number | undefined; readonly reports: readonly GivenReport[] },
    tell: Tell,
  ): Promise<ReportsAdded> {
    const contacts = this.#contacts(given);
    return this.#deed(by, "report import", async ({ reports }) => {
      // Two imports of one file at once would each find that the case has none of it.
      await reports.hold(caseId);
      const standing = (await reports.list(caseId)).filter(({ withdrawn }) => withdrawn === undefined);
      const had = new Set(standing.map(identityOf));
      const known = contacts.flatMap((contact, i) => (had.has(identityOf(contact)) ? [i] : []));
      const fresh = contacts.filter((contact) => !had.has(identityOf(contact)));
      const onProgress = (done: number): void => tell({ of: "reports", done, total: fresh.length });
      const ids = await reports.add(fresh, { caseId, by, onProgress });
      return { value: { ids, known }, target: targetOf(caseId, "reports"), results: ids.length };
    });
  }

  assign(
    by: string,
    { caseId, ids }: { readonly caseId: number; readonly ids: readonly string[] },
  ): Promise<ReportTold[]> {
    return this.#deed(by, "report assign", async ({ reports }) => {
      const assigned = await reports.assign(ids, caseId);
      return { value: assigned.map(reportTold), target: targetOf(caseId, "reports"), results: assigned.length };
    });
  }

  withdraw(by: string, { id, because }: { readonly id: string; readonly because: string }): Promise<ReportTold> {
    return this.#deed(by, "report withdraw", async ({ reports }) => {
      const withdrawn = await reports.withdraw(id, { by, because });
      return { value: reportTold(withdrawn), target: targetOf(withdrawn.caseId, `report:${id}`), results: 1 };
    });
  }

  /** Whom reports are about. @throws {WhosawError} NOT_FOUND without the case */
  reports(by: string, { caseId }: { readonly caseId?: number | undefined }): Promise<ReportTold[]> {
    return this.#deed(by, "report list", async ({ cases, reports }) => {
      if (caseId !== undefined) await cases.get(caseId);
      const listed = await reports.list(caseId);
      return { value: listed.map(reportTold), target: targetOf(caseId, "reports"), results: listed.length };
    });
  }

  /**
   * Weighs the standing reports of a case; whom it points to is on record before it is told.
   * @throws {WhosawError} NOT_FOUND without the case, USAGE without reports, and of columns and ledger
   */
  async trace(by: string, { caseId, ...asked }: TraceAsked, tell: Tell): Promise<Traced> {
    const { cases, reports } = this.#stores.state;
    const of = await cases.get(caseId);
    const standing = (await reports.list(caseId)).filter(({ withdrawn }) => withdrawn === undefined);
    const traced = await weighCase(
      this.#stores,
      of,
      ofOneKind(standing, asked.kind),
      { ...asked, settings: of.settings },
      tell,
    );
    await this.#recordNamed(by, "trace", traced);
    return traced;
  }

  /** Weighs the reports of an earlier trace once more. @throws {WhosawError} as {@link trace} */
  async traceAgain(by: string, { caseId, ids, ...asked }: TraceAgainAsked, tell: Tell): Promise<TracedAgain> {
    const { cases, reports } = this.#stores.state;
    const of = await cases.get(caseId);
    const all = new Map((await reports.list(caseId)).map((report) => [report.id, report]));
    const given = ids.flatMap((id) => all.get(id) ?? []);
    const again = await weighCase(this.#stores, of, ofOneKind(given, asked.kind), asked, tell);
    await this.#recordNamed(by, ["trace again", ...unsealed(asked.settings, of.settings)].join(" "), again);
    const standing = [...all.values()].filter(({ withdrawn }) => withdrawn === undefined);
    return {
      again,
      since: {
        withdrawn: given.flatMap(({ id, withdrawn }) => (withdrawn === undefined ? [] : [id])),
        missing: ids.filter((id) => !all.has(id)),
        added: standing.filter(({ id }) => !ids.includes(id)).length,
      },
      sealed: of.settings,
    };
  }

  /** As many entries as it takes: an entry holds so many ids and no more. */
  async #recordNamed(by: string, command: string, { case: of, reports, result }: Traced): Promise<void> {
    const head = `case:${of.id} ${reports.length} reports ${result.inputsHash.slice(0, HASH_DIGITS)}`;
    const named = namedIn(result);
    for (let from = 0; from === 0 || from < named.length; from += NAMED_PER_ENTRY) {
      const shown = named.slice(from, from + NAMED_PER_ENTRY);
      const target = [head, ...shown].join(" ");
      await this.#stores.log.append({ kind: "look", by, command, target, results: shown.length });
    }
  }

  /** @throws {WhosawError} USAGE for a kind that whosaw.yaml does not have */
  #contacts(given: readonly GivenReport[]): ReportedContact[] {
    const { config, masterKey, clock } = this.#stores;
    const { subjects } = config.classification;
    const pseudonyms = new Pseudonyms(masterKey);
    return given.map((report) => {
      assertInterval(report, clock.nowMs());
      if (Object.hasOwn(subjects, report.kind)) return pseudonyms.contact(report);
      throw new WhosawError("USAGE", "whosaw.yaml has no such kind of subject.", {
        hint: `Kinds there: ${Object.keys(subjects).join(", ")}.`,
      });
    });
  }

  /** Of what cannot be put on record nothing stays, and nothing is told. */
  #deed<T>(by: string, command: string, work: (state: Aggregates) => Promise<Deed<T>>): Promise<T> {
    const { state, log } = this.#stores;
    return state.transaction(async (inside) => {
      const { value, target, results } = await work(inside);
      await log.append({ kind: "look", by, command, target, results });
      return value;
    });
  }
}

const NAMED_PER_ENTRY = 100;
const HASH_DIGITS = 16;

interface Deed<T> {
  readonly value: T;
  /** What the entry names: ids, no subjects. */
  readonly target: string;
  readonly results: number;
}

/** Everybody whom a result names, suspects first: also beside others, at an earlier step, or in what to do next. */
function namedIn({ suspects, ambiguityGroup = [], hypotheses, steps, advice }: TraceResult): readonly string[] {
  const rest = [
    ...hypotheses.flatMap(({ staff, beside }) => [...staff, beside]),
    ...steps.flatMap(({ top }) => top.map(({ staff }) => staff)),
    ...advice.map(({ staff }) => staff),
  ];
  const named = [...suspects.map(({ staff }) => staff), ...ambiguityGroup, ...rest];
  return [...new Set(named.filter((staff) => staff !== undefined))];
}

/** Settings that are not those of the case: whoever tries others leaves a trace of it. */
function unsealed(asked: SealedSettings, sealed: SealedSettings): string[] {
  const names = [...new Set([...Object.keys(asked), ...Object.keys(sealed)])].sort();
  return names.flatMap((name) => (asked[name] === sealed[name] ? [] : [`${name}=${asked[name] ?? "usual"}`]));
}

function targetOf(caseId: number | undefined, rest: string): string {
  return `${caseId === undefined ? "no case" : `case:${caseId}`} ${rest}`;
}

/** Reports that agree in it say the same of the same contact. */
function identityOf({ kind, keyHash, fromMs, toMs, fields, reporter, caller, mark }: ReportedContact): string {
  return JSON.stringify([kind, keyHash, fromMs, toMs, fields, reporter, caller, mark]);
}

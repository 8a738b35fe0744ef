/** A simulated company as files: whosaw.yaml, register, ledger, columns, reports; and apart from them what is true. */
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { addActors } from "../../src/actors/register.ts";
import { DAY_MS } from "../../src/base/clock.ts";
import { openColumns } from "../../src/columns/open.ts";
import { namedStratum } from "../../src/columns/stratum.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { policyHash } from "../../src/config/policy-hash.ts";
import type { ActorId } from "../../src/ledger/entry.ts";
import { createKeys } from "../../src/ledger/keys-file.ts";
import { openState } from "../../src/state/state.ts";
import type { StaffMember } from "../company/staff.ts";
import { companyConfig } from "./company-config.ts";
import { CompanyFolder, NAMES } from "./folder.ts";
import { HistoryColumns, type NamedStrata } from "./history-columns.ts";
import { HistoryLog } from "./history-log.ts";
import { actorIdOf, type History } from "./history.ts";
import { SUBJECT_KIND } from "./pages.ts";
import { staffCsv } from "./tables.ts";
import { type Written, writeHistory } from "./write-history.ts";

export interface WriteCompanyOptions {
  /** Absolute; not there yet, or left by a run that was broken off. */
  readonly dir: string;
  readonly history: History;
  readonly staff: readonly StaffMember[];
  readonly strata: NamedStrata;
  /** Since 1970. */
  readonly firstDay: number;
  readonly told: Told;
  readonly progress?: (done: Written) => void;
}

/** What customers report, and what is true. */
export interface Told {
  /** As CSV. */
  readonly reports: string;
  readonly truth: object;
}

export interface WrittenCompany extends Written {
  readonly entries: number;
  readonly ledgerBytes: number;
  readonly vkey: string;
  readonly witnessVkey: string;
}

const ORIGIN = "simulated.example/gw-1";
/** Where a database would be; nothing connects to it before a gateway is started. */
const UPSTREAM = "postgres://whosaw_gw@127.0.0.1:5432/support";
const DATABASE = "support";
/** Under `roles` in whosaw.yaml. */
export const ROLES = { agent: "agent", "second-line": "agent", quality: "auditor" } as const;
const WARNING = "What is true, for scoring an investigation. Do not look before you have finished yours.";

/**
 * Writes it all. A run that was broken off is started over by the next one.
 * @throws {WhosawError} USAGE, STORE_LOCKED, FILE_UNWRITABLE, COLUMNS_FAILED
 */
export async function writeCompany(options: WriteCompanyOptions): Promise<WrittenCompany> {
  const { dir, history, staff } = options;
  const folder = await CompanyFolder.begin(dir);
  const actors = history.staff.map(({ id }) => actorIdOf(history.seed, id));
  const file = folder.path(NAMES.config);
  await writeFile(file, companyConfig({ upstreamUrl: UPSTREAM, origin: ORIGIN }), { mode: 0o600 });
  const config = await loadConfig(file);
  await register(config, history, actors);
  await writeFile(folder.path(NAMES.staff), staffCsv(staff, actors), { mode: 0o600 });
  const written = await writeStores(config, options, actors);
  await nameStrata(config, options);
  await writeFile(folder.path(NAMES.reports), options.told.reports, { mode: 0o600 });
  await writeTruth(folder, options.told.truth);
  await folder.finish();
  return written;
}

/** Beside the columns, where a run that is broken off leaves nothing that the next one does not remove. */
function scratchIn(columns: Config["columns"]): string {
  const beside = columns.kind === "embedded" ? dirname(columns.dir) : tmpdir();
  return /[*?{}]/u.test(beside) ? tmpdir() : beside;
}

export async function writeTruth(folder: CompanyFolder, truth: object): Promise<void> {
  const text = JSON.stringify({ warning: WARNING, ...truth }, undefined, 1);
  await writeFile(folder.path(NAMES.truth), `${text}\n`, { mode: 0o600 });
}

async function register(config: Config, { staff }: History, actors: readonly ActorId[]): Promise<void> {
  const signIns = staff.map(({ id, role }, place) => ({
    id: actors[place]!,
    name: id,
    role: ROLES[role],
    verifier: undefined,
    disabled: false,
  }));
  await addActors(config.actors.file, signIns);
}

/** What strata are called, as the control plane would have put it into the state. */
async function nameStrata(config: Config, { strata, firstDay }: WriteCompanyOptions): Promise<void> {
  const clock = { nowMs: () => firstDay * DAY_MS };
  const state = await openState(config.state, { installation: config.ledger.origin, clock });
  try {
    await state.strata.learn(strata.values.map((value) => namedStratum(SUBJECT_KIND, strata.names, value)));
  } finally {
    await state.close();
  }
}

async function writeStores(
  config: Config,
  { history, strata, firstDay, progress }: WriteCompanyOptions,
  actors: readonly ActorId[],
): Promise<WrittenCompany> {
  const { dir, witness, keys, origin } = config.ledger;
  const log = await HistoryLog.create({ dir, witness, origin, keys: await createKeys(keys) });
  const store = await openColumns(config.columns);
  try {
    const columns = await HistoryColumns.open({ columns: store, origin, actors, scratch: scratchIn(config.columns) });
    await columns.strata(history.customers, strata, firstDay * DAY_MS);
    const policy = policyHash(config);
    const written = await writeHistory(history, {
      log,
      columns,
      actors,
      policy,
      database: DATABASE,
      ...(progress !== undefined && { progress }),
    });
    const { size: entries, bytes: ledgerBytes, vkey, witnessVkey } = log;
    return { ...written, entries, ledgerBytes, vkey, witnessVkey };
  } finally {
    await store.close();
  }
}

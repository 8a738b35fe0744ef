/** A simulated company that works through `whosaw serve` before a PostgreSQL of its own; its ledger and columns stay, the database goes. */
import { mkdtempSync, realpathSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { addActors } from "../../src/actors/register.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { ActorId } from "../../src/ledger/entry.ts";
import { decodeKeys } from "../../src/ledger/keys-block.ts";
import { loadKeys } from "../../src/ledger/keys-file.ts";
import { LogReader } from "../../src/ledger/read.ts";
import { makeVerifier } from "../../src/wire/scram.ts";
import type { StaffMember } from "../company/staff.ts";
import { ready, serve } from "../demo/serving.ts";
import { randomPassword } from "../demo/sign-ins.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../embedded-postgres.ts";
import { inventCustomer } from "../support-database/customer.ts";
import { createSupportRoles, fillSupportDatabase } from "../support-database/fill.ts";
import { companyConfig } from "../write/company-config.ts";
import { CompanyFolder, NAMES } from "../write/folder.ts";
import type { NamedStrata } from "../write/history-columns.ts";
import { actorIdOf, type History } from "../write/history.ts";
import { staffCsv } from "../write/tables.ts";
import { ROLES, type Told, writeTruth } from "../write/write-company.ts";
import { type Lived, liveHistory } from "./live.ts";
import { PAGES_TABLE_SQL, setStrata } from "./pages-table.ts";

export interface LiveCompanyOptions {
  readonly dir: string;
  readonly history: History;
  readonly staff: readonly StaffMember[];
  readonly strata: NamedStrata;
  readonly told: Told;
  readonly progress: (done: Lived) => void;
  /** What is being done before anybody works. */
  readonly onStep: (step: string) => void;
}

export interface LivedCompany {
  readonly disclosures: number;
  readonly statements: number;
  readonly entries: number;
  readonly vkey: string;
}

const DATABASE = "support";
const NOBODY = "nobody@example.invalid";

/** @throws {WhosawError} USAGE, STORE_LOCKED, FILE_UNWRITABLE, UPSTREAM_UNREACHABLE, and what the gateway refuses */
export async function liveCompany(options: LiveCompanyOptions): Promise<LivedCompany> {
  const { dir, history, staff, strata, told, onStep } = options;
  const folder = await CompanyFolder.begin(dir);
  onStep("starting PostgreSQL");
  const database = await startEmbeddedPostgres();
  try {
    onStep("inventing customers");
    const upstreamUrl = await fillDatabase(database, history, strata);
    const file = folder.path(NAMES.config);
    await writeFile(file, companyConfig({ upstreamUrl, origin: "simulated.example/gw-1", http: "127.0.0.1:0" }), {
      mode: 0o600,
    });
    const actors = history.staff.map(({ id }) => actorIdOf(history.seed, id));
    await writeFile(folder.path(NAMES.staff), staffCsv(staff, actors), { mode: 0o600 });
    const lived = await work(options, file, await signUp(file, history, actors));
    await writeTruth(folder, told.truth);
    await folder.finish();
    return lived;
  } finally {
    await database.stop();
  }
}

/** @returns the gateway's URL of it */
async function fillDatabase(database: EmbeddedPostgres, history: History, strata: NamedStrata): Promise<string> {
  const password = randomPassword();
  await createSupportRoles(database.superuserUrl, password);
  await database.createDatabase(DATABASE);
  const owner = database.url({ database: DATABASE });
  await fillSupportDatabase(owner, { seed: history.seed, customers: history.customers });
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  try {
    await setStrata(client, history.customers, strata);
    await client.query(PAGES_TABLE_SQL);
  } finally {
    await client.end();
  }
  return database.url({ database: DATABASE, user: "whosaw_gw", password });
}

/** @returns everybody's password */
async function signUp(file: string, { staff }: History, actors: readonly ActorId[]): Promise<string> {
  const { actors: register } = await loadConfig(file);
  const password = randomPassword();
  const verifier = await makeVerifier(password);
  const signIns = staff.map(({ id, role }, place) => ({
    id: actors[place]!,
    name: id,
    role: ROLES[role],
    verifier,
    disabled: false,
  }));
  await addActors(register.file, signIns);
  return password;
}

async function work(
  { history, progress, onStep }: LiveCompanyOptions,
  file: string,
  password: string,
): Promise<LivedCompany> {
  onStep("starting the control plane and the gateway");
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "whosaw-sim-")));
  const serving = serve(temporary, file);
  try {
    const { postgres, vkey } = await ready(serving);
    const { statements } = await liveHistory(history, {
      url: (name) => `postgres://${name}:${password}@${postgres}/${DATABASE}`,
      emailOf: (key) => (key === undefined ? NOBODY : inventCustomer(key, history.seed).email),
      progress,
    });
    await serving.letGo("INT");
    return { statements, vkey, ...(await counted(file)) };
  } finally {
    await serving.letGo("INT");
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What the ledger holds by now. */
async function counted(file: string): Promise<Pick<LivedCompany, "disclosures" | "entries">> {
  const { ledger } = await loadConfig(file);
  const { masterKey } = await loadKeys(ledger.keys);
  const reader = await LogReader.open(ledger.dir, { masterKey });
  let [disclosures, entries] = [0, 0];
  for await (const run of reader.runs())
    for (const { entry } of run) {
      entries += 1;
      if (entry?.kind !== "statement" && entry?.kind !== "disclosure") continue;
      for (const { keys } of entry.blocks) disclosures += decodeKeys(keys).keys.length;
    }
  return { disclosures, entries };
}

/** Everything that doctor looks at, in the order in which it is told. Changes nothing, here or in the database. */
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { CatalogConnection } from "../gateway/catalog-connection.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { loadCatalog } from "../lineage/catalog/load.ts";
import { CATALOG_TRANSACTION, type CatalogQuery } from "../lineage/catalog/statements.ts";
import { isSystemSchema } from "../lineage/catalog/system.ts";
import { type ControlHealth, controlHealth } from "./control.ts";
import { hostRules, rolesAround, sessionsAround } from "./around.ts";
import { clocks, connections, encryption, visibility } from "./capacity.ts";
import { filePermissions, passwordInFile } from "./files.ts";
import { critical, type DoctorFinding, look, note } from "./finding.ts";
import { definerFunctions, keyIndexes, serverLog, unclassified, waysOut } from "./leaks.ts";
import { attribution, copies, elsewhere, lastEntry, space } from "./ledger.ts";
import { readRecent, type RecentLedger } from "./recent.ts";
import { DatabaseScene } from "./scene.ts";
import { readableStrata } from "./strata.ts";
import { keyGrants, roleStrength } from "./strength.ts";

export interface DoctorOptions {
  readonly config: Config;
  /** UTC epoch milliseconds. */
  readonly nowMs: () => number;
  /** Some gateway has run with this configuration: then its ledger and keys must be there. */
  readonly ledgerStarted: boolean;
  /** Asks a running control plane what is wrong with it; undefined if none runs. @throws WhosawError */
  readonly health: () => Promise<ControlHealth | undefined>;
}

/** Works while a gateway runs and while none does; with the database down it says so and looks at the rest. */
export async function examineInstallation(options: DoctorOptions): Promise<DoctorFinding[]> {
  const { config } = options;
  const ledger = await examineLedger(options);
  return [
    ...(await look("database", () => examineDatabase(options, ledger.recent?.sessionsPeak))),
    ...ledger.findings,
    ...(await look("control.health", async () => controlHealth(await options.health()))),
    ...(await look("ledger.space", () => space(config, ledger.recent, options.nowMs()))),
    ...(await look("ledger.witness", () => elsewhere(config))),
    ...(await look("files.permissions", () => filePermissions(config))),
    ...(await look("files.password", () => passwordInFile(config))),
    ...copies(),
  ];
}

async function examineLedger({
  config,
  nowMs,
  ledgerStarted,
}: DoctorOptions): Promise<{ findings: readonly DoctorFinding[]; recent: RecentLedger | undefined }> {
  if (!ledgerStarted)
    return {
      findings: [note("ledger.running", `There is no ledger in ${config.ledger.dir} yet: no gateway has run with it.`)],
      recent: undefined,
    };
  let recent: RecentLedger | undefined;
  const findings = await look("ledger.running", async () => {
    const keys = await loadKeys(config.ledger.keys);
    recent = await readRecent(config.ledger.dir, keys.masterKey, nowMs());
    if (recent === undefined) return [note("ledger.running", "The ledger has no checkpoint yet.")];
    return [...lastEntry(recent, nowMs()), ...attribution(recent)];
  });
  return { findings, recent };
}

const LOOKS: readonly (readonly [check: string, run: (scene: DatabaseScene) => Promise<readonly DoctorFinding[]>])[] = [
  ["around.roles", rolesAround],
  ["around.hosts", hostRules],
  ["around.sessions", sessionsAround],
  ["around.visibility", visibility],
  ["strength", roleStrength],
  ["grants.keys", keyGrants],
  ["tables.unclassified", unclassified],
  ["tables.indexes", keyIndexes],
  ["leaks", waysOut],
  ["leaks.functions", definerFunctions],
  ["leaks.log", serverLog],
  ["strata", readableStrata],
  ["tls.upstream", encryption],
];

async function examineDatabase(options: DoctorOptions, sessionsPeak: number | undefined): Promise<DoctorFinding[]> {
  const { config, nowMs } = options;
  const connection = new CatalogConnection(config.upstream);
  const query: CatalogQuery = (sql) => connection.query(sql);
  try {
    const scene = await openScene(config, query);
    const findings: DoctorFinding[] = [];
    for (const [check, run] of LOOKS) findings.push(...(await look(check, () => run(scene))));
    findings.push(...(await look("capacity.connections", () => connections(scene, sessionsPeak))));
    findings.push(...(await look("clock.database", () => clocks(scene, nowMs))));
    await query(CATALOG_TRANSACTION.end);
    return findings;
  } catch (error) {
    if (!(error instanceof WhosawError)) throw error;
    return [
      critical("database", `The database cannot be looked at: ${error.message}`, error.hint ?? "Run `whosaw check`."),
    ];
  } finally {
    await connection.close();
  }
}

async function openScene(config: Config, query: CatalogQuery): Promise<DatabaseScene> {
  for (const statement of CATALOG_TRANSACTION.begin) await query(statement);
  const roles = [...new Set([...config.roles.values()].map((role) => role.upstreamRole ?? config.upstream.user))];
  const catalog = await loadCatalog(query, config.classification, roles);
  const rows = await query(
    "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind IN ('r','p','v','m','f') ORDER BY c.oid",
  );
  const relations = rows
    .flatMap(([oid]) => catalog.relation(Number(oid)) ?? [])
    .filter(({ schema }) => !isSystemSchema(schema));
  return new DatabaseScene(config, query, catalog, relations, roles);
}

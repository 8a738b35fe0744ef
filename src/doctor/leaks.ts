/** Ways by which rows leave the database without a statement that a gateway could see. */
import { quoteIdentifier, quoteLiteral } from "../lineage/catalog/names.ts";
import { type DoctorFinding, few, fine, note, warning } from "./finding.ts";
import type { DatabaseScene } from "./scene.ts";

/** Extensions whose functions read other tables, servers, files or run programs, by what they do. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  dblink: "connects to databases, this one too",
  postgres_fdw: "shows tables of other servers, this one too",
  file_fdw: "shows files of the server",
  oracle_fdw: "shows tables of other servers",
  mysql_fdw: "shows tables of other servers",
  pg_cron: "runs statements by the clock, as their owners",
  pg_background: "runs statements in the background",
  plpython3u: "functions in it may do anything",
  plperlu: "functions in it may do anything",
  pltclu: "functions in it may do anything",
  adminpack: "reads and writes files of the server",
  pglogical: "copies tables to other servers",
  pageinspect: "reads pages of tables past all grants",
  pg_net: "sends requests to other machines",
  http: "sends requests to other machines",
};

/** One statement for all: what, name. */
const WAYS_SQL = `SELECT 'replica', coalesce(nullif(r.application_name, ''), 'unnamed') FROM pg_catalog.pg_stat_replication r
  UNION ALL SELECT 'slot', s.slot_name FROM pg_catalog.pg_replication_slots s WHERE s.slot_type = 'logical'
  UNION ALL SELECT 'server', f.srvname FROM pg_catalog.pg_foreign_server f
  UNION ALL SELECT 'publication', p.pubname FROM pg_catalog.pg_publication p
  UNION ALL SELECT 'trigger', e.evtname FROM pg_catalog.pg_event_trigger e
  UNION ALL SELECT 'extension', x.extname FROM pg_catalog.pg_extension x`;

const WAYS: readonly (readonly [what: string, check: string, message: string, advice: string])[] = [
  [
    "replica",
    "leaks.replicas",
    "Replicas follow this database",
    "Whoever may sign in there reads around the gateway. Admit nobody, or put a gateway before them too.",
  ],
  [
    "slot",
    "leaks.slots",
    "Logical replication slots are open",
    "Every change of a protected row is read through them. Drop those that nobody uses: SELECT pg_drop_replication_slot(...).",
  ],
  [
    "server",
    "leaks.servers",
    "Foreign servers are set up",
    "Rows may be sent there, or read from there. See what for.",
  ],
  [
    "publication",
    "leaks.publications",
    "Publications offer tables to subscribers",
    "See that no protected table is among them, or that its subscribers are guarded like this database.",
  ],
  [
    "trigger",
    "leaks.event-triggers",
    "Event triggers run at DDL",
    "Their functions run as whoever runs the DDL. See what they do.",
  ],
];

export async function waysOut(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const rows = await scene.query(WAYS_SQL);
  const names = (what: string): string[] => rows.filter((row) => row[0] === what).map((row) => row[1] ?? "");
  const findings = WAYS.flatMap(([what, check, message, advice]) => {
    const found = names(what);
    return found.length === 0 ? [] : [warning(check, `${message}: ${few(found)}.`, advice)];
  });
  const extensions = names("extension").filter((name) => Object.hasOwn(EXTENSIONS, name));
  if (extensions.length > 0)
    findings.push(
      warning(
        "leaks.extensions",
        `Extensions that read around a gateway: ${few(extensions.map((name) => `${name} (${EXTENSIONS[name]})`))}.`,
        "The gateway refuses their functions; what was set up with them before, or is by others, goes on. Drop what nobody needs.",
        extensions.map((name) => `DROP EXTENSION ${quoteIdentifier(name)};`),
      ),
    );
  return findings.length === 0
    ? [fine("leaks", "No replica, logical slot, foreign server, publication, event trigger or extension leads out.")]
    : findings;
}

/** Functions that run with their owner's rights. */
export async function definerFunctions(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const rows = await scene.query(`SELECT DISTINCT n.nspname || '.' || p.proname FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND p.oid >= 16384 AND EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname IN (${scene.ownRoles})
      AND pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')) ORDER BY 1`);
  if (rows.length === 0) return [];
  return [
    note(
      "leaks.functions",
      `Functions that run with their owner's rights may be called by the gateway's roles: ${few(rows.map(([name]) => name ?? ""))}.`,
      "In enforce the gateway refuses statements that call them; in observe it records them as opaque.",
    ),
  ];
}

/** Statements and their values in the server's log: setting, value. */
export async function serverLog(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const rows = await scene.query(`SELECT s.name, s.setting FROM pg_catalog.pg_settings s
    WHERE s.name IN ('log_statement', 'log_min_duration_statement', 'log_min_duration_sample', 'log_parameter_max_length')`);
  const settings = new Map(rows.map(([name, value]) => [name, value ?? ""]));
  const writes = settings.get("log_statement") !== "none" || Number(settings.get("log_min_duration_statement")) >= 0;
  if (!writes) return [fine("leaks.log", "The server's log holds no statements, errors aside.")];
  return [
    warning(
      "leaks.log",
      "The server's log holds statements, with the values in them.",
      "Guard the log files like the database, or turn it off for the gateway's sessions.",
      [`ALTER ROLE ${quoteIdentifier(scene.user)} SET log_min_duration_statement = -1;`],
    ),
  ];
}

/** Tables that are neither protected nor public, with how much is in them. */
export async function unclassified(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const open = scene.relations.filter((relation) => scene.catalog.standing(relation).kind === "unclassified");
  if (open.length === 0) return [fine("tables.unclassified", "Every table is classified.")];
  const rows = await scene.query(`SELECT c.oid, c.reltuples::bigint FROM pg_catalog.pg_class c
    WHERE c.oid IN (${open.map(({ oid }) => oid).join(", ")})`);
  const counts = new Map(rows.map(([oid, count]) => [Number(oid), Number(count)]));
  // Never analysed: PostgreSQL itself does not know how many rows there are, and says -1 (0 before 14).
  const named = open
    .map(({ oid, schema, name }) => ({ name: `${schema}.${name}`, rows: counts.get(oid) ?? -1 }))
    .sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1))
    .map(({ name, rows: count }) => (count < 0 ? name : `${name} (about ${count} rows)`));
  const effect = scene.config.mode === "enforce" ? "refused" : "recorded as opaque: whose rows they show is not known";
  return [
    warning(
      "tables.unclassified",
      `${open.length === 1 ? "1 table or view is" : `${open.length} tables and views are`} in neither list: ${few(named)}.`,
      `Statements on them are ${effect}. Add each under subjects or public; \`whosaw init --json\` has suggestions.`,
    ),
  ];
}

const LARGE_ROWS = 10_000;

/** Large protected tables whose key column begins no index. */
export async function keyIndexes(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const keys = scene.protectedRelations.flatMap((relation) => {
    const standing = scene.catalog.standing(relation);
    // An expression over several columns is served by no index on the first of them.
    const [column, ...more] = standing.kind === "protected" ? standing.table.keyColumns : [];
    return column === undefined || more.length > 0 || !["table", "partitioned"].includes(relation.kind)
      ? []
      : [`(${relation.oid}::oid, ${quoteLiteral(column)}::name)`];
  });
  if (keys.length === 0) return [];
  const rows =
    await scene.query(`SELECT n.nspname, c.relname, k.name, c.reltuples::bigint FROM (VALUES ${keys.join(", ")}) AS k(oid, name)
      JOIN pg_catalog.pg_class c ON c.oid = k.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.oid AND a.attname = k.name
    WHERE c.reltuples >= ${LARGE_ROWS} AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
      WHERE i.indrelid = k.oid AND i.indkey[0] = a.attnum AND i.indisvalid) ORDER BY c.reltuples DESC, 1, 2`);
  if (rows.length === 0) return [fine("tables.indexes", "The key of every large protected table begins an index.")];
  return [
    note(
      "tables.indexes",
      `Without an index on the key: ${few(rows.map(([schema, table, column, count]) => `${schema}.${table}.${column} (about ${count} rows)`))}.`,
      "Joins along the key scan the whole table.",
      rows.map(
        ([schema = "", table = "", column = ""]) =>
          `CREATE INDEX CONCURRENTLY ON ${quoteIdentifier(schema ?? "")}.${quoteIdentifier(table ?? "")} (${quoteIdentifier(column ?? "")});`,
      ),
    ),
  ];
}

/** Who reaches the protected rows without the gateway. */
import { quoteIdentifier, quoteLiteral } from "../lineage/catalog/names.ts";
import { critical, type DoctorFinding, few, fine, note, warning } from "./finding.ts";
import type { DatabaseScene } from "./scene.ts";

/** The roles that may sign in and read a protected table: by right, or because nothing is refused to them. */
export async function rolesAround(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const rows = await scene.query(`SELECT r.rolname, r.rolsuper FROM pg_catalog.pg_roles r
    WHERE r.rolcanlogin AND r.rolname <> ${quoteLiteral(scene.user)}
      AND pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
      AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid IN (${scene.protectedOids})
        AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT')) ORDER BY r.rolname`);
  const supers = rows.filter((row) => row[1] === "t").map(([name]) => name ?? "");
  const others = rows.filter((row) => row[1] !== "t").map(([name]) => name ?? "");
  const findings: DoctorFinding[] = [];
  if (others.length > 0) {
    findings.push(
      critical(
        "around.roles",
        `${others.length} other ${others.length === 1 ? "role" : "roles"} may sign in to the database and read protected tables: ${few(others)}.`,
        "What they read is on nobody's record. Move them behind the gateway: take away their login, or admit them in pg_hba.conf from nowhere.",
        others.map((name) => `ALTER ROLE ${quoteIdentifier(name)} NOLOGIN;`),
      ),
    );
  } else findings.push(fine("around.roles", "No other role that may sign in reads protected tables."));
  if (supers.length > 0)
    findings.push(
      warning(
        "around.superusers",
        `Superusers may sign in: ${few(supers)}.`,
        "Nothing in the database keeps them from protected rows. Admit them in pg_hba.conf from the database's own machine alone.",
      ),
    );
  return findings;
}

const HBA_SQL = `SELECT h.line_number, h.type, h.database::text, h.user_name::text, coalesce(h.address, ''), h.auth_method
  FROM pg_catalog.pg_hba_file_rules h
  WHERE h.error IS NULL AND h.auth_method <> 'reject' AND h.type <> 'local'
    AND (h.database && ARRAY['all', 'sameuser', 'samerole', pg_catalog.current_database()::text])
  ORDER BY h.line_number`;

/** Lines of pg_hba.conf that let others than the gateway's user in over the network. */
export async function hostRules(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const rows = await scene.try(HBA_SQL);
  if (rows === undefined) {
    const user = quoteIdentifier(scene.user);
    return [
      note(
        "around.hosts",
        "pg_hba.conf is not visible to the gateway's user: it is not known which machines the database lets in.",
        "Look at it yourself, or let doctor look:",
        [
          `GRANT SELECT ON pg_catalog.pg_hba_file_rules TO ${user};`,
          `GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO ${user};`,
        ],
      ),
    ];
  }
  const open = rows.filter((row) => row[3] !== `{${scene.user}}`);
  const trusting = rows.filter((row) => row[5] === "trust");
  const lines = (list: typeof rows): string =>
    few(list.map((row) => `line ${row[0]} (${row[3]} from ${row[4] || "anywhere"})`));
  const findings: DoctorFinding[] = [];
  if (trusting.length > 0)
    findings.push(
      critical(
        "around.trust",
        `pg_hba.conf lets in without a password: ${lines(trusting)}.`,
        "Replace trust by scram-sha-256 or reject, then SELECT pg_reload_conf().",
      ),
    );
  findings.push(
    open.length === 0
      ? fine("around.hosts", "pg_hba.conf lets nobody but the gateway's user in over the network.")
      : warning(
          "around.hosts",
          `pg_hba.conf lets others in over the network: ${lines(open)}.`,
          `Keep one line: host <database> ${scene.user} <the gateway's address>/32 scram-sha-256; put reject after it.`,
        ),
  );
  return findings;
}

/** Sessions that are open now, beside the gateway's. */
export async function sessionsAround(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const rows = await scene.query(`SELECT a.usename, coalesce(pg_catalog.host(a.client_addr), ''), pg_catalog.count(*)
    FROM pg_catalog.pg_stat_activity a
    WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() AND a.usename IS NOT NULL
      AND (a.usename <> ${quoteLiteral(scene.user)} OR a.client_addr IS DISTINCT FROM pg_catalog.inet_client_addr())
    GROUP BY 1, 2 ORDER BY 1, 2`);
  if (rows.length === 0) return [fine("around.sessions", "Nobody but the gateway is connected to the database now.")];
  const who = rows.map(([user, address, count]) => `${user}${address === "" ? "" : ` from ${address}`} (${count})`);
  return [
    warning(
      "around.sessions",
      `Connected now, and not through this gateway: ${few(who)}.`,
      "What they read is not on record, unless they are another gateway. Addresses are shown to members of pg_read_all_stats only.",
    ),
  ];
}

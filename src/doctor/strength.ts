/** Whether the gateway's role, and the roles that it takes on, may do more than they need. */
import { quoteIdentifier, quoteLiteral } from "../lineage/catalog/names.ts";
import { critical, type DoctorFinding, few, fine, warning } from "./finding.ts";
import { missingKeyGrants } from "../lineage/catalog/key-grants.ts";
import type { DatabaseScene } from "./scene.ts";

interface Strength {
  readonly role: string;
  /** Attributes as ALTER ROLE names them. */
  readonly attributes: readonly string[];
  readonly ownsTables: number;
  readonly ownsProtected: number;
  /** Predefined roles that read or run what no gateway sees. */
  readonly memberships: readonly string[];
  /** Protected tables that it may read without taking on another role. */
  readonly reads: number;
}

const ATTRIBUTES = ["SUPERUSER", "BYPASSRLS", "CREATEROLE", "REPLICATION", "CREATEDB"] as const;

const STRONG_MEMBERSHIPS = [
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_execute_server_program",
];

async function strengths(scene: DatabaseScene): Promise<Strength[]> {
  const strong = STRONG_MEMBERSHIPS.map(quoteLiteral).join(", ");
  const rows =
    await scene.query(`SELECT r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication, r.rolcreatedb,
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r','p','v','m','f')),
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.relowner = r.oid AND c.oid IN (${scene.protectedOids})),
      (SELECT pg_catalog.string_agg(m.rolname, ',' ORDER BY m.rolname) FROM pg_catalog.pg_roles m
        WHERE m.rolname IN (${strong}) AND NOT r.rolsuper AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER')),
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.oid IN (${scene.protectedOids})
        AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT'))
    FROM pg_catalog.pg_roles r WHERE r.rolname IN (${scene.ownRoles}) ORDER BY r.rolname`);
  return rows.map((row) => ({
    role: row[0] ?? "",
    attributes: ATTRIBUTES.filter((_, index) => row[index + 1] === "t"),
    ownsTables: Number(row[6]),
    ownsProtected: Number(row[7]),
    memberships: row[8]?.split(",") ?? [],
    reads: Number(row[9]),
  }));
}

/** The gateway's own user, then each upstream role. */
export async function roleStrength(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const strength of await strengths(scene)) {
    const own = strength.role === scene.user;
    const check = own ? "strength.gateway" : "strength.upstream";
    const who = own ? `The gateway's user ${strength.role}` : `The upstream role ${strength.role}`;
    const found = tooStrong(strength, check, who, own);
    findings.push(...(found.length === 0 ? [fine(check, `${who} may do no more than it needs.`)] : found));
  }
  return findings;
}

function tooStrong(strength: Strength, check: string, who: string, own: boolean): DoctorFinding[] {
  const role = quoteIdentifier(strength.role);
  const findings: DoctorFinding[] = [];
  const serious = strength.attributes.filter((name) => name !== "CREATEDB");
  if (serious.length > 0)
    findings.push(
      critical(
        check,
        `${who} has ${serious.join(", ")}.`,
        "Whoever gets hold of it passes by grants and row security, or makes roles that do.",
        [`ALTER ROLE ${role} ${serious.map((name) => `NO${name}`).join(" ")};`],
      ),
    );
  if (strength.attributes.includes("CREATEDB"))
    findings.push(warning(check, `${who} may create databases.`, "It needs none.", [`ALTER ROLE ${role} NOCREATEDB;`]));
  if (strength.ownsTables > 0)
    findings.push(
      warning(
        check,
        `${who} owns ${strength.ownsTables} tables and views, ${strength.ownsProtected} of them protected.`,
        "An owner may drop, alter and grant them. Take on a role that was granted what its people need; `whosaw init` prints one.",
      ),
    );
  if (strength.memberships.length > 0)
    findings.push(
      critical(
        check,
        `${who} is a member of ${few(strength.memberships)}.`,
        "With it everything can be read, or files and programs of the server.",
        strength.memberships.map((name) => `REVOKE ${name} FROM ${role};`),
      ),
    );
  if (own && strength.reads > 0 && serious.length === 0)
    findings.push(
      warning(
        check,
        `${who} may read ${strength.reads} protected tables by itself.`,
        "Whoever has its password reads them around the gateway. Grant them to a role that it takes on, and let it inherit nothing.",
        [`ALTER ROLE ${role} NOINHERIT;`],
      ),
    );
  return findings;
}

/** Grants without which statements of a role are refused: the columns of keys. */
export function keyGrants(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const missing = missingKeyGrants(scene.catalog, scene.relations, scene.roles);
  return Promise.resolve(
    missing.length === 0
      ? [fine("grants.keys", "Every role may read the keys of the tables that it reads.")]
      : [
          critical(
            "grants.keys",
            `Missing grants: ${few(missing.map(({ role, table, columns, target }) => `${role} reads ${table.table}, but not ${columns.join(", ")} of ${target}`))}.`,
            "Their statements on these tables are refused.",
            [...new Set(missing.map(({ sql }) => `${sql};`))],
          ),
        ],
  );
}

/** Connections, clocks and encryption, as the database has them. */
import { isLoopback } from "../config/address.ts";
import { LIMITS } from "../base/limits.ts";
import { quoteLiteral } from "../lineage/catalog/names.ts";
import { critical, type DoctorFinding, fine, note, warning } from "./finding.ts";
import type { DatabaseScene } from "./scene.ts";

/** @param peak most sessions that the ledger has seen at once; undefined if it says nothing */
export async function connections(scene: DatabaseScene, peak: number | undefined): Promise<readonly DoctorFinding[]> {
  const [row] = await scene.query(`SELECT
      pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int
        - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int,
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend' AND a.usename <> ${quoteLiteral(scene.user)}),
      (SELECT r.rolconnlimit FROM pg_catalog.pg_roles r WHERE r.rolname = ${quoteLiteral(scene.user)}),
      (SELECT d.datconnlimit FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`);
  const [slots = 0, others = 0, ofRole = -1, ofDatabase = -1] = row?.map(Number) ?? [];
  const limits = [slots - others, ofRole, ofDatabase].filter((limit) => limit >= 0);
  // One is the gateway's own, for the catalog.
  const room = Math.max(0, Math.min(...limits, LIMITS.sessionsMax) - 1);
  const told =
    peak === undefined ? "no ledger says yet how many are needed" : `${peak} at most were open in the last day`;
  const message = `The database has room for ${room} sessions of the gateway; ${told}.`;
  const advice =
    "Every client's session is one connection of the database. Raise max_connections, the user's or the database's CONNECTION LIMIT, or give clients a smaller pool.";
  const tight = room === 0 || (peak ?? 0) * 1.25 > room;
  return [tight ? warning("capacity.connections", message, advice) : fine("capacity.connections", message)];
}

/** @param nowMs this machine's clock */
export async function clocks(scene: DatabaseScene, nowMs: () => number): Promise<readonly DoctorFinding[]> {
  const before = nowMs();
  const [row] = await scene.query("SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint");
  const after = nowMs();
  const there = Number(row?.[0]);
  const apart = there < before ? there - before : Math.max(0, there - after);
  const message = `The database's clock and this machine's are ${Math.abs(apart)} ms apart.`;
  return [
    Math.abs(apart) > LIMITS.clockSkewMs
      ? warning(
          "clock.database",
          message,
          "Times in the ledger and in the database will not fit together. Let both follow the same time server.",
        )
      : fine("clock.database", message),
  ];
}

export async function encryption(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const { host, sslmode } = scene.config.upstream;
  const rows = await scene.try(
    "SELECT s.ssl, s.version, s.cipher FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()",
  );
  const encrypted = rows?.[0]?.[0] === "t";
  if (!encrypted)
    return isLoopback(host)
      ? [fine("tls.upstream", "The database is on this machine; the connection is not encrypted.")]
      : [
          critical(
            "tls.upstream",
            `The connection to ${host} is not encrypted.`,
            "Rows and passwords can be read on the way. Set sslmode=verify-full in upstream.url.",
          ),
        ];
  if (sslmode === "require")
    return [
      warning(
        "tls.upstream",
        `The connection to ${host} is encrypted, but the server's certificate is not verified.`,
        "Set sslmode=verify-full in upstream.url, and upstream.ca.",
      ),
    ];
  return [
    fine(
      "tls.upstream",
      `The connection to ${host} is encrypted (${rows?.[0]?.[1] ?? "TLS"}) and the server verified.`,
    ),
  ];
}

/** Views that doctor needs and may not read fully. */
export async function visibility(scene: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const [row] = await scene.query("SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')");
  if (row?.[0] === "t") return [];
  return [
    note(
      "around.visibility",
      "Client addresses of other sessions, and replicas, are hidden from the gateway's user.",
      "That is right for a gateway; for a full answer run doctor with a user who is a member of pg_monitor.",
    ),
  ];
}

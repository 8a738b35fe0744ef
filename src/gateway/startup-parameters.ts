/** What of a client's startup parameters goes on to the database, and what is refused. */
import { WhosawError } from "../base/errors.ts";
import type { RoleConfig } from "../config/config.ts";
import { parseOptions, type StartupMessage } from "../wire/startup.ts";

/**
 * Settings that a client must not bring: the role is the gateway's to choose, and a database that reads strings
 * differently would run other statements than the ones that were planned.
 */
const REFUSED_SETTINGS: ReadonlySet<string> = new Set(["role", "session_authorization", "standard_conforming_strings"]);

/** Parameters of the protocol itself, which are no settings. */
const PROTOCOL_PARAMETERS: ReadonlySet<string> = new Set(["user", "database", "options", "replication"]);

/**
 * @returns parameters for the upstream's startup message, without user and database
 * @throws WhosawError REFUSED, FEATURE_NOT_SUPPORTED
 */
export function upstreamParameters(startup: StartupMessage, role: RoleConfig): Map<string, string> {
  if (startup.replication) {
    throw new WhosawError("FEATURE_NOT_SUPPORTED", "replication connections do not pass the gateway", {
      hint: "replication copies whole tables; connect a replica to the database itself",
    });
  }
  const passed = new Map<string, string>();
  for (const [name, value] of startup.parameters) {
    if (PROTOCOL_PARAMETERS.has(name)) continue;
    refuse(name);
    passed.set(name, value);
  }
  const options = startup.parameters.get("options") ?? "";
  for (const [name] of parseOptions(options)) refuse(name);
  const all = role.upstreamRole === undefined ? options : `${options} -c role=${escaped(role.upstreamRole)}`;
  if (all !== "") passed.set("options", all);
  return passed;
}

function refuse(name: string): void {
  if (!REFUSED_SETTINGS.has(name.toLowerCase())) return;
  throw new WhosawError("REFUSED", `the setting ${name.toLowerCase()} cannot be chosen when connecting`, {
    hint: "leave it out: the gateway sets the database role from the actor's role",
  });
}

/** As pg_split_opts reads it: a backslash protects spaces and backslashes. */
function escaped(value: string): string {
  return Buffer.from(value.replaceAll(/[\\\s]/g, "\\$&"), "utf8").toString("latin1");
}

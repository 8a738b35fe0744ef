/** From the right shape to a Config: defaults of paths, addresses, and names checked against each other. */
import { dirname, resolve } from "node:path";
import type { Classification, ProtectedTableRule } from "../lineage/classification.ts";
import { parseHostPort, parseUpstreamUrl } from "./address.ts";
import type { Config, LedgerConfig, ListenConfig, RoleConfig, UpstreamConfig } from "./config.ts";
import { type Finding, Findings, shownName } from "./problem.ts";
import type { RawConfig } from "./schema.ts";
import { resolveGateways } from "./gateways.ts";
import { checkApart, ORIGIN } from "./places.ts";
import { resolveColumns, resolveControl, resolveHttp, resolveState, resolveStrata } from "./stores.ts";
import { checkClassification } from "./subjects.ts";

export type Resolved = { readonly config: Config } | { readonly findings: readonly Finding[] };

/** @param file absolute; paths in the configuration are relative to its folder */
export function resolveConfig(raw: RawConfig, file: string): Resolved {
  const findings = new Findings();
  const absolute = (path: string): string => resolve(dirname(file), path);
  checkClassification(raw, findings);
  const roles = resolveRoles(raw, findings);
  const upstream = resolveUpstream(raw, absolute, findings);
  const postgres = resolveListen(raw, absolute, findings);
  const http = resolveHttp(raw, findings);
  const ledger = resolveLedger(raw, absolute, findings);
  const gateways = resolveGateways(raw, ledger, absolute, findings);
  const control = resolveControl(raw, absolute, findings);
  const state = resolveState(raw, absolute, findings);
  const columns = resolveColumns(raw, absolute, findings);
  const strata = resolveStrata(raw, findings);
  const actors = { file: absolute(raw.actors.file), serviceAccounts: resolveServiceAccounts(raw, roles, findings) };
  if (findings.list.length > 0 || upstream === undefined || postgres === undefined) return { findings: findings.list };
  const classification = resolveClassification(raw);
  const listen = { postgres, http };
  const { mode } = raw;
  return {
    config: {
      file,
      upstream,
      listen,
      ledger,
      gateways,
      control,
      state,
      columns,
      strata,
      mode,
      classification,
      roles,
      actors,
    },
  };
}

type Absolute = (path: string) => string;
type RawTable = RawConfig["subjects"][string]["tables"][string];

function resolveUpstream(raw: RawConfig, absolute: Absolute, findings: Findings): UpstreamConfig | undefined {
  const { url, ca, cert, key } = raw.upstream;
  if (cert !== undefined && key === undefined)
    findings.add(
      ["upstream", "cert"],
      "has no key beside it. Add key: with the private key of this certificate.",
      "key",
    );
  if (key !== undefined && cert === undefined)
    findings.add(["upstream", "key"], "has no cert beside it. Add cert: with the certificate of this key.", "key");
  const address = parseUpstreamUrl(url);
  if ("problem" in address) {
    findings.add(["upstream", "url"], address.problem);
    return undefined;
  }
  const { sslmode } = address.value;
  if (ca !== undefined && !sslmode.startsWith("verify")) {
    findings.add(
      ["upstream", "ca"],
      `is not looked at with sslmode ${sslmode}. Add ?sslmode=verify-full to the url, or remove ca.`,
      "key",
    );
  }
  if (cert !== undefined && sslmode === "disable") {
    findings.add(
      ["upstream", "cert"],
      "is not used with sslmode disable. Add ?sslmode=verify-full to the url, or remove cert and key.",
      "key",
    );
  }
  return { ...address.value, ca: optional(ca, absolute), cert: optional(cert, absolute), key: optional(key, absolute) };
}

function resolveListen(raw: RawConfig, absolute: Absolute, findings: Findings): ListenConfig | undefined {
  const address = parseHostPort(raw.listen.postgres);
  if ("problem" in address) {
    findings.add(["listen", "postgres"], address.problem);
    return undefined;
  }
  const tls = raw.listen.tls;
  return {
    ...address.value,
    tls: tls && { cert: absolute(tls.cert), key: absolute(tls.key), clientCa: optional(tls["client-ca"], absolute) },
  };
}

function resolveLedger(raw: RawConfig, absolute: Absolute, findings: Findings): LedgerConfig {
  const { dir, origin } = raw.ledger;
  if (!ORIGIN.test(origin)) {
    findings.add(
      ["ledger", "origin"],
      "must be a short name without spaces and plus signs. Write for example example.com/gw-1.",
    );
  }
  const ledger = {
    dir: absolute(dir),
    keys: absolute(raw.ledger.keys ?? `${absolute(dir)}-keys`),
    witness: absolute(raw.ledger.witness ?? `${absolute(dir)}-witness`),
    console: absolute(raw.ledger.console ?? `${absolute(dir)}-console`),
    imports: absolute(raw.ledger.imports ?? `${absolute(dir)}-imports`),
    origin,
  };
  const names = ["dir", "keys", "witness", "console", "imports"] as const;
  checkApart(
    names.map((name) => [`ledger.${name}`, ledger[name]] as const),
    (place) => place.split("."),
    findings,
  );
  return ledger;
}

/** Prefix of the role that a service account with its own upstream-role gets. */
const ACCOUNT_ROLE_PREFIX = "svc:";

function resolveRoles(raw: RawConfig, findings: Findings): ReadonlyMap<string, RoleConfig> {
  const roles = new Map<string, RoleConfig>();
  for (const [name, role] of Object.entries(raw.roles)) {
    if (name.startsWith(ACCOUNT_ROLE_PREFIX))
      findings.add(
        ["roles", name],
        "begins with svc:, which is kept for service accounts. Choose another name.",
        "key",
      );
    roles.set(name, { upstreamRole: role["upstream-role"], migrate: role.migrate });
  }
  for (const [name, account] of Object.entries(raw.actors["service-accounts"])) {
    if ("upstream-role" in account)
      roles.set(`${ACCOUNT_ROLE_PREFIX}${name}`, { upstreamRole: account["upstream-role"], migrate: false });
  }
  return roles;
}

function resolveServiceAccounts(
  raw: RawConfig,
  roles: ReadonlyMap<string, RoleConfig>,
  findings: Findings,
): ReadonlyMap<string, string> {
  const accounts = new Map<string, string>();
  for (const [name, account] of Object.entries(raw.actors["service-accounts"])) {
    const role = "role" in account ? account.role : `${ACCOUNT_ROLE_PREFIX}${name}`;
    if (!roles.has(role)) {
      const known = Object.keys(raw.roles).map(shownName).join(", ") || "none yet";
      findings.add(
        ["actors", "service-accounts", name, "role"],
        `names no role under roles (${known}). Add it there or name another.`,
      );
    }
    accounts.set(name, role);
  }
  return accounts;
}

function resolveClassification(raw: RawConfig): Classification {
  const subjects = mapped(raw.subjects, (subject) => ({ tables: mapped(subject.tables, tableRule) }));
  return { subjects, public: raw.public };
}

function tableRule({ key, nullable, fields, public: open }: RawTable): ProtectedTableRule {
  // The schema asks for a step at least; zod's type of an array does not carry that over.
  return {
    key: "path" in key ? { path: key.path as [string, ...string[]] } : key,
    nullable,
    fields: mapped(fields, String),
    public: open,
  };
}

/** Without a prototype: a table called `constructor` is found only if it is in the file. */
function mapped<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Readonly<Record<string, U>> {
  const entries = Object.entries(record).map(([name, value]) => [name, map(value)] as const);
  return Object.setPrototypeOf(Object.fromEntries(entries), null) as Record<string, U>;
}

function optional(path: string | undefined, absolute: Absolute): string | undefined {
  return path === undefined ? undefined : absolute(path);
}

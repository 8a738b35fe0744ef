/** Where state and columns are kept, where the control plane is asked, and which columns make a subject's stratum. */
import { resolve } from "node:path";
import { decoded, parseHostPort, parseUpstreamUrl } from "./address.ts";
import type { ColumnsConfig, ControlConfig, HttpConfig, StateConfig, StrataConfig } from "./config.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./problem.ts";
import type { RawConfig } from "./schema.ts";

type Absolute = (path: string) => string;

/** As much of a socket's path as every system takes (sun_path). */
const SOCKET_PATH_BYTES_MAX = 103;

export function resolveControl(raw: RawConfig, absolute: Absolute, findings: Findings): ControlConfig {
  const socket = absolute(raw.control.socket ?? resolve(absolute(raw.data), "control.sock"));
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES_MAX) {
    findings.add(
      ["control", "socket"],
      `makes a path of more than ${SOCKET_PATH_BYTES_MAX} bytes, which no system allows. Write a shorter one, for example /run/whosaw/control.sock.`,
    );
  }
  const grace = parseDuration(raw.control.grace);
  if ("problem" in grace) findings.add(["control", "grace"], grace.problem);
  return {
    socket,
    access: raw.control.access,
    graceMs: "problem" in grace ? 0 : grace.value,
    continueUnleased: raw.control["continue-unleased"],
  };
}

export function resolveHttp(raw: RawConfig, findings: Findings): HttpConfig | undefined {
  if (raw.listen.http === undefined) return undefined;
  const address = parseHostPort(raw.listen.http);
  if ("value" in address) return address.value;
  findings.add(["listen", "http"], address.problem);
  return undefined;
}

export function resolveState(raw: RawConfig, absolute: Absolute, findings: Findings): StateConfig {
  const embedded = { kind: "embedded", dir: resolve(absolute(raw.data), "state") } as const;
  if (raw.state === "embedded") return embedded;
  const address = parseUpstreamUrl(raw.state);
  if ("value" in address) return { kind: "server", ...address.value };
  findings.add(["state"], `${address.problem} Or write embedded.`);
  return embedded;
}

export function resolveColumns(raw: RawConfig, absolute: Absolute, findings: Findings): ColumnsConfig {
  const embedded = { kind: "embedded", dir: resolve(absolute(raw.data), "columns") } as const;
  const { columns } = raw;
  if (columns === "embedded") return embedded;
  const { url: text, cluster } = typeof columns === "string" ? { url: columns, cluster: undefined } : columns;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    findings.add(
      ["columns"],
      "is neither embedded nor the URL of a ClickHouse server. Write for example https://whosaw:${COLUMNS_PASSWORD}@columns.example:8443/whosaw.",
    );
    return embedded;
  }
  const [database, user, password] = [url.pathname.slice(1), url.username, url.password].map(decoded);
  if (database === undefined || user === undefined || password === undefined) {
    findings.add(["columns"], "has a % that does not stand for a character. Write a plain % as %25.");
    return embedded;
  }
  if (!/^[a-z_]\w{0,62}$/iu.test(database || "whosaw")) {
    findings.add(
      ["columns"],
      "names a database with other characters than letters, digits and _. Choose a plain name.",
    );
  }
  return {
    kind: "server",
    url: url.origin,
    user: user || "default",
    password,
    database: database || "whosaw",
    cluster,
  };
}

/** Classes of fields that tell one person from another: no such column sorts people into groups. */
const PERSONAL_CLASSES: ReadonlySet<string> = new Set(["identity", "contact", "content", "secret"]);

/** A subject's strata are columns of the first of its tables whose key is a column of its own. */
export function resolveStrata(raw: RawConfig, findings: Findings): readonly StrataConfig[] {
  return Object.entries(raw.subjects).flatMap(([kind, { strata, tables }]) => {
    const columns = Object.entries(strata);
    if (columns.length === 0) return [];
    for (const [table, { key, fields }] of Object.entries(tables)) {
      if (!("column" in key)) continue;
      for (const [name, column] of columns) {
        if (column !== key.column && !PERSONAL_CLASSES.has(fields[column] ?? "")) continue;
        findings.add(
          ["subjects", kind, "strata", name],
          "names a column that tells one person from another: the key, or a field of identity, contact, content or secret. Choose one that many share, such as the country.",
        );
      }
      return [{ kind, table, key: key.column, columns: new Map(columns) }];
    }
    findings.add(
      ["subjects", kind, "strata"],
      "needs a table of this kind with key: {column: ...} to be read from. Add one, or remove strata.",
      "key",
    );
    return [];
  });
}

/** Addresses in whosaw.yaml: the upstream URL and host:port. */
import { isIP } from "node:net";
import { SSL_MODES, type SslMode, type UpstreamConfig } from "./config.ts";

const URL_EXAMPLE = "Write for example postgres://whosaw_gw:${GW_PASSWORD}@db.example/support.";
const POSTGRES_PORT = 5432;
const PORT_MAX = 65_535;

export type UpstreamAddress = Pick<UpstreamConfig, "host" | "port" | "user" | "password" | "database" | "sslmode">;
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/**
 * Reads `postgres://user:password@host:port/database?sslmode=MODE`. Without sslmode the server's certificate is
 * verified in full, except on this same machine, where the default is a plain connection.
 * The problem never repeats the URL: it may hold a password.
 */
export function parseUpstreamUrl(text: string): Parsed<UpstreamAddress> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["postgres:", "postgresql:"].includes(url.protocol))
    return { problem: `is not a PostgreSQL URL. ${URL_EXAMPLE}` };
  const host = url.hostname.replace(/^\[(.*)\]$/u, "$1");
  if (host === "" || host.includes(",")) return { problem: `must name one host. ${URL_EXAMPLE}` };
  const user = decoded(url.username);
  const password = decoded(url.password);
  const database = decoded(url.pathname.slice(1));
  if (user === undefined || password === undefined || database === undefined) {
    return {
      problem:
        "has a % that does not stand for a character. Write a plain % as %25, or take the value from ${VARIABLE}.",
    };
  }
  if (user === "") return { problem: `names no user. ${URL_EXAMPLE}` };
  if (database === "" || database.includes("/")) return { problem: `names no database. ${URL_EXAMPLE}` };
  const sslmode = parseSslMode(url.searchParams, host);
  if ("problem" in sslmode) return sslmode;
  const port = url.port === "" ? POSTGRES_PORT : Number(url.port);
  return {
    value: { host, port, user, password: password === "" ? undefined : password, database, sslmode: sslmode.value },
  };
}

function parseSslMode(parameters: URLSearchParams, host: string): Parsed<SslMode> {
  if ([...parameters.keys()].some((name) => name !== "sslmode")) {
    return { problem: "has a parameter other than sslmode. Remove it; ca, cert and key stand beside url." };
  }
  const given = parameters.getAll("sslmode");
  if (given.length === 0) return { value: isLoopback(host) ? "disable" : "verify-full" };
  const mode = SSL_MODES.find((known) => known === given[0]);
  if (mode === undefined || given.length > 1)
    return { problem: `has an sslmode that is not supported. Write one of ${SSL_MODES.join(", ")}.` };
  return { value: mode };
}

/** The machine itself: nothing on the network can listen in. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Undefined if a % in it stands for no character. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Reads `127.0.0.1:6432`, `localhost:6432` or `[::1]:6432`. */
export function parseHostPort(text: string): Parsed<{ host: string; port: number }> {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/iu.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > PORT_MAX || (match?.[1] !== undefined && isIP(host) !== 6)) {
    return { problem: "expected host:port. Write for example 127.0.0.1:6432." };
  }
  return { value: { host, port } };
}
